#include "core/base/mem.h"
#include "server/sync/build.h"

#include <stdlib.h>
#include <string.h>

struct receipt {
	const char *thread, *event_id, *kind, *user;
	int64_t ts, pos;
	char *block;
};

struct receipts {
	struct receipt *v;
	size_t n, size;
};

static struct receipt *add(struct receipts *l)
{
	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 16;
		l->v = mem_realloc_array(l->v, l->size, sizeof(*l->v));
	}
	memset(&l->v[l->n], 0, sizeof(*l->v));
	return &l->v[l->n++];
}

static bool superseded(const struct receipts *l, const struct tail_entry *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].user, e->sender) && !strcmp(l->v[i].kind, e->type) &&
		    !strcmp(l->v[i].thread, e->state_key))
			return true;
	return false;
}

/* In the tail a receipt is: type = kind, state_key = thread, sender, text = "ts event_id". */
static void from_tail(struct build *x, struct hub_room *room, int64_t after, struct receipts *l)
{
	struct tail_entry *e = tail_get(&x->h->tail, room->newest);
	for (; e && e->pos > after; e = tail_get(&x->h->tail, e->older)) {
		if (e->kind != TAIL_RECEIPT || e->pos > x->pos)
			continue;
		if (e->private_to_user && e->user_nid != x->q->user->nid)
			continue;
		if (superseded(l, e))
			continue;
		const char *space = strchr(e->text, ' ');
		struct receipt *r = add(l);
		r->thread = e->state_key;
		r->kind = e->type;
		r->user = e->sender;
		r->event_id = space ? space + 1 : "";
		r->ts = strtoll(e->text, NULL, 10);
	}
}

static void from_store(struct build *x, struct hub_room *room, int64_t after, struct receipts *l)
{
	struct sql_stmt *s = SQL(db_reader(x->h->db),
				 "SELECT user_nid,kind,thread_id,event_id,ts FROM receipts WHERE"
				 " room_nid=?1 AND pos>?2 AND (kind!='m.read.private' OR"
				 " user_nid=?3)");
	sql_bind_i64(s, 1, room->nid);
	sql_bind_i64(s, 2, after);
	sql_bind_i64(s, 3, x->q->user->nid);
	while (sql_row(s)) {
		struct hub_user *u = hub_user(x->h, sql_col_i64(s, 0));
		if (!u)
			continue;
		struct span kind = sql_col_text(s, 1), thread = sql_col_text(s, 2);
		struct span event_id = sql_col_text(s, 3);
		struct receipt *r = add(l);
		char *p = r->block = mem_alloc(kind.n + thread.n + event_id.n + 3);
		r->kind = memcpy(p, kind.p, kind.n);
		r->thread = memcpy(p + kind.n + 1, thread.p ? thread.p : "", thread.n);
		r->event_id = memcpy(p + kind.n + thread.n + 2, event_id.p, event_id.n);
		r->user = u->user_id;
		r->ts = sql_col_i64(s, 4);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct receipt *x = a, *y = b;
	int d = strcmp(x->thread, y->thread);
	d = d ? d : strcmp(x->event_id, y->event_id);
	d = d ? d : strcmp(x->kind, y->kind);
	return d ? d : strcmp(x->user, y->user);
}

static void put_str(struct buf *b, const char *s)
{
	buf_put_json_str(b, span_of(s));
}

/* One m.receipt per thread: {event_id: {kind: {user: {ts, thread_id}}}}. */
static void put(struct buf *b, const struct receipt *r, const struct receipt *last)
{
	bool new_thread = !last || strcmp(r->thread, last->thread) != 0;
	bool new_event = new_thread || strcmp(r->event_id, last->event_id) != 0;
	bool new_kind = new_event || strcmp(r->kind, last->kind) != 0;
	if (last)
		buf_put_str(b, new_thread ? "}}}}," : new_event ? "}}," : new_kind ? "}," : ",");
	if (new_thread)
		buf_put_str(b, "{\"type\":\"m.receipt\",\"content\":{");
	if (new_event) {
		put_str(b, r->event_id);
		buf_put_str(b, ":{");
	}
	if (new_kind) {
		put_str(b, r->kind);
		buf_put_str(b, ":{");
	}
	put_str(b, r->user);
	buf_put_str(b, ":{\"ts\":");
	buf_put_i64(b, r->ts);
	if (*r->thread) {
		buf_put_str(b, ",\"thread_id\":");
		put_str(b, r->thread);
	}
	buf_put_char(b, '}');
}

int build_receipts(struct build *x, struct hub_room *room, int64_t since)
{
	struct receipts l = {0};
	if (x->held && since >= x->since)
		from_tail(x, room, since, &l);
	else
		from_store(x, room, since, &l);
	if (l.n) {
		qsort(l.v, l.n, sizeof(*l.v), by_place);
		build_comma(x->b);
		for (size_t i = 0; i < l.n; i++)
			put(x->b, &l.v[i], i ? &l.v[i - 1] : NULL);
		buf_put_str(x->b, "}}}}");
	}
	for (size_t i = 0; i < l.n; i++)
		mem_free(l.v[i].block);
	mem_free(l.v);
	return (int)l.n;
}
