/* What happened to a room and its people, in one sentence each. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/item_change_priv.h"
#include "core/matrix/rtc_ring.h"

#include <string.h>

#define TEXT_MAX 500 /* bytes of a name or topic that are repeated */

static const char *word(const struct change *x, const char *key)
{
	const char *s = json_get_str(x->ev->content, key);
	return s ? s : "";
}

/* -- The room ------------------------------------------------------------------------- */

static bool on_create(struct change *x)
{
	const char *old = json_get_str(json_get_object(x->ev->content, "predecessor"), "room_id");
	buf_printf(&x->text,
		   old ? _("%s made this room; it goes on from an older one")
		       : _("%s made this room"),
		   x->who);
	return true;
}

/* One text that is set or taken away. */
static bool put_text(struct change *x, const char *key, const char *set, const char *unset)
{
	const char *now = word(x, key), *was = json_get_str(x->ev->prev_content, key);
	if (was && strcmp(was, now) == 0)
		return false;
	AUTO_FREE char *shown =
		span_dup(span_head(span_of(now), utf8_head(span_of(now), TEXT_MAX)));
	buf_printf(&x->text, now[0] ? set : unset, x->who, shown);
	return true;
}

static bool on_name(struct change *x)
{
	return put_text(x, "name", _("%s named the room “%s”"), _("%s took away the room's name"));
}

static bool on_topic(struct change *x)
{
	return put_text(x, "topic", _("%s set the topic: %s"), _("%s took away the topic"));
}

static bool on_alias(struct change *x)
{
	return put_text(x, "alias", _("%s gave the room the address %s"),
			_("%s took away the room's address"));
}

static bool on_avatar(struct change *x)
{
	buf_printf(&x->text,
		   word(x, "url")[0] ? _("%s gave the room a new picture")
				     : _("%s took away the room's picture"),
		   x->who);
	return true;
}

struct choice {
	const char *value, *words;
};

static bool put_choice(struct change *x, const char *key, const struct choice *v)
{
	if (!x->ev->prev_content) /* how a room begins */
		return false;
	while (v->value && strcmp(v->value, word(x, key)) != 0)
		v++;
	buf_printf(&x->text, _(v->words), x->who);
	return true;
}

static bool on_join_rules(struct change *x)
{
	static const struct choice v[] = {
		{"public", N_("%s lets everybody join")},
		{"invite", N_("%s lets only invited people join")},
		{"knock", N_("%s lets people ask to come in")},
		{"restricted", N_("%s lets people of a space join")},
		{"knock_restricted",
		 N_("%s lets people of a space join, and others ask to come in")},
		{NULL, N_("%s changed who may join")},
	};
	return put_choice(x, "join_rule", v);
}

static bool on_history(struct change *x)
{
	static const struct choice v[] = {
		{"world_readable", N_("%s lets everybody read what is said here")},
		{"shared", N_("%s lets people read what was said before they joined")},
		{"invited", N_("%s lets people read what is said from their invitation on")},
		{"joined", N_("%s lets people read only what is said while they are here")},
		{NULL, N_("%s changed who may read what was said")},
	};
	return put_choice(x, "history_visibility", v);
}

static bool on_guests(struct change *x)
{
	static const struct choice v[] = {
		{"can_join", N_("%s lets guests join")},
		{NULL, N_("%s lets no guests join")},
	};
	return put_choice(x, "guest_access", v);
}

static bool on_encryption(struct change *x)
{
	buf_printf(&x->text,
		   _("%s turned encryption on: muster cannot read what is said from here on"),
		   x->who);
	return true;
}

static bool on_tombstone(struct change *x)
{
	buf_printf(&x->text, _("%s replaced this room by a new one"), x->who);
	if (word(x, "body")[0])
		buf_printf(&x->text, ": %s", word(x, "body"));
	return true;
}

static bool on_pinned(struct change *x)
{
	size_t was = json_array_size(json_get_array(x->ev->prev_content, "pinned"));
	size_t now = json_array_size(json_get_array(x->ev->content, "pinned"));
	buf_printf(&x->text,
		   now > was   ? _("%s pinned a message")
		   : now < was ? _("%s unpinned a message")
			       : _("%s changed the pinned messages"),
		   x->who);
	return true;
}

static bool on_child(struct change *x)
{
	bool in = json_get_array(x->ev->content, "via") != NULL;
	buf_printf(&x->text,
		   in ? _("%s put a room into this space") : _("%s took a room out of this space"),
		   x->who);
	return true;
}

/* -- Calls ------------------------------------------------------------------------------ */

static bool on_ring(struct change *x)
{
	struct rtc_ring r;
	if (rtc_ring_read(x->ev, &r, NULL))
		return false;
	bool live = json_get_bool(x->ev->content, RTC_RING_LIVE_KEY, false);
	buf_printf(&x->text,
		   r.ring ? _("%s calls")
		   : live ? _("%s began a live lesson")
			  : _("%s began a call"),
		   x->who);
	return true;
}

static bool on_decline(struct change *x)
{
	if (!rtc_decline_read(x->ev))
		return false;
	buf_printf(&x->text, _("%s does not come to the call"), x->who);
	return true;
}

/* -- All of them ------------------------------------------------------------------------ */

static const struct {
	const char *type;
	bool state;
	bool (*fn)(struct change *x);
} kinds[] = {
	{"m.room.member", true, change_member},
	{"m.room.create", true, on_create},
	{"m.room.name", true, on_name},
	{"m.room.topic", true, on_topic},
	{"m.room.canonical_alias", true, on_alias},
	{"m.room.avatar", true, on_avatar},
	{"m.room.join_rules", true, on_join_rules},
	{"m.room.history_visibility", true, on_history},
	{"m.room.guest_access", true, on_guests},
	{"m.room.power_levels", true, change_power},
	{"m.room.encryption", true, on_encryption},
	{"m.room.tombstone", true, on_tombstone},
	{"m.room.pinned_events", true, on_pinned},
	{"m.space.child", true, on_child},
	{RTC_RING_TYPE, false, on_ring},
	{RTC_DECLINE_TYPE, false, on_decline},
};

/* False: the event says nothing that people need to know. */
static bool put_sentence(struct change *x)
{
	bool state = x->ev->state_key != NULL;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].state == state && strcmp(kinds[i].type, x->ev->type) == 0)
			return kinds[i].fn(x);
	/* Our own bookkeeping of classes: org.muster.roster and its like. */
	if (state && span_starts(span_of(x->ev->type), "org.muster."))
		return false;
	buf_printf(&x->text, _("%s changed something that muster does not know: %s"), x->who,
		   x->ev->type);
	return true;
}

bool item_change(struct conversation *c, struct entry *en, const struct store_event *e,
		 const struct mx_event *ev)
{
	struct change x = {.c = c, .en = en, .ev = ev, .text = BUF_INIT(8192)};
	x.who = span_dup(conv_name(c, e->sender));
	bool told = put_sentence(&x);
	if (told)
		item_note(en, buf_str(&x.text));
	mem_free(x.who);
	buf_done(&x.text);
	return told;
}
