#include "server/sync/state_at.h"

#include "core/base/mem.h"

#include <stdlib.h>

static int by_pos(const void *a, const void *b)
{
	int64_t x = ((const struct event_row *)a)->pos, y = ((const struct event_row *)b)->pos;
	return (x > y) - (x < y);
}

static int64_t previous(struct hub *h, int64_t pos)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT coalesce(prev_pos,0) FROM events WHERE pos=?1");
	sql_bind_i64(s, 1, pos);
	return sql_get_i64(s, 0);
}

/*
 * Rows of current_state joined with their events; those newer than `pos` are
 * walked back, and dropped when that leads to `after` or before.
 */
static void collect(struct hub *h, struct sql_stmt *s, int64_t after, int64_t pos,
		    struct event_list *l)
{
	size_t from = l->n, older_n = 0;
	AUTO_FREE int64_t *older = NULL;
	while (sql_row(s)) {
		if (sql_col_i64(s, 0) <= pos) {
			event_row_read(h, s, l);
			continue;
		}
		if ((older_n & (older_n - 1)) == 0)
			older = mem_realloc_array(older, older_n ? older_n * 2 : 1, sizeof(*older));
		older[older_n++] = sql_col_i64(s, 4); /* 0 where NULL */
	}
	for (size_t i = 0; i < older_n; i++) {
		int64_t at = older[i];
		while (at > pos)
			at = previous(h, at);
		if (at > after)
			event_row_at(h, at, l);
	}
	state_sort(l, from);
}

void state_sort(struct event_list *l, size_t from)
{
	if (l->n > from)
		qsort(l->v + from, l->n - from, sizeof(*l->v), by_pos);
}

void state_at(struct hub *h, int64_t room_nid, int64_t pos, struct event_list *l)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM current_state c"
				      " CROSS JOIN events e ON e.pos=c.pos WHERE c.room_nid=?1");
	sql_bind_i64(s, 1, room_nid);
	collect(h, s, 0, pos, l);
}

/* Two seeks around the members, who are one run of the primary key. */
void state_others_at(struct hub *h, int64_t room_nid, int64_t pos, struct event_list *l)
{
	size_t from = l->n;
	struct sql_stmt *before =
		SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM current_state c"
				      " CROSS JOIN events e ON e.pos=c.pos"
				      " WHERE c.room_nid=?1 AND c.type<'m.room.member'");
	sql_bind_i64(before, 1, room_nid);
	collect(h, before, 0, pos, l);
	struct sql_stmt *behind =
		SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM current_state c"
				      " CROSS JOIN events e ON e.pos=c.pos"
				      " WHERE c.room_nid=?1 AND c.type>'m.room.member'");
	sql_bind_i64(behind, 1, room_nid);
	collect(h, behind, 0, pos, l);
	state_sort(l, from);
}

/* The state key that ends a page of `limit` members after `after`; NULL: it is the last page. */
static char *page_end(struct hub *h, int64_t room_nid, const char *after, int limit)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT state_key FROM current_state WHERE room_nid=?1 AND"
				      " type='m.room.member' AND state_key>?2 ORDER BY state_key"
				      " LIMIT 1 OFFSET ?3");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_str(s, 2, after);
	sql_bind_i64(s, 3, limit - 1);
	char *end = sql_row(s) ? span_dup(sql_col_text(s, 0)) : NULL;
	sql_reset(s);
	return end;
}

char *state_members_page(struct hub *h, int64_t room_nid, const char *after, int limit, int64_t pos,
			 struct event_list *l)
{
	char *end = page_end(h, room_nid, after, limit);
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM current_state c"
				      " CROSS JOIN events e ON e.pos=c.pos"
				      " WHERE c.room_nid=?1 AND c.type='m.room.member'"
				      " AND c.state_key>?2 AND (?3 IS NULL OR c.state_key<=?3)");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_str(s, 2, after);
	sql_bind_str(s, 3, end);
	collect(h, s, 0, pos, l);
	return end;
}

bool state_event_at(struct hub *h, int64_t room_nid, struct span type, struct span state_key,
		    int64_t pos, struct event_list *l)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM events e WHERE e.room_nid=?1 AND"
				      " e.type=?2 AND e.state_key=?3 AND e.pos<=?4"
				      " ORDER BY e.pos DESC LIMIT 1");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_text(s, 2, type);
	sql_bind_text(s, 3, state_key);
	sql_bind_i64(s, 4, pos);
	if (!sql_row(s))
		return false;
	event_row_read(h, s, l);
	sql_reset(s);
	return true;
}

void state_changed(struct hub *h, int64_t room_nid, int64_t after, int64_t upto,
		   struct event_list *l)
{
	if (upto <= after)
		return;
	/* What changed in the span has changed since `after` too. */
	struct sql_stmt *s = SQL(db_reader(h->db),
				 "SELECT" EVENT_COLUMNS "FROM current_state c CROSS JOIN events e"
				 " ON e.pos=c.pos WHERE c.room_nid=?1 AND c.pos>?2");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_i64(s, 2, after);
	collect(h, s, after, upto, l);
}
