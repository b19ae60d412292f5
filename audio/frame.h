/*
 * The one shape of sound inside muster: 48 kHz, mono, signed 16 bit. Devices,
 * files and pipes of other shapes are converted at the edge.
 */
#ifndef MUSTER_AUDIO_FRAME_H
#define MUSTER_AUDIO_FRAME_H

#include <stdint.h>

#define AUDIO_RATE_HZ 48000
#define AUDIO_SAMPLES_PER_MS (AUDIO_RATE_HZ / 1000)
/** What devices and the echo canceller work in: 10 ms. */
#define AUDIO_FRAME_SAMPLES 480
/** The media thread's clock, and what one Opus packet of ours holds: 20 ms. */
#define AUDIO_TICK_MS 20
#define AUDIO_TICK_SAMPLES 960
#define AUDIO_TICK_NS ((int64_t)AUDIO_TICK_MS * 1000000)

/** Level of silence in -dBov, as RFC 6464 counts: 0 is the loudest, 127 silence. */
#define AUDIO_LEVEL_SILENT 127

/** -dBov of `n` samples (RMS over full scale), 0 to 127: what ssrc-audio-level carries. */
int audio_level_dbov(const int16_t *pcm, int n);
/** 10^(db/20). */
float audio_gain_of_db(float db);
/** Clamp to 16 bit, rounding. */
int16_t audio_clip(float sample);

/** How long a cut is smoothed: 5 ms. */
#define AUDIO_RAMP_SAMPLES 240
/**
 * Begin `pcm` where the sound before it ended (its sample `last`), so that a cut does not click:
 * the difference dies away.
 */
void audio_join(int16_t *pcm, int n, int16_t last);
/** Go from one gain to the other in the first moment of `pcm`, and stay there. */
void audio_ramp(int16_t *pcm, int n, float from, float to);

#endif
