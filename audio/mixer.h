/*
 * Sum of many voices with a gain each, softly limited: one voice alone passes
 * unchanged, many loud ones together never clip. Value, one thread.
 */
#ifndef MUSTER_AUDIO_MIXER_H
#define MUSTER_AUDIO_MIXER_H

#include "audio/frame.h"

#include <stdbool.h>

/** Samples that one round may mix. */
#define MIXER_MAX AUDIO_TICK_SAMPLES

struct mixer {
	float sum[MIXER_MAX];
	int n;
	float gain; /* of the limiter, 1 when it rests */
};

void mixer_init(struct mixer *m);
/** Start a round of `n` samples. */
void mixer_begin(struct mixer *m, int n);
/**
 * Add a voice. The gain moves evenly from `from` to `to` over the round, so that a change does
 * not click.
 */
void mixer_add(struct mixer *m, const int16_t *pcm, float from, float to);
/** The round's sum, limited: gain falls at once (5 ms ramp ahead), recovers over 200 ms. */
void mixer_end(struct mixer *m, int16_t *pcm);

#endif
