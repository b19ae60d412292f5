#include "server/sync/event_row.h"

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/sync/filter.h"
#include "server/sync/unsigned.h"

#include <stdio.h>
#include <string.h>

void event_list_done(struct event_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->v[i].block);
	mem_free(l->v);
	*l = (struct event_list){NULL, 0, 0};
}

struct event_row *event_list_add(struct event_list *l)
{
	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 16;
		l->v = mem_realloc_array(l->v, l->size, sizeof(*l->v));
	}
	struct event_row *e = &l->v[l->n++];
	memset(e, 0, sizeof(*e));
	return e;
}

void event_list_reverse(struct event_list *l)
{
	for (size_t i = 0; i < l->n / 2; i++) {
		struct event_row e = l->v[i];
		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = e;
	}
}

struct event_row *event_row_read(struct hub *h, struct sql_stmt *s, struct event_list *l)
{
	/* One block holds all strings; NULL columns stay {NULL, 0}. */
	struct span in[7];
	size_t total = 0;
	for (int i = 0; i < 7; i++) {
		in[i] = sql_col_text(s, 5 + i);
		total += in[i].n + 1;
	}
	struct event_row *e = event_list_add(l);
	e->pos = sql_col_i64(s, 0);
	e->ts = sql_col_i64(s, 1);
	e->sender_nid = sql_col_i64(s, 2);
	e->device_nid = sql_col_i64(s, 3);
	e->prev_pos = sql_col_i64(s, 4);
	char *p = e->block = mem_realloc(NULL, total);
	struct span *out[7] = {&e->text,   &e->type,	    &e->state_key, &e->event_id,
			       &e->txn_id, &e->redacted_by, &e->delay_id};
	for (int i = 0; i < 7; i++) {
		if (!in[i].p)
			continue;
		memcpy(p, in[i].p, in[i].n);
		p[in[i].n] = '\0';
		*out[i] = (struct span){p, in[i].n};
		p += in[i].n + 1;
	}
	e->is_state = e->state_key.p != NULL;
	struct hub_user *sender = hub_user(h, e->sender_nid);
	e->sender = sender ? sender->user_id : "";
	return e;
}

static bool one(struct hub *h, struct sql_stmt *s, struct event_list *l)
{
	if (!sql_row(s))
		return false;
	event_row_read(h, s, l);
	sql_reset(s);
	return true;
}

bool event_row_at(struct hub *h, int64_t pos, struct event_list *l)
{
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM events e"
						   " WHERE e.pos=?1");
	sql_bind_i64(s, 1, pos);
	return one(h, s, l);
}

bool event_row_by_id(struct hub *h, int64_t room_nid, struct span event_id, struct event_list *l)
{
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT" EVENT_COLUMNS "FROM events e"
						   " WHERE e.event_id=?1 AND e.room_nid=?2");
	sql_bind_text(s, 1, event_id);
	sql_bind_i64(s, 2, room_nid);
	return one(h, s, l);
}

void event_tail_text(struct hub *h, struct tail_entry *t, struct span text)
{
	struct hub_room *r = hub_room(h, t->room_nid);
	struct span cut = event_room_id_span(text, r->room_id);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put(&b, text.p, cut.n ? (size_t)(cut.p - text.p) : text.n);
	if (cut.n)
		buf_put_span(&b, span_from(text, (size_t)(cut.p - text.p) + cut.n));
	tail_set_text(&h->tail, t, b.p, b.n);
	buf_done(&b);
}

void event_row_of_tail(struct hub *h, struct tail_entry *t, struct event_row *ret)
{
	if (t->stale || !t->extra_known) {
		struct event_list l = {0};
		struct buf extra = BUF_INIT(BUF_CAP_OWN);
		if (event_row_at(h, t->pos, &l)) {
			if (t->stale)
				event_tail_text(h, t, l.v[0].text);
			unsigned_put_shared(&extra, h, &l.v[0], true);
		}
		mem_free(t->extra);
		t->extra = extra.n ? buf_take(&extra) : NULL;
		t->stale = false;
		t->extra_known = true;
		buf_done(&extra);
		event_list_done(&l);
	}
	*ret = (struct event_row){
		.pos = t->pos,
		.ts = t->ts,
		.sender_nid = t->user_nid,
		.device_nid = t->device_nid,
		.is_state = t->state_key != NULL,
		.text = {t->text, t->text_n},
		.type = span_of(t->type),
		.state_key = t->state_key ? span_of(t->state_key) : (struct span){NULL, 0},
		.txn_id = span_of(t->txn_id),
		.delay_id = span_of(t->delay_id),
		.sender = t->sender,
		.extra = t->extra ? t->extra : "",
	};
}

/* True when what follows a top-level member of an object closes just that object. */
static bool closes_once(const char *p, const char *end)
{
	int depth = 0;
	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			depth--;
		}
		if (depth < 0 && p + 1 < end)
			return false;
	}
	return depth == -1;
}

struct span event_room_id_span(struct span text, const char *room_id)
{
	char member[LIMIT_ID_BYTES + 16];
	const char *found = NULL, *end = text.p + text.n;
	int n = snprintf(member, sizeof(member), "\"room_id\":\"%s\"", room_id);
	if (n >= (int)sizeof(member))
		return (struct span){NULL, 0};
	for (const char *p = text.p; p < end; p = found + 1) {
		const char *next = memmem(p, (size_t)(end - p), member, (size_t)n);
		if (!next)
			break;
		found = next;
	}
	/* The last one is the event's own unless an object after it holds it too. */
	if (!found || !closes_once(found + n, end))
		return (struct span){NULL, 0};
	if (found > text.p && found[-1] == ',')
		return (struct span){found - 1, (size_t)n + 1};
	return (struct span){found, (size_t)n + (found[n] == ',')};
}

static void put_fields(struct buf *b, struct buf *whole, const struct filter *f)
{
	JSON_AUTO json_t *j = NULL;
	if (json_parse_object(buf_span(whole), &j, NULL))
		return;
	JSON_AUTO json_t *kept = filter_fields(f, j);
	json_put(b, kept);
}

void event_put(struct buf *b, const struct event_row *e, const struct event_view *v)
{
	if (v->fields && v->fields->fields.set) {
		struct event_view all = *v;
		struct buf whole = BUF_INIT(BUF_CAP_OWN);
		all.fields = NULL;
		event_put(&whole, e, &all);
		put_fields(b, &whole, v->fields);
		buf_done(&whole);
		return;
	}
	struct span body = span_head(e->text, e->text.n - 1); /* without the last brace */
	struct span cut = {NULL, 0};
	if (v->cut_room_id)
		cut = event_room_id_span(e->text, v->room_id);
	if (cut.n) {
		buf_put(b, body.p, (size_t)(cut.p - body.p));
		body = span_from(body, (size_t)(cut.p - body.p) + cut.n);
	}
	buf_put_span(b, body);
	buf_put_char(b, ',');
	unsigned_put(b, e, v);
	buf_put_char(b, '}');
}

void event_put_stripped(struct buf *b, const struct event_row *e)
{
	JSON_AUTO json_t *j = NULL;
	json_t *content = NULL;
	if (!json_parse_object(e->text, &j, NULL))
		content = json_get_object(j, "content");
	buf_put_str(b, "{\"type\":");
	buf_put_json_str(b, e->type);
	buf_put_str(b, ",\"state_key\":");
	buf_put_json_str(b, e->state_key);
	buf_put_str(b, ",\"sender\":");
	buf_put_json_str(b, span_of(e->sender));
	buf_put_str(b, ",\"content\":");
	if (content)
		json_put(b, content);
	else
		buf_put_str(b, "{}");
	buf_put_char(b, '}');
}
