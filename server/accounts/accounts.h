/*
 * What the server keeps in memory about accounts: access tokens that were used
 * lately, the queue of password hashing, counts of failed log-ins. Loop thread.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_ACCOUNTS_H
#define MUSTER_SERVER_ACCOUNTS_ACCOUNTS_H

#include "core/base/span.h"
#include "server/db/db.h"
#include "server/server.h"

struct accounts;

/** The caller owns it: accounts_finish, then accounts_free. */
struct accounts *accounts_new(struct loop *l);
/**
 * End the hashing of passwords: what waits fails, what runs is waited for. Not
 * from within a callback of the loop.
 */
void accounts_finish(struct accounts *a);
/** After accounts_finish. NULL is allowed. */
void accounts_free(struct accounts *a);
/** From the commit callback: forget tokens that changed. */
void accounts_on_commit(struct accounts *a, const struct db_change *changes, size_t n);

/** A device's access token, as far as requests need it. Shared: session_unref. */
struct session {
	int refs;
	uint8_t hash[32];
	int64_t user_nid, device_nid;
	int64_t expires_ts; /**< wall ms; 0: never */
	int64_t seen_ts;    /**< last_seen_ts as stored */
	char *user_id, *device_id;
	bool admin, locked, suspended;
	int64_t live_room_nid; /**< device.h */
	int live_rights;
};

/**
 * The session of an access token; the caller owns a reference. NULL when the
 * token is unknown, or (`*ret_expired`) once was valid and can be refreshed.
 */
struct session *session_find(struct server *srv, struct span token, bool *ret_expired);
/** NULL is allowed. */
void session_unref(struct session *s);
/** Note when and from where the device was last seen; stored at most every few minutes. */
void session_seen(struct server *srv, struct session *s, const char *peer);

/*
 * Passwords: argon2id on the pool, two at once. The places that ask (`from`: a
 * peer's address) take turns, and no place fills the queue alone.
 */

/**
 * `encoded` is the new hash (NULL when the server stops first); for a check
 * `match` tells. Loop thread.
 */
typedef void password_done_fn(void *arg, const char *encoded, bool match);
/** False when the queue is full (answer 429): done is not called then. `password` is copied. */
bool password_hash(struct accounts *a, const char *from, struct span password,
		   password_done_fn *done, void *arg);
/** Check against `encoded`; NULL (no such user, no password) costs the same time and never matches.
 */
bool password_check(struct accounts *a, const char *from, struct span password, const char *encoded,
		    password_done_fn *done, void *arg);
/** Hashing jobs that wait or run. */
int password_backlog(const struct accounts *a);

/* Failures, counted per account or invite token ("u:@a:hs", "t:TOKEN"), never per address. */

/** Milliseconds until `key` may be tried again; 0: now. */
int limit_wait_ms(struct accounts *a, const char *key);
void limit_failed(struct accounts *a, const char *key);
void limit_succeeded(struct accounts *a, const char *key);

#endif
