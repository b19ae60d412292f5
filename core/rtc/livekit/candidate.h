/*
 * RTCIceCandidateInit, the JSON inside a trickle message.
 */
#ifndef MUSTER_RTC_LIVEKIT_CANDIDATE_H
#define MUSTER_RTC_LIVEKIT_CANDIDATE_H

#include "core/base/buf.h"
#include "core/base/err.h"

struct lk_candidate {
	char *candidate; /**< "candidate:..."; "": no more of them */
	char *mid;	 /**< may be "" */
	int line;	 /**< of the section, -1: not said */
	char *ufrag;	 /**< may be "" */
};

/** ERR_INVALID unless an object with a candidate. Release with lk_candidate_done. */
int lk_candidate_parse(struct span json, struct lk_candidate *ret, struct err *err);
void lk_candidate_done(struct lk_candidate *c);
/** Append; NULL and "" are left out, but not `candidate`. The caller checks the buffer. */
void lk_candidate_put(const struct lk_candidate *c, struct buf *b);

#endif
