#include "audio/drift.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/*
 * The level follows d(level)/dt = 48000 * (drift - ppm) / 10^6. With these
 * gains the loop is critically damped with a time constant of a minute: slow
 * against the saw-tooth of a device's periods, whose beat with the tick can
 * last that long, and quick against any crystal's wander.
 */
#define KP_PPM_PER_SAMPLE 1.0
#define KI_PPM_PER_SAMPLE_S 0.012
#define SMOOTH_MS 2000.0
#define LEARN_MAX_SAMPLES 200

void drift_init(struct drift *d, int target_samples)
{
	memset(d, 0, sizeof(*d));
	d->target = target_samples;
}

void drift_reset(struct drift *d)
{
	d->started = false;
	d->warm = 0;
	d->ppm = d->integral;
}

static double bounded(double v, double limit)
{
	return v > limit ? limit : v < -limit ? -limit : v;
}

double drift_update(struct drift *d, int level, int dt_ms)
{
	if (!d->started) {
		d->filtered = level;
		d->started = true;
	}
	/* A plain mean at first, so that one odd reading does not set the start. */
	double share = dt_ms / SMOOTH_MS;
	if (d->warm < DRIFT_WARM_UPDATES) {
		d->warm++;
		share = share > 1.0 / d->warm ? share : 1.0 / d->warm;
	}
	d->filtered += (share < 1 ? share : 1) * (level - d->filtered);
	if (d->warm < DRIFT_WARM_UPDATES)
		return d->ppm;
	double off = d->filtered - d->target;
	/* A large distance is made up for by the first term alone: learnt as well it would swing. */
	double learnt = KI_PPM_PER_SAMPLE_S * bounded(off, LEARN_MAX_SAMPLES) * dt_ms / 1000.0;
	d->integral = bounded(d->integral + learnt, DRIFT_MAX_PPM);
	d->ppm = bounded(KP_PPM_PER_SAMPLE * off + d->integral, DRIFT_MAX_PPM);
	return d->ppm;
}

/* -- Resampler ------------------------------------------------------------ */

#define PHASES 256
#define HALF (VARISPEED_TAPS / 2)

/* sinc[p][t]: tap t for a sample p/PHASES beyond the centre; one row more for interpolation. */
static float sinc[PHASES + 1][VARISPEED_TAPS];

static double bessel_i0(double x)
{
	double sum = 1, term = 1;
	for (int k = 1; k < 30; k++) {
		term *= (x / 2 / k) * (x / 2 / k);
		sum += term;
	}
	return sum;
}

static double tap(double x)
{
	const double cutoff = 0.94, beta = 8;
	double edge = x / HALF;
	if (edge <= -1 || edge >= 1)
		return 0;
	double window = bessel_i0(beta * sqrt(1 - edge * edge)) / bessel_i0(beta);
	double a = M_PI * x * cutoff;
	return window * cutoff * (fabs(a) < 1e-9 ? 1 : sin(a) / a);
}

static void fill_sinc(void)
{
	for (int p = 0; p <= PHASES; p++) {
		double sum = 0;
		for (int t = 0; t < VARISPEED_TAPS; t++)
			sum += tap(t - (HALF - 1) - (double)p / PHASES);
		for (int t = 0; t < VARISPEED_TAPS; t++)
			sinc[p][t] = (float)(tap(t - (HALF - 1) - (double)p / PHASES) / sum);
	}
}

void varispeed_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, fill_sinc);
}

void varispeed_init(struct varispeed *v)
{
	varispeed_prepare();
	memset(v, 0, sizeof(*v));
	v->step = 1;
}

void varispeed_set(struct varispeed *v, double ppm)
{
	v->step = 1 + bounded(ppm, DRIFT_MAX_PPM) / 1e6;
}

float varispeed_at(const float *x, double fraction)
{
	double at = fraction * PHASES;
	int p = (int)at;
	float mix = (float)(at - p), a = 0, b = 0;
	for (int t = 0; t < VARISPEED_TAPS; t++) {
		a += x[t] * sinc[p][t];
		b += x[t] * sinc[p + 1][t];
	}
	return a + mix * (b - a);
}

int varispeed_run(struct varispeed *v, const int16_t *in, int n, int16_t *out)
{
	float x[VARISPEED_TAPS + VARISPEED_IN_MAX];
	int made = 0;
	n = n < VARISPEED_IN_MAX ? n : VARISPEED_IN_MAX;
	memcpy(x, v->history, sizeof(v->history));
	for (int i = 0; i < n; i++)
		x[VARISPEED_TAPS + i] = in[i];
	/* position counts from x[0]; a window of TAPS must lie before the end. */
	for (; v->position < n; v->position += v->step) {
		int whole = (int)v->position;
		out[made++] = audio_clip(varispeed_at(x + whole, v->position - whole));
	}
	v->position -= n;
	memcpy(v->history, x + n, sizeof(v->history));
	return made;
}
