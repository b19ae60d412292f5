#include "audio/jitter.h"

#include "audio/jitter_delay.h"
#include "audio/opus.h"
#include "core/base/mem.h"

/* RFC 3550 A.1, narrowed to what a voice does. */
#define SEQ_AHEAD_MAX 3000
#define SEQ_BEHIND_MAX 100
#define TS_AHEAD_MAX ((int64_t)AUDIO_RATE_HZ * 10) /* beyond the time that really passed */
#define TS_BEHIND_MAX ((int64_t)AUDIO_RATE_HZ * 5)
#define SEEN 256
/* After this much concealment the stream counts as silent. */
#define CONCEAL_MAX (100 * AUDIO_SAMPLES_PER_MS)
/* Delay may be too long by this, too short by that, before anything is done about it ... */
#define LAG_SLACK_LONG (15 * AUDIO_SAMPLES_PER_MS)
#define LAG_SLACK_SHORT (5 * AUDIO_SAMPLES_PER_MS)
/* ... and beyond this, packets are skipped instead of played faster. */
#define LAG_SKIP (300 * AUDIO_SAMPLES_PER_MS)
/* At least so many packets between two stretches. */
#define STRETCH_EVERY 3

struct slot {
	bool used;
	int64_t seq, ts; /* extended */
	int samples;
	size_t n;
	char data[OPUS_PACKET_MAX];
};

struct jitter {
	bool started, fresh;
	bool any_played; /* since the start: earlier numbers are too late now */
	bool dtx;	 /* the last packet played was a sign of silence */
	bool silent;	 /* position may be moved freely: nothing is heard */
	int64_t first_seq, high_seq, high_ts, high_arrival_ns;
	int64_t next_seq, next_ts;
	int64_t moved_ns; /* when silence last moved next_ts */
	int concealed;	  /* samples in a row */
	int since_stretch;
	/* An absurd packet; if the next continues it, the sender did restart. */
	bool suspect;
	uint16_t suspect_seq;
	int64_t seen[SEEN];
	struct jitter_delay delay;
	struct jitter_stats stats;
	struct slot slots[JITTER_SLOTS];
};

struct jitter *jitter_new(void)
{
	struct jitter *j = NEW(struct jitter);
	jitter_delay_init(&j->delay);
	j->moved_ns = INT64_MIN;
	return j;
}

void jitter_free(struct jitter *j)
{
	mem_free(j);
}

static struct slot *slot_of(struct jitter *j, int64_t seq)
{
	return &j->slots[(uint64_t)seq % JITTER_SLOTS];
}

/* The packet to be played next of those held; NULL. */
static struct slot *first_held(struct jitter *j)
{
	struct slot *best = NULL;
	for (int i = 0; i < JITTER_SLOTS && j->stats.held; i++)
		if (j->slots[i].used && (!best || j->slots[i].seq < best->seq))
			best = &j->slots[i];
	return best;
}

static void let_go(struct jitter *j, struct slot *s)
{
	s->used = false;
	j->stats.held--;
}

/* Where play should be at `now_ns`, given the delay wanted. */
static int64_t ideal(const struct jitter *j, int64_t now_ns)
{
	return jitter_delay_lag(&j->delay, 0, now_ns) - jitter_delay_target(&j->delay);
}

/* Count the numbers that are passed without having come. */
static void pass_to(struct jitter *j, int64_t seq)
{
	int64_t gap = j->any_played && seq > j->next_seq ? seq - j->next_seq : 0;
	j->stats.lost += gap;
	for (int64_t i = 0; i < gap && i < JITTER_SLOTS; i++)
		jitter_delay_passed(&j->delay, true);
	jitter_delay_passed(&j->delay, false);
	j->next_seq = seq + 1;
	j->any_played = true;
}

/* -- In ------------------------------------------------------------------- */

static void restart(struct jitter *j, const struct jitter_packet *p)
{
	for (int i = 0; i < JITTER_SLOTS; i++) {
		j->stats.dropped += j->slots[i].used ? 1 : 0;
		j->slots[i].used = false;
	}
	j->stats.held = 0;
	j->stats.restarts += j->started ? 1 : 0;
	j->started = j->fresh = j->silent = true;
	j->any_played = j->dtx = j->suspect = false;
	j->concealed = 0;
	j->first_seq = j->high_seq = p->seq;
	j->high_ts = p->timestamp;
	j->high_arrival_ns = p->arrival_ns;
	j->next_seq = j->high_seq - JITTER_SLOTS + 1;
	for (int i = 0; i < SEEN; i++)
		j->seen[i] = INT64_MIN;
	jitter_delay_init(&j->delay);
	jitter_delay_put(&j->delay, j->high_ts, p->arrival_ns, false);
	j->next_ts = ideal(j, p->arrival_ns);
}

/* Does it belong to the same course of numbers and time? */
static bool plausible(const struct jitter *j, int dseq, int64_t dts, int64_t arrival_ns)
{
	int64_t elapsed = (arrival_ns - j->high_arrival_ns) * AUDIO_SAMPLES_PER_MS / 1000000;
	if (dseq == 0)
		return true;
	if (dseq > 0)
		return dseq <= SEQ_AHEAD_MAX && dts > 0 &&
		       dts <= TS_AHEAD_MAX + (elapsed > 0 ? elapsed : 0);
	return dseq >= -SEQ_BEHIND_MAX && dts < 0 && dts >= -TS_BEHIND_MAX;
}

/* A packet from nowhere: refused, unless it continues another one. */
static bool suspicious(struct jitter *j, const struct jitter_packet *p)
{
	bool continues = j->suspect && p->seq == (uint16_t)(j->suspect_seq + 1);
	j->suspect = true;
	j->suspect_seq = p->seq;
	if (!continues) {
		j->stats.refused++;
		return true;
	}
	restart(j, p);
	return false;
}

/* The buffer is full of older ones: they have to go. */
static void make_way(struct jitter *j, int64_t seq)
{
	struct slot *s;
	while ((s = first_held(j)) && seq - s->seq >= JITTER_SLOTS) {
		pass_to(j, s->seq);
		j->stats.dropped++;
		let_go(j, s);
		j->next_ts = s->ts + s->samples;
	}
}

static void store(struct jitter *j, const struct jitter_packet *p, int64_t seq, int64_t ts)
{
	make_way(j, seq);
	struct slot *s = slot_of(j, seq), *first = first_held(j);
	/* Nothing was there to play: what waits so long may be played late, which adds delay. */
	if (!first && j->any_played && !j->silent && ts < j->next_ts)
		j->next_ts = ts;
	if (j->any_played && first && ts < j->next_ts && seq < first->seq) {
		j->stats.late++; /* concealed already */
		return;
	}
	s->used = true;
	s->seq = seq;
	s->ts = ts;
	s->samples = opus_packet_samples(p->payload);
	s->n = p->payload.n;
	memcpy(s->data, p->payload.p, s->n);
	j->stats.held++;
}

void jitter_put(struct jitter *j, const struct jitter_packet *p)
{
	if (p->payload.n > OPUS_PACKET_MAX || opus_packet_samples(p->payload) == 0) {
		j->stats.refused++;
		return;
	}
	if (!j->started)
		restart(j, p);
	int dseq = (int16_t)(p->seq - (uint16_t)j->high_seq);
	int64_t dts = (int32_t)(p->timestamp - (uint32_t)j->high_ts);
	if (!plausible(j, dseq, dts, p->arrival_ns)) {
		if (suspicious(j, p))
			return;
		dseq = 0;
		dts = 0;
	}
	int64_t seq = j->high_seq + dseq, ts = j->high_ts + dts;
	j->stats.received++;
	if (dseq > 0) {
		j->high_seq = seq;
		j->high_ts = ts;
		j->high_arrival_ns = p->arrival_ns;
	}
	if (j->seen[(uint64_t)seq % SEEN] == seq) {
		j->stats.duplicate++;
		return;
	}
	j->suspect = false;
	j->seen[(uint64_t)seq % SEEN] = seq;
	jitter_delay_put(&j->delay, ts, p->arrival_ns, dseq < 0);
	if (seq < j->next_seq || j->high_seq - seq >= JITTER_SLOTS) {
		j->stats.late++;
		return;
	}
	j->stats.reordered += dseq < 0 ? 1 : 0;
	store(j, p, seq, ts);
}

/* -- Out ------------------------------------------------------------------ */

static void give(struct jitter *j, enum jitter_kind kind, int samples, struct jitter_piece *ret)
{
	ret->kind = kind;
	ret->samples = samples;
	j->next_ts += samples;
	j->concealed = kind == JITTER_CONCEAL ? j->concealed + samples : 0;
	if (kind == JITTER_CONCEAL)
		j->stats.concealed_samples += samples;
	if (kind == JITTER_SILENCE)
		j->stats.silence_samples += samples;
	j->silent = kind == JITTER_SILENCE;
}

/* Nothing is heard: the place to change delay without anyone noticing. */
static void give_silence(struct jitter *j, const struct slot *next, int64_t now_ns,
			 struct jitter_piece *ret)
{
	/* Once a tick: within it, time stands still. */
	int64_t at = j->moved_ns == now_ns ? j->next_ts : ideal(j, now_ns);
	j->moved_ns = now_ns;
	if (next && at > next->ts)
		at = next->ts;
	j->next_ts = at;
	int64_t samples = next ? next->ts - at : AUDIO_TICK_SAMPLES;
	samples = samples < AUDIO_TICK_SAMPLES ? samples : AUDIO_TICK_SAMPLES;
	give(j, JITTER_SILENCE, (int)samples, ret);
}

static void give_missing(struct jitter *j, const struct slot *next, int64_t now_ns,
			 struct jitter_piece *ret)
{
	if (j->dtx || j->silent || j->concealed >= CONCEAL_MAX) {
		give_silence(j, next, now_ns, ret);
		return;
	}
	int64_t gap = next ? next->ts - j->next_ts : AUDIO_TICK_SAMPLES;
	if (next && gap <= next->samples && next->seq > j->next_seq && next->n > 2) {
		ret->payload = (struct span){next->data, next->n};
		j->stats.fec++;
		give(j, JITTER_FEC, (int)gap, ret);
		return;
	}
	/* Leave what the next packet's FEC may hold to it. */
	if (next && gap > next->samples && next->seq > j->next_seq)
		gap -= next->samples;
	give(j, JITTER_CONCEAL, (int)(gap < AUDIO_TICK_SAMPLES ? gap : AUDIO_TICK_SAMPLES), ret);
}

static void give_packet(struct jitter *j, struct slot *s, struct jitter_piece *ret)
{
	pass_to(j, s->seq);
	ret->payload = (struct span){s->data, s->n};
	j->next_ts = s->ts;
	give(j, JITTER_PACKET, s->samples, ret);
	j->dtx = opus_packet_is_dtx(ret->payload);
	j->stats.played++;
	let_go(j, s);
}

/* Far too much delay: newer packets wait, older ones are worth nothing any more. */
static struct slot *skip_stale(struct jitter *j, struct slot *s, int64_t now_ns)
{
	int target = jitter_delay_target(&j->delay);
	if (jitter_delay_lag(&j->delay, j->next_ts, now_ns) < target + LAG_SKIP)
		return s;
	while (s && j->stats.held > 1 && jitter_delay_lag(&j->delay, s->ts, now_ns) > target) {
		pass_to(j, s->seq);
		j->stats.dropped++;
		let_go(j, s);
		s = first_held(j);
		j->next_ts = s->ts;
	}
	return s;
}

/* Delay that this packet was played with, against what is wanted. */
static void ask_adjust(struct jitter *j, int64_t now_ns, int samples, struct jitter_piece *ret)
{
	int64_t lag = jitter_delay_lag(&j->delay, j->next_ts - samples, now_ns);
	int64_t off = jitter_delay_target(&j->delay) - lag;
	j->stats.delay_ms = (int)(lag / AUDIO_SAMPLES_PER_MS);
	if (++j->since_stretch < STRETCH_EVERY ||
	    (off <= LAG_SLACK_SHORT && off >= -LAG_SLACK_LONG))
		return;
	/* Faster only while there is something to go on with. */
	if (off < 0 && j->stats.held == 0)
		return;
	int64_t most = AUDIO_RATE_HZ;
	ret->adjust = (int)(off > most ? most : off < -most ? -most : off);
	j->since_stretch = 0;
}

void jitter_get(struct jitter *j, int64_t now_ns, struct jitter_piece *ret)
{
	*ret = (struct jitter_piece){.kind = JITTER_NONE, .samples = AUDIO_TICK_SAMPLES};
	if (!j->started)
		return;
	ret->fresh = j->fresh;
	j->fresh = false;
	struct slot *s = skip_stale(j, first_held(j), now_ns);
	if (!s) {
		give_missing(j, NULL, now_ns, ret);
		return;
	}
	/* The sender said nothing before this packet, or nothing of it was heard. */
	bool quiet = s->seq == j->next_seq || !j->any_played || j->dtx || j->silent;
	bool before = true;
	if (quiet && (j->silent || s->ts > j->next_ts))
		give_silence(j, s, now_ns, ret);
	else if (s->ts > j->next_ts)
		give_missing(j, s, now_ns, ret);
	else
		before = false;
	/* Silence may turn out to be over already. */
	if (before && ret->samples > 0)
		return;
	give_packet(j, s, ret);
	ask_adjust(j, now_ns, ret->samples, ret);
}

void jitter_stats(const struct jitter *j, struct jitter_stats *ret)
{
	*ret = j->stats;
	ret->target_ms = j->delay.target_ms;
	ret->jitter_rtp = (int)j->delay.rtp_jitter;
	ret->highest_seq = (uint32_t)j->high_seq;
	ret->expected = j->started ? (uint32_t)(j->high_seq - j->first_seq + 1) : 0;
}
