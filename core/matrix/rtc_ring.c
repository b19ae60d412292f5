#include "core/matrix/rtc_ring.h"

#include "core/base/i18n.h"
#include "core/base/text.h"
#include "core/matrix/message.h"

#include <string.h>

#define CLOCK_OFF_MS 20000 /* then the server's clock counts, as MSC4075 says */
#define EMOJI_MAX 32

/* What an event refers to by this kind of relation. */
static const char *related(const struct mx_event *ev, const char *rel_type)
{
	if (!ev->rel.rel_type || strcmp(ev->rel.rel_type, rel_type) != 0)
		return NULL;
	return ev->rel.event_id;
}

int rtc_ring_read(const struct mx_event *ev, struct rtc_ring *ret, struct err *err)
{
	const json_t *c = ev->content, *mentions = json_get_object(c, "m.mentions");
	const char *kind = json_get_str(c, "notification_type");
	int64_t life = json_get_i64(c, "lifetime", RTC_RING_MS);
	int64_t sent = json_get_i64(c, "sender_ts", ev->ts);
	bool ring = kind && strcmp(kind, "ring") == 0;
	if (strcmp(ev->type, RTC_RING_TYPE) != 0 || !ev->event_id || ev->state_key)
		return err_set(err, ERR_INVALID, _("this event tells of no call"));
	if (!kind || (!ring && strcmp(kind, "notification") != 0))
		return err_set(err, ERR_INVALID, _("the call's notification has no known type"));
	if (life < 0 || life > RTC_RING_MAX_MS)
		life = life < 0 ? 0 : RTC_RING_MAX_MS;
	if (sent < ev->ts - CLOCK_OFF_MS || sent > ev->ts + CLOCK_OFF_MS)
		sent = ev->ts;
	*ret = (struct rtc_ring){
		.event_id = ev->event_id,
		.sender = ev->sender,
		.member_event = related(ev, "m.reference"),
		.ring = ring,
		.room = json_get_bool(mentions, "room", false),
		.users = json_get_array(mentions, "user_ids"),
		.sent_ms = sent,
		.until_ms = sent + life,
	};
	return 0;
}

bool rtc_ring_is_for(const struct rtc_ring *r, const char *user_id)
{
	size_t i;
	json_t *user;
	if (strcmp(r->sender, user_id) == 0)
		return false;
	json_array_foreach (r->users, i, user)
		if (json_is_string(user) && strcmp(json_string_value(user), user_id) == 0)
			return true;
	return r->room;
}

json_t *rtc_ring_make(bool ring, const char *member_event, int64_t wall_ms)
{
	return json_pack("{s:{s:[],s:b},s:s,s:{s:s,s:s},s:I,s:i,s:s}", "m.mentions", "user_ids",
			 "room", 1, "notification_type", ring ? "ring" : "notification",
			 "m.relates_to", "rel_type", "m.reference", "event_id", member_event,
			 "sender_ts", (json_int_t)wall_ms, "lifetime", RTC_RING_MS, "m.call.intent",
			 "audio");
}

json_t *rtc_decline_make(const char *ring_event)
{
	return json_pack("{s:{s:s,s:s}}", "m.relates_to", "rel_type", "m.reference", "event_id",
			 ring_event);
}

const char *rtc_decline_read(const struct mx_event *ev)
{
	return strcmp(ev->type, RTC_DECLINE_TYPE) == 0 ? related(ev, "m.reference") : NULL;
}

json_t *rtc_hand_make(const char *member_event)
{
	return message_reaction(member_event, RTC_HAND_KEY);
}

const char *rtc_hand_read(const struct mx_event *ev)
{
	const char *target;
	struct span key;
	if (!event_reaction(ev, &target, &key) || !span_eq_str(key, RTC_HAND_KEY))
		return NULL;
	return target;
}

bool rtc_reaction_read(const struct mx_event *ev, const char **ret_member_event,
		       struct span *ret_emoji)
{
	const char *target = related(ev, "m.reference");
	struct span emoji = span_trim(json_get_span(ev->content, "emoji"));
	if (strcmp(ev->type, RTC_REACTION_TYPE) != 0 || !target || !emoji.n)
		return false;
	*ret_member_event = target;
	*ret_emoji = span_head(emoji, utf8_head(emoji, EMOJI_MAX));
	return true;
}
