/*
 * Two clocks that nearly agree: the sound card's and the media thread's. An
 * estimator watches how full the buffer between them is and answers with a
 * correction in ppm; a resampler of continuously variable ratio (windowed
 * sinc, 16 samples of delay) applies it. Delay then stays where it was put,
 * whatever the two clocks do. Values, no allocation after init, one thread.
 */
#ifndef MUSTER_AUDIO_DRIFT_H
#define MUSTER_AUDIO_DRIFT_H

#include "audio/frame.h"

#include <stdbool.h>

/** Corrections are never larger: 0.1 % is below what an ear notices. */
#define DRIFT_MAX_PPM 1000

/** Until so many updates after a reset the smoothed level means nothing yet. */
#define DRIFT_WARM_UPDATES 25

/** Estimator: a PI controller behind a low-pass. */
struct drift {
	double target;	 /* samples */
	double filtered; /* level, smoothed */
	double integral; /* ppm */
	double ppm;	 /* present correction */
	int warm;	 /* updates seen since reset, while few */
	bool started;
};

void drift_init(struct drift *d, int target_samples);
/** Forget the level (after a gap, a reopened device), keep the learned ppm. */
void drift_reset(struct drift *d);
/**
 * The buffer held `level` samples `dt_ms` after the last update. Returns by
 * how many ppm its content should be consumed faster (positive: it is too full).
 */
double drift_update(struct drift *d, int level, int dt_ms);

#define VARISPEED_TAPS 32
/** Prepare the table for varispeed_at; varispeed_init does it too. */
void varispeed_prepare(void);
/** The sound at `fraction` (0 to 1) after the middle, x[VARISPEED_TAPS / 2 - 1], of that many. */
float varispeed_at(const float *x, double fraction);

/** Most samples that varispeed_run takes at once. */
#define VARISPEED_IN_MAX 4800

/** Resampler near ratio 1. */
struct varispeed {
	float history[VARISPEED_TAPS];
	double position; /* of the next output sample, in input samples from the oldest of history */
	double step;	 /* input samples per output sample */
};

void varispeed_init(struct varispeed *v);
/** Consume the input faster by `ppm` (so give fewer samples). */
void varispeed_set(struct varispeed *v, double ppm);
/**
 * Convert all `n` samples (at most VARISPEED_IN_MAX); returns how many came
 * out, at most n + n/500 + 2, which `out` must hold.
 */
int varispeed_run(struct varispeed *v, const int16_t *in, int n, int16_t *out);

#endif
