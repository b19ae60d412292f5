/*
 * Sets of times: who was there when. Private to the register.
 */
#ifndef MUSTER_ATTENDANCE_REGISTER_SPANS_H
#define MUSTER_ATTENDANCE_REGISTER_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What ended somebody's being there; of several at one time the first of these is told. */
enum ended_by {
	ENDED_LEAVE,
	ENDED_ROOM,	 /**< left the room */
	ENDED_DEPARTURE, /**< an observer's word */
	ENDED_NEXT_JOIN,
	ENDED_EXPIRY,
	ENDED_END, /**< of the lesson */
	ENDED_COUNT
};

/** From `from` until just before `to`, Unix ms. */
struct period {
	int64_t from, to;
	enum ended_by by;
	bool inferred; /**< nobody said when it ended */
	bool stopped;  /**< an observer's word that the server stopped */
};

/** A plain value; reg_periods_done. */
struct periods {
	struct period *v;
	size_t n, size;
};
void reg_periods_done(struct periods *p);
void reg_periods_copy(const struct periods *p, struct periods *ret);
/** Append; an empty one is left out. */
void reg_periods_add(struct periods *p, struct period v);
/** Short form of the same. */
void reg_periods_put(struct periods *p, int64_t from, int64_t to);
/** Bring them in order; those that overlap or touch become one, which ends as the last of them does. */
void reg_periods_join(struct periods *p);

/* What follows takes joined ones. */

/** Only what lies in [from, to). */
void reg_periods_clip(struct periods *p, int64_t from, int64_t to);
/** Without what is in `less`. */
void reg_periods_subtract(struct periods *p, const struct periods *less);
/** Close gaps of which at most `most_ms` are outside `aside`. *ret_count, *ret_ms: what was closed. */
void reg_periods_bridge(struct periods *p, int64_t most_ms, const struct periods *aside,
			size_t *ret_count, int64_t *ret_ms);
int64_t reg_periods_length(const struct periods *p);
/** Length of what is in both. */
int64_t reg_periods_common(const struct periods *a, const struct periods *b);
/** Length of what is in `p` and in [from, to). */
int64_t reg_periods_within(const struct periods *p, int64_t from, int64_t to);
bool reg_periods_hold(const struct periods *p, int64_t t);
/** First and last instant that is in both; false when there is none. */
bool reg_periods_ends(const struct periods *a, const struct periods *b, int64_t *ret_first,
		      int64_t *ret_last);

#endif
