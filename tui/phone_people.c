#include "tui/phone_people.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/fuzzy.h"
#include "tui/pick.h"

#include <string.h>

#define SHOWN 1000
#define WHOLE_MAX 4 /* rows about the whole call */

/* One row: somebody, or something that is done to the whole call. */
struct entry {
	bool whole;
	size_t person; /* in the bar's row */
	uint64_t who;  /* the same whatever place they have there; of the whole call: 0 */
	enum call_bar_lead what;
};

struct people {
	struct call_bar *bar;
	struct view **back;
	struct entry v[SHOWN + WHOLE_MAX];
	size_t n;
	char *text; /* for which they were found */
};

static const char *what_of(enum call_bar_lead what)
{
	static const char *const words[] = {
		[CALL_BAR_GIVE] = N_("Give the floor"),
		[CALL_BAR_TAKE] = N_("Take the floor"),
		[CALL_BAR_SILENCE] = N_("Turn the microphone off"),
		[CALL_BAR_REMOVE] = N_("Put out of the call"),
		[CALL_BAR_SILENCE_ALL] = N_("Turn everybody's microphone off"),
		[CALL_BAR_LOCK] = N_("Lock the call: nobody else comes in"),
		[CALL_BAR_UNLOCK] = N_("Unlock the call"),
		[CALL_BAR_LIVE] = N_("Make it a live lesson: only who has the floor speaks"),
		[CALL_BAR_MEETING] = N_("Let everybody speak"),
		[CALL_BAR_END] = N_("End the call for everybody"),
	};
	return _(words[what]);
}

/* -- What is done: to one of them, or after a question -------------------------------------- */

struct acts {
	struct call_bar *bar;
	char *user_id; /* NULL: the whole call */
	enum call_bar_lead v[4];
	size_t n;
};

static size_t fill_acts(struct pick *p, const char *text)
{
	(void)text;
	return ((const struct acts *)p->arg)->n;
}

static void row_act(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct acts *a = p->arg;
	draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(what_of(a->v[i])), ROLE_POPUP);
}

static void choose_act(struct pick *p, size_t i)
{
	const struct acts *a = p->arg;
	call_bar_lead(a->bar, a->v[i], a->user_id);
	tui_close(pick_view(p));
}

static void free_acts(struct pick *p)
{
	struct acts *a = p->arg;
	mem_free(a->user_id);
	mem_free(a);
}

static const struct pick_class one_of_them = {
	.title = N_("What to do"),
	.prompt = N_("Enter does it, Esc does not"),
	.width = 48,
	.rows = 4,
	.fill = fill_acts,
	.row = row_act,
	.choose = choose_act,
	.free = free_acts,
};

static void ask_about(struct tui *t, struct call_bar *bar, const struct call_bar_person *who)
{
	const struct call_bar_row *row = call_bar_row(bar);
	struct acts *a = NEW(struct acts);
	a->bar = bar;
	a->user_id = mem_strdup(who->user_id);
	if (row->live)
		a->v[a->n++] = who->floor ? CALL_BAR_TAKE : CALL_BAR_GIVE;
	if (!who->muted)
		a->v[a->n++] = CALL_BAR_SILENCE;
	a->v[a->n++] = CALL_BAR_REMOVE;
	struct view *v = pick_new(t, &one_of_them, a);
	pick_title(v, mem_printf("%s: %.*s", _(one_of_them.title), (int)who->name.n, who->name.s));
	tui_push(t, v);
}

static void ask_end(struct tui *t, struct call_bar *bar)
{
	struct acts *a = NEW(struct acts);
	a->bar = bar;
	a->v[a->n++] = CALL_BAR_END;
	tui_push(t, pick_new(t, &one_of_them, a));
}

/* -- The list --------------------------------------------------------------------------------- */

static void add_whole(struct people *m, enum call_bar_lead what)
{
	m->v[m->n++] = (struct entry){.whole = true, .what = what};
}

static uint64_t who_is(const struct call_bar_person *p)
{
	return span_hash(p->user_id ? span_of(p->user_id) : (struct span){p->name.s, p->name.n});
}

static bool someone_is_on(const struct call_bar_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (!row->people[i].self && !row->people[i].muted)
			return true;
	return false;
}

static void find_all(struct people *m, const char *text)
{
	const struct call_bar_row *row = call_bar_row(m->bar);
	struct fuzzy f;
	fuzzy_init(&f, span_of(text));
	m->n = 0;
	for (size_t i = 0; i < row->n && m->n < SHOWN; i++) {
		const struct term_text *name = &row->people[i].name;
		if (fuzzy_score(&f, (struct span){name->s, name->n}, NULL))
			m->v[m->n++] = (struct entry){.person = i, .who = who_is(&row->people[i])};
	}
	if (*text || !row->host)
		return;
	if (someone_is_on(row))
		add_whole(m, CALL_BAR_SILENCE_ALL);
	add_whole(m, row->live ? CALL_BAR_MEETING : CALL_BAR_LIVE);
	add_whole(m, row->locked ? CALL_BAR_UNLOCK : CALL_BAR_LOCK);
	add_whole(m, CALL_BAR_END);
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	return a->whole == b->whole && a->who == b->who && (!a->whole || a->what == b->what);
}

/* Who raises a hand or speaks moves up: the chosen row goes with whom it is about. */
static size_t fill(struct pick *p, const char *text)
{
	struct people *m = p->arg;
	bool same = m->text && strcmp(m->text, text) == 0 && p->list.chosen < m->n;
	const struct entry chosen = m->v[same ? p->list.chosen : 0];
	find_all(m, text);
	for (size_t i = 0; same && i < m->n; i++)
		if (is_same(&m->v[i], &chosen)) {
			p->list.chosen = i;
			break;
		}
	mem_free(m->text);
	m->text = mem_strdup(text);
	return m->n;
}

static const char *state_of(const struct call_bar_row *row, const struct call_bar_person *who)
{
	if (who->recording)
		return _("records");
	if (who->speaking)
		return _("speaks");
	if (row->live && who->floor)
		return who->muted ? _("has the floor, microphone off") : _("has the floor");
	return who->muted ? _("microphone off") : "";
}

static void row_person(const struct people *m, size_t i, struct canvas *c, struct rect r)
{
	const struct call_bar_row *row = call_bar_row(m->bar);
	if (i >= row->n)
		return;
	const struct call_bar_person *who = &row->people[i];
	const char *state = state_of(row, who);
	int end = r.x + r.w - text_cells(span_of(state)) - 1;
	char place[24] = "";
	/* Hands stand first, in the order in which they went up. */
	if (who->hand)
		snprintf(place, sizeof(place), "✋%zu", i + 1);
	draw_own(c, r, r.x + 2, r.y, who->hand ? place : who->speaking ? "♪" : " ", ROLE_GOOD);
	draw_fit(c, r, r.x + 7, r.y, end - r.x - 8, (struct span){who->name.s, who->name.n},
		 who->self ? ROLE_OWN : ROLE_TEXT);
	draw_own(c, r, end, r.y, state, ROLE_DIM);
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct people *m = p->arg;
	if (m->v[i].whole)
		draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(what_of(m->v[i].what)), ROLE_POPUP);
	else
		row_person(m, m->v[i].person, c, r);
}

static void choose(struct pick *p, size_t i)
{
	struct people *m = p->arg;
	const struct call_bar_row *row = call_bar_row(m->bar);
	struct tui *t = p->view.tui;
	const struct entry *e = &m->v[i];
	if (e->whole && e->what == CALL_BAR_END) {
		ask_end(t, m->bar);
	} else if (e->whole) {
		call_bar_lead(m->bar, e->what, NULL);
	} else if (e->person < row->n && who_is(&row->people[e->person]) == e->who &&
		   !row->people[e->person].self) {
		if (row->host && row->people[e->person].user_id)
			ask_about(t, m->bar, &row->people[e->person]);
		else
			tui_say(t, "%s",
				_("Only who leads the call (power 50 in its room) acts on "
				  "others."));
	}
}

static void free_people(struct pick *p)
{
	struct people *m = p->arg;
	*m->back = NULL;
	mem_free(m->text);
	mem_free(m);
}

static const struct pick_class in_the_call = {
	.title = N_("In the call"),
	.prompt = N_("some letters of a name; Enter says what can be done"),
	.nothing = N_("Nobody is called that."),
	.width = 64,
	.rows = 16,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_people,
};

struct view *phone_people_new(struct tui *t, struct call_bar *bar, struct view **back)
{
	struct people *m = NEW(struct people);
	m->bar = bar;
	m->back = back;
	return pick_new(t, &in_the_call, m);
}

void phone_people_news(struct view *v)
{
	pick_refill((struct pick *)v);
}
