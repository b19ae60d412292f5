/* Who listens by WHEP: one HTTP exchange, and no signalling after it. */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/lib/crowd_priv.h"

#define SDP_TYPE "application/sdp"

/* As many sections as there are voices: each is heard in one of its own. */
static int write_offer(struct crowd_person *p, struct buf *ret, struct err *err)
{
	static const char *const mids[CROWD_SECTIONS_MAX] = {"0", "1", "2"};
	struct sdp_offer_audio audio[CROWD_SECTIONS_MAX] = {0};
	AUTO(sdp_done) struct sdp made = {0};
	for (size_t i = 0; i < CROWD_SECTIONS_MAX; i++) {
		audio[i].mid = span_of(mids[i]);
		audio[i].direction = SDP_RECVONLY;
	}
	/* No candidates: the server learns where we are by our checks. */
	struct sdp_offer_how how = {.audio = audio, .audio_n = CROWD_SECTIONS_MAX, .session_id = 3};
	peer_transport(p->sub.peer, &how.transport);
	int rc = sdp_offer(&how, &made, err);
	return rc ? rc : sdp_write(&made, ret, err);
}

static int take_answer(struct crowd_person *p, struct span text, struct err *err)
{
	AUTO(sdp_done) struct sdp theirs = {0};
	int rc = sdp_parse(text, &theirs, err);
	if (rc)
		return rc;
	crowd_link_formats(&p->sub, &theirs);
	return crowd_link_remote(&p->sub, &theirs, SDP_ACTPASS, err);
}

static void on_answer(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct crowd_person *p = arg;
	struct err why = {0};
	p->asking = NULL;
	if (err)
		crowd_fail(p->crowd, "%s: %s", p->identity, err->msg);
	else if (reply->status != 201)
		crowd_fail(p->crowd, "%s: WHEP said %d: %.*s", p->identity, reply->status,
			   SPAN_ARG(reply->body));
	else if (take_answer(p, reply->body, &why))
		crowd_fail(p->crowd, "%s: %s", p->identity, why.msg);
}

void crowd_listen_enter(struct crowd_person *p)
{
	AUTO(buf_done) struct buf offer = BUF_INIT(SDP_BYTES_MAX);
	const struct crowd *c = p->crowd;
	struct err err = {0};
	p->began_us = crowd_us();
	if (!crowd_link_open(&p->sub, p, false))
		return;
	if (write_offer(p, &offer, &err)) {
		crowd_fail(p->crowd, "%s: %s", p->identity, err.msg);
		return;
	}
	const struct http_request rq = {
		.method = "POST",
		.url = c->o.whep_url,
		.bearer = c->o.tokens[p->number - c->o.open],
		.content_type = SDP_TYPE,
		.body = buf_span(&offer),
	};
	p->asking = http_start(c->http, &rq, on_answer, p);
}
