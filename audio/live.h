/*
 * Sound that comes through a stream connection as it happens: in lumps, late
 * after a jam, by another clock. A buffer that is as long as the lumps need and
 * no longer; a resampler keeps it there whatever the two clocks do. When far
 * too much waits the newest counts. Value, no allocation, one thread.
 */
#ifndef MUSTER_AUDIO_LIVE_H
#define MUSTER_AUDIO_LIVE_H

#include "audio/drift.h"

#include <stdbool.h>

/** What it holds at most: 2 s. */
#define LIVE_SAMPLES (2 * AUDIO_RATE_HZ)
/** Without anything for so long it has ended: the other side sends silence too. */
#define LIVE_END_NS ((int64_t)10000000000)

struct live {
	int16_t fifo[LIVE_SAMPLES];
	int n;
	struct drift drift;
	struct varispeed speed;
	bool primed, cut;
	int16_t last;	 /* sample given out */
	int low;	 /* least that was left after a take, in this window */
	int low_before;	 /* in the one before */
	int window;	 /* takes in it */
	int64_t put_ns;	 /* when something last came */
	int64_t dropped; /* samples that were too old */
	int64_t missing; /* samples that did not come in time */
};

void live_init(struct live *l, int64_t now_ns);
/** It came at `now_ns`. */
void live_put(struct live *l, int64_t now_ns, const int16_t *pcm, int n);
/** AUDIO_TICK_SAMPLES, once each tick; false: nothing is there, and they fade to silence. */
bool live_take(struct live *l, int16_t *pcm);
/** Nothing has come for LIVE_END_NS. */
bool live_ended(const struct live *l, int64_t now_ns);

#endif
