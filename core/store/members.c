#include "core/store/rooms.h"

#include "core/base/mem.h"

int store_member_set(struct store *s, int64_t room, const struct store_member *m, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "INSERT INTO members(room,user_id,membership,name,avatar)"
		    " VALUES(?,?,?,?,?) ON CONFLICT(room,user_id) DO UPDATE SET"
		    " membership=excluded.membership,"
		    " name=CASE WHEN excluded.membership IN ('leave','ban')"
		    " THEN coalesce(nullif(excluded.name,''),name) ELSE excluded.name END,"
		    " avatar=CASE WHEN excluded.membership IN ('leave','ban')"
		    " THEN coalesce(nullif(excluded.avatar,''),avatar) ELSE excluded.avatar END");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, m->user_id);
	sql_bind_text(q, 3, m->membership);
	if (m->name.p)
		sql_bind_text(q, 4, m->name);
	if (m->avatar.p)
		sql_bind_text(q, 5, m->avatar);
	return sql_run(q, err);
}

int store_member_last_name(struct store *s, int64_t room, struct span user_id, struct span name,
			   struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE members SET name=? WHERE room=? AND user_id=?"
				  " AND coalesce(name,'')='' AND membership IN ('leave','ban')");
	sql_bind_text(q, 1, name);
	sql_bind_i64(q, 2, room);
	sql_bind_text(q, 3, user_id);
	return sql_run(q, err);
}

static int walk(struct sql_stmt *q, store_member_fn *fn, void *arg)
{
	while (sql_row(q)) {
		struct store_member m = {sql_col_text(q, 0), sql_col_text(q, 1), sql_col_text(q, 2),
					 sql_col_text(q, 3)};
		int rc = fn(&m, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_member_walk(struct store *s, int64_t room, const char *membership, store_member_fn *fn,
		      void *arg)
{
	struct sql_stmt *q =
		membership ? SQL(store_sql(s), "SELECT user_id,membership,name,avatar FROM members"
					       " WHERE room=? AND membership=? ORDER BY user_id")
			   : SQL(store_sql(s), "SELECT user_id,membership,name,avatar FROM members"
					       " WHERE room=? ORDER BY user_id");
	sql_bind_i64(q, 1, room);
	if (membership)
		sql_bind_str(q, 2, membership);
	return walk(q, fn, arg);
}

static char *text_of(struct sql_stmt *q, int64_t room, struct span user_id)
{
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, user_id);
	if (!sql_row(q))
		return NULL;
	char *text = sql_col_null(q, 0) ? NULL : span_dup(sql_col_text(q, 0));
	sql_reset(q);
	return text;
}

char *store_member_name(struct store *s, int64_t room, struct span user_id)
{
	return text_of(SQL(store_sql(s), "SELECT name FROM members WHERE room=? AND user_id=?"),
		       room, user_id);
}

char *store_member_membership(struct store *s, int64_t room, struct span user_id)
{
	return text_of(SQL(store_sql(s),
			   "SELECT membership FROM members WHERE room=? AND user_id=?"),
		       room, user_id);
}

bool store_member_local_shared(struct store *s, int64_t room, struct span user_id)
{
	/* The ids that begin "@local:" lie together in the key; ';' follows ':'. */
	struct sql_stmt *q = SQL(store_sql(s), "SELECT EXISTS(SELECT 1 FROM members WHERE room=?1"
					       " AND user_id>=?2||':' AND user_id<?2||';'"
					       " AND user_id<>?3 AND membership IN"
					       " ('join','invite'))");
	ptrdiff_t colon = span_find(user_id, ':');
	if (colon < 0)
		return false;
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, span_head(user_id, (size_t)colon));
	sql_bind_text(q, 3, user_id);
	return sql_get_i64(q, 0) != 0;
}

int store_member_named(struct store *s, int64_t room, const char *name, store_member_fn *fn,
		       void *arg)
{
	struct sql_stmt *q =
		room ? SQL(store_sql(s), "SELECT user_id,membership,name,avatar FROM members"
					 " WHERE name=?1 AND room=?2 AND membership IN"
					 " ('join','invite') ORDER BY user_id LIMIT 16")
		     : SQL(store_sql(s), "SELECT user_id,membership,name,avatar FROM members"
					 " WHERE name=?1 AND membership IN ('join','invite') AND"
					 " room IN (SELECT id FROM rooms WHERE membership='join')"
					 " GROUP BY user_id ORDER BY user_id LIMIT 16");
	sql_bind_str(q, 1, name);
	if (room)
		sql_bind_i64(q, 2, room);
	return walk(q, fn, arg);
}

int store_receipt_set(struct store *s, int64_t room, const struct store_receipt *r, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "INSERT OR REPLACE INTO receipts(room,user_id,type,thread,"
				  "event_id,ts) VALUES(?,?,?,?,?,?)");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, r->user_id);
	sql_bind_text(q, 3, r->type);
	sql_bind_text(q, 4, r->thread);
	sql_bind_text(q, 5, r->event_id);
	sql_bind_i64(q, 6, r->ts);
	return sql_run(q, err);
}

int store_receipt_walk(struct store *s, int64_t room, store_receipt_fn *fn, void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT r.user_id,r.type,r.thread,r.event_id,r.ts,e.pos"
				  " FROM receipts r LEFT JOIN events e ON e.room=r.room"
				  " AND e.event_id=r.event_id WHERE r.room=? ORDER BY r.user_id");
	sql_bind_i64(q, 1, room);
	while (sql_row(q)) {
		struct store_receipt r = {
			.user_id = sql_col_text(q, 0),
			.type = sql_col_text(q, 1),
			.thread = sql_col_text(q, 2),
			.event_id = sql_col_text(q, 3),
			.ts = sql_col_i64(q, 4),
			.pos = sql_col_i64(q, 5),
		};
		int rc = fn(&r, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int64_t store_last_sent(struct store *s, int64_t room, struct span user_id, int64_t *ret_ts)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT pos,ts FROM events WHERE room=? AND"
					       " sender=? ORDER BY pos DESC LIMIT 1");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, user_id);
	if (!sql_row(q))
		return 0;
	int64_t pos = sql_col_i64(q, 0);
	*ret_ts = sql_col_i64(q, 1);
	sql_reset(q);
	return pos;
}
