/*
 * Who is told to speak. Windows of 400 ms, loud for 40 % of the time at
 * least, levels in steps of 1/8: what livekit-server does.
 */
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <math.h>

#define TOLD_DBOV 35	  /* as loud as this counts */
#define PACKET_MS 20	  /* where timestamps do not tell */
#define PACKET_MAX_MS 120 /* Opus has no longer ones: a pause was before this one */
#define LOUD_PERCENT 40
#define STEPS 8

/* How long a packet lasts, by the one before it. */
static unsigned duration_ms(uint32_t before, uint32_t now)
{
	uint32_t ms = (now - before) / 48;
	return ms > 0 && ms <= PACKET_MAX_MS ? ms : PACKET_MS;
}

void sfu_speech_packet(struct sfu_speech *s, const struct loudest_level *p, uint32_t timestamp)
{
	bool speech;
	unsigned db = loudest_of(p, &speech);
	/* Who does not tell a level speaks as loud as they must to be shown. */
	bool loud = p->known ? db >= 127 - TOLD_DBOV : speech;
	if (loud)
		s->loud_ms += duration_ms(s->timestamp, timestamp);
	s->timestamp = timestamp;
	if (db > s->peak)
		s->peak = db;
}

/* As a share of full scale; the loudest packet stands for the window. */
static float level_of(const struct sfu_speech *s)
{
	double linear = pow(10, -(127.0 - s->peak) / 20);
	/* Speech peaks far below full scale: spread what is usual. */
	double v = 3 * linear;
	return (float)(ceil((v > 1 ? 1 : v) * STEPS) / STEPS);
}

/* A window of a track ends: how loud was it? 0: there was no speech. */
static float track_turn(struct sfu_track *t)
{
	struct sfu_speech was = t->speech;
	t->speech = (struct sfu_speech){.timestamp = was.timestamp};
	return !t->info.muted && was.loud_ms * 100 >= SFU_SPEAKERS_MS * LOUD_PERCENT
		       ? level_of(&was)
		       : 0;
}

/* A person speaks as loud as the loudest of their tracks. True: others are to be told. */
static bool person_turn(struct sfu_person *p, struct lk_speaker *ret)
{
	float level = 0, before = p->speaks;
	for (size_t i = 0; i < p->pub.tracks_n; i++) {
		float one = track_turn(p->pub.tracks[i]);
		if (one > level)
			level = one;
	}
	p->speaks = level;
	*ret = (struct lk_speaker){p->info.sid, level, level > 0};
	return level != before;
}

void sfu_speakers_tick(struct sfu_room *r)
{
	struct lk_speaker *list = mem_alloc(r->people_n * sizeof(*list));
	size_t n = 0;
	for (struct sfu_person *p = r->people; p; p = p->next)
		n += person_turn(p, &list[n]);
	const struct lk_response m = {.kind = LK_RES_SPEAKERS_CHANGED,
				      .speakers_changed = {list, n}};
	if (n)
		sfu_send_all(r, &m);
	mem_free(list);
}

void sfu_speakers_tell(struct sfu_person *to, bool silent_too)
{
	struct lk_speaker *list = mem_alloc(to->room->people_n * sizeof(*list));
	size_t n = 0;
	for (const struct sfu_person *p = to->room->people; p; p = p->next)
		if (p->speaks > 0 || (silent_too && p->pub.tracks_n))
			list[n++] = (struct lk_speaker){p->info.sid, p->speaks, p->speaks > 0};
	const struct lk_response m = {.kind = LK_RES_SPEAKERS_CHANGED,
				      .speakers_changed = {list, n}};
	if (n)
		sfu_send(to, &m);
	mem_free(list);
}
