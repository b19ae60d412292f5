/*
 * Who is told to speak. Windows of 400 ms, loud for 40 % of the packets at
 * least, levels in steps of 1/8: what livekit-server does.
 */
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <math.h>

#define TOLD_DBOV 35 /* as loud as this counts */
#define PACKETS_PER_S 50
#define LOUD_PERCENT 40
#define STEPS 8

void sfu_speech_packet(struct sfu_speech *s, const struct loudest_level *p)
{
	bool speech;
	unsigned db = loudest_of(p, &speech);
	/* Who does not tell a level speaks as loud as they must to be shown. */
	bool loud = p->known ? db >= 127 - TOLD_DBOV : speech;
	s->packets++;
	s->loud += loud;
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

/* A window ends. True: others are to be told. */
static bool turn(struct sfu_track *t, struct lk_speaker *ret)
{
	struct sfu_speech *s = &t->speech;
	unsigned full = SFU_SPEAKERS_MS * PACKETS_PER_S / 1000;
	bool active = !t->info.muted && s->loud * 100 >= full * LOUD_PERCENT;
	float level = active ? level_of(s) : 0;
	bool news = active != s->active || level != s->level;
	*ret = (struct lk_speaker){t->person->info.sid, level, active};
	s->packets = s->loud = s->peak = 0;
	s->active = active;
	s->level = level;
	return news;
}

void sfu_speakers_tick(struct sfu_room *r, int64_t now)
{
	struct lk_speaker *list = NULL;
	size_t n = 0;
	(void)now;
	for (struct sfu_person *p = r->people; p; p = p->next)
		for (size_t i = 0; i < p->pub.tracks_n; i++) {
			struct lk_speaker s;
			if (!turn(p->pub.tracks[i], &s))
				continue;
			list = mem_realloc_array(list, n + 1, sizeof(*list));
			list[n++] = s;
		}
	const struct lk_response m = {.kind = LK_RES_SPEAKERS_CHANGED,
				      .speakers_changed = {list, n}};
	if (n)
		sfu_send_all(r, &m, NULL);
	mem_free(list);
}
