#include "tui/command_box.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/composer.h"
#include "tui/flow.h"
#include "tui/pick.h"

#include <string.h>

#define WIDTH 76
#define OFFER_ROWS 8 /* what the composer draws at most */

struct box {
	struct view view;
	struct composer m;
};

static struct box *of(const struct view *v)
{
	return (struct box *)v; /* NOLINT: its first member */
}

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_COMPOSER;
}

static const char *title(const struct view *v)
{
	(void)v;
	return _("Command");
}

static void wish(struct view *v, struct rect in, int *ret_w, int *ret_h)
{
	(void)v;
	*ret_w = in.w < WIDTH ? in.w : WIDTH;
	*ret_h = OFFER_ROWS + 4 < in.h ? OFFER_ROWS + 4 : in.h;
}

static void draw_intro(struct canvas *c, struct rect r)
{
	struct flow f = flow_new(c, r, r.y);
	f.clip = r;
	flow_own(&f,
		 _("Such as: room create NAME, room join ADDRESS, class create NAME --students "
		   "FILE"),
		 look_of(c, ROLE_DIM));
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused)
{
	struct box *b = of(v);
	struct rect pad = {r.x + 1, r.y, r.w - 2, r.h};
	if (r.h < 1)
		return;
	pick_draw_input(&b->m.e, "", c, rect_cut_top(&pad, 1), focused);
	rect_cut_top(&r, 1);
	if (r.h > 1)
		draw_hline(c, rect_cut_top(&r, 1), r.x, r.y, r.w, ROLE_BORDER);
	struct rect below = {pad.x, r.y, pad.w, r.h};
	size_t n = b->m.offers.n;
	if (!n && !strcmp(edit_text(&b->m.e), "/"))
		draw_intro(c, below);
	if (n < (size_t)below.h)
		below.h = (int)n; /* from the top */
	composer_draw_offers(&b->m, c, below);
}

static void run(struct box *b)
{
	const char *line = edit_text(&b->m.e);
	AUTO_FREE char *copy = mem_strdup(line[0] == '/' ? line + 1 : line);
	if (!*copy || tui_command(b->view.tui, copy))
		tui_close(&b->view);
}

static bool act(struct view *v, enum action a)
{
	struct box *b = of(v);
	if (a == ACT_SEND && composer_take_offer(&b->m))
		return true;
	if (a == ACT_SEND) {
		run(b);
		return true;
	}
	return a != ACT_NEWLINE && composer_act(&b->m, a);
}

static bool key(struct view *v, const struct key *k)
{
	return composer_key(&of(v)->m, k);
}

static void free_box(struct view *v)
{
	composer_done(&of(v)->m);
	mem_free(v);
}

static const struct view_class box_class = {
	.place = place,
	.title = title,
	.wish = wish,
	.draw = draw,
	.act = act,
	.key = key,
	.free = free_box,
};

struct view *command_box_new(struct tui *t, const char *line)
{
	struct box *b = NEW(struct box);
	b->view = (struct view){.cls = &box_class, .tui = t};
	composer_init(&b->m, t, NULL);
	edit_set(&b->m.e, span_of(line ? line : "/"));
	return &b->view;
}
