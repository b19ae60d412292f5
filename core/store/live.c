#include "core/store/live.h"

int store_typing_set(struct store *s, int64_t room, const char *const *users, size_t n,
		     int64_t now_ms, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "DELETE FROM typing WHERE room=?");
	sql_bind_i64(q, 1, room);
	int rc = sql_run(q, err);
	for (size_t i = 0; i < n && !rc; i++) {
		q = SQL(store_sql(s), "INSERT OR REPLACE INTO typing(room,user_id,at_ms)"
				      " VALUES(?,?,?)");
		sql_bind_i64(q, 1, room);
		sql_bind_str(q, 2, users[i]);
		sql_bind_i64(q, 3, now_ms);
		rc = sql_run(q, err);
	}
	return rc;
}

int store_typing_walk(struct store *s, int64_t room, int64_t now_ms, store_typing_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT user_id FROM typing WHERE room=? AND"
					       " at_ms>? ORDER BY user_id");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, now_ms - STORE_TYPING_MS);
	while (sql_row(q)) {
		int rc = fn(sql_col_text(q, 0), arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_presence_set(struct store *s, const struct store_presence *p, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "INSERT OR REPLACE INTO presence(user_id,state,"
					       "status,active_ms,active,changed)"
					       " VALUES(?1,?2,?3,?4,?5,1+(SELECT"
					       " coalesce(max(changed),0) FROM presence))");
	sql_bind_text(q, 1, p->user_id);
	sql_bind_text(q, 2, p->state);
	if (p->status.p)
		sql_bind_text(q, 3, p->status);
	sql_bind_i64(q, 4, p->active_ms);
	sql_bind_i64(q, 5, p->active);
	return sql_run(q, err);
}

static struct store_presence presence_of(struct sql_stmt *q)
{
	return (struct store_presence){
		.user_id = sql_col_text(q, 0),
		.state = sql_col_text(q, 1),
		.status = sql_col_text(q, 2),
		.active_ms = sql_col_i64(q, 3),
		.active = sql_col_i64(q, 4) != 0,
	};
}

bool store_presence_get(struct store *s, struct span user_id, store_presence_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT user_id,state,status,active_ms,active FROM"
					       " presence WHERE user_id=?");
	sql_bind_text(q, 1, user_id);
	if (!sql_row(q))
		return false;
	struct store_presence p = presence_of(q);
	fn(&p, arg);
	sql_reset(q);
	return true;
}

int store_presence_since(struct store *s, int64_t *mark, store_presence_fn *fn, void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT user_id,state,status,active_ms,active,changed FROM"
				  " presence WHERE changed>? ORDER BY changed");
	sql_bind_i64(q, 1, *mark);
	while (sql_row(q)) {
		struct store_presence p = presence_of(q);
		*mark = sql_col_i64(q, 5);
		int rc = fn(&p, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}
