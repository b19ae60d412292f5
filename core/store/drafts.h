/*
 * Drafts: what was begun in a room or thread and not sent.
 */
#ifndef MUSTER_STORE_DRAFTS_H
#define MUSTER_STORE_DRAFTS_H

#include "core/store/store.h"

/** The longest draft that is kept, bytes. */
#define STORE_DRAFT_MAX 65536

struct store_draft {
	int64_t room;
	struct span thread; /**< root's event id; empty: the room itself */
	struct span text;
	int64_t updated_ms; /**< wall clock */
};
/** Keep a draft; an empty text forgets it. ERR_TOO_LARGE over STORE_DRAFT_MAX. */
int store_draft_set(struct store *s, const struct store_draft *d, struct err *err);
/** Appends the text to `ret`; false when there is none. `thread` "": the room itself. */
bool store_draft_get(struct store *s, int64_t room, const char *thread, struct buf *ret);
typedef int store_draft_fn(const struct store_draft *d, void *arg);
/** All drafts, the one changed last first; anything but 0 from `fn` ends the walk. */
int store_drafts_walk(struct store *s, store_draft_fn *fn, void *arg);

#endif
