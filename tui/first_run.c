#include "tui/first_run.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/flow.h"
#include "tui/list.h"
#include "tui/log_in.h"
#include "tui/start_class.h"

struct first_run {
	struct view view;
	struct list list;
	int first_row; /* of the choices, in the rectangle */
};

typedef struct view *new_view(struct tui *t);

static const struct {
	const char *title, *what;
	new_view *open; /* NULL: leave */
} choices[] = {
	{N_("Log in"), N_("You have an account on a server: school, team, or any Matrix server."),
	 log_in_new},
	{N_("I have a code from my teacher"), N_("A slip of paper with a code or a link."),
	 log_in_code_new},
	{N_("Start a classroom on this machine"),
	 N_("This machine becomes the server of a class; no other is needed."), start_class_new},
	{N_("Leave"), N_("Nothing has been changed."), NULL},
};

#define CHOICES (sizeof(choices) / sizeof(choices[0]))

static enum place place(const struct view *v)
{
	(void)v;
	return PLACE_LIST;
}

static const char *title(const struct view *v)
{
	(void)v;
	return "muster";
}

static void wish(struct view *v, struct rect in, int *ret_w, int *ret_h)
{
	(void)v;
	*ret_w = in.w < 74 ? in.w : 74;
	*ret_h = (int)CHOICES * 3 + 5;
}

/* On a narrow screen it takes the empty row below it as well. */
static void draw_what(struct canvas *c, struct rect r, int y, const char *what)
{
	struct rect in = {r.x + 3, y, r.w - 4, 2};
	struct flow f = flow_new(c, in, y);
	f.clip = in;
	flow_own(&f, what, look_of(c, ROLE_DIM));
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused)
{
	struct first_run *v = (struct first_run *)view;
	struct rect in = {r.x + 2, r.y, r.w - 4, r.h};
	struct flow f = flow_new(c, in, r.y);
	bool low = r.h < (int)CHOICES * 3 + 3;
	f.clip = r;
	if (r.h > (int)CHOICES + 1) {
		flow_own(&f, _("Chat, calls, lessons and roll-call. Nobody is logged in yet."),
			 look_of(c, ROLE_POPUP));
		flow_newline(&f);
		f.y += !low;
	}
	list_count(&v->list, CHOICES);
	v->first_row = f.y - r.y;
	for (size_t i = 0; i < CHOICES; i++) {
		struct rect row = {r.x, f.y, r.w, 1};
		bool here = i == v->list.chosen;
		draw_fit(c, r, r.x + 3, f.y, r.w - 4, span_of(_(choices[i].title)), ROLE_STRONG);
		if (here) {
			draw_tint(c, canvas_clip(c, row), ROLE_SELECTED);
			draw_own(c, r, r.x + 1, f.y, "›", ROLE_SELECTED);
			if (focused)
				draw_cursor(c, r, r.x + 1, f.y);
		}
		if (!low)
			draw_what(c, r, f.y + 1, _(choices[i].what));
		f.y += low ? 1 : 3;
	}
}

static void choose(struct first_run *v)
{
	new_view *open = choices[v->list.chosen].open;
	if (open)
		tui_push(v->view.tui, open(v->view.tui));
	else
		tui_quit(v->view.tui);
}

static bool act(struct view *view, enum action a)
{
	struct first_run *v = (struct first_run *)view;
	if (a == ACT_FOCUS_NEXT || a == ACT_FOCUS_PREV)
		a = a == ACT_FOCUS_NEXT ? ACT_DOWN : ACT_UP;
	if (list_act(&v->list, a))
		return true;
	if (a == ACT_CHOOSE)
		choose(v);
	else if (a == ACT_INTERRUPT)
		tui_quit(view->tui);
	return a == ACT_CHOOSE || a == ACT_INTERRUPT ||
	       a == ACT_CLOSE; /* Esc: nothing is behind it */
}

static bool mouse(struct view *view, const struct key *k, int x, int y)
{
	(void)x;
	struct first_run *v = (struct first_run *)view;
	bool low = view->at.h < (int)CHOICES * 3 + 3;
	int i = (y - v->first_row) / (low ? 1 : 3);
	if (k->mouse != MOUSE_PRESS || y < v->first_row || i >= (int)CHOICES)
		return false;
	v->list.chosen = (size_t)i;
	choose(v);
	return true;
}

static void free_view(struct view *view)
{
	mem_free(view);
}

static const struct view_class first_run_class = {
	.place = place,
	.title = title,
	.wish = wish,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.free = free_view,
};

struct view *first_run_new(struct tui *t)
{
	struct first_run *v = NEW(struct first_run);
	v->view = (struct view){.cls = &first_run_class, .tui = t};
	list_count(&v->list, CHOICES);
	return &v->view;
}
