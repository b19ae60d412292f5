#include "core/store/events_priv.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/store/search.h"

static void bind_optional(struct sql_stmt *q, int at, struct span v)
{
	if (v.p)
		sql_bind_text(q, at, v);
	else
		sql_bind_null(q, at);
}

struct store_event store_event_of(struct sql_stmt *q)
{
	return (struct store_event){
		.seq = sql_col_i64(q, 0),
		.room = sql_col_i64(q, 1),
		.pos = sql_col_i64(q, 2),
		.event_id = sql_col_text(q, 3),
		.type = sql_col_text(q, 4),
		.sender = sql_col_text(q, 5),
		.state_key = sql_col_text(q, 6),
		.ts = sql_col_i64(q, 7),
		.body = sql_col_text(q, 8),
		.rel_type = sql_col_text(q, 9),
		.rel_to = sql_col_text(q, 10),
		.txn_id = sql_col_text(q, 11),
		.redacted_by = sql_col_text(q, 12),
		.unreadable = sql_col_text(q, 13),
		.json = sql_col_text(q, 14),
	};
}

/* A known event that comes again may tell more: its transaction id, or that it was redacted. */
static int learn(struct store *s, const struct store_event *e, struct err *err)
{
	int rc = 0;
	if (e->txn_id.p) {
		struct sql_stmt *q = SQL(store_sql(s), "UPDATE events SET txn_id=?3 WHERE room=?1"
						       " AND event_id=?2 AND txn_id IS NULL");
		sql_bind_i64(q, 1, e->room);
		sql_bind_text(q, 2, e->event_id);
		sql_bind_text(q, 3, e->txn_id);
		rc = sql_run(q, err);
	}
	if (!rc && e->redacted_by.p)
		rc = store_event_redact(s, e->room, e->event_id, e->redacted_by, err);
	return rc;
}

int store_event_add(struct store *s, const struct store_event *e, bool *ret_new, struct err *err)
{
	if (store_event_pos(s, e->room, e->event_id)) {
		*ret_new = false;
		return learn(s, e, err);
	}
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "INSERT INTO events(room,pos,event_id,type,sender,state_key,ts,body,rel_type,"
		    "rel_to,txn_id,redacted_by,unreadable,json)"
		    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
	sql_bind_i64(q, 1, e->room);
	sql_bind_i64(q, 2, e->pos);
	sql_bind_text(q, 3, e->event_id);
	sql_bind_text(q, 4, e->type);
	sql_bind_text(q, 5, e->sender);
	bind_optional(q, 6, e->state_key);
	sql_bind_i64(q, 7, e->ts);
	bind_optional(q, 8, e->body);
	bind_optional(q, 9, e->rel_type);
	bind_optional(q, 10, e->rel_to);
	bind_optional(q, 11, e->txn_id);
	bind_optional(q, 12, e->redacted_by);
	bind_optional(q, 13, e->unreadable);
	sql_bind_text(q, 14, e->json);
	int rc = sql_run(q, err);
	if (!rc)
		*ret_new = true;
	return rc;
}

int64_t store_event_pos(struct store *s, int64_t room, struct span event_id)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT pos FROM events WHERE room=? AND event_id=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	return sql_get_i64(q, 0);
}

int64_t store_newest_pos(struct store *s, int64_t room)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT max(pos) FROM events WHERE room=?");
	sql_bind_i64(q, 1, room);
	return sql_get_i64(q, 0);
}

int64_t store_oldest_pos(struct store *s, int64_t room)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT min(pos) FROM events WHERE room=?");
	sql_bind_i64(q, 1, room);
	return sql_get_i64(q, 0);
}

int64_t store_newest_seq(struct store *s)
{
	return sql_get_i64(SQL(store_sql(s), "SELECT max(seq) FROM events"), 0);
}

/* The event without its content; state keeps it (it is still in force until replaced). */
static char *without_content(struct span text, bool is_state)
{
	JSON_AUTO json_t *event = NULL;
	if (json_parse_object(text, &event, NULL))
		return mem_strdup("{}");
	if (!is_state) {
		json_object_set_new(event, "content", json_object());
		json_t *unsigned_data = json_get_object(event, "unsigned");
		if (unsigned_data)
			json_object_del(unsigned_data, "m.relations");
	}
	return json_text(event);
}

int store_event_redact(struct store *s, int64_t room, struct span target, struct span by,
		       struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT json, state_key IS NOT NULL, seq, body FROM events"
				  " WHERE room=? AND event_id=?"
				  " AND redacted_by IS NULL");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, target);
	if (!sql_row(q))
		return sql_failed(store_sql(s), err);
	AUTO_FREE char *json = without_content(sql_col_text(q, 0), sql_col_i64(q, 1) != 0);
	AUTO_FREE char *body = span_dup(sql_col_text(q, 3));
	int64_t seq = sql_col_i64(q, 2);
	sql_reset(q);
	int rc = store_index_forget(s, seq, span_of(body), err);
	if (rc)
		return rc;
	q = SQL(store_sql(s), "UPDATE events SET redacted_by=?3, body=NULL, json=?4,"
			      " rel_to=CASE WHEN rel_type IN ('m.thread','m.replace') THEN"
			      " rel_to END, rel_type=CASE WHEN rel_type IN"
			      " ('m.thread','m.replace') THEN rel_type END"
			      " WHERE room=?1 AND event_id=?2");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, target);
	sql_bind_text(q, 3, by);
	sql_bind_str(q, 4, json);
	return sql_run(q, err);
}

int store_event_each(struct sql_stmt *q, store_event_fn *fn, void *arg)
{
	while (sql_row(q)) {
		struct store_event e = store_event_of(q);
		int rc = fn(&e, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_events_walk(struct store *s, int64_t room, int64_t from, int64_t to, bool backwards,
		      store_event_fn *fn, void *arg)
{
	struct sql_stmt *q = backwards ? SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events"
							   " WHERE room=? AND pos>? AND pos<?"
							   " ORDER BY pos DESC")
				       : SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events"
							   " WHERE room=? AND pos>? AND pos<?"
							   " ORDER BY pos");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, from);
	sql_bind_i64(q, 3, to);
	return store_event_each(q, fn, arg);
}

bool store_event_get(struct store *s, int64_t room, struct span event_id, store_event_fn *fn,
		     void *arg)
{
	struct sql_stmt *q = room ? SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events"
						      " WHERE event_id=?1 AND room=?2")
				  : SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events"
						      " WHERE event_id=?1 AND room IN"
						      " (SELECT id FROM rooms) LIMIT 1");
	sql_bind_text(q, 1, event_id);
	if (room)
		sql_bind_i64(q, 2, room);
	if (!sql_row(q))
		return false;
	struct store_event e = store_event_of(q);
	fn(&e, arg);
	sql_reset(q);
	return true;
}

/* The unary plus keeps SQLite from the indexes of senders and positions: a room has many, an event
 * has few relations. */
bool store_event_edit(struct store *s, int64_t room, struct span event_id, struct span sender,
		      store_event_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events"
					       " WHERE room=? AND rel_to=? AND"
					       " rel_type='m.replace' AND +sender=?"
					       " AND redacted_by IS NULL"
					       " ORDER BY +ts DESC, +pos DESC LIMIT 1");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	sql_bind_text(q, 3, sender);
	if (!sql_row(q))
		return false;
	struct store_event e = store_event_of(q);
	fn(&e, arg);
	sql_reset(q);
	return true;
}

int store_events_related(struct store *s, int64_t room, struct span event_id, const char *rel_type,
			 store_event_fn *fn, void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE room=? AND"
				  " rel_to=? AND rel_type=? ORDER BY +pos");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	sql_bind_str(q, 3, rel_type);
	return store_event_each(q, fn, arg);
}

char *store_event_by_txn(struct store *s, int64_t room, const char *txn_id)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT event_id FROM events WHERE txn_id=? AND room=?");
	sql_bind_str(q, 1, txn_id);
	sql_bind_i64(q, 2, room);
	if (!sql_row(q))
		return NULL;
	char *id = span_dup(sql_col_text(q, 0));
	sql_reset(q);
	return id;
}

int64_t *store_rooms_changed(struct store *s, int64_t seq)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT DISTINCT room FROM events WHERE seq>?");
	size_t n = 0;
	int64_t *ids = mem_realloc_array(NULL, 1, sizeof(*ids));
	sql_bind_i64(q, 1, seq);
	while (sql_row(q)) {
		ids = mem_realloc_array(ids, n + 2, sizeof(*ids));
		ids[n++] = sql_col_i64(q, 0);
	}
	ids[n] = 0;
	return ids;
}
