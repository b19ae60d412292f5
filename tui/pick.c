#include "tui/pick.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

static struct pick *of(const struct view *v)
{
	return (struct pick *)v; /* NOLINT: its first member */
}

struct view *pick_view(struct pick *p)
{
	return &p->view;
}

void pick_title(struct view *v, char *title)
{
	mem_free(of(v)->title);
	of(v)->title = title;
}

void pick_refill(struct pick *p)
{
	list_count(&p->list, p->cls->fill(p, edit_text(&p->input)));
	tui_redraw(p->view.tui);
}

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_INPUT;
}

static const char *title(const struct view *v)
{
	return of(v)->title ? of(v)->title : _(of(v)->cls->title);
}

static void wish(struct view *v, struct rect in, int *ret_w, int *ret_h)
{
	const struct pick_class *cls = of(v)->cls;
	*ret_w = cls->width < in.w ? cls->width : in.w;
	*ret_h = cls->rows + 4 < in.h ? cls->rows + 4 : in.h;
}

void pick_draw_input(struct edit *e, const char *prompt, struct canvas *c, struct rect r,
		     bool focused)
{
	int line, column;
	struct span text = span_of(edit_text(e));
	edit_wrap(e, INT16_MAX, &line, &column);
	int shift = column > r.w - 4 ? column - (r.w - 4) : 0;
	draw_own(c, r, r.x, r.y, "› ", ROLE_ACCENT);
	struct rect in = {r.x + 2, r.y, r.w - 2, 1};
	if (text.n)
		draw_text(c, in, in.x - shift, r.y, text, ROLE_POPUP);
	else
		draw_fit(c, in, in.x, r.y, in.w, span_of(prompt), ROLE_DIM);
	if (focused)
		draw_cursor(c, r, in.x + column - shift, r.y);
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused)
{
	struct pick *p = of(v);
	struct rect pad = {r.x + 1, r.y, r.w - 2, r.h};
	if (r.h > 2) {
		pick_draw_input(&p->input, _(p->cls->prompt), c, rect_cut_top(&pad, 1), focused);
		rect_cut_top(&r, 1);
		draw_hline(c, r, r.x, r.y, r.w, ROLE_BORDER);
		rect_cut_top(&r, 1);
		pad = r;
	}
	if (!p->list.count && p->cls->nothing && (!p->cls->after_text || !edit_is_empty(&p->input)))
		draw_fit(c, pad, pad.x + 1, pad.y, pad.w - 2, span_of(_(p->cls->nothing)),
			 ROLE_DIM);
	size_t first = list_first(&p->list, pad.h);
	for (int y = 0; y < pad.h && first + (size_t)y < p->list.count; y++) {
		struct rect row = {pad.x, pad.y + y, pad.w, 1};
		p->cls->row(p, first + (size_t)y, c, row);
		if (first + (size_t)y == p->list.chosen) {
			draw_tint(c, row, ROLE_SELECTED);
			draw_own(c, row, row.x, row.y, "›", ROLE_SELECTED);
		}
	}
}

static bool act(struct view *v, enum action a)
{
	struct pick *p = of(v);
	if (p->cls->act && p->cls->act(p, a))
		return true;
	if (list_act(&p->list, a))
		return true;
	if (a == ACT_CHOOSE) {
		if (p->list.chosen < p->list.count)
			p->cls->choose(p, p->list.chosen);
		return true;
	}
	if (edit_act(&p->input, a)) {
		pick_refill(p);
		return true;
	}
	return false;
}

static bool key(struct view *v, const struct key *k)
{
	struct pick *p = of(v);
	if (k->code == KC_PASTE) {
		edit_insert(&p->input, k->paste);
	} else if (key_is_text(k)) {
		struct buf b = BUF_INIT(8);
		utf8_put(&b, k->cp);
		edit_insert(&p->input, buf_span(&b));
		buf_done(&b);
	} else {
		return false;
	}
	p->list.chosen = 0;
	pick_refill(p);
	return true;
}

static bool mouse(struct view *v, const struct key *k, int x, int y)
{
	(void)x;
	struct pick *p = of(v);
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
		list_wheel(&p->list, k);
		return true;
	}
	size_t i = list_row_at(&p->list, y - (v->at.h > 2 ? 2 : 0));
	if (k->mouse != MOUSE_PRESS || i == SIZE_MAX)
		return false;
	p->list.chosen = i;
	p->cls->choose(p, i);
	return true;
}

static void news(struct view *v)
{
	pick_refill(of(v));
}

static void free_pick(struct view *v)
{
	struct pick *p = of(v);
	if (p->cls->free)
		p->cls->free(p);
	edit_done(&p->input);
	mem_free(p->title);
	mem_free(p);
}

static const struct view_class pick_view_class = {
	.place = place,
	.title = title,
	.wish = wish,
	.draw = draw,
	.act = act,
	.key = key,
	.mouse = mouse,
	.news = news,
	.free = free_pick,
};

struct view *pick_new(struct tui *t, const struct pick_class *cls, void *arg)
{
	struct pick *p = NEW(struct pick);
	p->view = (struct view){.cls = &pick_view_class, .tui = t};
	p->cls = cls;
	p->arg = arg;
	edit_init(&p->input, true);
	pick_refill(p);
	return &p->view;
}
