#include "tui/screen.h"

#include "core/base/i18n.h"
#include "tui/phone.h"
#include "tui/talk.h"

#define ROOMS_BESIDE_FROM 60 /* columns; narrower screens show one thing at a time */
#define SIDE_BESIDE_FROM 100
#define ROOMS_MIN 18
#define ROOMS_MAX 32
#define SIDE_MAX 56

/* -- Where -------------------------------------------------------------------- */

static int between(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

struct places screen_places(const struct tui *t)
{
	struct places p = {.title = {0, 0, 0, 0}};
	struct rect r = canvas_all(&t->canvas);
	bool alone = r.w < ROOMS_BESIDE_FROM;
	if (r.h >= 4)
		p.title = rect_cut_top(&r, 1);
	if (r.h >= 6 && phone_lines(t->phone))
		p.phone = rect_cut_top(&r, 1);
	if (r.h >= 5)
		p.status = rect_cut_bottom(&r, 1);
	bool rooms_only = t->rooms_view && (alone || !t->talk) && t->focus == FOCUS_ROOMS;
	if (rooms_only && alone) {
		p.rooms = r;
		return p;
	}
	if (t->rooms_view && !alone && !t->rooms_hidden) {
		p.rooms = rect_cut_left(&r, between(r.w / 4, ROOMS_MIN, ROOMS_MAX));
		p.line = rect_cut_left(&r, 1);
	}
	bool beside = canvas_all(&t->canvas).w >= SIDE_BESIDE_FROM;
	/* No room for both: the one that has the focus, so that a message that is gone to is seen. */
	if (t->side && !beside && t->focus == FOCUS_SIDE) {
		p.side = r;
		return p;
	}
	if (t->side && beside) {
		p.side = rect_cut_right(&r, between(r.w * 2 / 5, 30, SIDE_MAX));
		p.side_line = rect_cut_right(&r, 1);
	}
	p.talk = r;
	return p;
}

struct view *screen_focus(const struct tui *t)
{
	if (t->n_popups)
		return t->popups[t->n_popups - 1];
	if (t->focus == FOCUS_SIDE && t->side)
		return t->side;
	if (t->focus == FOCUS_TALK && t->talk)
		return talk_view(t->talk);
	return t->rooms_view;
}

struct view *screen_view_at(const struct tui *t, int x, int y)
{
	if (t->n_popups) {
		struct view *top = t->popups[t->n_popups - 1];
		return rect_has(top->at, x, y) ? top : NULL;
	}
	struct view *all[] = {t->rooms_view, t->talk ? talk_view(t->talk) : NULL, t->side};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && rect_has(all[i]->at, x, y))
			return all[i];
	return NULL;
}

/* -- The lines at top and bottom -------------------------------------------------- */

static const char *state_word(const struct tui *t)
{
	switch (t->engine ? engine_state(t->engine) : ENGINE_LIVE) {
	case ENGINE_STARTING:
		return _("connecting…");
	case ENGINE_OFFLINE:
		return _("offline, trying again…");
	case ENGINE_LOGGED_OUT:
		return _("logged out: muster login");
	case ENGINE_LIVE:
		break;
	}
	return "";
}

static int put_right(struct canvas *c, struct rect r, int right, const char *s, enum role role)
{
	int n = text_cells(span_of(s));
	if (!n || right - n < r.x + 4)
		return right;
	draw_own(c, r, right - n, r.y, s, role);
	return right - n - 2;
}

static void draw_title(struct tui *t, struct rect r)
{
	struct canvas *c = &t->canvas;
	draw_fill(c, r, ROLE_BAR);
	int right = put_right(c, r, r.x + r.w - 1, state_word(t), ROLE_BAR);
	if (!t->talk) {
		draw_fit(c, r, r.x + 1, r.y, right - r.x - 1, SPAN_LIT("muster"), ROLE_BAR);
		return;
	}
	const struct conversation_head *h = conversation_head(talk_conversation(t->talk));
	char people[80];
	snprintf(people, sizeof(people),
		 ngettext("%d person", "%d people", (unsigned long)h->members), (int)h->members);
	if (h->members > 0)
		right = put_right(c, r, right, people, ROLE_BAR_DIM);
	if (h->call_people > 0) {
		snprintf(people, sizeof(people),
			 ngettext("call: %d", "call: %d", (unsigned long)h->call_people),
			 h->call_people);
		right = put_right(c, r, right, people, ROLE_BAR);
	}
	int x = r.x + 1;
	struct look bold = look_of(c, ROLE_BAR);
	bold.attrs |= ATTR_BOLD;
	struct span name = {h->name.s, h->name.n};
	int cells = right - x;
	if (cells > 0 && text_cells(name) <= cells) {
		x = draw_look(c, r, x, r.y, name, bold);
		struct span topic = {h->topic.s, h->topic.n};
		draw_fit(c, r, x + 2, r.y, right - x - 2, topic, ROLE_BAR_DIM);
	} else {
		draw_fit(c, r, x, r.y, cells, name, ROLE_BAR);
	}
}

struct hint {
	enum action action;
	const char *what; /* N_() */
};

/* From the right end; what does not fit is left out. */
static const struct hint hints[] = {{ACT_HELP, N_("keys")},
				    {ACT_SWITCH, N_("go to")},
				    {ACT_NEXT_UNREAD, N_("news")},
				    {ACT_NONE, NULL}};
static const struct hint message_hints[] = {{ACT_HELP, N_("keys")},	{ACT_EDIT, N_("change")},
					    {ACT_THREAD, N_("thread")}, {ACT_REACT, N_("react")},
					    {ACT_REPLY, N_("answer")},	{ACT_NONE, NULL}};
static const struct hint few_hints[] = {{ACT_HELP, N_("keys")},
					{ACT_QUIT, N_("leave")},
					{ACT_NONE, NULL}};

static int put_hint(struct tui *t, struct rect r, int right, enum place place, const struct hint *h)
{
	struct buf keys = BUF_INIT(200);
	const char *what = _(h->what);
	keymap_put_keys(&keys, t->keys, place, h->action);
	int n = text_cells(buf_span(&keys)) + 1 + text_cells(span_of(what));
	if (keys.n && right - n > r.x) {
		int x = draw_text(&t->canvas, r, right - n, r.y, buf_span(&keys), ROLE_ACCENT);
		draw_own(&t->canvas, r, x + 1, r.y, what, ROLE_DIM);
		right -= n + 2;
	}
	buf_done(&keys);
	return right;
}

static void put_hints(struct tui *t, struct rect r, int right)
{
	struct view *v = screen_focus(t);
	enum place place = v ? v->cls->place(v) : PLACE_ALL;
	const struct hint *h = !t->rooms		 ? few_hints
			       : place == PLACE_MESSAGES ? message_hints
							 : hints;
	for (; h->what; h++)
		right = put_hint(t, r, right, place, h);
}

/* What was said last; who types; and what can be pressed. */
static void draw_status(struct tui *t, struct rect r)
{
	struct canvas *c = &t->canvas;
	const struct conversation_head *h =
		t->talk ? conversation_head(talk_conversation(t->talk)) : NULL;
	int x = r.x + 1, right = r.x + r.w - 1;
	struct span left = span_of(t->said);
	enum role role = t->said_is_error ? ROLE_ERROR : ROLE_TEXT;
	if (!left.n && h) {
		left = (struct span){h->typing.s, h->typing.n};
		role = ROLE_DIM;
	}
	int need = left.n ? text_cells(left) + 3 : 0;
	struct rect rest = {x + need, r.y, r.w - need - 1, 1};
	if (rest.w > 0)
		put_hints(t, rest, right);
	draw_fit(c, r, x, r.y, r.w - 2, left, role);
}

/* -- All of it ------------------------------------------------------------------------ */

static void draw_view(struct tui *t, struct view *v, struct rect r)
{
	if (!v)
		return;
	v->at = canvas_clip(&t->canvas, r);
	if (v->at.w > 0 && v->at.h > 0)
		v->cls->draw(v, &t->canvas, v->at, v == screen_focus(t));
}

static void draw_side(struct tui *t, struct rect r)
{
	const char *title = t->side && t->side->cls->title ? t->side->cls->title(t->side) : NULL;
	if (title && r.h > 2) {
		struct rect top = rect_cut_top(&r, 1);
		draw_fit(&t->canvas, top, top.x + 1, top.y, top.w - 2, span_of(title), ROLE_STRONG);
	}
	draw_view(t, t->side, r);
}

static void draw_popup(struct tui *t, struct view *v)
{
	struct rect all = canvas_all(&t->canvas);
	int w = all.w - 4, h = all.h - 2;
	if (v->cls->wish)
		v->cls->wish(v, all, &w, &h);
	struct rect r = rect_middle(all, w, h);
	/* Towards the top, so that it stays where it is when a list below grows. */
	if (r.y > all.h / 6)
		r.y = all.h / 6;
	t->canvas.cursor_x = -1;
	draw_view(t, v, draw_box(&t->canvas, r, v->cls->title ? v->cls->title(v) : NULL));
}

static void draw_nothing_open(struct tui *t, struct rect r)
{
	if (r.w < 10 || r.h < 3 || !t->rooms_view)
		return;
	struct buf b = BUF_INIT(1000), keys = BUF_INIT(200);
	bool none = !room_list_count(t->rooms);
	keymap_put_keys(&keys, t->keys, none ? PLACE_LIST : PLACE_ALL,
			none ? ACT_COMMAND : ACT_SWITCH);
	buf_printf(&b,
		   none ? _("No rooms yet. Press %s for a command, such as room create.")
			: _("Choose a room on the left, or press %s."),
		   buf_str(&keys));
	int n = text_cells(buf_span(&b));
	draw_fit(&t->canvas, r, r.x + (n < r.w ? (r.w - n) / 2 : 0), r.y + r.h / 2, r.w,
		 buf_span(&b), ROLE_DIM);
	buf_done(&b);
	buf_done(&keys);
}

void screen_draw(struct tui *t)
{
	struct canvas *c = &t->canvas;
	struct places p = screen_places(t);
	struct view *talk = t->talk ? talk_view(t->talk) : NULL;
	canvas_clear(c);
	if (t->rooms_view)
		t->rooms_view->at = p.rooms;
	if (talk)
		talk->at = p.talk;
	if (t->side)
		t->side->at = p.side;
	if (p.title.h)
		draw_title(t, p.title);
	if (p.phone.h)
		phone_draw(t->phone, c, p.phone);
	draw_view(t, t->rooms_view, p.rooms);
	draw_vline(c, p.line, p.line.x, p.line.y, p.line.h, ROLE_BORDER);
	if (talk)
		draw_view(t, talk, p.talk);
	else
		draw_nothing_open(t, p.talk);
	draw_vline(c, p.side_line, p.side_line.x, p.side_line.y, p.side_line.h, ROLE_BORDER);
	if (t->side)
		draw_side(t, p.side);
	if (p.status.h)
		draw_status(t, p.status);
	if (t->n_popups) /* those below wait; two frames in one another are hard to read */
		draw_popup(t, t->popups[t->n_popups - 1]);
}
