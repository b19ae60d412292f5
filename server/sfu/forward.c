#include "server/sfu/internal.h"

#define LATE_MAX 256   /* packets; a receiver tells older ones from nothing */
#define AHEAD_MAX 3000 /* a longer leap is a new beginning */
#define NUMBERS_FROM (1u << 20)

/* A number that does not wrap. *ret_late: older than the newest. */
static uint64_t count(struct sfu_track *t, uint16_t seq, bool *ret_late)
{
	int d = rtp_seq_diff(seq, t->newest_seq);
	*ret_late = t->counting && d <= 0 && d > -LATE_MAX;
	if (*ret_late)
		return t->newest + (uint64_t)(int64_t)d;
	if (!t->counting)
		t->newest = NUMBERS_FROM;
	else
		t->newest += d > 0 && d < AHEAD_MAX ? (uint64_t)d : 1;
	t->counting = true;
	t->newest_seq = seq;
	return t->newest;
}

/* No voice sends more than this; what does shall not be multiplied. */
static bool is_moderate(struct sfu_track *t, const struct rtp *r, int64_t now)
{
	return budget_take(&t->packets, now, 1, SFU_VOICE_PER_S, SFU_VOICE_BURST) &&
	       budget_take(&t->bytes, now, (double)r->payload.n, SFU_VOICE_BYTES_PER_S,
			   SFU_VOICE_BYTES_PER_S);
}

/* Is the voice among the loudest, now that it said this? */
static bool choose(struct sfu_track *t, const struct sfu_input *in, const struct rtp *r,
		   int64_t now, struct loudest_level *ret)
{
	struct sfu_room *room = t->person->room;
	bool speech, had = t->voice.slot >= 0;
	*ret = (struct loudest_level){.payload = r->payload.n};
	if (in->level_id)
		ret->known = rtp_level(r, in->level_id, &ret->voice, &ret->dbov);
	sfu_speech_packet(&t->speech, ret, r->timestamp);
	loudest_of(ret, &speech);
	if (speech)
		t->spoke = now;
	bool pass = loudest_packet(&room->loudest, &t->voice, now, ret);
	if (pass && room->taps_n && sfu_taps_may(t))
		loudest_packet(&room->solo, &t->solo, now, ret);
	if (pass && !had && t->subs_n + 1 < room->people_n) {
		t->wanted = true;
		room->engine->track_wanted = true;
	}
	return pass;
}

void sfu_forward(struct sfu_link *l, int64_t now, const struct rtp *r)
{
	struct sfu_input *in = sfu_publish_input(&l->person->pub, r);
	struct sfu_track *t = in ? in->track : NULL;
	struct sfu_engine *e = l->person->engine;
	struct sfu_stats *stats = &e->stats;
	struct loudest_level level;
	bool late, begin;
	uint64_t number;
	if (!t || r->pt != in->pt || !r->payload.n)
		return;
	stats->packets_in++;
	stats->bytes_in += r->payload.n + r->header_n;
	uint64_t in_number = count(t, r->seq, &late);
	stats->stale += e->stale;
	bool pass = !e->stale && !t->info.muted && is_moderate(t, r, now) &&
		    (late ? t->voice.slot >= 0 : choose(t, in, r, now, &level));
	if (!rewrite_packet(&t->gate, in_number, pass, &number, &begin)) {
		stats->gated++;
		return;
	}
	t->passed_on = now;
	sfu_fan_out(in, r, late ? NULL : &level, number, r->marker || begin, now);
	sfu_taps_forward(t, r, now, number);
}
