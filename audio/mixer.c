#include "audio/mixer.h"

#include <math.h>
#include <string.h>

/* The limiter keeps peaks here: a little below full scale. */
#define CEILING 32000.0f
/* Gain falls over this many samples before a peak, and doubles in about RECOVER samples. */
#define ATTACK 240
#define RECOVER_PER_BLOCK 0.025f

void mixer_init(struct mixer *m)
{
	memset(m, 0, sizeof(*m));
	m->gain = 1;
}

void mixer_begin(struct mixer *m, int n)
{
	m->n = n < MIXER_MAX ? n : MIXER_MAX;
	memset(m->sum, 0, sizeof(m->sum));
}

void mixer_add(struct mixer *m, const int16_t *pcm, float from, float to)
{
	float gain = from, step = m->n ? (to - from) / (float)m->n : 0;
	for (int i = 0; i < m->n; i++) {
		m->sum[i] += pcm[i] * gain;
		gain += step;
	}
}

static float peak_of(const float *x, int n)
{
	float peak = 0;
	for (int i = 0; i < n; i++)
		peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
	return peak;
}

/* Gain at which this block's peak stays under the ceiling. One voice alone never passes full
 * scale, so it is let through as it is. */
static float wanted(float peak)
{
	return peak <= 32768.0f ? 1 : CEILING / peak;
}

void mixer_end(struct mixer *m, int16_t *pcm)
{
	for (int at = 0; at < m->n; at += ATTACK) {
		int n = m->n - at < ATTACK ? m->n - at : ATTACK;
		const float *x = m->sum + at;
		float here = wanted(peak_of(x, n));
		/* Look ahead: be down already when the next block's peak comes. */
		float next = at + n < m->n
				     ? wanted(peak_of(x + n, m->n - at - n < ATTACK ? m->n - at - n
										    : ATTACK))
				     : 1;
		float to = fminf(1, m->gain + RECOVER_PER_BLOCK);
		to = fminf(to, fminf(here, next));
		float gain = fminf(m->gain, here), step = (to - gain) / (float)n;
		for (int i = 0; i < n; i++) {
			pcm[at + i] = audio_clip(x[i] * gain);
			gain += step;
		}
		m->gain = to;
	}
}
