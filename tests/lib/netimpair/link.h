/*
 * One direction of the network in time: what comes waits until it is due, or
 * is lost. Knows no sockets and no clock. Times are ns.
 */
#ifndef MUSTER_NETIMPAIR_LINK_H
#define MUSTER_NETIMPAIR_LINK_H

#include "tests/lib/netimpair/impair.h"

/** Packets under way at most; what comes then is lost and counted as over the queue. */
#define LINK_WAITING_MAX 16384

struct link_stats {
	uint64_t packets, bytes; /**< that came */
	uint64_t rtp;		 /**< of them */
	uint64_t lost, rtp_lost; /**< by loss and bursts */
	uint64_t cut, queue;	 /**< lost while cut, or because they would have waited too long */
	uint64_t duplicated, corrupted, reordered;
	uint64_t out; /**< that were given on */
};

struct link;
struct link *link_new(uint64_t seed, const struct impair_spec *spec);
void link_free(struct link *l);
void link_set(struct link *l, const struct impair_spec *spec);
/** Packets are numbered from 0 again and have the fates of another seed; counts begin anew. */
void link_begin(struct link *l, uint64_t seed);
/** Nothing comes through from now on; what is under way arrives. */
void link_cut(struct link *l, bool on);
/** A packet came; copied. `since_ns`: 0 when the router began. */
void link_put(struct link *l, int64_t since_ns, const uint8_t *p, size_t n);
/** When the next is due; INT64_MAX: none. */
int64_t link_due(const struct link *l);
/** The next that is due, borrowed until the next call; its length, 0: none. */
size_t link_get(struct link *l, int64_t since_ns, const uint8_t **ret);
void link_stats(const struct link *l, struct link_stats *ret);

#endif
