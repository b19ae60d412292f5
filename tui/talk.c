#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/store/drafts.h"
#include "core/store/rooms.h"
#include "tui/talk_priv.h"

#include <string.h>

#define WINDOW 200 /* items kept while it stands at the newest */
#define WHEEL_LINES 3

static void free_talk(struct view *v);

static struct talk *of(const struct view *v)
{
	return (struct talk *)v; /* NOLINT: its first member */
}

struct view *talk_view(struct talk *k)
{
	return &k->view;
}

struct talk *talk_of(struct view *v)
{
	return v && v->cls->free == free_talk ? of(v) : NULL;
}

const char *talk_room(const struct talk *k)
{
	return k->room_id;
}

const char *talk_thread(const struct talk *k)
{
	return k->thread;
}

const struct conversation *talk_conversation(const struct talk *k)
{
	return k->c;
}

const struct item *talk_chosen(const struct talk *k)
{
	return k->on_messages ? timeline_chosen(&k->tl) : NULL;
}

/* -- Where the focus is -------------------------------------------------------------- */

static void to_messages(struct talk *k)
{
	if (k->tl.chosen && timeline_chosen(&k->tl)) {
		k->on_messages = true;
		return;
	}
	timeline_choose(&k->tl, NULL);
	k->on_messages = timeline_choose_by(&k->tl, -1);
}

static void to_composer(struct talk *k)
{
	k->on_messages = false;
	timeline_choose(&k->tl, NULL);
}

void talk_compose(struct talk *k, const char *text)
{
	to_composer(k);
	if (text)
		edit_set(&k->m.e, span_of(text));
	tui_redraw(k->view.tui);
}

bool talk_go(struct talk *k, const char *event_id)
{
	if (conversation_find(k->c, event_id) == SIZE_MAX)
		return false;
	k->on_messages = true;
	timeline_choose(&k->tl, event_id);
	tui_redraw(k->view.tui);
	return true;
}

void talk_all_read(struct talk *k)
{
	conversation_seen(k->c);
	tui_redraw(k->view.tui);
}

/* -- Drafts ------------------------------------------------------------------------------ */

static void load_draft(struct talk *k)
{
	struct buf b = BUF_INIT(STORE_DRAFT_MAX);
	if (drafts_get(k->view.tui->drafts, k->room_id, k->thread, &b))
		edit_insert(&k->m.e, buf_span(&b));
	buf_done(&b);
}

void talk_save_draft(struct talk *k)
{
	if (k->m.mode != COMPOSE_EDIT && k->m.mode != COMPOSE_REACT)
		drafts_set(k->view.tui->drafts, k->room_id, k->thread, buf_span(&k->m.e.text));
}

/* -- Drawing ------------------------------------------------------------------------------- */

static enum place place(const struct view *v)
{
	return of(v)->on_messages ? PLACE_MESSAGES : PLACE_COMPOSER;
}

static const char *title(const struct view *v)
{
	return of(v)->thread ? _("Thread") : NULL;
}

static const char *hint(const struct talk *k)
{
	const struct conversation_head *h = conversation_head(k->c);
	if (h->encrypted)
		return _("This room is encrypted; muster cannot write here.");
	if (!h->can_send)
		return h->why_not.n ? h->why_not.s : _("You may not write here.");
	if (talk_quiet_hint(k))
		return talk_quiet_hint(k);
	return k->thread ? _("Answer in the thread") : _("Write a message, or / for a command");
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused)
{
	struct talk *k = of(v);
	struct rect all = r;
	if (talk_lesson_rows(k, r.h))
		talk_draw_lesson(k, c, rect_cut_top(&r, 1));
	struct rect line = rect_cut_bottom(&r, composer_rows(&k->m, r.w, r.h));
	if (all.h >= 8) {
		struct rect sep = rect_cut_bottom(&r, 1);
		draw_hline(c, sep, sep.x, sep.y, sep.w, ROLE_BORDER);
	}
	timeline_draw(&k->tl, c, r, focused && k->on_messages);
	composer_draw(&k->m, c, line, focused && !k->on_messages, hint(k));
	if (!k->on_messages)
		composer_draw_offers(&k->m, c, r);
	if (k->tl.top_reached)
		talk_fill(k);
}

/* -- Keys -------------------------------------------------------------------------------------- */

static void scroll(struct talk *k, int lines)
{
	k->fill_failed = false;
	timeline_scroll(&k->tl, lines);
	if (lines < 0 && timeline_at_end(&k->tl) && conversation_newer(k->c, WINDOW))
		tui_redraw(k->view.tui);
}

static void to_unread(struct talk *k)
{
	for (size_t i = 0; i < conversation_count(k->c); i++)
		if (conversation_at(k->c, i)->kind == ITEM_UNREAD) {
			timeline_show(&k->tl, conversation_at(k->c, i)->id);
			return;
		}
	timeline_to_end(&k->tl);
}

static void to_end(struct talk *k)
{
	while (conversation_newer(k->c, 1000))
		;
	timeline_to_end(&k->tl);
	if (k->on_messages)
		timeline_choose_end(&k->tl, false);
}

/* Moving through the pane, wherever the focus is. */
static bool scroll_act(struct talk *k, enum action a)
{
	int page = k->tl.at.h > 3 ? k->tl.at.h - 2 : 1;
	switch (a) {
	case ACT_PAGE_UP:
		scroll(k, page);
		return true;
	case ACT_PAGE_DOWN:
		scroll(k, -page);
		return true;
	case ACT_TOP:
		k->fill_failed = false;
		timeline_to_start(&k->tl);
		if (k->on_messages)
			timeline_choose_end(&k->tl, true);
		return true;
	case ACT_BOTTOM:
		to_end(k);
		return true;
	case ACT_TO_UNREAD:
		to_unread(k);
		return true;
	default:
		return false;
	}
}

static bool messages_act(struct talk *k, enum action a)
{
	switch (a) {
	case ACT_UP:
		k->fill_failed = false;
		timeline_choose_by(&k->tl, -1);
		return true;
	case ACT_DOWN:
		if (!timeline_choose_by(&k->tl, 1) && !conversation_newer(k->c, WINDOW))
			to_composer(k);
		return true;
	case ACT_COMMAND:
		return talk_about(k);
	case ACT_CLOSE:
	case ACT_COMPOSE:
	case ACT_INTERRUPT:
		to_composer(k);
		return true;
	default:
		return talk_act_on(k, a);
	}
}

static bool compose_act(struct talk *k, enum action a)
{
	switch (a) {
	case ACT_SEND:
		if (!composer_take_offer(&k->m))
			talk_send(k);
		return true;
	case ACT_SELECT:
		to_messages(k);
		return true;
	case ACT_EDITOR:
		talk_editor(k);
		return true;
	default:
		break;
	}
	if (composer_act(&k->m, a)) {
		talk_tell_typing(k, !edit_is_empty(&k->m.e));
		return true;
	}
	if (a == ACT_UP)
		to_messages(k);
	return a == ACT_UP || a == ACT_DOWN;
}

static bool act(struct view *v, enum action a)
{
	struct talk *k = of(v);
	if (k->on_messages ? messages_act(k, a) : compose_act(k, a))
		return true;
	return scroll_act(k, a);
}

static bool key(struct view *v, const struct key *k)
{
	struct talk *t = of(v);
	if (t->on_messages) {
		if (key_is_text(k) && k->cp >= '1' && k->cp <= '9')
			return talk_vote(t, (int)(k->cp - '0'));
		if (k->code != KC_PASTE)
			return false;
		to_composer(t);
	}
	bool taken = composer_key(&t->m, k);
	talk_tell_typing(t, taken && !edit_is_empty(&t->m.e));
	return taken;
}

static bool mouse(struct view *v, const struct key *k, int x, int y)
{
	struct talk *t = of(v);
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
		scroll(t, k->mouse == MOUSE_WHEEL_UP ? WHEEL_LINES : -WHEEL_LINES);
		return true;
	}
	if (k->mouse != MOUSE_PRESS)
		return false;
	const struct item *it = timeline_item_at(&t->tl, y + v->at.y);
	if (it && it->kind == ITEM_MESSAGE) {
		t->on_messages = true;
		timeline_choose(&t->tl, it->id);
	} else {
		to_composer(t);
		composer_click(&t->m, x + v->at.x, y + v->at.y);
	}
	return true;
}

/* -- Life ---------------------------------------------------------------------------------------- */

static void news(struct view *v)
{
	struct talk *k = of(v);
	if (conversation_update(k->c))
		tui_redraw(v->tui);
	talk_look_at_quiet(k);
	talk_look_at_lesson(k);
	if (timeline_at_end(&k->tl) && !k->on_messages)
		conversation_trim(k->c, WINDOW);
}

static void free_talk(struct view *v)
{
	struct talk *k = of(v);
	talk_forget_jobs(k);
	talk_forget_quiet(k);
	talk_forget_lesson(k);
	timeline_done(&k->tl);
	composer_done(&k->m);
	conversation_free(k->c);
	mem_free(k->room_id);
	mem_free(k->thread);
	mem_free(k->told_read);
	mem_free(k);
}

static const struct view_class talk_class = {
	.place = place,
	.title = title,
	.draw = draw,
	.act = act,
	.key = key,
	.mouse = mouse,
	.news = news,
	.free = free_talk,
};

int talk_new(struct tui *t, const char *room_id, const char *thread, const char *event_id,
	     struct talk **ret, struct err *err)
{
	struct conversation_options o = {
		.room_id = room_id,
		.thread = thread,
		.own_user_id = t->user_id,
		.window = WINDOW,
		.hide_changes = tui_setting_bool(t, "tui.hide-changes"),
		.around = event_id,
	};
	struct conversation *c;
	int rc = conversation_new(t->store, &o, &c, err);
	if (rc)
		return rc;
	struct talk *k = NEW(struct talk);
	k->view = (struct view){.cls = &talk_class, .tui = t};
	k->c = c;
	k->room_id = mem_strdup(room_id);
	k->thread = mem_strdup(thread);
	timeline_init(&k->tl, c);
	composer_init(&k->m, t, c);
	load_draft(k);
	talk_look_at_lesson(k);
	if (event_id)
		talk_go(k, event_id);
	*ret = k;
	return 0;
}
