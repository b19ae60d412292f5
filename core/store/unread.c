#include "core/store/unread.h"

int store_thread_count_set(struct store *s, int64_t room, const struct store_thread_count *c,
			   struct err *err)
{
	struct sql_stmt *q =
		c->unread || c->highlights
			? SQL(store_sql(s), "INSERT OR REPLACE INTO thread_counts(room,root,unread,"
					    "highlights) VALUES(?,?,?,?)")
			: SQL(store_sql(s), "DELETE FROM thread_counts WHERE room=? AND root=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, c->root);
	if (c->unread || c->highlights) {
		sql_bind_i64(q, 3, c->unread);
		sql_bind_i64(q, 4, c->highlights);
	}
	return sql_run(q, err);
}

int store_thread_counts_clear(struct store *s, int64_t room, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "DELETE FROM thread_counts WHERE room=?");
	sql_bind_i64(q, 1, room);
	return sql_run(q, err);
}

int store_thread_counts_walk(struct store *s, int64_t room, store_thread_count_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT root,unread,highlights FROM thread_counts"
					       " WHERE room=? ORDER BY root");
	sql_bind_i64(q, 1, room);
	while (sql_row(q)) {
		struct store_thread_count c = {sql_col_text(q, 0), sql_col_i64(q, 1),
					       sql_col_i64(q, 2)};
		int rc = fn(&c, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_thread_counts_sum(struct store *s, int64_t room, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET (thread_unread,thread_highlights)="
				  "(SELECT coalesce(sum(unread),0),coalesce(sum(highlights),0)"
				  " FROM thread_counts WHERE room=?1) WHERE id=?1");
	sql_bind_i64(q, 1, room);
	return sql_run(q, err);
}

/* With one max() in a query, SQLite takes the bare columns from the row that has it. */
int store_threads_walk(struct store *s, int64_t room, struct span own, store_thread_fn *fn,
		       void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "SELECT e.rel_to,e.event_id,count(*),max(e.pos),e.ts,coalesce(c.unread,0),"
		    "coalesce(c.highlights,0),sum(e.sender=?2)>0 OR coalesce(r.sender=?2,0)"
		    " FROM events e INDEXED BY events_thread"
		    " LEFT JOIN thread_counts c ON c.room=e.room AND c.root=e.rel_to"
		    " LEFT JOIN events r ON r.room=e.room AND r.event_id=e.rel_to"
		    " WHERE e.room=?1 AND e.rel_type='m.thread' AND e.redacted_by IS NULL GROUP BY "
		    "e.rel_to"
		    " ORDER BY max(e.pos) DESC");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, own);
	while (sql_row(q)) {
		struct store_thread t = {
			.root = sql_col_text(q, 0),
			.last_id = sql_col_text(q, 1),
			.replies = sql_col_i64(q, 2),
			.last_pos = sql_col_i64(q, 3),
			.last_ts = sql_col_i64(q, 4),
			.unread = sql_col_i64(q, 5),
			.highlights = sql_col_i64(q, 6),
			.joined_in = sql_col_i64(q, 7) != 0,
		};
		int rc = fn(&t, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_fully_read_set(struct store *s, int64_t room, struct span event_id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET fully_read=? WHERE id=?");
	if (event_id.p)
		sql_bind_text(q, 1, event_id);
	sql_bind_i64(q, 2, room);
	return sql_run(q, err);
}

int64_t store_fully_read_pos(struct store *s, int64_t room)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT e.pos FROM rooms r JOIN events e ON"
					       " e.room=r.id AND e.event_id=r.fully_read"
					       " WHERE r.id=?");
	sql_bind_i64(q, 1, room);
	return sql_get_i64(q, 0);
}

int store_marked_unread_set(struct store *s, int64_t room, bool on, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET marked_unread=? WHERE id=?");
	sql_bind_i64(q, 1, on);
	sql_bind_i64(q, 2, room);
	return sql_run(q, err);
}

int store_tags_set(struct store *s, int64_t room, bool favourite, bool low_priority, int64_t order,
		   struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET favourite=?, low_priority=?,"
					       " tag_order=? WHERE id=?");
	sql_bind_i64(q, 1, favourite);
	sql_bind_i64(q, 2, low_priority);
	sql_bind_i64(q, 3, order);
	sql_bind_i64(q, 4, room);
	return sql_run(q, err);
}
