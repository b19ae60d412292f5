#include "tui/text_view.h"

#include "core/base/mem.h"
#include "tui/flow.h"
#include "tui/list.h"

struct text_view {
	struct view view;
	struct list list; /* chosen: the first line on the screen */
	char *title;
	struct term_text text;
};

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_LIST;
}

static const char *title(const struct view *v)
{
	return ((const struct text_view *)v)->title;
}

static int flow(const struct text_view *v, struct canvas *c, struct rect r, int y)
{
	struct rect in = {r.x + 1, r.y, r.w - 2, r.h};
	struct flow f = flow_new(c, in, y);
	f.clip = r;
	flow_text(&f, (struct span){v->text.s, v->text.n},
		  c ? look_of(c, ROLE_POPUP) : (struct look){-1, -1, 0});
	return f.y - y + 1;
}

static void wish(struct view *view, struct rect in, int *ret_w, int *ret_h)
{
	const struct text_view *v = (const struct text_view *)view;
	*ret_w = in.w > 8 ? in.w - 4 : in.w;
	if (*ret_w > 110)
		*ret_w = 110;
	int rows = flow(v, NULL, (struct rect){0, 0, *ret_w - 2, 1}, 0) + 2;
	*ret_h = rows < in.h - 2 ? rows : in.h - 2;
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused)
{
	(void)focused;
	struct text_view *v = (struct text_view *)view;
	int rows = flow(v, NULL, r, 0);
	list_count(&v->list, rows > r.h ? (size_t)(rows - r.h + 1) : 1);
	v->list.page = r.h;
	flow(v, c, r, r.y - (int)v->list.chosen);
}

static bool act(struct view *view, enum action a)
{
	struct text_view *v = (struct text_view *)view;
	if (a == ACT_CHOOSE) {
		tui_close(view);
		return true;
	}
	return list_act(&v->list, a);
}

static bool mouse(struct view *view, const struct key *k, int x, int y)
{
	(void)x;
	(void)y;
	struct text_view *v = (struct text_view *)view;
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN)
		list_wheel(&v->list, k);
	return true;
}

static void free_view(struct view *view)
{
	struct text_view *v = (struct text_view *)view;
	mem_free(v->title);
	text_done(&v->text);
	mem_free(v);
}

static const struct view_class text_class = {
	.place = place,
	.title = title,
	.wish = wish,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.free = free_view,
};

struct view *text_view_new(struct tui *t, const char *name, struct span text)
{
	struct text_view *v = NEW(struct text_view);
	v->view = (struct view){.cls = &text_class, .tui = t};
	v->title = mem_strdup(name);
	v->text = text_make(text, TEXT_BLOCK);
	return &v->view;
}
