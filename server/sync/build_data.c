#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/build.h"
#include "server/sync/pushrules.h"

#include <string.h>

static struct build_data *add(struct build *x)
{
	if ((x->data_n & (x->data_n - 1)) == 0)
		x->data =
			mem_realloc_array(x->data, x->data_n ? x->data_n * 2 : 1, sizeof(*x->data));
	struct build_data *d = &x->data[x->data_n++];
	*d = (struct build_data){0};
	return d;
}

static bool told(const struct build *x, const struct tail_entry *e)
{
	for (size_t i = 0; i < x->data_n; i++)
		if (x->data[i].room_nid == e->room_nid && !strcmp(x->data[i].type, e->type))
			return true;
	return false;
}

/* False when an entry came without its text: SQLite has it. */
static bool from_tail(struct build *x)
{
	struct tail_entry *e = tail_get(&x->h->tail, x->q->user->newest);
	for (; e && e->pos > x->since; e = tail_get(&x->h->tail, e->older)) {
		if (!e->text || !e->type)
			return false;
		if (told(x, e))
			continue;
		struct build_data *d = add(x);
		d->room_nid = e->room_nid;
		d->type = e->type;
		d->content = e->text;
	}
	return true;
}

static void from_store(struct build *x)
{
	struct sql_stmt *s =
		SQL(db_reader(x->h->db), "SELECT room_nid,type,content FROM account_data"
					 " WHERE user_nid=?1 AND pos>?2 ORDER BY pos");
	sql_bind_i64(s, 1, x->q->user->nid);
	sql_bind_i64(s, 2, x->q->rewound ? 0 : x->since);
	while (sql_row(s)) {
		struct span type = sql_col_text(s, 1), content = sql_col_text(s, 2);
		struct build_data *d = add(x);
		d->room_nid = sql_col_i64(s, 0);
		char *p = d->block = mem_alloc(type.n + content.n + 2);
		d->type = memcpy(p, type.p, type.n);
		d->content = memcpy(p + type.n + 1, content.p, content.n);
	}
}

void build_data_load(struct build *x)
{
	if (!x->since || x->q->rewound || x->q->user->last_pos > x->since) {
		if (!x->held || x->q->rewound || !from_tail(x)) {
			x->data_n = 0;
			from_store(x);
		}
	}
}

void build_data_done(struct build *x)
{
	for (size_t i = 0; i < x->data_n; i++)
		mem_free(x->data[i].block);
	mem_free(x->data);
}

static void put(struct build *x, const char *type, const char *content)
{
	build_comma(x->b);
	buf_put_str(x->b, "{\"type\":");
	buf_put_json_str(x->b, span_of(type));
	buf_put_str(x->b, ",\"content\":");
	buf_put_str(x->b, content);
	buf_put_char(x->b, '}');
}

int build_data_put(struct build *x, int64_t room_nid, const struct event_filter *f)
{
	int n = 0;
	bool rules = false;
	struct span nobody = span_of(x->q->user->user_id);
	for (size_t i = 0; i < x->data_n; i++) {
		const struct build_data *d = &x->data[i];
		if (d->room_nid != room_nid)
			continue;
		rules |= !strcmp(d->type, "m.push_rules");
		if (!event_filter_match(f, span_of(d->type), nobody, span_of("{}")))
			continue;
		put(x, d->type, d->content);
		n++;
	}
	/* Everybody has push rules; who never changed them has no row. */
	if (!room_nid && !x->since && !rules &&
	    event_filter_match(f, span_of("m.push_rules"), nobody, span_of("{}"))) {
		JSON_AUTO json_t *defaults = pushrules_default(x->q->user->user_id);
		AUTO_FREE char *text = json_text(defaults);
		put(x, "m.push_rules", text);
		n++;
	}
	return n;
}
