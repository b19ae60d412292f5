#include "audio/live.h"

#include <math.h>
#include <string.h>

/* Where the buffer is kept, on average, when a tick takes its part; it follows the lumps. */
#define TARGET (50 * AUDIO_SAMPLES_PER_MS)
#define TARGET_MAX (500 * AUDIO_SAMPLES_PER_MS)
#define TARGET_STEP (20 * AUDIO_SAMPLES_PER_MS)
/* So much over it sound is thrown away instead of played faster. */
#define TOO_MUCH (200 * AUDIO_SAMPLES_PER_MS)
/* What should be left at the worst moment: their ticks slip against ours by a whole one, once in
 * minutes. More than that in every moment is needless delay. */
#define SPARE (AUDIO_TICK_SAMPLES + 5 * AUDIO_SAMPLES_PER_MS)
#define NEAR (10 * AUDIO_SAMPLES_PER_MS)
#define WINDOW 1500 /* ticks: 30 s */
/* Nobody misses a tick below -75 dB. */
#define UNHEARD 75

void live_init(struct live *l, int64_t now_ns)
{
	memset(l, 0, sizeof(*l));
	drift_init(&l->drift, TARGET);
	varispeed_init(&l->speed);
	l->low = LIVE_SAMPLES;
	l->low_before = 0;
	l->put_ns = now_ns;
}

static void drop(struct live *l, int n)
{
	n = n < l->n ? n : l->n;
	if (n <= 0)
		return;
	l->n -= n;
	memmove(l->fifo, l->fifo + n, (size_t)l->n * sizeof(*l->fifo));
	l->dropped += n;
	l->cut = true;
	drift_reset(&l->drift);
}

void live_put(struct live *l, int64_t now_ns, const int16_t *pcm, int n)
{
	int16_t out[AUDIO_TICK_SAMPLES + 16];
	if (n > 0)
		l->put_ns = now_ns;
	while (n > 0) {
		int part = n < AUDIO_TICK_SAMPLES ? n : AUDIO_TICK_SAMPLES;
		int made = varispeed_run(&l->speed, pcm, part, out);
		drop(l, l->n + made - LIVE_SAMPLES);
		memcpy(l->fifo + l->n, out, (size_t)made * sizeof(*out));
		l->n += made;
		pcm += part;
		n -= part;
	}
}

/* The lumps turned out smaller than there is room for: delay is given back, slowly. */
static void watch_low(struct live *l)
{
	l->low = l->n < l->low ? l->n : l->low;
	if (++l->window < WINDOW)
		return;
	int lowest = l->low < l->low_before ? l->low : l->low_before;
	double less = fmin(lowest - SPARE, l->drift.target - AUDIO_TICK_SAMPLES);
	/* Only what is where it should be tells what is needed. */
	if (less > 0 && fabs(l->drift.filtered - l->drift.target) < NEAR)
		l->drift.target -= less;
	l->window = 0;
	l->low_before = l->low;
	l->low = LIVE_SAMPLES;
}

static bool ready(struct live *l)
{
	if (l->primed)
		return l->n >= AUDIO_TICK_SAMPLES;
	if (l->n < l->drift.target)
		return false;
	/* What piled up before anybody took from it is old. */
	if (l->n > l->drift.target + AUDIO_TICK_SAMPLES)
		drop(l, l->n - (int)l->drift.target);
	l->primed = true;
	return true;
}

/* What came all at once after a jam is old; a long buffer is shortened where nothing is heard. */
static void shorten(struct live *l)
{
	int over = l->n - (int)l->drift.target;
	if (over > TOO_MUCH)
		drop(l, over);
	else if (l->drift.warm >= DRIFT_WARM_UPDATES &&
		 l->drift.filtered > l->drift.target + AUDIO_TICK_SAMPLES &&
		 l->n >= 2 * AUDIO_TICK_SAMPLES &&
		 audio_level_dbov(l->fifo, AUDIO_TICK_SAMPLES) >= UNHEARD)
		drop(l, AUDIO_TICK_SAMPLES);
}

static void take_some(struct live *l, int16_t *pcm)
{
	varispeed_set(&l->speed, drift_update(&l->drift, l->n, AUDIO_TICK_MS));
	memcpy(pcm, l->fifo, AUDIO_TICK_SAMPLES * sizeof(*pcm));
	l->n -= AUDIO_TICK_SAMPLES;
	memmove(l->fifo, l->fifo + AUDIO_TICK_SAMPLES, (size_t)l->n * sizeof(*l->fifo));
	watch_low(l);
}

bool live_take(struct live *l, int16_t *pcm)
{
	bool was = l->primed;
	if (was)
		shorten(l);
	bool have = ready(l);
	if (have) {
		take_some(l, pcm);
	} else {
		memset(pcm, 0, AUDIO_TICK_SAMPLES * sizeof(*pcm));
		l->missing += was ? AUDIO_TICK_SAMPLES : 0;
		if (was && l->drift.target + TARGET_STEP <= TARGET_MAX)
			l->drift.target += TARGET_STEP;
		l->primed = false;
		drift_reset(&l->drift);
	}
	if (l->cut || have != was)
		audio_join(pcm, AUDIO_TICK_SAMPLES, l->last);
	l->cut = false;
	l->last = pcm[AUDIO_TICK_SAMPLES - 1];
	return have;
}

bool live_ended(const struct live *l, int64_t now_ns)
{
	return now_ns - l->put_ns > LIVE_END_NS;
}
