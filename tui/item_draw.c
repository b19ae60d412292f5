#include "tui/item_draw.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/when.h"
#include "tui/flow.h"

#define COLUMNS_FROM 46 /* narrower panes have name and time on a line of their own */
#define TIME_CELLS 6
#define NAME_MAX_CELLS 16
#define BAR_CELLS 12 /* of a poll's answer */

/* -- Where things stand ------------------------------------------------------------ */

static int name_cells(struct rect r)
{
	int n = r.w / 6;
	return n < NAME_MAX_CELLS ? n : NAME_MAX_CELLS;
}

static bool has_columns(struct rect r)
{
	return r.w >= COLUMNS_FROM;
}

/* Where the text begins. */
static int text_left(struct rect r)
{
	if (has_columns(r))
		return 1 + TIME_CELLS + name_cells(r) + 2;
	return r.w > 12 ? 2 : 0;
}

static struct look look(const struct item_pane *p, enum role role)
{
	return p->c ? look_of(p->c, role) : (struct look){-1, -1, 0};
}

static struct flow text_column(const struct item_pane *p, int y)
{
	int left = text_left(p->r);
	struct rect r = {p->r.x + left, y, p->r.w - left - 1, 1};
	struct flow f = flow_new(p->c, r, y);
	f.clip = p->r;
	return f;
}

static struct span of_text(struct term_text t)
{
	return (struct span){t.s, t.n};
}

/* -- Lines between messages ---------------------------------------------------------- */

static int rule(const struct item_pane *p, int y, struct span words, enum role role)
{
	if (!p->c)
		return 1;
	int n = text_cells(words), x = p->r.x + 1, w = p->r.w - 2;
	int side = (w - n - 2) / 2;
	if (side < 1) {
		draw_fit(p->c, p->r, x, y, w, words, role);
		return 1;
	}
	enum role line = role == ROLE_DIM ? ROLE_BORDER : role;
	draw_hline(p->c, p->r, x, y, side, line);
	int end = draw_text(p->c, p->r, x + side + 1, y, words, role);
	draw_hline(p->c, p->r, end + 1, y, x + w - end - 1, line);
	return 1;
}

static int draw_day(const struct item_pane *p, const struct item *it, int y)
{
	struct buf b = BUF_INIT(400);
	item_put_day(&b, it->ts);
	int rows = rule(p, y, buf_span(&b), ROLE_DIM);
	buf_done(&b);
	return rows;
}

/* -- The text ------------------------------------------------------------------------- */

static struct look look_of_run(const struct item_pane *p, const struct text_run *run,
			       enum role base)
{
	unsigned s = run->style;
	struct look l = look(p, base);
	if (s & (STYLE_LINK | STYLE_MENTION))
		l = look(p, ROLE_LINK);
	if (s & STYLE_MENTION)
		l.attrs &= (uint8_t)~ATTR_UNDERLINE;
	if (s & STYLE_MENTION_ME)
		l = look(p, ROLE_MENTION);
	if (s & STYLE_CODE)
		l = look(p, ROLE_CODE);
	if (s & (STYLE_DIM | STYLE_EDITED))
		l = look(p, ROLE_DIM);
	l.attrs |= s & STYLE_BOLD ? ATTR_BOLD : 0;
	l.attrs |= s & STYLE_ITALIC ? ATTR_ITALIC : 0;
	l.attrs |= s & STYLE_UNDERLINE ? ATTR_UNDERLINE : 0;
	return l;
}

static void put_run(const struct item_pane *p, struct flow *f, const struct text_run *run,
		    enum role base)
{
	struct look l = look_of_run(p, run, base);
	if ((run->style & STYLE_SPOILER) && !p->revealed) {
		flow_own(f, "▒▒▒▒▒▒", look(p, ROLE_DIM));
		return;
	}
	if (run->style & STYLE_STRIKE)
		flow_own(f, "~", look(p, ROLE_DIM));
	flow_text(f, run->text, l);
	if (run->style & STYLE_STRIKE)
		flow_own(f, "~", look(p, ROLE_DIM));
}

/* What stands before a paragraph; it and its further lines are indented by that. */
static void put_margin(const struct item_pane *p, struct flow *f, const struct text_block *b)
{
	for (int i = 0; i < b->quotes && i < 8; i++)
		flow_own(f, "▎ ", look(p, ROLE_BORDER));
	if (b->depth > 1)
		flow_indent(f, f->x - f->left + 2 * (b->depth - 1 < 8 ? b->depth - 1 : 8));
	if (b->kind == BLOCK_ITEM) {
		struct buf mark = BUF_INIT(40);
		if (b->number)
			buf_printf(&mark, "%d. ", b->number);
		else
			buf_put_str(&mark, "• ");
		flow_text(f, buf_span(&mark), look(p, ROLE_DIM));
		buf_done(&mark);
	} else if (b->depth > 0) {
		flow_own(f, "  ", look(p, ROLE_TEXT));
	} else if (b->kind == BLOCK_CODE) {
		flow_own(f, "▏ ", look(p, ROLE_BORDER));
	}
	flow_indent(f, f->x - f->left);
}

static enum role base_role(const struct item *it, const struct text_block *b)
{
	if (it->redacted || it->unreadable || it->kind == ITEM_CHANGE)
		return ROLE_DIM;
	if (b->kind == BLOCK_CODE)
		return ROLE_CODE;
	if (b->kind == BLOCK_HEADING)
		return ROLE_STRONG;
	return b->quotes ? ROLE_QUOTE : it->notice ? ROLE_DIM : ROLE_TEXT;
}

static void put_block(const struct item_pane *p, struct flow *f, const struct item *it,
		      const struct text_block *b)
{
	int left = f->left, width = f->width, from = f->y;
	struct flow margin = *f;
	if (b->kind == BLOCK_RULE) {
		flow_own(f, "────────", look(p, ROLE_BORDER));
	} else {
		put_margin(p, f, b);
		for (size_t i = 0; i < b->n; i++)
			put_run(p, f, &b->runs[i], base_role(it, b));
	}
	/* The bar of a quotation or of code goes on beside its further lines. */
	for (int y = from + 1; y <= f->y && p->c && (b->quotes || b->kind == BLOCK_CODE); y++) {
		margin.x = left;
		margin.y = y;
		for (int q = 0; q < b->quotes && q < 8; q++)
			flow_own(&margin, "▎ ", look(p, ROLE_BORDER));
		if (b->kind == BLOCK_CODE)
			flow_own(&margin, "▏ ", look(p, ROLE_BORDER));
	}
	f->left = left;
	f->width = width;
}

static void put_blocks(const struct item_pane *p, struct flow *f, const struct item *it)
{
	if (it->emote) {
		flow_text(f, of_text(it->sender_name), look(p, ROLE_STRONG));
		flow_own(f, " ", look(p, ROLE_TEXT));
	}
	for (size_t i = 0; i < it->n_blocks; i++) {
		if (i) {
			flow_newline(f);
			if (it->blocks[i].gap)
				flow_newline(f);
		}
		put_block(p, f, it, &it->blocks[i]);
		f->x = i + 1 < it->n_blocks ? f->left : f->x;
	}
	if (it->n_blocks)
		flow_end(f);
}

/* -- What belongs to a message ---------------------------------------------------------- */

/* One line that is cut rather than wrapped. */
static void line(const struct item_pane *p, struct flow *f, struct span s, enum role role)
{
	if (p->c)
		draw_fit(p->c, p->r, f->left, f->y, f->width, s, role);
	f->y++;
}

static void put_reply(const struct item_pane *p, struct flow *f, const struct item *it)
{
	struct buf b = BUF_INIT(4096);
	if (!it->reply_to)
		return;
	buf_put_str(&b, "↪ ");
	if (it->reply_name.n)
		buf_printf(&b, "%s: %s", it->reply_name.s,
			   it->reply_excerpt.s ? it->reply_excerpt.s : "");
	else
		buf_put_str(&b, _("an earlier message"));
	line(p, f, buf_span(&b), ROLE_DIM);
	buf_done(&b);
}

static void put_file(const struct item_pane *p, struct flow *f, const struct item *it)
{
	struct buf b = BUF_INIT(4096);
	if (!it->mxc || !it->file_name.n)
		return;
	buf_printf(&b, "▤ %s", it->file_name.s);
	if (it->file_size > 0) {
		buf_put_str(&b, " (");
		item_put_size(&b, it->file_size);
		buf_put_char(&b, ')');
	}
	line(p, f, buf_span(&b), ROLE_LINK);
	buf_done(&b);
}

static void put_bar(struct buf *b, int votes, int of)
{
	int n = of > 0 ? (votes * BAR_CELLS + of - 1) / of : 0;
	for (int i = 0; i < BAR_CELLS; i++)
		buf_put_str(b, i < n ? "━" : "─");
}

static void put_answer(const struct item_pane *p, struct flow *f, const struct item_poll *poll,
		       size_t i)
{
	const struct item_answer *a = &poll->answers[i];
	struct buf b = BUF_INIT(4096);
	if (i < 9 && !poll->closed)
		buf_printf(&b, "%zu ", i + 1);
	else
		buf_put_str(&b, "  ");
	buf_put_str(&b, a->own ? "[x] " : "[ ] ");
	if (a->votes >= 0) {
		put_bar(&b, a->votes, poll->voters);
		buf_printf(&b, " %d  ", a->votes);
	}
	buf_put(&b, a->text.s, a->text.n);
	line(p, f, buf_span(&b), a->own ? ROLE_STRONG : ROLE_TEXT);
	buf_done(&b);
}

static void put_roll(const struct item_pane *p, struct flow *f, const struct item_roll *roll)
{
	struct buf b = BUF_INIT(4096);
	item_put_roll(&b, roll);
	line(p, f, buf_span(&b), roll->own ? ROLE_STRONG : ROLE_TEXT);
	buf_clear(&b);
	if (roll->counted && !roll->cancelled)
		item_put_roll_counts(&b, roll);
	if (b.n)
		line(p, f, buf_span(&b), ROLE_TEXT);
	buf_clear(&b);
	if (roll->counted && !roll->cancelled && roll->excused)
		item_put_roll_excused(&b, roll);
	if (b.n)
		line(p, f, buf_span(&b), ROLE_TEXT);
	if (!roll->own && !roll->ended && !roll->counted)
		line(p, f, span_of(_("/here, or choose it: 1 here, 2 away")), ROLE_DIM);
	buf_done(&b);
}

static void put_poll(const struct item_pane *p, struct flow *f, const struct item *it)
{
	const struct item_poll *poll = it->poll;
	struct buf b = BUF_INIT(4096);
	if (!poll)
		return;
	flow_text(f, of_text(poll->question), look(p, ROLE_STRONG));
	flow_end(f);
	if (poll->roll) {
		put_roll(p, f, poll->roll);
		return;
	}
	for (size_t i = 0; i < poll->n; i++)
		put_answer(p, f, poll, i);
	buf_printf(&b, ngettext("%d vote", "%d votes", (unsigned long)poll->voters), poll->voters);
	buf_printf(&b, " · %s",
		   poll->closed	     ? _("the poll has ended")
		   : poll->disclosed ? _("choose the message, then press 1-9 to vote")
				     : _("results come when it ends; 1-9 to vote"));
	line(p, f, buf_span(&b), ROLE_DIM);
	buf_done(&b);
}

static void put_reactions(const struct item_pane *p, struct flow *f, const struct item *it)
{
	struct buf b = BUF_INIT(2000);
	for (size_t i = 0; i < it->n_reactions; i++) {
		const struct item_reaction *r = &it->reactions[i];
		buf_clear(&b);
		if (i)
			flow_own(f, "  ", look(p, ROLE_DIM));
		buf_printf(&b, r->own ? "[%s %d]" : "%s %d", r->key.s, r->count);
		struct look l = look(p, r->own ? ROLE_ACCENT : ROLE_DIM);
		flow_text(f, buf_span(&b), l);
	}
	if (it->n_reactions)
		flow_end(f);
	buf_done(&b);
}

static void put_thread(const struct item_pane *p, struct flow *f, const struct item *it)
{
	struct buf b = BUF_INIT(4096);
	if (it->thread_count <= 0)
		return;
	buf_put_str(&b, "⤷ ");
	buf_printf(&b, ngettext("%d answer", "%d answers", (unsigned long)it->thread_count),
		   it->thread_count);
	if (it->thread_unread > 0)
		buf_printf(&b, _(" (%d new)"), (int)it->thread_unread);
	if (it->thread_last.n)
		buf_printf(&b, " · %s", it->thread_last.s);
	line(p, f, buf_span(&b), it->thread_unread > 0 ? ROLE_UNREAD : ROLE_ACCENT);
	buf_done(&b);
}

static void put_later(struct buf *b, int64_t due_ms)
{
	char when[WHEN_ISO_SIZE];
	when_human(due_ms, clock_wall_ms(), when);
	buf_printf(b, _("… to be sent at %s"), when);
}

static void put_state(const struct item_pane *p, struct flow *f, const struct item *it)
{
	struct buf b = BUF_INIT(4096);
	if (it->state == STATE_QUEUED)
		buf_put_str(&b, _("… waiting to be sent"));
	else if (it->state == STATE_SENDING)
		buf_put_str(&b, _("… sending"));
	else if (it->state == STATE_LATER)
		put_later(&b, it->due_ms);
	else if (it->state == STATE_FAILED)
		buf_printf(&b, _("! not sent: %s"), it->error.s ? it->error.s : "");
	if (b.n)
		line(p, f, buf_span(&b), it->state == STATE_FAILED ? ROLE_ERROR : ROLE_DIM);
	buf_done(&b);
}

/* Told by words and a sign, not by colour alone. */
static void put_urgent(const struct item_pane *p, struct flow *f, const struct item *it)
{
	struct buf b = BUF_INIT(4096);
	if (!it->urgent.n)
		return;
	buf_printf(&b, _("‼ urgent: %s"), it->urgent.s);
	line(p, f, buf_span(&b), ROLE_MENTION);
	buf_done(&b);
}

/* At the right end of the last line, when there is room. */
static void put_readers(const struct item_pane *p, const struct flow *f, int last_end,
			const struct item *it)
{
	struct buf b = BUF_INIT(1000);
	if (!it->readers || !p->c)
		return;
	/* Behind a roll-call a sign with a name would look like an answer. */
	bool roll = it->poll && it->poll->roll;
	if (!roll)
		buf_put_str(&b, "✓ ");
	if (it->readers <= 3 && !roll)
		buf_put(&b, it->reader_names.s, it->reader_names.n);
	else
		buf_printf(&b, _("read by %d"), it->readers);
	int n = text_cells(buf_span(&b)), x = p->r.x + p->r.w - 1 - n;
	if (x > last_end + 1)
		draw_text(p->c, p->r, x, f->y - 1, buf_span(&b), ROLE_DIM);
	buf_done(&b);
}

/* -- A message ------------------------------------------------------------------------------ */

static void draw_who(const struct item_pane *p, const struct item *it, int y)
{
	struct span name = of_text(it->sender_name);
	enum role role = it->own ? ROLE_OWN : item_name_role(it->sender ? it->sender : "");
	struct buf time = BUF_INIT(16);
	item_put_time(&time, it->ts);
	int cells = name_cells(p->r), n = text_cells(name), x = p->r.x + 1 + TIME_CELLS;
	draw_text(p->c, p->r, p->r.x + 1, y, buf_span(&time), ROLE_DIM);
	if (it->kind == ITEM_CHANGE)
		draw_own(p->c, p->r, x + cells - 1, y, "·", ROLE_DIM);
	else if (it->emote)
		draw_own(p->c, p->r, x + cells - 1, y, "*", role);
	else
		draw_fit(p->c, p->r, x + (n < cells ? cells - n : 0), y, cells, name, role);
	buf_done(&time);
}

/* Name and time above the text. */
static int draw_heading(const struct item_pane *p, const struct item *it, int y)
{
	if (it->follows || it->kind == ITEM_CHANGE)
		return 0;
	if (!p->c)
		return 1;
	struct buf time = BUF_INIT(16);
	item_put_time(&time, it->ts);
	struct span name = of_text(it->sender_name);
	enum role role = it->own ? ROLE_OWN : item_name_role(it->sender ? it->sender : "");
	int x = draw_fit(p->c, p->r, p->r.x + (p->r.w > 12), y, p->r.w - TIME_CELLS - 2, name,
			 role);
	draw_text(p->c, p->r, x + 1, y, buf_span(&time), ROLE_DIM);
	buf_done(&time);
	return 1;
}

static int draw_message(const struct item_pane *p, const struct item *it, int y)
{
	int top = has_columns(p->r) ? 0 : draw_heading(p, it, y);
	struct flow f = text_column(p, y + top);
	put_reply(p, &f, it);
	put_urgent(p, &f, it);
	put_blocks(p, &f, it);
	put_file(p, &f, it);
	put_poll(p, &f, it);
	put_reactions(p, &f, it);
	put_thread(p, &f, it);
	put_state(p, &f, it);
	if (f.y == y + top)
		f.y++;
	if (p->c && has_columns(p->r) && (!it->follows || it->kind == ITEM_CHANGE))
		draw_who(p, it, y);
	return f.y - y;
}

/* The cells of a row that are written on end here. */
static int row_end(const struct item_pane *p, int y)
{
	struct rect r = canvas_clip(p->c, p->r);
	if (y < r.y || y >= r.y + r.h)
		return p->r.x + p->r.w;
	int x = r.x + r.w;
	while (x > r.x && p->c->cells[y * p->c->w + x - 1].cp[0] == 0 &&
	       p->c->cells[y * p->c->w + x - 1].width)
		x--;
	return x;
}

static void mark_chosen(const struct item_pane *p, int y, int rows)
{
	struct rect r = canvas_clip(p->c, p->r), lines = {p->r.x, y, p->r.w, rows};
	if (lines.y < r.y) {
		lines.h -= r.y - lines.y;
		lines.y = r.y;
	}
	if (lines.y + lines.h > r.y + r.h)
		lines.h = r.y + r.h - lines.y;
	draw_tint(p->c, lines, p->focused ? ROLE_SELECTED : ROLE_CHOSEN);
	draw_own(p->c, p->r, p->r.x, y, "›", p->focused ? ROLE_SELECTED : ROLE_CHOSEN);
	if (p->focused)
		draw_cursor(p->c, p->r, p->r.x, y < r.y ? r.y : y);
}

static int draw_kind(const struct item_pane *p, const struct item *it, int y)
{
	switch (it->kind) {
	case ITEM_DAY:
		return draw_day(p, it, y);
	case ITEM_UNREAD:
		return rule(p, y, span_of(_("new")), ROLE_NEW_LINE);
	case ITEM_GAP:
		return rule(p, y,
			    span_of(it->busy ? _("fetching what was before…")
					     : _("there is more before this")),
			    ROLE_DIM);
	case ITEM_START:
		return rule(p, y, span_of(_("the beginning")), ROLE_DIM);
	case ITEM_MESSAGE:
	case ITEM_CHANGE:
		break;
	}
	int rows = draw_message(p, it, y);
	if (p->c && it->highlight)
		draw_own(p->c, p->r, p->r.x, y, "@", ROLE_MENTION);
	if (p->c && it->readers) {
		struct flow f = {.y = y + rows};
		put_readers(p, &f, row_end(p, y + rows - 1), it);
	}
	return rows;
}

int item_draw(const struct item_pane *p, const struct item *it, int y)
{
	int rows = draw_kind(p, it, y);
	if (p->c && p->chosen)
		mark_chosen(p, y, rows);
	return rows;
}
