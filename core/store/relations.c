#include "core/store/relations.h"

#include "core/store/events_priv.h"

static const struct {
	const char *rel_type;
	enum store_relation bit;
} kinds[] = {
	{"m.replace", STORE_EDITED},
	{"m.annotation", STORE_ANNOTATED},
	{"m.thread", STORE_THREADED},
	{"m.reference", STORE_REFERENCED},
};

unsigned store_relations(struct store *s, int64_t room, struct span event_id)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT DISTINCT rel_type FROM events WHERE room=? AND rel_to=?");
	unsigned bits = 0;
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	while (sql_row(q)) {
		struct span got = sql_col_text(q, 0);
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (span_eq_str(got, kinds[i].rel_type))
				bits |= kinds[i].bit;
	}
	return bits;
}

int64_t store_thread_replies(struct store *s, int64_t room, struct span root)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT count(*) FROM events INDEXED BY events_thread WHERE"
				  " room=? AND rel_to=? AND rel_type='m.thread'"
				  " AND redacted_by IS NULL");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, root);
	return sql_get_i64(q, 0);
}

int store_thread_walk(struct store *s, int64_t room, struct span root, int64_t from, int64_t to,
		      bool backwards, store_event_fn *fn, void *arg)
{
	struct sql_stmt *q =
		backwards ? SQL(store_sql(s),
				"SELECT " EVENT_COLUMNS " FROM events INDEXED BY events_thread"
				" WHERE room=? AND rel_to=? AND rel_type='m.thread'"
				" AND pos>? AND pos<? ORDER BY pos DESC")
			  : SQL(store_sql(s),
				"SELECT " EVENT_COLUMNS " FROM events INDEXED BY events_thread"
				" WHERE room=? AND rel_to=? AND rel_type='m.thread'"
				" AND pos>? AND pos<? ORDER BY pos");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, root);
	sql_bind_i64(q, 3, from);
	sql_bind_i64(q, 4, to);
	return store_event_each(q, fn, arg);
}

/* The unary plus: few events are new, a room has many. */
int store_events_since(struct store *s, int64_t room, int64_t seq, store_event_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE seq>?"
					       " AND +room=? ORDER BY seq");
	sql_bind_i64(q, 1, seq);
	sql_bind_i64(q, 2, room);
	return store_event_each(q, fn, arg);
}

int store_messages_after(struct store *s, int64_t room, int64_t pos, store_event_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE room=?"
					       " AND pos>? AND type='m.room.message' ORDER BY pos");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, pos);
	return store_event_each(q, fn, arg);
}

static int on_newer(const struct store_event *e, void *arg)
{
	if (e->body.n)
		buf_put_span(arg, e->body);
	return 0;
}

void store_event_text(struct store *s, const struct store_event *e, struct buf *ret)
{
	size_t before = ret->n;
	store_event_edit(s, e->room, e->event_id, e->sender, on_newer, ret);
	if (ret->n == before)
		buf_put_span(ret, e->body);
}

bool store_type_since(struct store *s, int64_t seq, const char *type)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT EXISTS(SELECT 1 FROM events WHERE seq>? AND +type=?)");
	sql_bind_i64(q, 1, seq);
	sql_bind_str(q, 2, type);
	return sql_get_i64(q, 0) != 0;
}

static bool is_to_read(const struct store_event *e)
{
	return !e->redacted_by.p && ((e->body.p && !span_eq_str(e->rel_type, "m.replace")) ||
				     span_eq_str(e->type, "m.room.encrypted"));
}

bool store_event_last(struct store *s, int64_t room, store_event_fn *fn, void *arg)
{
	/* Bounded: a room of changes has nothing to read however far one looks. */
	struct sql_stmt *q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE room=?"
					       " ORDER BY pos DESC LIMIT 30");
	sql_bind_i64(q, 1, room);
	while (sql_row(q)) {
		struct store_event e = store_event_of(q);
		if (!is_to_read(&e))
			continue;
		fn(&e, arg);
		sql_reset(q);
		return true;
	}
	return false;
}
