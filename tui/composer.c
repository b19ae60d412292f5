#include "tui/composer.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <string.h>

#define PROMPT_CELLS 3
#define OFFER_ROWS 8

void composer_init(struct composer *m, struct tui *t, struct conversation *c)
{
	*m = (struct composer){.t = t, .c = c, .width = 1};
	edit_init(&m->e, false);
}

void composer_done(struct composer *m)
{
	edit_done(&m->e);
	completion_clear(&m->offers);
	text_done(&m->label);
	mem_free(m->target);
	mem_free(m->kept);
	for (int i = 0; i < m->n_history; i++)
		mem_free(m->history[i]);
}

void composer_mode(struct composer *m, enum composer_mode mode, const char *target,
		   const char *label)
{
	char *copy = mem_strdup(target);
	mem_free(m->target);
	text_done(&m->label);
	m->mode = mode;
	m->target = copy;
	m->label = text_make(span_of(label ? label : ""), TEXT_LINE);
}

/* -- Drawing ------------------------------------------------------------------------ */

static int text_width(int w)
{
	return w - PROMPT_CELLS - 1 > 1 ? w - PROMPT_CELLS - 1 : 1;
}

int composer_rows(struct composer *m, int w, int h)
{
	int line, column;
	int rows = edit_wrap(&m->e, text_width(w), &line, &column);
	int most = h / 3 > 1 ? h / 3 : 1;
	rows = rows < most ? rows : most;
	return rows + (m->mode != COMPOSE_NEW && h > 4 ? 1 : 0);
}

/* A wrapped line is drawn sanitised: emoji of several parts take fewer cells than they are typed. */
static void draw_line(const struct composer *m, struct canvas *c, struct rect r, int y, int line)
{
	struct span s;
	if (!edit_line(&m->e, m->width, line, &s))
		return;
	struct buf b = BUF_INIT(EDIT_MAX * 4);
	text_put(&b, s, TEXT_LINE);
	draw_text(c, r, r.x, y, buf_span(&b), ROLE_TEXT);
	buf_done(&b);
}

static int cursor_column(const struct composer *m, int line)
{
	struct span s;
	if (!edit_line(&m->e, m->width, line, &s) || !s.n)
		return 0;
	size_t begin = (size_t)(s.p - edit_text(&m->e));
	struct buf b = BUF_INIT(EDIT_MAX * 4);
	text_put(&b, span_head(s, m->e.at - begin), TEXT_LINE);
	int column = text_cells(buf_span(&b));
	buf_done(&b);
	return column;
}

static void draw_label(const struct composer *m, struct canvas *c, struct rect r)
{
	struct span label = {m->label.s, m->label.n};
	draw_fit(c, r, r.x + 1, r.y, r.w - 2, label, ROLE_ACCENT);
}

void composer_draw(struct composer *m, struct canvas *c, struct rect r, bool focused,
		   const char *hint)
{
	int line, column;
	m->width = text_width(r.w);
	if (m->mode != COMPOSE_NEW && r.h > 1)
		draw_label(m, c, rect_cut_top(&r, 1));
	int rows = edit_wrap(&m->e, m->width, &line, &column);
	if (m->first_line > line)
		m->first_line = line;
	if (m->first_line < line - r.h + 1)
		m->first_line = line - r.h + 1;
	if (m->first_line > rows - r.h)
		m->first_line = rows > r.h ? rows - r.h : 0;
	draw_own(c, r, r.x + 1, r.y, "›", focused ? ROLE_ACCENT : ROLE_DIM);
	m->at = (struct rect){r.x + PROMPT_CELLS, r.y, m->width, r.h};
	struct rect text = {m->at.x, r.y, r.w - PROMPT_CELLS, r.h};
	if (edit_is_empty(&m->e) && hint)
		draw_fit(c, text, text.x, r.y, m->width, span_of(hint), ROLE_DIM);
	for (int y = 0; y < r.h; y++)
		draw_line(m, c, text, r.y + y, m->first_line + y);
	if (focused)
		draw_cursor(c, r, m->at.x + cursor_column(m, line), r.y + line - m->first_line);
}

static void draw_offer(const struct offer *o, struct canvas *c, struct rect r, bool chosen,
		       int note_at)
{
	struct span shown = {o->shown.s, o->shown.n}, note = {o->note.s, o->note.n};
	draw_fit(c, r, r.x + 2, r.y, note_at - 3, shown, ROLE_POPUP);
	draw_fit(c, r, r.x + note_at, r.y, r.w - note_at - 1, note, ROLE_DIM);
	if (chosen) {
		draw_tint(c, r, ROLE_SELECTED);
		draw_own(c, r, r.x, r.y, "›", ROLE_SELECTED);
	}
}

void composer_draw_offers(const struct composer *m, struct canvas *c, struct rect above)
{
	const struct completion *co = &m->offers;
	int rows = (int)co->n < OFFER_ROWS ? (int)co->n : OFFER_ROWS;
	if (rows > above.h)
		rows = above.h;
	if (rows < 1)
		return;
	int w = 0;
	bool notes = false;
	for (size_t i = 0; i < co->n; i++) {
		int n = text_cells((struct span){co->offers[i].shown.s, co->offers[i].shown.n});
		w = n > w ? n : w;
		notes |= co->offers[i].note.n > 0;
	}
	int note_at = w + 5, width = notes ? above.w - 4 : note_at;
	if (width > 74)
		width = 74;
	if (width > above.w)
		width = above.w;
	if (note_at > width * 2 / 3 && notes)
		note_at = width * 2 / 3;
	struct rect r = {above.x + (above.w > width + 2 ? 2 : 0), above.y + above.h - rows, width,
			 rows};
	draw_fill(c, r, ROLE_POPUP);
	size_t first = co->chosen >= (size_t)rows ? co->chosen - (size_t)rows + 1 : 0;
	for (int y = 0; y < rows; y++) {
		size_t i = first + (size_t)y;
		draw_offer(&co->offers[i], c, (struct rect){r.x, r.y + y, r.w, 1}, i == co->chosen,
			   notes ? note_at : width);
	}
}

/* -- Offers ---------------------------------------------------------------------------- */

static void offer(struct composer *m, bool tab)
{
	completion_find(&m->offers, m->t, m->c, buf_span(&m->e.text), m->e.at, tab);
}

bool composer_take_offer(struct composer *m)
{
	struct completion *co = &m->offers;
	if (!co->n || !co->by_hand)
		return false;
	edit_replace(&m->e, co->from, co->to, span_of(co->offers[co->chosen].insert));
	completion_clear(co);
	return true;
}

static void complete(struct composer *m)
{
	struct completion *co = &m->offers;
	if (!co->n)
		offer(m, true);
	if (!co->n)
		return;
	if (co->n == 1 || co->by_hand) {
		co->by_hand = true;
		composer_take_offer(m);
		/* The next word of a command has offers of its own. */
		if (span_starts(buf_span(&m->e.text), "/"))
			offer(m, false);
	}
	co->by_hand = co->n > 0;
}

static bool choose_offer(struct composer *m, int by)
{
	struct completion *co = &m->offers;
	if (!co->n)
		return false;
	co->chosen = (co->chosen + co->n + (size_t)(by + (int)co->n)) % co->n;
	co->by_hand = true;
	return true;
}

/* -- History ---------------------------------------------------------------------------- */

static bool recall(struct composer *m, int by)
{
	int to = m->at_history + by;
	if (to < 0 || to > m->n_history)
		return false;
	if (m->at_history == m->n_history) {
		mem_free(m->kept);
		m->kept = mem_strdup(edit_text(&m->e));
	}
	m->at_history = to;
	edit_set(&m->e, span_of(to == m->n_history ? m->kept : m->history[to]));
	return true;
}

void composer_sent(struct composer *m)
{
	if (m->n_history == (int)ARRAY_LEN(m->history)) {
		mem_free(m->history[0]);
		memmove(m->history, m->history + 1, sizeof(m->history) - sizeof(m->history[0]));
		m->n_history--;
	}
	m->history[m->n_history++] = mem_strdup(edit_text(&m->e));
	m->at_history = m->n_history;
	edit_clear(&m->e);
	completion_clear(&m->offers);
	composer_mode(m, COMPOSE_NEW, NULL, NULL);
}

/* -- Keys ----------------------------------------------------------------------------------- */

static bool vertical(struct composer *m, int by)
{
	if (choose_offer(m, by) || edit_vertical(&m->e, m->width, by))
		return true;
	/* Beyond the first or last line lies history, but for the empty line, above which are the
	 * messages. */
	return (!edit_is_empty(&m->e) || m->at_history < m->n_history) && recall(m, by);
}

static bool close_one(struct composer *m)
{
	if (m->offers.n) {
		completion_clear(&m->offers);
		return true;
	}
	if (m->mode == COMPOSE_NEW)
		return false;
	if (m->mode == COMPOSE_EDIT)
		edit_clear(&m->e);
	composer_mode(m, COMPOSE_NEW, NULL, NULL);
	return true;
}

bool composer_act(struct composer *m, enum action a)
{
	switch (a) {
	case ACT_COMPLETE:
		complete(m);
		return true;
	case ACT_UP:
		return vertical(m, -1);
	case ACT_DOWN:
		return vertical(m, 1);
	case ACT_HISTORY_PREV:
		recall(m, -1);
		return true;
	case ACT_HISTORY_NEXT:
		recall(m, 1);
		return true;
	case ACT_CLOSE:
		return close_one(m);
	case ACT_INTERRUPT:
		if (edit_is_empty(&m->e) && m->mode == COMPOSE_NEW)
			return false;
		edit_set(&m->e, (struct span){"", 0}); /* undo brings it back */
		composer_mode(m, COMPOSE_NEW, NULL, NULL);
		completion_clear(&m->offers);
		return true;
	default:
		break;
	}
	if (!edit_act(&m->e, a))
		return a >= ACT_LEFT && a <= ACT_REDO; /* nothing was to be done */
	if (m->offers.n || a == ACT_DEL_LEFT)
		offer(m, false);
	return true;
}

bool composer_key(struct composer *m, const struct key *k)
{
	if (k->code == KC_PASTE) {
		if (!edit_insert(&m->e, k->paste))
			tui_say(m->t, "%s", _("That is too long for one message."));
		completion_clear(&m->offers);
		return true;
	}
	if (!key_is_text(k))
		return false;
	struct buf b = BUF_INIT(8);
	utf8_put(&b, k->cp);
	edit_insert(&m->e, buf_span(&b));
	buf_done(&b);
	offer(m, false);
	return true;
}

void composer_click(struct composer *m, int x, int y)
{
	if (rect_has(m->at, x, y))
		edit_point(&m->e, m->width, m->first_line + y - m->at.y, x - m->at.x);
}
