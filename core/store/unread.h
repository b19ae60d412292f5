/*
 * What is unread and what is put first: counts per room and thread, the read
 * marker, "marked as unread", tags (client-server API, "Receiving
 * notifications", "Threading", "Fully read markers", "Marking rooms as
 * unread", "Room Tagging"). The sums stand in struct store_room.
 */
#ifndef MUSTER_STORE_UNREAD_H
#define MUSTER_STORE_UNREAD_H

#include "core/store/store.h"

/** A thread with something unread in it. Spans are borrowed. */
struct store_thread_count {
	struct span root; /**< event id */
	int64_t unread, highlights;
};
/** Set one thread's counts; 0 and 0 forget it. */
int store_thread_count_set(struct store *s, int64_t room, const struct store_thread_count *c,
			   struct err *err);
/** Forget those of all threads of a room: what the server does not name is read. */
int store_thread_counts_clear(struct store *s, int64_t room, struct err *err);
typedef int store_thread_count_fn(const struct store_thread_count *c, void *arg);
/** Threads with unread messages; anything but 0 from `fn` ends the walk and is returned. */
int store_thread_counts_walk(struct store *s, int64_t room, store_thread_count_fn *fn, void *arg);
/** Sum up the threads into the room's row, after the two above. */
int store_thread_counts_sum(struct store *s, int64_t room, struct err *err);

/** A thread of a room, newest activity first. Spans are borrowed. */
struct store_thread {
	struct span root;    /**< event id; the event itself need not be in the cache */
	struct span last_id; /**< newest event of it that is here */
	int64_t replies;     /**< that are here, edits and reactions aside */
	int64_t last_pos, last_ts;
	int64_t unread, highlights;
	bool joined_in; /**< `own` wrote in it or began it */
};
typedef int store_thread_fn(const struct store_thread *t, void *arg);
/** `own`: our user id. */
int store_threads_walk(struct store *s, int64_t room, struct span own, store_thread_fn *fn,
		       void *arg);

/** m.fully_read: the event up to which everything is read; absent removes it. */
int store_fully_read_set(struct store *s, int64_t room, struct span event_id, struct err *err);
/** Position of that event; 0: none, or it is not in the cache. */
int64_t store_fully_read_pos(struct store *s, int64_t room);
/** m.marked_unread */
int store_marked_unread_set(struct store *s, int64_t room, bool on, struct err *err);

#define STORE_ORDER_ONE 1000000 /**< an order of 1.0 */
/** m.favourite and m.lowpriority; orders in millionths, -1: none given. */
int store_tags_set(struct store *s, int64_t room, bool favourite, bool low_priority, int64_t order,
		   struct err *err);

#endif
