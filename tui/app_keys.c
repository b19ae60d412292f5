/* Keys and clicks: to the view that has the focus, and what is left of them. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/agenda.h"
#include "tui/app_priv.h"
#include "tui/command_box.h"
#include "tui/details.h"
#include "tui/directory.h"
#include "tui/find.h"
#include "tui/help.h"
#include "tui/members.h"
#include "tui/phone.h"
#include "tui/room_act.h"
#include "tui/rooms.h"
#include "tui/screen.h"
#include "tui/spaces.h"
#include "tui/switcher.h"
#include "tui/talk.h"
#include "tui/threads.h"

/* -- What the app itself does ------------------------------------------------------ */

static void open_row(struct tui *t, size_t i)
{
	if (i < room_list_count(t->rooms))
		rooms_open_row(t, room_list_at(t->rooms, i));
}

static size_t open_place(const struct tui *t)
{
	return t->talk ? room_list_find(t->rooms, talk_room(t->talk)) : SIZE_MAX;
}

static void step_room(struct tui *t, int by)
{
	size_t n = room_list_count(t->rooms), i = open_place(t);
	if (!n)
		return;
	if (i == SIZE_MAX)
		i = by > 0 ? n - 1 : 0;
	size_t to = i;
	do
		to = (to + n + (size_t)(by + (int)n)) % n;
	while (room_list_at(t->rooms, to)->knock && to != i);
	open_row(t, to);
}

/* Mentions first, then whatever is unread, from the open room on downwards. */
static void next_unread(struct tui *t)
{
	size_t n = room_list_count(t->rooms), from = open_place(t);
	if (from == SIZE_MAX)
		from = 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t k = 1; k <= n; k++) {
			size_t i = (from + k) % n;
			const struct room_row *r = room_list_at(t->rooms, i);
			bool news =
				r->unread > 0 || r->marked_unread || r->section == SECTION_INVITES;
			if (pass == 0 ? r->highlights > 0 : news && i != from) {
				open_row(t, i);
				return;
			}
		}
	tui_say(t, "%s", _("Nothing is unread."));
}

static void focus_step(struct tui *t, int by)
{
	enum focus order[3];
	int n = 0, at = 0;
	if (t->rooms_view && !t->rooms_hidden)
		order[n++] = FOCUS_ROOMS;
	if (t->talk)
		order[n++] = FOCUS_TALK;
	if (t->side)
		order[n++] = FOCUS_SIDE;
	for (int i = 0; i < n; i++)
		if (order[i] == t->focus)
			at = i;
	if (n)
		app_focus(t, order[(at + by + n) % n]);
}

static void close_one(struct tui *t)
{
	if (t->n_popups)
		tui_close(t->popups[t->n_popups - 1]);
	else if (t->side && t->focus == FOCUS_SIDE)
		tui_side(t, NULL);
	else if (t->said[0])
		t->said[0] = '\0';
	if (!t->n_popups && t->talk)
		app_focus(t, FOCUS_TALK);
	tui_redraw(t);
}

static void show_rooms(struct tui *t)
{
	t->rooms_hidden = t->focus == FOCUS_ROOMS && !t->rooms_hidden;
	app_focus(t, t->rooms_hidden && t->talk ? FOCUS_TALK : FOCUS_ROOMS);
}

static void suspend(struct tui *t)
{
	struct err err;
	app_keep(t);
	if (t->drafts && drafts_flush(t->drafts, &err))
		tui_say_err(t, &err);
	if (t->engine) {
		engine_pause(t->engine);
		engine_settle();
	}
	tty_suspend(t->tty);
	if (t->engine)
		engine_resume(t->engine);
}

/* Something about the open room beside it; the same key closes what is there. */
static void beside(struct tui *t, struct view *(*make)(struct tui *t, const char *room_id))
{
	bool close = t->side && t->focus == FOCUS_SIDE;
	struct view *v = !close && t->talk ? make(t, talk_room(t->talk)) : NULL;
	if (!close && !v)
		return;
	tui_side(t, v);
	app_focus(t, v ? FOCUS_SIDE : FOCUS_TALK);
}

/* Those that need rooms. */
static bool account_act(struct tui *t, enum action a)
{
	switch (a) {
	case ACT_SWITCH:
		tui_push(t, switcher_new(t));
		return true;
	case ACT_NEXT_UNREAD:
		next_unread(t);
		return true;
	case ACT_NEXT_ROOM:
		step_room(t, 1);
		return true;
	case ACT_PREV_ROOM:
		step_room(t, -1);
		return true;
	case ACT_LAST_ROOM:
		if (t->room_before) {
			AUTO_FREE char *id = mem_strdup(t->room_before);
			tui_open(t, id, NULL);
		}
		return true;
	case ACT_ROOMS:
		show_rooms(t);
		return true;
	case ACT_COMPOSE:
		tui_compose(t, NULL);
		return true;
	case ACT_COMMAND:
		if (t->talk)
			tui_compose(t, "/");
		else
			tui_push(t, command_box_new(t, NULL));
		return true;
	case ACT_SEARCH:
		tui_push(t, find_new(t));
		return true;
	case ACT_DIRECTORY:
		tui_push(t, directory_new(t));
		return true;
	case ACT_AGENDA:
		tui_push(t, agenda_view_new(t));
		return true;
	case ACT_SPACE:
		tui_push(t, spaces_new(t));
		return true;
	case ACT_MEMBERS:
		beside(t, members_new);
		return true;
	case ACT_THREADS:
		beside(t, threads_new);
		return true;
	case ACT_DETAILS:
		beside(t, details_new);
		return true;
	default:
		return tui_room_act(t, a) || phone_act(t->phone, a);
	}
}

static bool app_act(struct tui *t, enum action a)
{
	switch (a) {
	case ACT_QUIT:
		tui_quit(t);
		return true;
	case ACT_INTERRUPT:
		tui_say(t, "%s", _("Ctrl-Q leaves muster."));
		return true;
	case ACT_HELP:
		tui_push(t, help_new(t));
		return true;
	case ACT_CLOSE:
		close_one(t);
		return true;
	case ACT_FOCUS_NEXT:
		focus_step(t, 1);
		return true;
	case ACT_FOCUS_PREV:
		focus_step(t, -1);
		return true;
	case ACT_SUSPEND:
		suspend(t);
		return true;
	case ACT_REDRAW:
		tty_redraw_all(t->tty);
		tui_redraw(t);
		return true;
	default:
		break;
	}
	/* Below a popup nothing else moves. */
	if (t->n_popups || !t->rooms)
		return false;
	struct view *talk = t->talk ? talk_view(t->talk) : NULL;
	return account_act(t, a) || (talk && talk->cls->act(talk, a));
}

/* -- Where keys go ---------------------------------------------------------------------- */

static void act(struct tui *t, struct view *v, enum action a)
{
	if (!v || !v->cls->act(v, a))
		app_act(t, a);
	tui_redraw(t);
}

static void key(struct tui *t, const struct key *k)
{
	struct view *v = screen_focus(t);
	bool more;
	enum action a = v ? keymap_find(t->keys, v->cls->place(v), k, &more) : ACT_NONE;
	if (!a && v && more)
		return;
	if (!a)
		a = keymap_find(t->keys, PLACE_ALL, k, &more);
	if (a) {
		act(t, v, a);
		return;
	}
	if (!more && v && v->cls->key && v->cls->key(v, k))
		tui_redraw(t);
}

static void focus_clicked(struct tui *t, const struct view *v)
{
	if (t->n_popups)
		return;
	if (v == t->rooms_view)
		app_focus(t, FOCUS_ROOMS);
	else if (t->side && v == t->side)
		app_focus(t, FOCUS_SIDE);
	else
		app_focus(t, FOCUS_TALK);
}

static void mouse(struct tui *t, const struct key *k)
{
	struct view *v = screen_view_at(t, k->x, k->y);
	bool press = k->mouse == MOUSE_PRESS;
	/* Not what would leave an empty screen behind, and not what has been filled in. */
	if (!v && press && t->n_popups && t->rooms)
		tui_close(t->popups[t->n_popups - 1]);
	if (!v)
		return;
	if (press)
		focus_clicked(t, v);
	if (v->cls->mouse && v->cls->mouse(v, k, k->x - v->at.x, k->y - v->at.y))
		tui_redraw(t);
}

void app_key(const struct key *k, void *arg)
{
	struct tui *t = arg;
	if (t->quitting)
		return;
	switch (k->code) {
	case KC_MOUSE:
		mouse(t, k);
		break;
	case KC_FOCUS_IN:
	case KC_FOCUS_OUT:
		t->window_focused = k->code == KC_FOCUS_IN;
		tui_redraw(t);
		break;
	default:
		key(t, k);
	}
}
