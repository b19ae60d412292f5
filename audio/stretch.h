/*
 * Play a little shorter or longer without changing the pitch: one period of
 * the voice is taken out or put in where it overlaps best. Any thread, pure.
 */
#ifndef MUSTER_AUDIO_STRETCH_H
#define MUSTER_AUDIO_STRETCH_H

#include <stdint.h>

/** Samples that one call changes at most (10 ms); `pcm` needs room for as many more. */
#define STRETCH_MAX 480
/** Shortest piece that can be stretched. */
#define STRETCH_MIN_SAMPLES 960

/**
 * Change the length of `pcm[n]` in place by about `want` samples (negative:
 * shorter). Returns the change made, 0 when no good place was found and the
 * sound is not quiet.
 */
int stretch_run(int16_t *pcm, int n, int want);

#endif
