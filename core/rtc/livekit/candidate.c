#include "core/rtc/livekit/candidate.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/rtc/livekit/models.h"

static char *text_of(const json_t *o, const char *key)
{
	const char *s = json_get_str(o, key);
	return mem_strdup(s ? s : "");
}

int lk_candidate_parse(struct span json, struct lk_candidate *ret, struct err *err)
{
	JSON_AUTO json_t *o = NULL;
	if (json.n > LK_TEXT_MAX)
		return err_set(err, ERR_TOO_LARGE, _("The candidate is over the limit of %d bytes"),
			       LK_TEXT_MAX);
	int rc = json_parse_object(json, &o, err);
	if (rc)
		return rc;
	if (!json_get_str(o, "candidate"))
		return err_set(err, ERR_INVALID, _("The candidate has no \"candidate\""));
	int64_t line = json_get_i64(o, "sdpMLineIndex", -1);
	*ret = (struct lk_candidate){
		.candidate = text_of(o, "candidate"),
		.mid = text_of(o, "sdpMid"),
		.line = line >= 0 && line <= 65535 ? (int)line : -1,
		.ufrag = text_of(o, "usernameFragment"),
	};
	return 0;
}

void lk_candidate_done(struct lk_candidate *c)
{
	mem_free(c->candidate);
	mem_free(c->mid);
	mem_free(c->ufrag);
	*c = (struct lk_candidate){.line = -1};
}

void lk_candidate_put(const struct lk_candidate *c, struct buf *b)
{
	buf_put_str(b, "{\"candidate\":");
	buf_put_json_str(b, span_of(c->candidate));
	if (c->mid && *c->mid) {
		buf_put_str(b, ",\"sdpMid\":");
		buf_put_json_str(b, span_of(c->mid));
	}
	if (c->line >= 0) {
		buf_put_str(b, ",\"sdpMLineIndex\":");
		buf_put_i64(b, c->line);
	}
	if (c->ufrag && *c->ufrag) {
		buf_put_str(b, ",\"usernameFragment\":");
		buf_put_json_str(b, span_of(c->ufrag));
	}
	buf_put_char(b, '}');
}
