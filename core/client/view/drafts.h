/*
 * What is begun in a room or thread and not sent, kept behind the screen: a
 * text is there for whoever asks as soon as it is given, and is written to the
 * cache by a thread of its own, so that no key waits for a disk. Loop thread.
 */
#ifndef MUSTER_CLIENT_VIEW_DRAFTS_H
#define MUSTER_CLIENT_VIEW_DRAFTS_H

#include "core/client/view/work.h"

struct drafts;

struct drafts_observer {
	void (*kept)(void *arg);			  /**< some are in the cache now */
	void (*failed)(const struct err *err, void *arg); /**< they are tried again, told once */
};

/**
 * `s` is the caller's cache, read and, at the end, written; it, `observer` and
 * `arg` are borrowed, `o` is copied. The caller owns what is returned.
 */
struct drafts *drafts_new(struct loop *l, struct store *s, const struct work_options *o,
			  const struct drafts_observer *observer, void *arg);
/** Keep a text, at most STORE_DRAFT_MAX bytes; "" forgets it. `thread` may be NULL. */
void drafts_set(struct drafts *d, const char *room_id, const char *thread, struct span text);
/** Appends to `ret` what was given last; false: there is none. */
bool drafts_get(struct drafts *d, const char *room_id, const char *thread, struct buf *ret);
/** Write here and now what is not in the cache yet: before the program stops or is stopped. */
int drafts_flush(struct drafts *d, struct err *err);
/** Ends the thread, then flushes. Nobody is told any more. NULL is allowed. */
void drafts_free(struct drafts *d);

#endif
