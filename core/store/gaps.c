#include "core/store/events.h"

#include "core/base/i18n.h"

int store_gap_add(struct store *s, const struct store_gap *g, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "INSERT OR REPLACE INTO gaps(room,pos,low,token)"
					       " VALUES(?,?,?,?)");
	sql_bind_i64(q, 1, g->room);
	sql_bind_i64(q, 2, g->pos);
	sql_bind_i64(q, 3, g->low);
	sql_bind_str(q, 4, g->token);
	return sql_run(q, err);
}

int store_gap_remove(struct store *s, int64_t room, int64_t pos, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "DELETE FROM gaps WHERE room=? AND pos=?");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, pos);
	return sql_run(q, err);
}

int store_gap_move(struct store *s, int64_t room, int64_t pos, int64_t to, struct span token,
		   struct err *err)
{
	if (token.n >= sizeof(((struct store_gap *)0)->token))
		return err_set(err, ERR_PROTOCOL, _("the server's paging token is too long"));
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE gaps SET pos=?3, token=?4 WHERE room=?1 AND pos=?2");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, pos);
	sql_bind_i64(q, 3, to);
	sql_bind_text(q, 4, token);
	return sql_run(q, err);
}

static void read_gap(struct sql_stmt *q, struct store_gap *ret)
{
	ret->room = sql_col_i64(q, 0);
	ret->pos = sql_col_i64(q, 1);
	ret->low = sql_col_i64(q, 2);
	snprintf(ret->token, sizeof(ret->token), "%s", sql_col_text(q, 3).p);
	sql_reset(q);
}

static bool gap_of(struct sql_stmt *q, struct store_gap *ret)
{
	if (!sql_row(q))
		return false;
	read_gap(q, ret);
	return true;
}

bool store_gap_find(struct store *s, int64_t room, int64_t below, struct store_gap *ret)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT room,pos,low,token FROM gaps WHERE room=?"
					       " AND pos<=? ORDER BY pos DESC LIMIT 1");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, below);
	return gap_of(q, ret);
}

bool store_gap_after(struct store *s, int64_t room, int64_t above, struct store_gap *ret)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT room,pos,low,token FROM gaps WHERE room=?"
					       " AND pos>? AND low<>0 ORDER BY pos LIMIT 1");
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, above);
	return gap_of(q, ret);
}

bool store_gap_live(struct store *s, bool (*skip)(int64_t room, void *arg), void *arg,
		    struct store_gap *ret)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT room,pos,low,token FROM gaps WHERE low<>0 AND room IN"
				  " (SELECT id FROM rooms WHERE membership='join')"
				  " ORDER BY pos DESC");
	while (sql_row(q)) {
		if (skip && skip(sql_col_i64(q, 0), arg))
			continue;
		read_gap(q, ret);
		return true;
	}
	return false;
}
