#include "server/sync/held.h"

#include "core/base/clock.h"

static int delay_of(const struct hub_room *room)
{
	int ms = room->joined * HELD_MS_EACH;
	return room->joined <= 2 ? 0 : ms > HELD_MS_MAX ? HELD_MS_MAX : ms;
}

static void tell(struct hub *h, struct hub_room *room)
{
	room->told_pos = room->last_pos;
	room->told_typing = room->typing_no;
	hub_wake_room(h, room);
}

static void arm(struct hub *h)
{
	int64_t next = INT64_MAX, now = clock_mono_ms();
	for (const struct hub_room *r = h->held; r; r = r->next_held)
		if (r->held_until_ms < next)
			next = r->held_until_ms;
	if (h->held)
		loop_timer_start(h->held_timer, next > now ? (uint64_t)(next - now) : 0, 0);
	else
		loop_timer_stop(h->held_timer);
}

void held_add(struct hub *h, struct hub_room *room)
{
	int delay = delay_of(room);
	if (!delay) {
		held_end(h, room);
		tell(h, room);
	} else if (!room->held_until_ms) {
		room->held_until_ms = clock_mono_ms() + delay;
		room->next_held = h->held;
		h->held = room;
		arm(h);
	}
}

static void take_out(struct hub *h, const struct hub_room *room)
{
	struct hub_room **at = &h->held;
	while (*at && *at != room)
		at = &(*at)->next_held;
	if (*at)
		*at = room->next_held;
}

void held_end(struct hub *h, struct hub_room *room)
{
	room->told_pos = room->last_pos;
	room->told_typing = room->typing_no;
	if (!room->held_until_ms)
		return;
	room->held_until_ms = 0;
	take_out(h, room);
}

void held_due(void *arg)
{
	struct hub *h = arg;
	int64_t now = clock_mono_ms();
	for (struct hub_room *r = h->held, *next; r; r = next) {
		next = r->next_held;
		if (r->held_until_ms > now)
			continue;
		held_end(h, r);
		tell(h, r);
	}
	arm(h);
}

bool held_not(const struct hub_member *m, int64_t since, uint64_t typing)
{
	const struct hub_room *room = m->room;
	return room->told_pos > since || m->receipt_pos > since || room->told_typing > typing;
}
