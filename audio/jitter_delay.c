#include "audio/jitter_delay.h"

#include "audio/jitter.h"

#include <math.h>
#include <string.h>

#define HALF_WINDOW_NS ((int64_t)5000000000)
/* How fast old packets are forgotten: half of them after some 230 packets. */
#define FORGET 0.003f
#define QUANTILE 0.97f
/* With loss, the packet after a lost one should be there in time: it may hold FEC. */
#define LOSS_THAT_COUNTS 0.01f
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

static int quantile_ms(const struct jitter_delay *d)
{
	float sum = 0;
	for (int i = 0; i < DELAY_BUCKETS; i++) {
		sum += d->share[i];
		if (sum >= QUANTILE)
			return (i + 1) * DELAY_BUCKET_MS;
	}
	return DELAY_BUCKETS * DELAY_BUCKET_MS;
}

static void retarget(struct jitter_delay *d)
{
	int ms = quantile_ms(d) + DELAY_BUCKET_MS;
	if (d->loss > LOSS_THAT_COUNTS)
		ms += AUDIO_TICK_MS;
	d->target_ms = ms < JITTER_TARGET_MIN_MS   ? JITTER_TARGET_MIN_MS
		       : ms > JITTER_TARGET_MAX_MS ? JITTER_TARGET_MAX_MS
						   : ms;
}

void jitter_delay_put(struct jitter_delay *d, int64_t ts, int64_t arrival_ns)
{
	int64_t transit = transit_ns(ts, arrival_ns);
	turn_window(d, transit, arrival_ns);
	double moved = fabs((double)(transit - d->last_transit)) * AUDIO_SAMPLES_PER_MS / 1e6;
	d->rtp_jitter += (moved - d->rtp_jitter) / 16;
	d->last_transit = transit;

	int64_t bucket = (transit - fastest(d)) / (DELAY_BUCKET_MS * 1000000);
	bucket = bucket < DELAY_BUCKETS ? bucket : DELAY_BUCKETS - 1;
	d->seen++;
	float weight = 1.0f / (float)d->seen;
	weight = weight > FORGET ? weight : FORGET;
	for (int i = 0; i < DELAY_BUCKETS; i++)
		d->share[i] *= 1 - weight;
	d->share[bucket] += weight;
	if (d->seen > 1000000)
		d->seen = 1000000;
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
