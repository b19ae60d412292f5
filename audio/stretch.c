#include "audio/stretch.h"

#include <math.h>
#include <string.h>

#define LAG_MIN 120 /* 2.5 ms: 400 Hz, the highest voice */
#define WINDOW 240
#define LIKE_ENOUGH 0.5
/* Mean square of what nobody hears a seam in: about -55 dBFS. */
#define QUIET (58.0 * 58.0)

static double dot(const int16_t *a, const int16_t *b)
{
	double sum = 0;
	for (int i = 0; i < WINDOW; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

/* The lag at which the sound is most like itself; 0 when it never is. */
static int best_lag(const int16_t *x, int most)
{
	double here = dot(x, x), best = LIKE_ENOUGH;
	int lag = 0;
	for (int l = LAG_MIN; l <= most; l += 2) {
		double there = dot(x + l, x + l);
		double like = dot(x, x + l) / sqrt(here * there + 1);
		if (like > best) {
			best = like;
			lag = l;
		}
	}
	return lag;
}

static double loudness(const int16_t *x, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	return sum / n;
}

static void crossfade(int16_t *out, const int16_t *from, const int16_t *to, int n)
{
	for (int i = 0; i < n; i++) {
		float w = ((float)i + 0.5f) / (float)n;
		out[i] = (int16_t)lrintf((float)from[i] * (1 - w) + (float)to[i] * w);
	}
}

int stretch_run(int16_t *pcm, int n, int want)
{
	int most = n / 2 < STRETCH_MAX ? n / 2 : STRETCH_MAX, room = want < 0 ? -want : want;
	int16_t seam[STRETCH_MAX];
	if (n < STRETCH_MIN_SAMPLES || room < LAG_MIN)
		return 0;
	most = room < most ? room : most;
	/* Windows must lie inside. */
	most = most + WINDOW <= n ? most : n - WINDOW;
	int lag = loudness(pcm, n) < QUIET ? most : best_lag(pcm, most);
	if (lag == 0)
		return 0;
	if (want < 0) {
		crossfade(seam, pcm, pcm + lag, lag);
		memmove(pcm + lag, pcm + 2 * lag, (size_t)(n - 2 * lag) * sizeof(*pcm));
		memcpy(pcm, seam, (size_t)lag * sizeof(*pcm));
		return -lag;
	}
	crossfade(seam, pcm + lag, pcm, lag);
	memmove(pcm + 2 * lag, pcm + lag, (size_t)(n - lag) * sizeof(*pcm));
	memcpy(pcm + lag, seam, (size_t)lag * sizeof(*pcm));
	return lag;
}
