#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#define CLOSE_NORMAL 1000

static struct sfu_blob *encode(const struct lk_response *r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	struct err err;
	if (lk_response_encode(r, &b, &err)) {
		log_error("%s: %s", lk_response_name(r->kind), err.msg);
		return NULL;
	}
	return sfu_blob_new(buf_span(&b));
}

static void put(struct sfu_engine *e, struct sfu_line *l, struct sfu_blob *steal)
{
	struct sfu_out *o = NEW(struct sfu_out);
	*o = (struct sfu_out){.kind = SFU_OUT_SEND, .line = l, .blob = steal};
	sfu_engine_put(e, o);
}

void sfu_line_send(struct sfu_engine *e, struct sfu_line *l, const struct lk_response *r)
{
	struct sfu_blob *b = encode(r);
	if (b)
		put(e, l, b);
}

void sfu_send(struct sfu_person *p, const struct lk_response *r)
{
	if (p->line)
		sfu_line_send(p->engine, p->line, r);
}

void sfu_send_all(struct sfu_room *r, const struct lk_response *m)
{
	struct sfu_blob *b = encode(m);
	if (!b)
		return;
	for (struct sfu_person *p = r->people; p; p = p->next)
		if (p->line)
			put(r->engine, p->line, sfu_blob_ref(b));
	sfu_blob_unref(b);
}

void sfu_line_end(struct sfu_engine *e, struct sfu_line *l, int code)
{
	struct sfu_out *o = NEW(struct sfu_out);
	*o = (struct sfu_out){.kind = SFU_OUT_CLOSE, .line = l, .code = code};
	l->person = NULL;
	sfu_engine_put(e, o);
}

void sfu_send_leave(struct sfu_engine *e, struct sfu_line *l, int why, int action)
{
	const struct lk_response m = {
		.kind = LK_RES_LEAVE,
		.leave = {.can_reconnect = action != LK_LEAVE_DISCONNECT,
			  .reason = why,
			  .action = action},
	};
	sfu_line_send(e, l, &m);
	sfu_line_end(e, l, CLOSE_NORMAL);
}

void sfu_send_result(struct sfu_person *p, int result, const char *message,
		     const struct lk_request *about)
{
	struct lk_response m = {
		.kind = LK_RES_REQUEST_RESPONSE,
		.request_response = {.reason = result, .message = message},
	};
	struct lk_request_response *r = &m.request_response;
	switch (about->kind) {
	case LK_REQ_ADD_TRACK:
		r->request = LK_REPEATED_ADD_TRACK;
		r->add_track = about->add_track;
		break;
	case LK_REQ_MUTE:
		r->request = LK_REPEATED_MUTE;
		r->mute = about->mute;
		break;
	case LK_REQ_UPDATE_METADATA:
		r->request = LK_REPEATED_UPDATE_METADATA;
		r->request_id = about->update_metadata.request_id;
		r->update_metadata = about->update_metadata;
		break;
	default:
		break;
	}
	sfu_send(p, &m);
}
