/*
 * The parts of struct accounts; only server/accounts includes this.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_ACCOUNTS_IMPL_H
#define MUSTER_SERVER_ACCOUNTS_ACCOUNTS_IMPL_H

#include "server/accounts/accounts.h"

struct session_cache;
struct password_queue;
struct limits;

struct accounts {
	struct session_cache *sessions;
	struct password_queue *passwords;
	struct limits *limits;
};

struct session_cache *session_cache_new(void);
void session_cache_free(struct session_cache *c);
/** `device_nid` 0: all of the user's. */
void session_cache_forget(struct session_cache *c, int64_t user_nid, int64_t device_nid);

struct password_queue *password_queue_new(struct loop *l);
/** Nothing waits or runs afterwards. Not from within a callback of the loop. */
void password_queue_finish(struct password_queue *q);
void password_queue_free(struct password_queue *q);

struct limits *limits_new(void);
void limits_free(struct limits *l);

#endif
