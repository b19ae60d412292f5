/*
 * Inside of the builder: one reply under construction, and its sections.
 * Each section function appends to `b` and returns whether it had anything.
 */
#ifndef MUSTER_SERVER_SYNC_BUILD_H
#define MUSTER_SERVER_SYNC_BUILD_H

#include "server/sync/builder.h"
#include "server/sync/event_row.h"
#include "server/sync/visibility.h"

#define BUILD_SCAN_MAX 5000 /* events looked at per room for one timeline */

/** One row of account data that is to be told. */
struct build_data {
	int64_t room_nid; /**< 0: global */
	const char *type, *content;
	char *block; /**< owns both unless borrowed from the tail */
};

struct build {
	struct hub *h;
	const struct sync_query *q;
	const struct filter *f; /**< or NULL */
	struct buf *b;
	int64_t since; /**< 0: from the beginning */
	int64_t pos;   /**< everything up to here is told */
	int64_t now_ms;
	bool held;     /**< all changes after `since` are in the tail */
	bool patient;  /**< what held.h holds back is no reason to answer */
	bool left_out; /**< and something was left out for that */
	struct build_data *data;
	size_t data_n;
};

/** Events of one room that a reply shows, oldest first. */
struct build_timeline {
	struct event_list l;
	bool limited;
	bool whole;    /**< there is nothing earlier to page to: no prev_batch */
	bool holes;    /**< events between the first and the last were left out */
	int64_t start; /**< position of the first one, or just after `upto` */
	int64_t prev;  /**< page token: what was not told lies at or before */
};

/** Put a comma unless a list or object has just been opened. */
void build_comma(struct buf *b);
/** The parts of a filter, or NULL. */
const struct event_filter *build_timeline_filter(const struct build *x);
const struct event_filter *build_state_filter(const struct build *x);

/**
 * Collect the newest events of (after, upto] that pass filter, and `vis`
 * unless NULL (all visible). From the tail when it holds them.
 */
void build_timeline(struct build *x, struct hub_room *room, const struct visibility *vis,
		    int64_t after, int64_t upto, struct build_timeline *ret);
/**
 * Without "state_after" a client applies state first, then the timeline. When the
 * timeline shows an older event of a state whose newest one it leaves out, the
 * client would end up with the older: begin the timeline after it instead.
 */
void build_timeline_settle(struct build *x, struct hub_room *room, int64_t upto,
			   struct build_timeline *t);
/** `"timeline":{...}` */
void build_timeline_put(struct build *x, struct hub_room *room, const struct visibility *vis,
			const struct build_timeline *t);
/**
 * Append "state" or its modern form: everything up to the timeline's start (full) or
 * what changed in (after, start). `own_pos`, unless 0, is the person's newest
 * member event, told even if it came after `upto`. Returns whether there were events in it.
 */
bool build_state(struct build *x, struct hub_room *room, const struct build_timeline *t, bool full,
		 int64_t after, int64_t upto, const struct event_list *heroes, int64_t own_pos);

/** m.receipt events of one room after `since` (0: all). Returns how many. */
int build_receipts(struct build *x, struct hub_room *room, int64_t since);

/**
 * A room in its section of the reply. False: there is nothing to tell of it, and nothing was put.
 */
bool build_joined(struct build *x, struct hub_member *m);
bool build_left(struct build *x, struct hub_member *m);
bool build_invited(struct build *x, struct hub_member *m);
bool build_knocked(struct build *x, struct hub_member *m);

/** Collect account data after x->since into x->data. */
void build_data_load(struct build *x);
void build_data_done(struct build *x);
/** Append the rows of one room (0: global) as a list of events; returns how many. */
int build_data_put(struct build *x, int64_t room_nid, const struct event_filter *f);

#endif
