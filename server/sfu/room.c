#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

struct sfu_room *sfu_room_find(struct sfu_engine *e, const char *name)
{
	struct sfu_room *r = e->rooms;
	while (r && strcmp(r->name, name) != 0)
		r = r->next;
	return r;
}

struct sfu_room *sfu_room_get(struct sfu_engine *e, const char *name, int64_t now)
{
	struct sfu_room *r = sfu_room_find(e, name);
	if (r || e->rooms_n == SFU_ROOMS_MAX)
		return r;
	r = NEW(struct sfu_room);
	r->engine = e;
	r->name = mem_strdup(name);
	sfu_sid("RM_", r->sid);
	r->made_wall = clock_wall_ms();
	r->gone_last = &r->gone;
	r->empty_since = now;
	loudest_init(&r->loudest, e->loudest);
	loudest_init(&r->solo, 1);
	r->next = e->rooms;
	e->rooms = r;
	e->rooms_n++;
	sfu_engine_awake(e);
	return r;
}

/* Those who left before `then`. */
static void drop_gone(struct sfu_room *r, int64_t then)
{
	while (r->gone && r->gone->at < then) {
		struct sfu_gone *g = r->gone;
		r->gone = g->next;
		lk_person_done(&g->info);
		mem_free(g);
	}
	if (!r->gone)
		r->gone_last = &r->gone;
}

void sfu_room_free(struct sfu_room *r)
{
	struct sfu_room **at = &r->engine->rooms;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	r->engine->rooms_n--;
	drop_gone(r, INT64_MAX);
	mem_free(r->name);
	mem_free(r);
}

void sfu_room_add(struct sfu_room *r, struct sfu_person *p)
{
	p->room = r;
	p->prev = NULL;
	p->next = r->people;
	if (r->people)
		r->people->prev = p;
	r->people = p;
	r->people_n++;
	r->hidden_n += p->grant.hidden;
	r->engine->people_n++;
}

/* Others hear of it with the next update; the new have never heard of them. */
static void note_gone(struct sfu_room *r, const struct sfu_person *p, int64_t now)
{
	struct sfu_gone *g = NEW(struct sfu_gone);
	struct lk_person last = p->info;
	last.state = LK_DISCONNECTED;
	last.version++;
	/* What they said of themselves interests nobody any more. */
	last.metadata = "";
	last.attributes_n = 0;
	lk_person_copy(&g->info, &last);
	g->at = now;
	*r->gone_last = g;
	r->gone_last = &g->next;
}

static void due(struct sfu_room *r, int64_t now)
{
	if (!r->update_due)
		r->update_at = now + SFU_UPDATE_WAIT_MS +
			       (int64_t)((double)r->people_n * SFU_UPDATE_PEOPLE_MS);
	r->update_due = true;
}

void sfu_room_drop(struct sfu_room *r, struct sfu_person *p, int64_t now)
{
	*(p->prev ? &p->prev->next : &r->people) = p->next;
	if (p->next)
		p->next->prev = p->prev;
	r->people_n--;
	r->hidden_n -= p->grant.hidden;
	r->text_bytes -= p->text_bytes;
	r->engine->people_n--;
	if (!p->grant.hidden)
		note_gone(r, p, now);
	due(r, now);
	if (!r->people)
		r->empty_since = now;
}

struct sfu_person *sfu_room_person(const struct sfu_room *r, const char *identity)
{
	struct sfu_person *p = r->people;
	while (p && strcmp(p->info.identity, identity) != 0)
		p = p->next;
	return p;
}

bool sfu_room_is_restless(const struct sfu_room *r, const char *identity)
{
	int n = 0;
	for (const struct sfu_gone *g = r->gone; g; g = g->next)
		n += !strcmp(g->info.identity, identity);
	return n >= SFU_GONE_MAX;
}

struct sfu_track *sfu_room_track(const struct sfu_room *r, const char *sid)
{
	struct sfu_track *t = r->tracks[span_hash(span_of(sid)) % SFU_TRACK_BUCKETS];
	while (t && strcmp(t->info.sid, sid) != 0)
		t = t->next_by_sid;
	return t;
}

void sfu_room_changed(struct sfu_person *p, int64_t now)
{
	if (!p->changed)
		p->info.version++;
	p->changed = true;
	due(p->room, now);
}

/* Everybody gets the same bytes; one's own state is among them. */
void sfu_room_flush(struct sfu_room *r)
{
	size_t n = 0, max = r->people_n;
	if (!r->update_due)
		return;
	for (const struct sfu_gone *g = r->gone; g; g = g->next)
		max += !g->told;
	struct lk_person *list = mem_alloc((max + 1) * sizeof(*list));
	struct lk_track(*tracks)[SFU_TRACKS_MAX] = mem_alloc((max + 1) * sizeof(*tracks));
	for (struct sfu_gone *g = r->gone; g; g = g->next) {
		if (!g->told)
			list[n++] = g->info;
		g->told = true;
	}
	for (struct sfu_person *p = r->people; p; p = p->next) {
		if (!p->changed)
			continue;
		p->changed = false;
		if (p->grant.hidden)
			continue;
		sfu_info(p, tracks[n], &list[n]);
		n++;
	}
	struct lk_response m = {.kind = LK_RES_UPDATE, .update = {list, n}};
	if (n)
		sfu_send_all(r, &m);
	r->update_due = false;
	mem_free(list);
	mem_free(tracks);
}

/*
 * Nobody is named who is here again: who knows of that already would take it for
 * the end of what they hear.
 */
void sfu_room_tell(const struct sfu_room *r, struct sfu_person *to)
{
	size_t n = 0, max = r->people_n;
	for (const struct sfu_gone *g = r->gone; g; g = g->next)
		max++;
	struct lk_person *list = mem_alloc(max * sizeof(*list));
	struct lk_track(*tracks)[SFU_TRACKS_MAX] = mem_alloc(max * sizeof(*tracks));
	for (const struct sfu_gone *g = r->gone; g; g = g->next)
		if (!sfu_room_person(r, g->info.identity))
			list[n++] = g->info;
	for (const struct sfu_person *p = r->people; p; p = p->next) {
		if (p->grant.hidden && p != to)
			continue;
		sfu_info(p, tracks[n], &list[n]);
		n++;
	}
	const struct lk_response m = {.kind = LK_RES_UPDATE, .update = {list, n}};
	sfu_send(to, &m);
	mem_free(list);
	mem_free(tracks);
}

void sfu_room_tick(struct sfu_room *r, int64_t now)
{
	if (r->update_due && now >= r->update_at)
		sfu_room_flush(r);
	drop_gone(r, now - SFU_GONE_MS);
	if (r->people && now >= r->speakers_at) {
		r->speakers_at = now + SFU_SPEAKERS_MS;
		sfu_speakers_tick(r);
	}
	if (r->people && now >= r->loss_at) {
		r->loss_at = now + SFU_LOSS_MS;
		sfu_loss_tick(r, now);
	}
	if (r->people && now >= r->quality_at) {
		r->quality_at = now + SFU_QUALITY_MS;
		sfu_quality_tick(r);
	}
}

void sfu_room_info(const struct sfu_room *r, struct lk_room *ret)
{
	size_t publishers = 0;
	for (const struct sfu_person *p = r->people; p; p = p->next)
		publishers += p->pub.tracks_n > 0;
	*ret = (struct lk_room){
		.sid = r->sid,
		.name = r->name,
		.empty_timeout = SFU_ROOM_EMPTY_MS / 1000,
		.departure_timeout = SFU_ROOM_EMPTY_MS / 1000,
		.creation_time = r->made_wall / 1000,
		.creation_time_ms = r->made_wall,
		.num_participants = (unsigned)(r->people_n - r->hidden_n),
		.num_publishers = (unsigned)publishers,
	};
}
