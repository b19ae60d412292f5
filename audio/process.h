/*
 * What a microphone's sound goes through, 10 ms at a time, in this order:
 * echo canceller, residual echo and noise suppression, gain control, voice
 * detection. By speexdsp. Single owner; the media thread; about 300 us a
 * frame; no allocation after process_new.
 */
#ifndef MUSTER_AUDIO_PROCESS_H
#define MUSTER_AUDIO_PROCESS_H

#include "audio/frame.h"
#include "core/base/err.h"

#include <stdbool.h>

struct process_settings {
	bool echo;   /**< cancel echo; needs a reference */
	bool noise;  /**< suppress noise */
	bool gain;   /**< bring speech to an even level */
	int tail_ms; /**< longest echo, 0: 120 */
};

struct process;

/** ERR_UNSUPPORTED when something is asked for and speexdsp is missing. */
int process_new(const struct process_settings *s, struct process **ret, struct err *err);
void process_free(struct process *p);

struct process_result {
	int level_dbov; /**< of the result, 0 to 127 */
	bool voice;	/**< somebody speaks */
};

/**
 * One frame of AUDIO_FRAME_SAMPLES. `reference` is what the loudspeaker played
 * at the time the microphone heard `mic` (a little earlier is fine, up to the
 * tail; never later); NULL when nothing was played. `out` may be `mic`.
 */
void process_run(struct process *p, const int16_t *mic, const int16_t *reference, int16_t *out,
		 struct process_result *ret);
/** The echo's path changed (another device): learn anew. */
void process_reset(struct process *p);
/**
 * Echo return loss enhancement of the last seconds in dB: energy of the
 * microphone over energy after cancelling while the far end spoke; 0 when
 * it did not speak.
 */
float process_erle_db(const struct process *p);

#endif
