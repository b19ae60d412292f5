#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

/* One question to the SFU's thread. */
struct question {
	struct sfu_engine *engine;
	const char *room, *identity;
	bool found;
	const char *sid; /* of a track */
	struct lk_track *track;
	struct sfu_roll *roll;
	const struct lk_update_metadata *text;
	const struct lk_permission *permission;
	int *result;
	struct lk_person *person;
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

static void do_mute_track(void *arg)
{
	struct question *q = arg;
	const struct sfu_person *p = who(q);
	int64_t now = clock_mono_ms();
	for (size_t i = 0; p && i < p->pub.tracks_n; i++) {
		struct sfu_track *t = p->pub.tracks[i];
		if (strcmp(t->info.sid, q->sid) != 0)
			continue;
		q->found = true;
		if (!t->info.muted)
			sfu_permit_mute(t, now);
		lk_track_copy(q->track, &t->info);
		return;
	}
}

static void copy_person(const struct sfu_person *p, struct lk_person *ret)
{
	struct lk_track tracks[SFU_TRACKS_MAX];
	struct lk_person now;
	sfu_info(p, tracks, &now);
	lk_person_copy(ret, &now);
}

static void do_roll(void *arg)
{
	struct question *q = arg;
	const struct sfu_room *r = sfu_room_find(q->engine, q->room);
	struct lk_room now;
	q->found = r != NULL;
	if (!r)
		return;
	sfu_room_info(r, &now);
	lk_room_copy(&q->roll->room, &now);
	q->roll->people = mem_alloc((r->people_n + 1) * sizeof(struct lk_person));
	q->roll->n = 0;
	for (const struct sfu_person *p = r->people; p; p = p->next)
		copy_person(p, &q->roll->people[q->roll->n++]);
}

static void permit(struct sfu_person *p, const struct lk_permission *m, int64_t now)
{
	struct token *g = &p->grant;
	p->silenced = !m->can_publish;
	g->publish = g->publish || m->can_publish;
	g->update_metadata = m->can_update_metadata;
	g->sources = 0;
	for (size_t i = 0; i < m->can_publish_sources_n; i++) {
		int source = m->can_publish_sources[i];
		/* Bit 0: a list was given, whatever is in it. */
		g->sources |= 1u | (source > 0 && source < TOKEN_SOURCES_MAX ? 1u << source : 0);
	}
	g->subscribe = m->can_subscribe;
	sfu_permit_changed(p, now);
	sfu_subscribe_all(p, now);
	sfu_taps_permit(p);
}

static void do_update(void *arg)
{
	struct question *q = arg;
	struct sfu_person *p = who(q);
	int64_t now = clock_mono_ms();
	q->found = p != NULL;
	if (!p)
		return;
	*q->result = q->text ? sfu_person_text(p, q->text) : LK_RESULT_OK;
	if (*q->result == LK_RESULT_OK && q->text)
		sfu_room_changed(p, now);
	if (*q->result == LK_RESULT_OK && q->permission)
		permit(p, q->permission, now);
	if (*q->result == LK_RESULT_OK)
		copy_person(p, q->person);
	sfu_engine_settle(q->engine, now);
}

static bool put(struct sfu *s, loop_fn *fn, struct question *q)
{
	q->engine = s->engine;
	worker_call(s->worker, fn, q);
	return q->found;
}

static bool ask(struct sfu *s, loop_fn *fn, const char *room, const char *identity)
{
	struct question q = {.room = room, .identity = identity};
	return put(s, fn, &q);
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

bool sfu_mute_track(struct sfu *s, const char *room, const char *identity, const char *sid,
		    struct lk_track *ret)
{
	struct question q = {.room = room, .identity = identity, .sid = sid, .track = ret};
	return put(s, do_mute_track, &q);
}

bool sfu_roll(struct sfu *s, const char *room, struct sfu_roll *ret)
{
	struct question q = {.room = room, .roll = ret};
	return put(s, do_roll, &q);
}

void sfu_roll_done(struct sfu_roll *r)
{
	lk_room_done(&r->room);
	for (size_t i = 0; i < r->n; i++)
		lk_person_done(&r->people[i]);
	mem_free(r->people);
}

bool sfu_update(struct sfu *s, const char *room, const char *identity,
		const struct lk_update_metadata *text, const struct lk_permission *permission,
		int *ret_result, struct lk_person *ret)
{
	struct question q = {.room = room,
			     .identity = identity,
			     .text = text,
			     .permission = permission,
			     .result = ret_result,
			     .person = ret};
	return put(s, do_update, &q);
}
