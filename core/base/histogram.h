/*
 * Counts of values by size, for metrics. One thread at a time.
 */
#ifndef MUSTER_BASE_HISTOGRAM_H
#define MUSTER_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_MAX 16

struct histogram {
	const double *bounds; /**< rising; what is over the last is counted, too */
	int n;		      /**< bounds, at most HISTOGRAM_MAX */
	uint64_t counts[HISTOGRAM_MAX + 1];
	double sum;
};

/** From a tenth of a millisecond to ten seconds. */
extern const double histogram_seconds[];
#define HISTOGRAM_SECONDS_N 14
#define HISTOGRAM_SECONDS \
	((struct histogram){.bounds = histogram_seconds, .n = HISTOGRAM_SECONDS_N})
/** 1, 2, 4 ... 256. */
extern const double histogram_counts[];
#define HISTOGRAM_COUNTS_N 9
#define HISTOGRAM_COUNTS ((struct histogram){.bounds = histogram_counts, .n = HISTOGRAM_COUNTS_N})

/** Count one value. */
void histogram_add(struct histogram *h, double v);

#endif
