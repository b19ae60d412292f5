#include "core/client/view/call_people.h"

#include "core/matrix/rtc_member.h"
#include "core/store/rooms.h"

#include <string.h>

struct counting {
	const char *own;
	int64_t wall_ms;
	json_t *people; /* user ids */
};

static void note(struct counting *k, const struct store_state *st)
{
	struct mx_event ev;
	struct rtc_member *m = NEW(struct rtc_member);
	enum rtc_word word;
	if (!event_parse_text(st->json, EVENT_ROOM, &ev, NULL)) {
		if (!rtc_member_read(&ev, &word, m, NULL) && word == RTC_HERE &&
		    !rtc_member_expired(m, k->wall_ms) && strcmp(m->user_id, k->own) != 0)
			json_object_set_new(k->people, m->user_id, json_true());
		event_done(&ev);
	}
	mem_free(m);
}

static int on_one_room(const struct store_state *st, void *arg)
{
	note(arg, st);
	return 0;
}

int call_people_here(struct store *s, int64_t room, const char *own, int64_t wall_ms)
{
	JSON_AUTO json_t *people = json_object();
	struct counting k = {.own = own, .wall_ms = wall_ms, .people = people};
	store_state_walk_type(s, room, RTC_MEMBER_TYPE, on_one_room, &k);
	return (int)json_object_size(people);
}
