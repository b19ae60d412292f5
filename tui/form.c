#include "tui/form.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/flow.h"

#include <string.h>

struct form *form_of(struct view *v)
{
	return (struct form *)v; /* NOLINT: its first member */
}

const char *form_text(const struct form *f, int field)
{
	return edit_text(&f->text[field]);
}

void form_say(struct form *f, bool is_error, const char *sentence)
{
	struct buf b = BUF_INIT(8192);
	text_put(&b, span_head(span_of(sentence), 1500), TEXT_LINE);
	size_t n = utf8_head(buf_span(&b), sizeof(f->said) - 1);
	memcpy(f->said, buf_str(&b), n);
	f->said[n] = '\0';
	f->is_error = is_error;
	buf_done(&b);
	tui_redraw(f->view.tui);
}

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_INPUT;
}

static const char *title(const struct view *v)
{
	return _(((const struct form *)v)->cls->title);
}

/* Text in full width; returns the row after it. */
static int paragraph(struct canvas *c, struct rect r, int y, const char *s, enum role role)
{
	struct rect in = {r.x + 1, r.y, r.w - 2, r.h};
	struct flow f = flow_new(c, in, y);
	f.clip = r;
	flow_own(&f, s, c ? look_of(c, role) : (struct look){-1, -1, 0});
	return f.y + 1;
}

static int label_cells(const struct form *f)
{
	int most = 0;
	for (int i = 0; i < f->n; i++) {
		int n = text_cells(span_of(_(f->cls->fields[i].label)));
		if (f->cls->fields[i].kind != FIELD_TICK && n > most)
			most = n;
	}
	return most;
}

/* On a narrow screen a label stands above its line of input. */
static bool is_stacked(const struct form *f, int w)
{
	return label_cells(f) + 3 > w / 2;
}

static int tick_label(const struct form *f, int i, struct canvas *c, struct rect r)
{
	struct rect in = {r.x + 4, r.y, r.w - 4, r.h};
	return paragraph(c, in, r.y, _(f->cls->fields[i].label), ROLE_POPUP) - r.y;
}

static int field_rows(const struct form *f, int i, int w)
{
	if (f->cls->fields[i].kind != FIELD_TICK)
		return is_stacked(f, w) ? 2 : 1;
	return tick_label(f, i, NULL, (struct rect){0, 0, w, 1});
}

static void put_shown(const struct form *f, int i, struct buf *b, size_t n)
{
	const struct edit *e = &f->text[i];
	if (f->cls->fields[i].kind != FIELD_SECRET) {
		text_put(b, span_head(buf_span(&e->text), n), TEXT_LINE);
		return;
	}
	for (size_t at = 0; at < n; at += text_cluster(span_from(buf_span(&e->text), at)))
		buf_put_str(b, "•");
}

static void draw_field(const struct form *f, int i, struct canvas *c, struct rect r, bool focused)
{
	const struct form_field *fl = &f->cls->fields[i];
	if (fl->kind == FIELD_TICK) {
		draw_own(c, r, r.x + 1, r.y, f->tick[i] ? "[x] " : "[ ] ",
			 focused ? ROLE_ACCENT : ROLE_POPUP);
		tick_label(f, i, c, r);
		if (focused)
			draw_cursor(c, r, r.x + 2, r.y);
		return;
	}
	bool stacked = is_stacked(f, r.w);
	int left = stacked ? r.x + 1 : r.x + label_cells(f) + 3;
	draw_fit(c, r, r.x + 1, r.y, stacked ? r.w - 2 : left - r.x - 2, span_of(_(fl->label)),
		 focused ? ROLE_ACCENT : ROLE_DIM);
	r.y += stacked;
	struct rect in = {left, r.y, r.x + r.w - left - 1, 1};
	draw_fill(c, in, ROLE_CHOSEN);
	struct buf shown = BUF_INIT(EDIT_MAX * 4), before = BUF_INIT(EDIT_MAX * 4);
	put_shown(f, i, &shown, f->text[i].text.n);
	put_shown(f, i, &before, f->text[i].at);
	int column = text_cells(buf_span(&before));
	int shift = column >= in.w ? column - in.w + 1 : 0;
	if (shown.n)
		draw_text(c, in, in.x - shift, r.y, buf_span(&shown), ROLE_CHOSEN);
	else if (fl->hint)
		draw_fit(c, in, in.x, r.y, in.w, span_of(_(fl->hint)), ROLE_CHOSEN);
	if (focused)
		draw_cursor(c, in, in.x + column - shift, r.y);
	buf_done(&shown);
	buf_done(&before);
}

static int rows_of(const struct form *f, struct canvas *c, struct rect r, bool focused)
{
	int y = r.y;
	if (f->cls->intro)
		y = paragraph(c, r, y, _(f->cls->intro), ROLE_POPUP) + 1;
	for (int i = 0; i < f->n; i++) {
		int h = field_rows(f, i, r.w);
		if (c)
			draw_field(f, i, c, (struct rect){r.x, y, r.w, h}, focused && f->at == i);
		y += h;
	}
	y++;
	if (f->said[0])
		y = paragraph(c, r, y, f->said, f->is_error ? ROLE_ERROR : ROLE_GOOD) + 1;
	if (c) {
		AUTO_FREE char *s = mem_printf("[ %s ]", _(f->cls->button));
		bool here = focused && f->at == f->n;
		draw_own(c, r, r.x + 1, y, s, here ? ROLE_SELECTED : ROLE_ACCENT);
		if (here)
			draw_cursor(c, r, r.x + 3, y);
	}
	return y + 1 - r.y;
}

static void wish(struct view *v, struct rect in, int *ret_w, int *ret_h)
{
	*ret_w = in.w < 72 ? in.w : 72;
	*ret_h = rows_of(form_of(v), NULL, (struct rect){0, 0, *ret_w - 2, 1}, false) + 2;
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused)
{
	struct form *f = form_of(v);
	/* On a screen that is too low the field with the focus is what must be seen. */
	int rows = rows_of(f, NULL, r, false);
	struct rect shifted = r;
	if (rows > r.h) {
		int below = f->n - f->at + 2;
		shifted.y -= rows - r.h < rows - below - r.h / 2 ? rows - r.h
			     : rows - below - r.h / 2 > 0	 ? rows - below - r.h / 2
								 : 0;
	}
	shifted.h = rows;
	rows_of(f, c, shifted, focused);
}

static void finish(struct form *f)
{
	if (!f->busy)
		f->cls->done(f);
}

static bool act(struct view *v, enum action a)
{
	struct form *f = form_of(v);
	bool in_text = f->at < f->n && f->cls->fields[f->at].kind != FIELD_TICK;
	switch (a) {
	case ACT_UP:
	case ACT_FOCUS_PREV:
		f->at = f->at > 0 ? f->at - 1 : f->n;
		return true;
	case ACT_DOWN:
	case ACT_FOCUS_NEXT:
		f->at = f->at < f->n ? f->at + 1 : 0;
		return true;
	case ACT_CHOOSE:
		if (f->at < f->n && !in_text)
			f->tick[f->at] = !f->tick[f->at];
		else if (f->at + 1 < f->n)
			f->at++;
		else
			finish(f);
		return true;
	default:
		return in_text && !f->busy && edit_act(&f->text[f->at], a);
	}
}

static bool key(struct view *v, const struct key *k)
{
	struct form *f = form_of(v);
	if (f->at >= f->n || f->busy)
		return false;
	if (f->cls->fields[f->at].kind == FIELD_TICK) {
		bool space = key_is_text(k) && k->cp == ' ';
		f->tick[f->at] ^= space;
		return space;
	}
	if (k->code == KC_PASTE) {
		edit_insert(&f->text[f->at], k->paste);
		return true;
	}
	if (!key_is_text(k))
		return false;
	struct buf b = BUF_INIT(8);
	utf8_put(&b, k->cp);
	edit_insert(&f->text[f->at], buf_span(&b));
	buf_done(&b);
	return true;
}

static bool mouse(struct view *v, const struct key *k, int x, int y)
{
	struct form *f = form_of(v);
	(void)x;
	if (k->mouse != MOUSE_PRESS)
		return false;
	int top = f->cls->intro ? paragraph(NULL, v->at, 0, _(f->cls->intro), ROLE_POPUP) + 1 : 0;
	int rows = rows_of(f, NULL, v->at, false);
	if (y == rows - 1) {
		f->at = f->n;
		finish(f);
		return true;
	}
	for (int i = 0; i < f->n; i++) {
		int h = field_rows(f, i, v->at.w);
		if (y >= top && y < top + h) {
			f->at = i;
			if (f->cls->fields[i].kind == FIELD_TICK)
				f->tick[i] = !f->tick[i];
		}
		top += h;
	}
	return true;
}

static void free_form(struct view *v)
{
	struct form *f = form_of(v);
	if (f->cls->free)
		f->cls->free(f);
	for (int i = 0; i < f->n; i++)
		edit_done(&f->text[i]);
	mem_free(f);
}

static const struct view_class form_view_class = {
	.place = place,
	.title = title,
	.wish = wish,
	.draw = draw,
	.act = act,
	.key = key,
	.mouse = mouse,
	.free = free_form,
};

struct view *form_new(struct tui *t, const struct form_class *cls, void *arg)
{
	struct form *f = NEW(struct form);
	f->view = (struct view){.cls = &form_view_class, .tui = t};
	f->cls = cls;
	f->arg = arg;
	while (f->n < FORM_FIELDS && cls->fields[f->n].kind != FIELD_END) {
		edit_init(&f->text[f->n], true);
		f->text[f->n].secret = cls->fields[f->n].kind == FIELD_SECRET;
		f->n++;
	}
	return &f->view;
}
