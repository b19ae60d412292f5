#include "audio/jitter_delay.h"

#include "audio/jitter.h"

#include <math.h>
#include <string.h>

#define HALF_WINDOW_NS ((int64_t)5000000000)
/* How fast old packets are forgotten: half of them after some 230 packets. */
#define FORGET 0.003f
/* What a percent of packets that come too late is worth: so much more delay for all. */
#define MS_PER_PERCENT 20.0f
/* What others overtook, or was sent again, counts when it is not later than this. It is as long as
 * who receives is patient (RTP_NACK_PATIENCE_MS), and some time for the way. More would have the
 * buffer wait for what is sent again, and be asked for because the buffer waits. */
#define WORTH_REPAIR_MS 150
/* Another delay must be better by so much: where two are nearly as good, sound is not to be
 * stretched from one to the other and back. */
#define WORTH_MOVING_MS 15.0f
/* With loss, the packet after a lost one should be there in time: it may hold FEC. Of those that
 * come in order so many do; what is sent again does not come for the sake of another. */
#define LOSS_THAT_COUNTS 0.015f
#define LOSS_THAT_IS_OVER 0.005f
#define QUANTILE 0.97f
#define LOSS_FORGET 0.01f

void jitter_delay_init(struct jitter_delay *d)
{
	memset(d, 0, sizeof(*d));
	d->target_ms = JITTER_TARGET_MIN_MS;
}

static int64_t transit_ns(int64_t ts, int64_t now_ns)
{
	return now_ns - ts * 1000000 / AUDIO_SAMPLES_PER_MS;
}

static int64_t fastest(const struct jitter_delay *d)
{
	return d->fastest[0] < d->fastest[1] ? d->fastest[0] : d->fastest[1];
}

static void turn_window(struct jitter_delay *d, int64_t transit, int64_t now_ns)
{
	if (!d->started) {
		d->started = true;
		d->fastest[0] = d->fastest[1] = transit;
		d->last_transit = transit;
		d->window_ns = now_ns;
	} else if (now_ns - d->window_ns >= HALF_WINDOW_NS) {
		d->fastest[0] = d->fastest[1];
		d->fastest[1] = transit;
		d->window_ns = now_ns;
	}
	if (transit < d->fastest[1])
		d->fastest[1] = transit;
}

/* The delay at which less would lose more than it saves, and more save less than it costs. */
static int cheapest_ms(struct jitter_delay *d)
{
	float late = 1, least = 0, now = 0;
	int best = 0;
	for (int i = 0; i < DELAY_BUCKETS; i++) {
		int ms = (i + 1) * DELAY_BUCKET_MS;
		late -= d->share[i];
		float cost = (float)ms + late * 100 * MS_PER_PERCENT;
		now = ms == d->chosen_ms ? cost : now;
		if (!best || cost < least) {
			best = ms;
			least = cost;
		}
	}
	if (!d->chosen_ms || now - least >= WORTH_MOVING_MS)
		d->chosen_ms = best;
	return d->chosen_ms;
}

static int ordered_ms(const struct jitter_delay *d)
{
	float sum = 0;
	int i = 0;
	while (i < DELAY_BUCKETS - 1 && (sum += d->ordered[i]) < QUANTILE)
		i++;
	return (i + 1) * DELAY_BUCKET_MS;
}

static void retarget(struct jitter_delay *d)
{
	int ms = cheapest_ms(d) + DELAY_BUCKET_MS;
	int for_fec = ordered_ms(d) + DELAY_BUCKET_MS + AUDIO_TICK_MS;
	d->lossy = d->loss > (d->lossy ? LOSS_THAT_IS_OVER : LOSS_THAT_COUNTS);
	if (d->lossy && ms < for_fec)
		ms = for_fec;
	d->target_ms = ms < JITTER_TARGET_MIN_MS   ? JITTER_TARGET_MIN_MS
		       : ms > JITTER_TARGET_MAX_MS ? JITTER_TARGET_MAX_MS
						   : ms;
}

static void count(float share[DELAY_BUCKETS], int *seen, int64_t bucket)
{
	*seen = *seen < 1000000 ? *seen + 1 : *seen;
	float weight = 1.0f / (float)*seen;
	weight = weight > FORGET ? weight : FORGET;
	for (int i = 0; i < DELAY_BUCKETS; i++)
		share[i] *= 1 - weight;
	share[bucket] += weight;
}

void jitter_delay_put(struct jitter_delay *d, int64_t ts, int64_t arrival_ns, bool overtaken)
{
	int64_t transit = transit_ns(ts, arrival_ns);
	turn_window(d, transit, arrival_ns);
	double moved = fabs((double)(transit - d->last_transit)) * AUDIO_SAMPLES_PER_MS / 1e6;
	d->rtp_jitter += (moved - d->rtp_jitter) / 16;
	d->last_transit = transit;

	int64_t bucket = (transit - fastest(d)) / (DELAY_BUCKET_MS * 1000000);
	bucket = bucket < DELAY_BUCKETS ? bucket : DELAY_BUCKETS - 1;
	/* What is sent again so late is not waited for: FEC has to do. */
	if (!overtaken || bucket * DELAY_BUCKET_MS < WORTH_REPAIR_MS)
		count(d->share, &d->seen, bucket);
	if (!overtaken)
		count(d->ordered, &d->seen_ordered, bucket);
	retarget(d);
}

void jitter_delay_passed(struct jitter_delay *d, bool lost)
{
	d->loss += LOSS_FORGET * ((lost ? 1.0f : 0.0f) - d->loss);
}

int64_t jitter_delay_lag(const struct jitter_delay *d, int64_t ts, int64_t now_ns)
{
	return (transit_ns(ts, now_ns) - fastest(d)) * AUDIO_SAMPLES_PER_MS / 1000000;
}

int jitter_delay_target(const struct jitter_delay *d)
{
	return d->target_ms * AUDIO_SAMPLES_PER_MS;
}
