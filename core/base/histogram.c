#include "core/base/histogram.h"

const double histogram_seconds[HISTOGRAM_SECONDS_N] = {0.0001, 0.0005, 0.001, 0.0025, 0.005,
						       0.01,   0.025,  0.05,  0.1,    0.25,
						       0.5,    1,      2.5,   10};
const double histogram_counts[HISTOGRAM_COUNTS_N] = {1, 2, 4, 8, 16, 32, 64, 128, 256};

void histogram_add(struct histogram *h, double v)
{
	int i = 0;
	while (i < h->n && v > h->bounds[i])
		i++;
	h->counts[i]++;
	h->sum += v;
}
