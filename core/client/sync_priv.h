/* What sync.c and engine.c share. */
#ifndef MUSTER_CLIENT_SYNC_PRIV_H
#define MUSTER_CLIENT_SYNC_PRIV_H

#include "core/client/sync.h"
#include "core/matrix/request.h"
#include "core/store/events.h"

#define SYNC_POLL_MS 30000

/** GET /sync from the stored token (`whole`: from the beginning); `presence`: what the sync makes
 * of ours. *ret_since is owned by the caller. */
struct request sync_request(struct store *s, int timeout_ms, bool whole, const char *presence,
			    char **ret_since);
/** Did the server refuse the token rather than us? Then a whole sync helps. */
bool sync_token_refused(const struct err *err, const char *since);
/** GET /messages that goes on with a gap; `room_id` of g->room. */
struct request sync_gap_request(const char *room_id, const struct store_gap *g, int limit);
/** A gap that the server will never fill: forbidden, or its token is unknown. */
bool sync_gap_hopeless(const struct err *err);

/** The lock of the process that syncs. The caller owns the path. */
char *sync_lock_path(const struct account *a);
/** Where this process would serve its socket. The caller owns *ret. */
int sync_socket_path(const struct account *a, char **ret, struct err *err);
/**
 * Write down where the owner of the lock serves, and read it: runtime folders
 * differ between a log-in session and cron, but the account is the same.
 */
int sync_socket_note(const struct account *a, const char *path, struct err *err);
int sync_socket_of_owner(const struct account *a, char **ret, struct err *err);

#endif
