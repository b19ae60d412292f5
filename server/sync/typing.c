#include "server/sync/typing.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sync/held.h"

#include <string.h>

static void changed(struct hub *h, struct hub_room *room)
{
	room->typing_no = ++h->typing_no;
	held_add(h, room);
}

/* One timer for all, set to the earliest end. */
static void arm(struct hub *h)
{
	struct hub_room *r;
	int64_t next = INT64_MAX, now = clock_mono_ms();
	for (size_t at = 0; (r = nidmap_next(&h->rooms, &at));)
		for (size_t i = 0; i < r->typist_count; i++)
			if (r->typists[i].until_ms < next)
				next = r->typists[i].until_ms;
	if (next == INT64_MAX)
		loop_timer_stop(h->typing_timer);
	else
		loop_timer_start(h->typing_timer, next > now ? (uint64_t)(next - now) : 0, 0);
}

static struct hub_typist *find(struct hub_room *room, const struct hub_user *user)
{
	for (size_t i = 0; i < room->typist_count; i++)
		if (room->typists[i].user == user)
			return &room->typists[i];
	return NULL;
}

static void drop(struct hub *h, struct hub_room *room, struct hub_typist *t)
{
	h->typists--;
	*t = room->typists[--room->typist_count];
}

void hub_typing(struct hub *h, struct hub_room *room, struct hub_user *user, int timeout_ms)
{
	struct hub_typist *t = find(room, user);
	if (timeout_ms <= 0) {
		if (!t)
			return;
		drop(h, room, t);
		changed(h, room);
	} else if (t) {
		t->until_ms = clock_mono_ms() + timeout_ms;
	} else {
		h->typists++;
		room->typists = mem_realloc_array(room->typists, room->typist_count + 1,
						  sizeof(*room->typists));
		room->typists[room->typist_count++] =
			(struct hub_typist){user, clock_mono_ms() + timeout_ms};
		changed(h, room);
	}
	arm(h);
}

void typing_expire(void *arg)
{
	struct hub *h = arg;
	struct hub_room *r;
	int64_t now = clock_mono_ms();
	for (size_t at = 0; (r = nidmap_next(&h->rooms, &at));) {
		size_t before = r->typist_count;
		for (size_t i = r->typist_count; i-- > 0;)
			if (r->typists[i].until_ms <= now)
				drop(h, r, &r->typists[i]);
		if (r->typist_count != before)
			changed(h, r);
	}
	arm(h);
}

void typing_sent(struct hub *h, struct hub_room *room, const char *sender)
{
	for (size_t i = 0; i < room->typist_count; i++) {
		if (strcmp(room->typists[i].user->user_id, sender) != 0)
			continue;
		drop(h, room, &room->typists[i]);
		changed(h, room);
		return;
	}
}

void typing_put(struct buf *b, const struct hub_room *room)
{
	buf_put_str(b, "{\"type\":\"m.typing\",\"content\":{\"user_ids\":[");
	for (size_t i = 0; i < room->typist_count; i++) {
		if (i)
			buf_put_char(b, ',');
		buf_put_json_str(b, span_of(room->typists[i].user->user_id));
	}
	buf_put_str(b, "]}}");
}
