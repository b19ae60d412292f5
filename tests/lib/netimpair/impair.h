/*
 * What a bad network does to each packet. A pure function of seed, direction,
 * kind and number of the packet: the same seed gives the same fate to the
 * same packet however the machine is loaded. Only what depends on time (rate,
 * cuts) is decided in link.h.
 */
#ifndef MUSTER_NETIMPAIR_IMPAIR_H
#define MUSTER_NETIMPAIR_IMPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPAIR_CUTS_MAX 8
#define IMPAIR_WORDS "loss burst delay jitter reorder rate queue dup corrupt cut"

/** Each kind is numbered by itself, so that TCP and RTCP do not shift the fate of media. */
enum impair_kind { IMPAIR_RTP, IMPAIR_UDP, IMPAIR_OTHER, IMPAIR_KINDS };

struct impair_cut {
	int64_t from_ms, until_ms; /**< since the router began */
};

/** Of one direction. Shares are 0 to 1, zeros do nothing. */
struct impair_spec {
	double loss;		    /**< each packet by itself */
	double to_bad, to_good;	    /**< Gilbert-Elliott: chances to change state */
	double bad_loss, good_loss; /**< ... and what is lost in each */
	double delay_ms, jitter_ms; /**< fixed; evenly between 0 and this, order is kept */
	double reorder, reorder_ms; /**< held back so long, overtaken by others */
	double rate_kbit, queue_ms; /**< 0: no limit; packets that would wait longer are lost */
	double duplicate, corrupt;
	struct impair_cut cuts[IMPAIR_CUTS_MAX];
	size_t cuts_n;
};
/**
 * "loss=10,burst=1/25/100/0,delay=20,jitter=50,reorder=2/30,rate=256,queue=200,dup=1,corrupt=1,
 * cut=5000+3000": percents, ms, kbit/s. Keys that are not named are 0. "" is a perfect network.
 * On an error: NULL, or the words that are wrong, borrowed from `text`.
 */
const char *impair_parse(const char *text, struct impair_spec *ret);

struct impair {
	uint64_t seed;
	struct impair_spec spec;
	uint64_t numbers[IMPAIR_KINDS]; /**< of the next packet */
	bool bad[IMPAIR_KINDS];
};
/** `seed` should differ between directions. */
void impair_init(struct impair *im, uint64_t seed, const struct impair_spec *spec);
/** Another network from the next packet on; numbers go on. */
void impair_set(struct impair *im, const struct impair_spec *spec);

struct impair_fate {
	uint64_t number;
	bool lost, duplicated, corrupted, reordered;
	double delay_ms; /**< all of it */
	uint32_t bit;	 /**< random, for which bit to turn */
};
void impair_next(struct impair *im, enum impair_kind kind, struct impair_fate *ret);

/** Kind of an IPv4 or IPv6 packet. */
enum impair_kind impair_kind_of(const uint8_t *p, size_t n);
/** Turn one bit of its payload. UDP's checksum is made to fit, so that a program gets to see it. */
void impair_corrupt(uint8_t *p, size_t n, uint32_t bit);

#endif
