#include "server/sync/unsigned.h"

#include "server/sync/relations.h"

static void put_previous(struct buf *b, struct hub *h, int64_t prev_pos)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT json_extract(text,'$.content'),event_id,sender_nid"
				      " FROM events WHERE pos=?1");
	sql_bind_i64(s, 1, prev_pos);
	if (!sql_row(s))
		return;
	if (!sql_col_null(s, 0)) {
		struct hub_user *sender;
		buf_put_str(b, "\"prev_content\":");
		buf_put_span(b, sql_col_text(s, 0));
		buf_put_str(b, ",\"replaces_state\":");
		buf_put_json_str(b, sql_col_text(s, 1));
		int64_t nid = sql_col_i64(s, 2);
		sql_reset(s);
		sender = hub_user(h, nid);
		buf_put_str(b, ",\"prev_sender\":");
		buf_put_json_str(b, span_of(sender ? sender->user_id : ""));
		buf_put_char(b, ',');
		return;
	}
	sql_reset(s);
}

static void put_redaction(struct buf *b, struct hub *h, struct span event_id)
{
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT text FROM events WHERE event_id=?1");
	sql_bind_text(s, 1, event_id);
	if (!sql_row(s))
		return;
	buf_put_str(b, "\"redacted_because\":");
	buf_put_span(b, sql_col_text(s, 0));
	buf_put_char(b, ',');
	sql_reset(s);
}

void unsigned_put_shared(struct buf *b, struct hub *h, const struct event_row *e, bool previous)
{
	if (previous && e->is_state && e->prev_pos)
		put_previous(b, h, e->prev_pos);
	if (e->redacted_by.n)
		put_redaction(b, h, e->redacted_by);
}

void unsigned_put(struct buf *b, const struct event_row *e, const struct event_view *v)
{
	int64_t age = v->now_ms - e->ts;
	buf_put_str(b, "\"unsigned\":{");
	if (e->extra)
		buf_put_str(b, e->extra);
	else
		unsigned_put_shared(b, v->hub, e, v->previous);
	if (v->bundle)
		relations_put(b, e, v);
	if (e->txn_id.n && e->device_nid && e->device_nid == v->device_nid) {
		buf_put_str(b, "\"transaction_id\":");
		buf_put_json_str(b, e->txn_id);
		buf_put_char(b, ',');
	}
	if (e->delay_id.n && e->sender_nid == v->user_nid) {
		buf_put_str(b, "\"org.matrix.msc4140.delay_id\":");
		buf_put_json_str(b, e->delay_id);
		buf_put_char(b, ',');
	}
	if (v->membership) {
		buf_put_str(b, "\"membership\":\"");
		buf_put_str(b, v->membership);
		buf_put_str(b, "\",");
	}
	buf_put_str(b, "\"age\":");
	buf_put_i64(b, age < 0 ? 0 : age);
	buf_put_char(b, '}');
}
