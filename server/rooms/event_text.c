#include "server/rooms/event_text.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/matrix/redact.h"
#include "server/routes/route.h"

/* Deeper than `left` levels? */
static bool too_deep(const json_t *j, int left)
{
	const char *key;
	json_t *v;
	size_t i;
	if (left < 0)
		return true;
	if (json_is_object(j))
		json_object_foreach ((json_t *)j, key, v)
			if (too_deep(v, left - 1))
				return true;
	if (json_is_array(j))
		json_array_foreach ((json_t *)j, i, v)
			if (too_deep(v, left - 1))
				return true;
	return false;
}

int event_content_put(struct buf *b, const json_t *content, struct err *err)
{
	struct err why;
	if (!json_is_object(content))
		return matrix_err(err, 400, "M_BAD_JSON", _("The content is not a JSON object"));
	if (too_deep(content, LIMIT_JSON_DEPTH))
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("The content is nested more than %d levels deep"),
				  LIMIT_JSON_DEPTH);
	int rc = json_put_canonical(b, content, &why);
	if (rc == ERR_INVALID)
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("Events hold numbers only as integers between -(2^53)+1 and "
				    "2^53-1: %s"),
				  why.msg);
	if (rc || !buf_ok(b))
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("The event is larger than %d bytes, the most that Matrix "
				    "allows"),
				  LIMIT_EVENT_BYTES);
	return 0;
}

int event_redacted_put(struct buf *b, const char *type, const json_t *content, int version,
		       struct err *err)
{
	JSON_AUTO json_t *kept = event_redact_content(type, content, version);
	return json_put_canonical(b, kept, err);
}

/* From "origin_server_ts" on; what stands between differs. */
static void put_tail(struct buf *b, const struct event_parts *e)
{
	buf_put_str(b, "\"room_id\":");
	buf_put_json_str(b, span_of(e->room_id));
	buf_put_str(b, ",\"sender\":");
	buf_put_json_str(b, span_of(e->sender));
	if (e->state_key) {
		buf_put_str(b, ",\"state_key\":");
		buf_put_json_str(b, span_of(e->state_key));
	}
	buf_put_str(b, ",\"type\":");
	buf_put_json_str(b, span_of(e->type));
	buf_put_char(b, '}');
}

static void put_ts_prev(struct buf *b, const struct event_parts *e)
{
	buf_put_str(b, ",\"origin_server_ts\":");
	buf_put_i64(b, e->ts);
	buf_put_str(b, ",\"prev_events\":[");
	if (*e->prev)
		buf_put_json_str(b, span_of(e->prev));
	buf_put_str(b, "],");
	put_tail(b, e);
}

void event_hash(const struct event_parts *e, struct buf *work, uint8_t ret[32])
{
	buf_clear(work);
	buf_put_str(work, "{\"content\":");
	buf_put_span(work, e->content);
	put_ts_prev(work, e);
	crypto_sha256(buf_span(work), ret);
}

void event_id_of(const struct event_parts *e, const uint8_t hash[32], struct buf *work,
		 char ret[64])
{
	uint8_t digest[32];
	buf_clear(work);
	buf_put_str(work, "{\"content\":");
	buf_put_span(work, e->redacted);
	buf_put_str(work, ",\"hashes\":{\"sha256\":\"");
	base64_put_unpadded(work, hash, 32);
	buf_put_str(work, "\"}");
	put_ts_prev(work, e);
	crypto_sha256(buf_span(work), digest);
	buf_clear(work);
	base64url_put(work, digest, sizeof(digest));
	snprintf(ret, 64, "$%s", buf_str(work));
}

void event_text_put(struct buf *b, const struct event_parts *e, const char *event_id)
{
	buf_put_str(b, "{\"content\":");
	buf_put_span(b, e->content);
	buf_put_str(b, ",\"event_id\":\"");
	buf_put_str(b, event_id);
	buf_put_str(b, "\",\"origin_server_ts\":");
	buf_put_i64(b, e->ts);
	buf_put_char(b, ',');
	if (e->redacts) {
		buf_put_str(b, "\"redacts\":");
		buf_put_json_str(b, span_of(e->redacts));
		buf_put_char(b, ',');
	}
	put_tail(b, e);
}

bool event_text_has_content(struct span text, struct span content)
{
	static const char before[] = "{\"content\":", after[] = ",\"event_id\":";
	size_t b = sizeof(before) - 1, n = sizeof(after) - 1;
	return text.n > b + content.n + n && memcmp(text.p, before, b) == 0 &&
	       memcmp(text.p + b, content.p, content.n) == 0 &&
	       memcmp(text.p + b + content.n, after, n) == 0;
}
