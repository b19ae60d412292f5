/*
 * Counting a poll (MSC3381): of each person the newest vote before its end
 * counts; a vote for an answer that does not exist is spoiled, none takes the
 * vote back, of too many only the first count. Needs nothing but the events.
 */
#ifndef MUSTER_MATRIX_POLL_TALLY_H
#define MUSTER_MATRIX_POLL_TALLY_H

#include "core/matrix/event.h"

#define POLL_VOTES_MAX 100000 /* votes that are looked at */

struct poll_tally;

/** `p` is read now and not kept. The caller owns the result. */
struct poll_tally *poll_tally_new(const struct mx_poll *p);
/** NULL is allowed. */
void poll_tally_free(struct poll_tally *t);
/** A response in any order; `answers` may be NULL (a vote for nothing). */
void poll_tally_vote(struct poll_tally *t, const char *sender, int64_t ts, const json_t *answers);
/** An end by somebody who may end it; the earliest counts. */
void poll_tally_end(struct poll_tally *t, int64_t ts);

struct poll_result {
	int answers;			 /**< how many the poll has */
	int64_t votes[POLL_ANSWERS_MAX]; /**< by answer, in the poll's order */
	int64_t voters;			 /**< whose vote counts */
	bool closed;
	int64_t closed_ts;
};
/** Count; may be done again after more votes. */
void poll_tally_count(struct poll_tally *t, struct poll_result *ret);
/** After poll_tally_count: did this person's counting vote name the i-th answer? */
bool poll_tally_picked(const struct poll_tally *t, const char *sender, int i);
/** After poll_tally_count: everybody whose vote names the i-th answer, in order of their ids. */
void poll_tally_voters(const struct poll_tally *t, int i, void (*fn)(const char *sender, void *arg),
		       void *arg);

#endif
