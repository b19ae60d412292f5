#include "tui/room_act.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/rooms.h"
#include "tui/slash.h"
#include "tui/talk.h"

#include <string.h>

static const char *const words_of[] = {
	[ROOM_NOTIFY_DEFAULT] = N_("as everywhere"),
	[ROOM_NOTIFY_ALL] = N_("every message"),
	[ROOM_NOTIFY_MENTIONS] = N_("what means you"),
	[ROOM_NOTIFY_NONE] = N_("nothing"),
};

const char *room_notify_words(enum room_notify level)
{
	return words_of[level];
}

bool tui_room_state(struct tui *t, const char *room_id, struct store_room *ret,
		    enum room_notify *ret_notify)
{
	AUTO(buf_done) struct buf rules = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *content = NULL;
	int64_t room = store_room_find(t->store, span_of(room_id));
	*ret = (struct store_room){.id = 0};
	if (!room || !store_room_get(t->store, room, ret))
		return false;
	if (ret_notify) {
		store_account_data_get(t->store, 0, "m.push_rules", &rules);
		json_parse_object(buf_span(&rules), &content, NULL);
		*ret_notify = room_notify_of(content, room_id);
	}
	return true;
}

/* -- Each of them -------------------------------------------------------------------- */

static void run(struct tui *t, const char *a, const char *b, const char *room_id, const char *c,
		const char *d)
{
	const char *words[6] = {a};
	int n = 1;
	if (b)
		words[n++] = b;
	words[n++] = room_id;
	if (c)
		words[n++] = c;
	if (d)
		words[n++] = d;
	slash_words(t, t->looking, words, false);
}

static void tag(struct tui *t, const struct store_room *r, const char *name, bool on,
		const char *said)
{
	run(t, "room", "tag", r->room_id, name, on ? NULL : "--remove");
	tui_say(t, said, r->display);
}

static void notify(struct tui *t, const struct store_room *r, enum room_notify now)
{
	enum room_notify next = now == ROOM_NOTIFY_NONE ? ROOM_NOTIFY_DEFAULT : now + 1;
	run(t, "room", "notify", r->room_id, room_notify_name(next), NULL);
	tui_say(t, _("%s notifies of: %s"), r->display, _(room_notify_words(next)));
}

static void mark(struct tui *t, const struct store_room *r, bool unread)
{
	if (!unread && t->talk && !strcmp(talk_room(t->talk), r->room_id))
		talk_all_read(t->talk);
	if (unread)
		run(t, "mark", NULL, r->room_id, "--unread", NULL);
	else
		run(t, "mark", NULL, r->room_id,
		    tui_setting_bool(t, "chat.private-receipts") ? "--private" : NULL, NULL);
	tui_say(t, unread ? _("%s is marked as unread.") : _("%s is read."), r->display);
}

bool tui_room_act_on(struct tui *t, const char *room_id, enum action a)
{
	AUTO(store_room_done) struct store_room r;
	enum room_notify level = ROOM_NOTIFY_DEFAULT;
	if (!tui_room_state(t, room_id, &r, &level))
		return false;
	switch (a) {
	case ACT_FAVOURITE:
		tag(t, &r, "favourite", !r.favourite,
		    r.favourite ? _("%s is no favourite any more.") : _("%s is a favourite now."));
		return true;
	case ACT_LOW:
		tag(t, &r, "low-priority", !r.low_priority,
		    r.low_priority ? _("%s is among the rooms again.")
				   : _("%s is out of the way now."));
		return true;
	case ACT_NOTIFY:
		notify(t, &r, level);
		return true;
	case ACT_MARK_READ:
	case ACT_MARK_UNREAD:
		mark(t, &r, a == ACT_MARK_UNREAD);
		return true;
	default:
		return false;
	}
}

bool tui_room_act(struct tui *t, enum action a)
{
	bool in_list = t->focus == FOCUS_ROOMS && t->rooms_view;
	const char *room = in_list ? rooms_chosen(t->rooms_view) : tui_room(t);
	AUTO_FREE char *id = mem_strdup(room);
	return id && tui_room_act_on(t, id, a);
}
