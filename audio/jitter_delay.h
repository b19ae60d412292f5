/*
 * How late packets come, against the fastest of the last seconds, and so how
 * much delay a jitter buffer needs. Private to jitter.c.
 */
#ifndef MUSTER_AUDIO_JITTER_DELAY_H
#define MUSTER_AUDIO_JITTER_DELAY_H

#include "audio/frame.h"

#include <stdbool.h>

#define DELAY_BUCKET_MS 5
#define DELAY_BUCKETS 100

struct jitter_delay {
	float share[DELAY_BUCKETS];   /* of packets that were so late; sums to 1 */
	float ordered[DELAY_BUCKETS]; /* the same, of those that no later one overtook */
	int seen, seen_ordered;
	bool started;
	int64_t window_ns;  /* when the present half window began */
	int64_t fastest[2]; /* least transit of the half window before, of this one */
	int64_t last_transit;
	double rtp_jitter; /* RFC 3550 6.4.1, in timestamp units */
	float loss;	   /* recent share of lost packets */
	bool lossy;	   /* enough to wait for FEC */
	int chosen_ms;	   /* the cheapest delay of late; 0: not yet */
	int target_ms;
};

void jitter_delay_init(struct jitter_delay *d);
/** A packet of (extended) timestamp `ts` came; `overtaken` by a later one, or sent again. */
void jitter_delay_put(struct jitter_delay *d, int64_t ts, int64_t arrival_ns, bool overtaken);
/** A sequence number was passed, with its packet or without. */
void jitter_delay_passed(struct jitter_delay *d, bool lost);
/** Samples by which position `ts` at `now_ns` is behind the fastest packets. */
int64_t jitter_delay_lag(const struct jitter_delay *d, int64_t ts, int64_t now_ns);
/** Delay wanted, in samples. */
int jitter_delay_target(const struct jitter_delay *d);

#endif
