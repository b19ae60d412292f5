/*
 * The account's tokens in this process, and their renewal, once for all
 * processes. Private to session*.c and login.c.
 */
#ifndef MUSTER_CLIENT_TOKEN_H
#define MUSTER_CLIENT_TOKEN_H

#include "core/client/account.h"

/**
 * Get working tokens after the server refused `used` (or it ran out): under
 * the account's lock, take what another process got meanwhile, else ask
 * /refresh. Blocks; may run on the pool. ERR_AUTH: logged out for real.
 */
int token_renew(const struct account *a, const char *ca_file, const char *used, int timeout_ms,
		struct secrets *ret, struct err *err);
/**
 * Put other tokens in place (none: forget them), but not while a renewal of
 * the old ones is under way, whose result would overwrite them.
 */
int token_replace(const struct account *a, const struct secrets *s, struct err *err);
/** The sentence for a session that is over. */
int token_logged_out(const struct account *a, struct err *err);

#endif
