#include "tui/details.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/client/view/actions.h"
#include "core/client/view/conversation.h"
#include "core/store/events.h"
#include "core/store/relations.h"
#include "core/store/spaces.h"
#include "tui/flow.h"
#include "tui/knocks.h"
#include "tui/list.h"
#include "tui/members.h"
#include "tui/room_act.h"
#include "tui/text_view.h"
#include "tui/threads.h"

#include <string.h>

#define ROWS_MAX 140 /* a room pins a hundred at most */
#define TEXT_MAX 300 /* bytes of a pinned message */

enum row_kind { ROW_PEOPLE, ROW_THREADS, ROW_KNOCKS, ROW_ACTION, ROW_NOTHING, ROW_PIN };

struct row {
	enum row_kind kind;
	enum action action; /* ROW_ACTION */
	char *event_id;	    /* ROW_PIN */
	struct term_text label, value;
};

struct details {
	struct view view;
	struct list list;
	char *room_id;
	struct term_text name, topic;
	struct row rows[ROWS_MAX];
	size_t n;
	struct rect at; /* of the rows, as drawn last */
	struct action_job *fetching;
	json_t *fetched; /* pinned messages that the cache does not have */
};

static struct details *of(const struct view *v)
{
	return (struct details *)v; /* NOLINT: its first member */
}

/* -- Rows ---------------------------------------------------------------------------- */

static void forget(struct details *d)
{
	for (size_t i = 0; i < d->n; i++) {
		mem_free(d->rows[i].event_id);
		text_done(&d->rows[i].label);
		text_done(&d->rows[i].value);
	}
	d->n = 0;
	text_done(&d->name);
	text_done(&d->topic);
}

static struct row *add(struct details *d, enum row_kind kind, const char *label, const char *value)
{
	struct row *r = &d->rows[d->n];
	if (d->n == ROWS_MAX)
		return r - 1; /* the last one is written over */
	d->n++;
	*r = (struct row){.kind = kind,
			  .label = text_make(span_of(label), TEXT_LINE),
			  .value = text_make(span_of(value), TEXT_LINE)};
	return r;
}

static void add_action(struct details *d, enum action a, const char *label, const char *value)
{
	add(d, ROW_ACTION, label, value)->action = a;
}

static int count_one(const struct store_member *m, void *arg)
{
	(void)m;
	++*(int *)arg;
	return 0;
}

struct pin {
	struct details *d;
	struct buf text;
};

static int on_pinned(const struct store_event *e, void *arg)
{
	struct pin *p = arg;
	struct store *s = p->d->view.tui->store;
	AUTO_FREE char *name = store_member_name(s, e->room, e->sender);
	if (e->redacted_by.p) {
		buf_put_str(&p->text, _("a deleted message"));
		return 0;
	}
	buf_put_span(&p->text, name && *name ? span_of(name) : user_short_name(e->sender));
	buf_put_str(&p->text, ": ");
	store_event_text(s, e, &p->text);
	return 0;
}

static const json_t *fetched(const struct details *d, struct span event_id)
{
	size_t i;
	json_t *row;
	json_array_foreach (d->fetched, i, row)
		if (span_eq(json_get_span(row, "event_id"), event_id))
			return row;
	return NULL;
}

static void put_fetched(struct buf *b, const json_t *row)
{
	struct span name = json_get_span(row, "sender_name");
	buf_put_span(b, name.n ? name : user_short_name(json_get_span(row, "sender")));
	buf_put_str(b, ": ");
	buf_put_span(b, json_get_span(row, "body"));
}

static int on_pin(struct span event_id, void *arg)
{
	struct details *d = arg;
	struct store *s = d->view.tui->store;
	struct pin p = {.d = d, .text = BUF_INIT(BUF_CAP_OWN)};
	int64_t room = store_room_find(s, span_of(d->room_id));
	if (!store_event_get(s, room, event_id, on_pinned, &p)) {
		const json_t *row = fetched(d, event_id);
		if (row)
			put_fetched(&p.text, row);
		else
			buf_put_str(&p.text,
				    d->fetching ? _("looking…") : _("a message that is not here"));
	}
	buf_truncate(&p.text, utf8_head(buf_span(&p.text), TEXT_MAX));
	struct row *r = add(d, ROW_PIN, buf_str(&p.text), "");
	mem_free(r->event_id);
	r->event_id = span_dup(event_id);
	buf_done(&p.text);
	return d->n == ROWS_MAX;
}

static const char *yes_no(bool on)
{
	return on ? _("yes") : _("no");
}

static void add_people(struct details *d, const struct store_room *r)
{
	struct store *s = d->view.tui->store;
	char n[24];
	int knocks = 0;
	snprintf(n, sizeof(n), "%lld", (long long)r->joined);
	add(d, ROW_PEOPLE, _("People"), n);
	store_member_walk(s, r->id, "knock", count_one, &knocks);
	snprintf(n, sizeof(n), "%d", knocks);
	if (knocks)
		add(d, ROW_KNOCKS, _("They ask to come in"), n);
	add(d, ROW_THREADS, _("Threads"), "");
}

static void read_rows(struct details *d)
{
	struct tui *t = d->view.tui;
	AUTO(store_room_done) struct store_room r;
	enum room_notify level;
	forget(d);
	if (!tui_room_state(t, d->room_id, &r, &level))
		return;
	d->name = text_make(span_of(r.display), TEXT_LINE);
	d->topic = text_make(span_of(r.topic ? r.topic : ""), TEXT_LINE);
	add_people(d, &r);
	add_action(d, ACT_NOTIFY, _("Notifications"), _(room_notify_words(level)));
	add_action(d, ACT_FAVOURITE, _("Favourite"), yes_no(r.favourite));
	add_action(d, ACT_LOW, _("Out of the way"), yes_no(r.low_priority));
	add(d, ROW_NOTHING, _("Encrypted"), yes_no(r.encrypted));
	if (r.alias)
		add(d, ROW_NOTHING, _("Address"), r.alias);
	store_pins_walk(t->store, r.id, on_pin, d);
	list_count(&d->list, d->n);
}

/* -- Pinned messages of long ago -------------------------------------------------------- */

static void on_fetched(const struct err *err, const json_t *rows, void *arg)
{
	struct details *d = arg;
	(void)err; /* the row says that it is not here */
	d->fetching = NULL;
	json_decref(d->fetched);
	d->fetched = json_incref((json_t *)rows);
	read_rows(d);
	tui_redraw(d->view.tui);
}

static int is_missing(struct span event_id, void *arg)
{
	const struct details *d = arg;
	struct store *s = d->view.tui->store;
	return store_event_pos(s, store_room_find(s, span_of(d->room_id)), event_id) == 0;
}

static void fetch_missing(struct details *d)
{
	struct tui *t = d->view.tui;
	int64_t room = store_room_find(t->store, span_of(d->room_id));
	if (store_pins_walk(t->store, room, is_missing, d))
		d->fetching =
			action_start(t->looking, action_pins,
				     json_pack("{s:s}", "room_id", d->room_id), on_fetched, d);
}

/* -- Drawing ------------------------------------------------------------------------------ */

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_LIST;
}

static const char *title(const struct view *v)
{
	(void)v;
	return _("About the room");
}

static struct rect draw_head(struct details *d, struct canvas *c, struct rect r)
{
	struct rect in = {r.x + 1, r.y, r.w - 2, r.h / 3 > 1 ? r.h / 3 : 1};
	draw_fit(c, in, in.x, in.y, in.w, (struct span){d->name.s, d->name.n}, ROLE_STRONG);
	rect_cut_top(&in, 1);
	struct flow f = flow_new(c, in, in.y);
	f.clip = in;
	if (d->topic.n && in.h > 0) {
		flow_text(&f, (struct span){d->topic.s, d->topic.n}, look_of(c, ROLE_DIM));
		flow_end(&f);
	}
	int rows = f.y - r.y < in.h + 1 ? f.y - r.y : in.h + 1;
	rect_cut_top(&r, r.h > rows + 4 ? rows + 1 : rows);
	return r;
}

static void draw_row(const struct details *d, struct canvas *c, struct rect r, size_t i)
{
	const struct row *row = &d->rows[i];
	struct span value = {row->value.s, row->value.n}, label = {row->label.s, row->label.n};
	int n = text_cells(value), half = r.w / 2;
	n = n < half ? n : half;
	draw_fit(c, r, r.x + r.w - n - 1, r.y, n, value, ROLE_DIM);
	bool pin = row->kind == ROW_PIN;
	int x = r.x + 2;
	if (pin)
		x = draw_own(c, r, x, r.y, "⚑ ", ROLE_ACCENT);
	draw_fit(c, r, x, r.y, r.x + r.w - n - 2 - x, label,
		 row->kind == ROW_NOTHING ? ROLE_DIM : ROLE_TEXT);
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused)
{
	struct details *d = of(v);
	r = draw_head(d, c, r);
	d->at = r;
	size_t first = list_first(&d->list, r.h);
	for (int y = 0; y < r.h && first + (size_t)y < d->n; y++) {
		struct rect row = {r.x, r.y + y, r.w, 1};
		draw_row(d, c, row, first + (size_t)y);
		if (focused && first + (size_t)y == d->list.chosen) {
			draw_tint(c, row, ROLE_SELECTED);
			draw_own(c, row, row.x, row.y, "›", ROLE_SELECTED);
			draw_cursor(c, row, row.x, row.y);
		}
	}
}

/* -- Keys ------------------------------------------------------------------------------------ */

static void open_pin(struct details *d, const struct row *r)
{
	struct tui *t = d->view.tui;
	const json_t *row = fetched(d, span_of(r->event_id));
	int64_t room = store_room_find(t->store, span_of(d->room_id));
	if (store_event_pos(t->store, room, span_of(r->event_id))) {
		AUTO_FREE char *room_id = mem_strdup(d->room_id);
		AUTO_FREE char *event_id = mem_strdup(r->event_id);
		tui_open(t, room_id, event_id);
	} else if (row) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		put_fetched(&b, row);
		tui_push(t, text_view_new(t, _("Pinned message"), buf_span(&b)));
		buf_done(&b);
	}
}

static void choose(struct details *d)
{
	struct tui *t = d->view.tui;
	const struct row *r = d->list.chosen < d->n ? &d->rows[d->list.chosen] : NULL;
	if (!r)
		return;
	switch (r->kind) {
	case ROW_PEOPLE:
		tui_side(t, members_new(t, d->room_id));
		break;
	case ROW_THREADS:
		tui_side(t, threads_new(t, d->room_id));
		break;
	case ROW_KNOCKS:
		tui_push(t, knocks_new(t, d->room_id));
		break;
	case ROW_ACTION:
		tui_room_act_on(t, d->room_id, r->action);
		break;
	case ROW_PIN:
		open_pin(d, r);
		break;
	case ROW_NOTHING:
		break;
	}
}

static bool act(struct view *v, enum action a)
{
	struct details *d = of(v);
	if (a == ACT_CHOOSE) {
		choose(d);
		return true;
	}
	return list_act(&d->list, a);
}

static bool mouse(struct view *v, const struct key *k, int x, int y)
{
	struct details *d = of(v);
	(void)x;
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
		list_wheel(&d->list, k);
		return true;
	}
	size_t i = list_row_at(&d->list, y + v->at.y - d->at.y);
	if (k->mouse != MOUSE_PRESS || i == SIZE_MAX)
		return false;
	d->list.chosen = i;
	choose(d);
	return true;
}

/* -- Life -------------------------------------------------------------------------------------- */

static void news(struct view *v)
{
	read_rows(of(v));
	tui_redraw(v->tui);
}

static void free_details(struct view *v)
{
	struct details *d = of(v);
	action_forget(d->fetching);
	json_decref(d->fetched);
	forget(d);
	mem_free(d->room_id);
	mem_free(d);
}

static const struct view_class details_class = {
	.place = place,
	.title = title,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.news = news,
	.free = free_details,
};

struct view *details_new(struct tui *t, const char *room_id)
{
	if (!store_room_find(t->store, span_of(room_id))) {
		tui_say(t, _("No room is called %s."), room_id);
		return NULL;
	}
	struct details *d = NEW(struct details);
	d->view = (struct view){.cls = &details_class, .tui = t};
	d->room_id = mem_strdup(room_id);
	fetch_missing(d);
	read_rows(d);
	return &d->view;
}
