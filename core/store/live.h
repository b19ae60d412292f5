/*
 * What passes: who is typing, who is there (client-server API, "Typing
 * Notifications" and "Presence").
 */
#ifndef MUSTER_STORE_LIVE_H
#define MUSTER_STORE_LIVE_H

#include "core/store/store.h"

/** Rows of m.typing older than this count for nothing: whoever synced has gone since. */
#define STORE_TYPING_MS 120000

/** Replace the list of a room. `users` is an array of user ids; `now_ms`: wall clock. */
int store_typing_set(struct store *s, int64_t room, const char *const *users, size_t n,
		     int64_t now_ms, struct err *err);
typedef int store_typing_fn(struct span user_id, void *arg);
/** Who types now, ordered by id; anything but 0 from `fn` ends the walk and is returned. */
int store_typing_walk(struct store *s, int64_t room, int64_t now_ms, store_typing_fn *fn,
		      void *arg);

/** A person's presence. Spans are borrowed; an absent text has p == NULL. */
struct store_presence {
	struct span user_id;
	struct span state;  /**< "online", "unavailable", "offline" */
	struct span status; /**< what they wrote beside it, or absent */
	int64_t active_ms;  /**< wall clock of their last activity; 0: not said */
	bool active;	    /**< currently_active */
};
int store_presence_set(struct store *s, const struct store_presence *p, struct err *err);
typedef int store_presence_fn(const struct store_presence *p, void *arg);
/** One person's; false when nothing is known. What `fn` returns is ignored. */
bool store_presence_get(struct store *s, struct span user_id, store_presence_fn *fn, void *arg);
/** Those that were set after `*mark` (0: all), which is moved on. */
int store_presence_since(struct store *s, int64_t *mark, store_presence_fn *fn, void *arg);

#endif
