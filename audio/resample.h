/*
 * Between a file's or device's rate and ours, by speexdsp's resampler. For
 * two clocks that nearly agree see drift.h. Single owner, any one thread.
 */
#ifndef MUSTER_AUDIO_RESAMPLE_H
#define MUSTER_AUDIO_RESAMPLE_H

#include "audio/frame.h"
#include "core/base/err.h"

#include <stdint.h>

#define RESAMPLE_RATE_MIN 4000
#define RESAMPLE_RATE_MAX 384000

struct resample;

/** Mono. ERR_INVALID for a rate outside the range, ERR_UNSUPPORTED without the library. */
int resample_new(int from_hz, int to_hz, struct resample **ret, struct err *err);
/** NULL is allowed. */
void resample_free(struct resample *r);
/**
 * Convert. Takes at most *n_in samples, gives at most *n_out; both return what
 * was really taken and given.
 */
void resample_run(struct resample *r, const int16_t *in, int *n_in, int16_t *out, int *n_out);
/** Samples (of the input's rate) that stay inside: feed as many zeros at the end. */
int resample_delay_in(const struct resample *r);

#endif
