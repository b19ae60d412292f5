/*
 * Several Opus frames in one packet (RFC 6716 section 3.2.5, code 3), for
 * narrow lines: of a packet of 20 ms at 12 kbit/s more than half is headers.
 * Pure; a value.
 */
#ifndef MUSTER_CALL_PACK_H
#define MUSTER_CALL_PACK_H

#include "core/base/span.h"

#define PACK_FRAMES 3 /* 60 ms */
#define PACK_BYTES_MAX 1000

struct pack {
	size_t n; /**< frames in it */
	uint8_t toc;
	size_t sizes[PACK_FRAMES];
	size_t bytes;
	uint8_t data[PACK_BYTES_MAX];
};

/**
 * One more packet of a single frame. False: it does not fit to those that are
 * in there (another kind, too much, or not a single frame): take them out
 * first; what does not fit an empty one goes as it is.
 */
bool pack_add(struct pack *p, struct span packet);
/** All of it as one packet into `ret`, which has room for PACK_BYTES_MAX + 8; its length, 0: empty. */
size_t pack_take(struct pack *p, uint8_t *ret);

#endif
