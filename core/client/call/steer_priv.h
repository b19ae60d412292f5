/* What steer.c (the running call) and calls.c (the others) share. */
#ifndef MUSTER_CLIENT_CALL_STEER_PRIV_H
#define MUSTER_CLIENT_CALL_STEER_PRIV_H

#include "core/client/account.h"

#define STEER_REPLY "reply" /* the one key of each answer */

/** Files of one call. */
struct steer_paths {
	char *lock, *note; /**< in the account's folder */
	char *socket;	   /**< in the runtime folder */
};
/** Makes the folders. */
int steer_paths(const struct account *a, const char *room_id, struct steer_paths *ret,
		struct err *err);
/** A zeroed struct is allowed. */
void steer_paths_done(struct steer_paths *p);

#endif
