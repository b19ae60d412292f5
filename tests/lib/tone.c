#include "tests/lib/tone.h"

#include <math.h>

void tone_make(int16_t *pcm, int n, double hz, double peak, double phase)
{
	for (int i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(peak * sin(phase + 2 * M_PI * hz * i / 48000));
}

double tone_frequency(const int16_t *pcm, int n, int rate_hz)
{
	double first = -1, last = -1;
	int crossings = 0;
	for (int i = 1; i < n; i++) {
		if (pcm[i - 1] >= 0 || pcm[i] < 0)
			continue;
		last = i - 1 + (double)-pcm[i - 1] / (pcm[i] - pcm[i - 1]);
		if (crossings++ == 0)
			first = last;
	}
	return crossings > 1 ? (crossings - 1) * rate_hz / (last - first) : 0;
}

double tone_rms(const int16_t *pcm, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return n ? sqrt(sum / n) : 0;
}

/* Least squares of a sine and a cosine; the rest is the residue. */
double tone_residue_db(const int16_t *pcm, int n, double hz)
{
	double ss = 0, cc = 0, sc = 0, sy = 0, cy = 0, yy = 0;
	for (int i = 0; i < n; i++) {
		double s = sin(2 * M_PI * hz * i / 48000), c = cos(2 * M_PI * hz * i / 48000);
		ss += s * s;
		cc += c * c;
		sc += s * c;
		sy += s * pcm[i];
		cy += c * pcm[i];
		yy += (double)pcm[i] * pcm[i];
	}
	double det = ss * cc - sc * sc;
	double a = (sy * cc - cy * sc) / det, b = (cy * ss - sy * sc) / det;
	double explained = a * sy + b * cy, rest = yy - explained;
	return 10 * log10(fmax(rest, 1e-9) / fmax(explained, 1e-9));
}
