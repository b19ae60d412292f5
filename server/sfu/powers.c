#include "core/base/clock.h"
#include "server/sfu/internal.h"

/* One question to the SFU's thread. */
struct question {
	struct sfu_engine *engine;
	const char *room, *identity;
	bool found;
};

static struct sfu_person *who(const struct question *q)
{
	struct sfu_room *r = sfu_room_find(q->engine, q->room);
	return r ? sfu_room_person(r, q->identity) : NULL;
}

static void dismiss(struct sfu_person *p, int64_t now, int why, const char *reason)
{
	sfu_person_dismiss(p, now, why, LK_LEAVE_DISCONNECT);
	sfu_person_end(p, now, why, reason);
}

static void do_remove(void *arg)
{
	struct question *q = arg;
	struct sfu_person *p = who(q);
	int64_t now = clock_mono_ms();
	q->found = p != NULL;
	if (p)
		dismiss(p, now, LK_PARTICIPANT_REMOVED, "removed");
	sfu_engine_settle(q->engine, now);
}

static void do_mute(void *arg)
{
	struct question *q = arg;
	const struct sfu_person *p = who(q);
	int64_t now = clock_mono_ms();
	q->found = p != NULL;
	for (size_t i = 0; p && i < p->pub.tracks_n; i++)
		if (!p->pub.tracks[i]->info.muted)
			sfu_permit_mute(p->pub.tracks[i], now);
}

static void do_end(void *arg)
{
	struct question *q = arg;
	struct sfu_room *r = sfu_room_find(q->engine, q->room);
	int64_t now = clock_mono_ms();
	q->found = r && r->people;
	while (r && r->people)
		dismiss(r->people, now, LK_ROOM_DELETED, "ended");
	sfu_engine_settle(q->engine, now);
}

static bool ask(struct sfu *s, loop_fn *fn, const char *room, const char *identity)
{
	struct question q = {.engine = s->engine, .room = room, .identity = identity};
	worker_call(s->worker, fn, &q);
	return q.found;
}

bool sfu_remove(struct sfu *s, const char *room, const char *identity)
{
	return ask(s, do_remove, room, identity);
}

bool sfu_mute(struct sfu *s, const char *room, const char *identity)
{
	return ask(s, do_mute, room, identity);
}

bool sfu_end(struct sfu *s, const char *room)
{
	return ask(s, do_end, room, NULL);
}
