/*
 * SDP fragments of trickle ICE (RFC 8840, "application/trickle-ice-sdpfrag"),
 * as WHIP (RFC 9725 4.3) and WHEP use them in PATCH. Pure.
 */
#ifndef MUSTER_SERVER_SFU_FRAGMENT_H
#define MUSTER_SERVER_SFU_FRAGMENT_H

#include "core/rtc/sdp.h"

#define FRAGMENT_BYTES_MAX 16384

/** Parse and check that it names ICE credentials. Free with sdp_done. */
int fragment_parse(struct span text, struct sdp *ret, struct err *err);
/** The credentials in a parsed one. */
const struct sdp_transport *fragment_transport(const struct sdp *f);
/** Append the reply to an ICE restart: ours, in the section of `theirs`. */
int fragment_write(const struct sdp *theirs, const struct sdp_transport *ours,
		   const struct span *candidates, size_t n, struct buf *b, struct err *err);

#endif
