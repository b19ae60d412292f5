#include "tui/help.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/list.h"
#include "tui/screen.h"

#define KEYS_CELLS 22
#define KEYS_CELLS_NARROW 12
#define NARROW 60

struct line {
	const char *heading; /* or NULL */
	char *keys;	     /* NULL: a blank line, or a heading */
	const char *what;
};

struct help {
	struct view view;
	struct list list; /* chosen: the first line on the screen */
	struct line *lines;
	size_t n;
};

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_LIST;
}

static const char *title(const struct view *v)
{
	(void)v;
	return _("Keys");
}

static void wish(struct view *v, struct rect in, int *ret_w, int *ret_h)
{
	(void)v;
	*ret_w = in.w < 78 ? in.w : 78;
	*ret_h = in.h > 4 ? in.h - 2 : in.h;
}

static void add(struct help *h, const char *heading, const char *keys, const char *what)
{
	h->lines = mem_realloc_array(h->lines, h->n + 1, sizeof(*h->lines));
	h->lines[h->n++] = (struct line){heading, mem_strdup(keys), what};
}

/* Those of the place where help was asked for, or all others. */
static void add_place(struct help *h, enum place here, bool is_here)
{
	struct buf keys = BUF_INIT(400);
	enum place p, before = PLACE_COUNT;
	enum action a;
	for (size_t i = 0; keymap_row(h->view.tui->keys, i, &p, &a, &keys); i++) {
		if ((p == here) != is_here) {
			buf_clear(&keys);
			continue;
		}
		if (p != before && h->n)
			add(h, NULL, NULL, NULL);
		if (p != before)
			add(h, place_title(p), NULL, NULL);
		before = p;
		add(h, NULL, buf_str(&keys), action_what(a));
		buf_clear(&keys);
	}
	buf_done(&keys);
}

static void make_lines(struct help *h)
{
	struct view *v = screen_focus(h->view.tui);
	enum place here = v ? v->cls->place(v) : PLACE_ALL;
	if (here == PLACE_COMPOSER || here == PLACE_INPUT) /* arrows and the like: known */
		here = PLACE_ALL;
	add_place(h, here, true);
	add_place(h, here, false);
}

static void draw_line(const struct line *l, struct canvas *c, struct rect r)
{
	int cells = r.w < NARROW ? KEYS_CELLS_NARROW : KEYS_CELLS;
	if (l->heading)
		draw_own(c, r, r.x + 1, r.y, _(l->heading), ROLE_STRONG);
	if (!l->keys)
		return;
	draw_fit(c, r, r.x + 2, r.y, cells, span_of(l->keys), ROLE_ACCENT);
	draw_fit(c, r, r.x + cells + 3, r.y, r.w - cells - 5, span_of(_(l->what)), ROLE_POPUP);
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused)
{
	(void)focused;
	struct help *h = (struct help *)v;
	size_t rows = r.h > 0 ? (size_t)r.h : 1;
	list_count(&h->list, h->n > rows ? h->n - rows + 1 : 1);
	h->list.page = r.h;
	for (int y = 0; y < r.h && h->list.chosen + (size_t)y < h->n; y++)
		draw_line(&h->lines[h->list.chosen + (size_t)y], c,
			  (struct rect){r.x, r.y + y, r.w, 1});
	if (h->list.chosen > 0)
		draw_own(c, r, r.x + r.w - 1, r.y, "↑", ROLE_ACCENT);
	if (h->list.chosen + rows < h->n)
		draw_own(c, r, r.x + r.w - 1, r.y + r.h - 1, "↓", ROLE_ACCENT);
}

static bool act(struct view *v, enum action a)
{
	struct help *h = (struct help *)v;
	if (a == ACT_HELP || a == ACT_CHOOSE) {
		tui_close(v);
		return true;
	}
	return list_act(&h->list, a);
}

static bool mouse(struct view *v, const struct key *k, int x, int y)
{
	(void)x;
	(void)y;
	struct help *h = (struct help *)v;
	if (k->mouse != MOUSE_WHEEL_UP && k->mouse != MOUSE_WHEEL_DOWN)
		return false;
	list_wheel(&h->list, k);
	return true;
}

static void free_help(struct view *v)
{
	struct help *h = (struct help *)v;
	for (size_t i = 0; i < h->n; i++)
		mem_free(h->lines[i].keys);
	mem_free(h->lines);
	mem_free(h);
}

static const struct view_class help_class = {
	.place = place,
	.title = title,
	.wish = wish,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.free = free_help,
};

struct view *help_new(struct tui *t)
{
	struct help *h = NEW(struct help);
	h->view = (struct view){.cls = &help_class, .tui = t};
	make_lines(h);
	return &h->view;
}
