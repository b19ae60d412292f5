#include "server/sync/page.h"

#include "core/base/mem.h"
#include "server/sync/ignored.h"

static struct sql_stmt *query(struct room_access *a, const struct page *p)
{
	struct sql *db = db_reader(a->hub->db);
	int64_t now = db_position(a->hub->db), to = p->to;
	struct sql_stmt *s =
		p->forward ? SQL(db, "SELECT" EVENT_COLUMNS "FROM events e WHERE e.room_nid=?1 AND"
				     " e.pos>?2 AND e.pos<=?3 ORDER BY e.pos")
			   : SQL(db, "SELECT" EVENT_COLUMNS "FROM events e WHERE e.room_nid=?1 AND"
				     " e.pos>?2 AND e.pos<=?3 ORDER BY e.pos DESC");
	int64_t high =
		p->forward ? (to < 0 || to > now ? now : to) : (p->from > now ? now : p->from);
	sql_bind_i64(s, 1, a->room->nid);
	sql_bind_i64(s, 2, p->forward ? p->from : (to < 0 ? 0 : to));
	sql_bind_i64(s, 3, high);
	return s;
}

bool page_read(struct room_access *a, const struct page *p, struct event_list *l, int64_t *ret_end)
{
	struct sql_stmt *s = query(a, p);
	size_t had = l->n;
	int skipped = 0;
	int64_t end = p->from;
	bool more = false;
	while (!more && sql_row(s)) {
		struct event_row *e = event_row_read(a->hub, s, l);
		bool shown = access_sees(a, e) &&
			     event_filter_match(p->filter, e->type, span_of(e->sender), e->text) &&
			     (e->is_state || !ignored_sender(a->hub, a->me, e->sender));
		bool room_left = l->n - had <= (size_t)p->limit;
		if (shown && room_left) {
			end = p->forward ? e->pos : e->pos - 1;
			continue;
		}
		more = shown || ++skipped == PAGE_SCAN_MAX;
		/* What was looked at in vain need not be looked at again. */
		if (room_left)
			end = p->forward ? e->pos : e->pos - 1;
		mem_free(e->block);
		l->n--;
	}
	sql_reset(s);
	*ret_end = end;
	return more;
}
