/*
 * Putting replies of the server into the cache: a sync reply with its token in
 * one transaction, a page of history into its gap. No network, no loop; runs
 * on whichever thread owns the store.
 */
#ifndef MUSTER_CLIENT_APPLY_H
#define MUSTER_CLIENT_APPLY_H

#include "core/store/events.h"
#include "core/store/rooms.h"

/**
 * Apply a /sync reply. `since` is the token it was asked with; NULL: a whole
 * sync, after which rooms that it does not name count as left. All or
 * nothing. ERR_CONFLICT: another process has synced meanwhile, nothing was
 * changed; go on from the stored token. *ret_news: something but the token changed.
 */
int apply_sync(struct store *s, const char *own_user_id, const char *since, struct span reply,
	       bool *ret_news, struct err *err);
/**
 * Apply a page of /messages (dir=b) that was asked with g->token. *ret_more:
 * the gap is still open. A gap that somebody else has moved meanwhile is left alone.
 */
int apply_page(struct store *s, const struct store_gap *g, struct span reply, bool *ret_more,
	       struct err *err);
/** The complete member list of a room (GET /members). */
int apply_members(struct store *s, int64_t room, const char *own_user_id, struct span reply,
		  struct err *err);

#endif
