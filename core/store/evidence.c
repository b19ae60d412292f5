#include "core/store/evidence.h"

#include "core/store/events_priv.h"

static int walk(struct sql_stmt *q, int64_t room, int64_t from_ms, int64_t to_ms,
		store_event_fn *fn, void *arg)
{
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, from_ms);
	sql_bind_i64(q, 3, to_ms);
	return store_event_each(q, fn, arg);
}

int store_evidence_walk(struct store *s, int64_t room, int64_t from_ms, int64_t to_ms,
			store_event_fn *fn, void *arg)
{
	return walk(SQL(store_sql(s),
			"SELECT " EVENT_COLUMNS " FROM events INDEXED BY events_evidence"
			" WHERE room=?1 AND ts>=?2 AND ts<?3"
			" AND type NOT IN ('m.room.message','m.reaction')"
			" ORDER BY ts"),
		    room, from_ms, to_ms, fn, arg);
}

int store_evidence_words(struct store *s, int64_t room, store_event_fn *fn, void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events INDEXED BY events_words"
				  " WHERE room=? AND type IN (" EVENT_WORDS ")"
				  " ORDER BY ts, event_id");
	sql_bind_i64(q, 1, room);
	return store_event_each(q, fn, arg);
}

int store_evidence_messages(struct store *s, int64_t room, int64_t from_ms, int64_t to_ms,
			    store_event_fn *fn, void *arg)
{
	return walk(SQL(store_sql(s),
			"SELECT " EVENT_COLUMNS " FROM events WHERE room=?1 AND ts>=?2 AND ts<?3"
			" AND type='m.room.message' ORDER BY ts"),
		    room, from_ms, to_ms, fn, arg);
}

int store_evidence_about(struct store *s, int64_t room, struct span event_id, store_event_fn *fn,
			 void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE room=? AND rel_to=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	return store_event_each(q, fn, arg);
}

int store_evidence_members(struct store *s, int64_t room, store_event_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS
					       " FROM events WHERE room=? AND type='m.room.member'"
					       " AND state_key IS NOT NULL");
	sql_bind_i64(q, 1, room);
	return store_event_each(q, fn, arg);
}

bool store_evidence_ts(struct store *s, int64_t room, int64_t pos, bool up, int64_t *ret_ts,
		       bool *ret_is_create)
{
	struct sql_stmt *q =
		up ? SQL(store_sql(s), "SELECT ts, type='m.room.create' FROM events"
				       " WHERE room=? AND pos>=? ORDER BY pos LIMIT 1")
		   : SQL(store_sql(s), "SELECT ts, type='m.room.create' FROM events"
				       " WHERE room=? AND pos<=? ORDER BY pos DESC LIMIT 1");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, pos);
	bool found = sql_row(q);
	if (found) {
		*ret_ts = sql_col_i64(q, 0);
		*ret_is_create = sql_col_i64(q, 1) != 0;
	}
	sql_reset(q);
	return found;
}
