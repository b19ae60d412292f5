#include "server/rooms/verify.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/matrix/redact.h"
#include "server/rooms/event_text.h"

struct verify {
	struct buf content, redacted, work, again;
	char prev[64];
	int version;
};

/* One row: 0 when hash and id are what they should be. */
static int check_row(struct verify *v, struct sql_stmt *s)
{
	JSON_AUTO json_t *event = NULL;
	uint8_t hash[32];
	char id[64];
	struct span text = sql_col_text(s, 1), stored = sql_col_blob(s, 2);
	if (json_parse_object(text, &event, NULL) || stored.n != sizeof(hash))
		return ERR_FAILED;
	const json_t *content = json_get_object(event, "content");
	struct event_parts e = {
		.ts = json_get_i64(event, "origin_server_ts", 0),
		.prev = v->prev,
		.room_id = json_get_str(event, "room_id"),
		.sender = json_get_str(event, "sender"),
		.type = json_get_str(event, "type"),
		.state_key = json_get_str(event, "state_key"),
		.redacts = json_get_str(event, "redacts"),
	};
	buf_clear(&v->content);
	buf_clear(&v->redacted);
	buf_clear(&v->again);
	if (!content || !e.room_id || !e.sender || !e.type ||
	    event_content_put(&v->content, content, NULL) ||
	    event_redacted_put(&v->redacted, e.type, content, v->version, NULL))
		return ERR_FAILED;
	e.content = buf_span(&v->content);
	e.redacted = buf_span(&v->redacted);
	event_hash(&e, &v->work, hash);
	if (sql_col_null(s, 3) && memcmp(hash, stored.p, sizeof(hash)) != 0)
		return ERR_FAILED;
	event_id_of(&e, (const uint8_t *)stored.p, &v->work, id);
	event_text_put(&v->again, &e, id);
	/* Nothing may stand in the text that the hash does not cover. */
	if (!span_eq(buf_span(&v->again), text) || !span_eq_str(sql_col_text(s, 0), id))
		return ERR_FAILED;
	snprintf(v->prev, sizeof(v->prev), "%s", id);
	return 0;
}

int room_verify(struct sql *db, int64_t room_nid, int64_t *ret_events, struct err *err)
{
	struct verify v = {.content = BUF_INIT(LIMIT_EVENT_BYTES),
			   .redacted = BUF_INIT(LIMIT_EVENT_BYTES),
			   .work = BUF_INIT(2 * LIMIT_EVENT_BYTES),
			   .again = BUF_INIT(2 * LIMIT_EVENT_BYTES)};
	int64_t n = 0;
	int rc = 0;
	struct sql_stmt *s = SQL(db, "SELECT version FROM rooms WHERE nid=?");
	sql_bind_i64(s, 1, room_nid);
	if (sql_row(s))
		v.version = room_version_parse(sql_col_text(s, 0).p);
	sql_reset(s);
	s = SQL(db, "SELECT event_id,text,hash,redacted_by FROM events WHERE room_nid=?"
		    " ORDER BY pos");
	sql_bind_i64(s, 1, room_nid);
	while (!rc && sql_row(s)) {
		rc = check_row(&v, s);
		if (rc)
			err_set(err, rc,
				_("The event %.*s is not what was stored, or one before it was "
				  "taken out"),
				SPAN_ARG(sql_col_text(s, 0)));
		else
			n++;
	}
	if (!rc)
		rc = sql_failed(db, err);
	sql_reset(s);
	buf_done(&v.content);
	buf_done(&v.redacted);
	buf_done(&v.work);
	buf_done(&v.again);
	if (!rc)
		*ret_events = n;
	return rc;
}
