/*
 * Finding by a few letters: a pattern matches a text that has its letters in
 * this order, case, width and accents aside (core/base/fold.h).
 */
#ifndef MUSTER_CLIENT_VIEW_FUZZY_H
#define MUSTER_CLIENT_VIEW_FUZZY_H

#include "core/base/fold.h"

#define FUZZY_PATTERN 32 /**< code points of a pattern that count */
#define FUZZY_HITS 64	 /**< room for the places of hits, with the 255 at the end */

struct fuzzy {
	struct fold cp[FUZZY_PATTERN];
	size_t n;
};

/** Spaces in a pattern do not count. */
void fuzzy_init(struct fuzzy *f, struct span pattern);
/**
 * How well `text` fits: 0 not at all, else higher is better: beginnings of
 * words, letters in a row and short texts count more. An empty pattern fits
 * everything alike. `hits` (may be NULL) gets the byte offsets of what matched,
 * ended by 255; offsets from 255 on are left out.
 */
int fuzzy_score(const struct fuzzy *f, struct span text, uint8_t hits[FUZZY_HITS]);

#endif
