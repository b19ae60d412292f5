/*
 * Tones, made and measured, for tests of sound.
 */
#ifndef MUSTER_TESTS_LIB_TONE_H
#define MUSTER_TESTS_LIB_TONE_H

#include <stdint.h>

/** `n` samples at 48 kHz of a sine of `hz` with that peak and phase (radians). */
void tone_make(int16_t *pcm, int n, double hz, double peak, double phase);
/** Frequency of a tone by its crossings of zero, each placed between samples. */
double tone_frequency(const int16_t *pcm, int n, int rate_hz);
double tone_rms(const int16_t *pcm, int n);
/** Power of what is not a sine of `hz`, in dB against that sine; 48 kHz. */
double tone_residue_db(const int16_t *pcm, int n, double hz);

#endif
