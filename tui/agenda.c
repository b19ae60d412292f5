#include "tui/agenda.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/agenda.h"
#include "core/client/view/fuzzy.h"
#include "tui/agenda_ask.h"
#include "tui/item_draw.h"
#include "tui/pick.h"

#define TIMES_CELLS 11 /* "09:00-09:45" */
#define ROOM_FROM 46   /* cells of a row from which on the room is told, too */

/* A line of the popup: a day, a meeting, or (the last one) an offer to schedule one. */
struct line {
	enum { LINE_DAY, LINE_MEETING, LINE_SCHEDULE } kind;
	size_t i; /* in the agenda; of a day: its first meeting */
};

struct shown {
	struct agenda *a;
	struct line *v;
	size_t n;
};

static void add_line(struct shown *s, int kind, size_t i)
{
	if ((s->n & (s->n + 1)) == 0) /* 0, 1, 3, 7 ... */
		s->v = mem_realloc_array(s->v, 2 * s->n + 1, sizeof(*s->v));
	s->v[s->n].kind = kind;
	s->v[s->n++].i = i;
}

static bool fits(const struct fuzzy *f, const struct agenda_row *r)
{
	return !f->n || fuzzy_score(f, (struct span){r->title.s, r->title.n}, NULL) > 0 ||
	       fuzzy_score(f, (struct span){r->room.s, r->room.n}, NULL) > 0;
}

static bool is_day(const struct pick *p)
{
	const struct shown *s = p->arg;
	return p->list.chosen < s->n && s->v[p->list.chosen].kind == LINE_DAY;
}

static size_t fill(struct pick *p, const char *text)
{
	struct shown *s = p->arg;
	struct fuzzy f;
	int64_t day = 0;
	agenda_update(s->a, clock_wall_ms());
	fuzzy_init(&f, span_of(text));
	s->n = 0;
	for (size_t i = 0; i < agenda_count(s->a); i++) {
		const struct agenda_row *r = agenda_at(s->a, i);
		if (!fits(&f, r))
			continue;
		if (r->day_ms != day)
			add_line(s, LINE_DAY, i);
		day = r->day_ms;
		add_line(s, LINE_MEETING, i);
	}
	if (!f.n)
		add_line(s, LINE_SCHEDULE, 0);
	p->list.chosen += is_day(p);
	return s->n;
}

/* -- Drawing ---------------------------------------------------------------------------- */

static void draw_day(const struct agenda_row *m, const struct agenda_row *first, struct canvas *c,
		     struct rect r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(200);
	int64_t hours = (m->day_ms - first->day_ms) / 3600000;
	item_put_day(&b, m->day_ms);
	/* A day of a change of the clock has 23 or 25 hours. */
	if (clock_wall_ms() - m->day_ms < 0 && hours > 12 && hours < 36 &&
	    first->day_ms <= clock_wall_ms())
		buf_printf(&b, " · %s", _("tomorrow"));
	else if (m->day_ms <= clock_wall_ms())
		buf_printf(&b, " · %s", _("today"));
	draw_fit(c, r, r.x + 1, r.y, r.w - 2, buf_span(&b), ROLE_STRONG);
}

static void put_state(struct buf *b, const struct agenda_row *m, bool all)
{
	if (m->state == AGENDA_CANCELLED)
		buf_put_str(b, _("cancelled"));
	else if (m->state == AGENDA_OVER)
		buf_put_str(b, _("over"));
	else if (m->state == AGENDA_NOW)
		buf_put_str(b, _("now"));
	else if (m->moved)
		buf_put_str(b, _("moved"));
	if (!all)
		return;
	if (m->taken)
		buf_printf(b, " · %s", _("attendance"));
	if (m->call_people)
		buf_printf(b, " · ☎ %d", m->call_people);
}

static void draw_meeting(const struct agenda_row *m, struct canvas *c, struct rect r)
{
	AUTO(buf_done) struct buf times = BUF_INIT(100);
	AUTO(buf_done) struct buf state = BUF_INIT(400);
	bool past = m->state == AGENDA_OVER || m->state == AGENDA_CANCELLED;
	enum role role = past ? ROLE_DIM : m->state == AGENDA_NOW ? ROLE_STRONG : ROLE_POPUP;
	item_put_time(&times, m->start_ms);
	buf_put_char(&times, '-');
	item_put_time(&times, m->end_ms);
	put_state(&state, m, r.w >= ROOM_FROM);
	int end = r.x + r.w - 1 - text_cells(buf_span(&state));
	draw_text(c, r, end, r.y, buf_span(&state), past ? ROLE_DIM : ROLE_ACCENT);
	if (m->state == AGENDA_NOW)
		draw_own(c, r, r.x + 2, r.y, "●", ROLE_GOOD);
	int x = r.x + 4;
	draw_text(c, r, x, r.y, buf_span(&times), past ? ROLE_DIM : ROLE_POPUP);
	x += TIMES_CELLS + 2;
	bool rooms = r.w >= ROOM_FROM; /* below one another, however long the states are */
	int title = rooms ? (r.x + r.w - x) * 2 / 5 : end - x - 1;
	draw_fit(c, r, x, r.y, title, (struct span){m->title.s, m->title.n}, role);
	if (!rooms)
		return;
	x += title + 1;
	int after =
		draw_fit(c, r, x, r.y, end - x - 1, (struct span){m->room.s, m->room.n}, ROLE_DIM);
	if (m->location.n && end - after > 6)
		draw_fit(c, r, after + 2, r.y, end - after - 3,
			 (struct span){m->location.s, m->location.n}, ROLE_DIM);
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct shown *s = p->arg;
	const struct agenda_row *m = agenda_at(s->a, s->v[i].i);
	if (s->v[i].kind == LINE_SCHEDULE)
		draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(_("+ Schedule a meeting…")),
			 ROLE_ACCENT);
	else if (s->v[i].kind == LINE_DAY)
		draw_day(m, agenda_at(s->a, 0), c, r);
	else
		draw_meeting(m, c, r);
}

/* -- Keys ------------------------------------------------------------------------------- */

static void choose(struct pick *p, size_t i)
{
	const struct shown *s = p->arg;
	struct tui *t = p->view.tui;
	if (s->v[i].kind == LINE_DAY)
		return;
	tui_close(pick_view(p));
	if (s->v[i].kind == LINE_SCHEDULE)
		agenda_schedule(t);
	else
		tui_push(t, agenda_ask_new(t, agenda_at(s->a, s->v[i].i)));
}

/* Days are passed over; each has a meeting below it. */
static bool act(struct pick *p, enum action a)
{
	if (!list_act(&p->list, a))
		return false;
	if (is_day(p) && p->list.chosen && (a == ACT_UP || a == ACT_PAGE_UP))
		p->list.chosen--;
	else if (is_day(p))
		p->list.chosen++;
	if (p->list.chosen == 1)
		p->list.top = 0; /* the day above it */
	return true;
}

static void free_shown(struct pick *p)
{
	struct shown *s = p->arg;
	agenda_free(s->a);
	mem_free(s->v);
	mem_free(s);
}

static const struct pick_class meetings = {
	.title = N_("Meetings of the next four weeks"),
	.prompt = N_("words of a title or a room"),
	.nothing = N_("No meeting is called that."),
	.width = 100,
	.rows = 30,
	.fill = fill,
	.row = row,
	.choose = choose,
	.act = act,
	.free = free_shown,
};

/* What is on, else what comes. */
static void choose_first(struct pick *p)
{
	const struct shown *s = p->arg;
	for (size_t i = 0; i < s->n; i++) {
		const struct agenda_row *m = agenda_at(s->a, s->v[i].i);
		bool past = m && (m->state == AGENDA_OVER || m->state == AGENDA_CANCELLED);
		if (s->v[i].kind == LINE_DAY || (s->v[i].kind == LINE_MEETING && past))
			continue;
		list_choose(&p->list, i);
		return;
	}
}

struct view *agenda_view_new(struct tui *t)
{
	struct shown *s = NEW(struct shown);
	s->a = agenda_new(t->store, t->user_id, clock_wall_ms());
	struct view *v = pick_new(t, &meetings, s);
	choose_first((struct pick *)v); /* NOLINT: its first member */
	return v;
}
