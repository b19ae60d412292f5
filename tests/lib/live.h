/* A real server in a process of its own, and the accounts "ann" and "bob" on it. */
#ifndef MUSTER_TESTS_LIVE_H
#define MUSTER_TESTS_LIVE_H

#include "tests/lib/forked.h"

extern struct live {
	struct home home;
	struct forked server;
	char dir[300];	/**< the server's data */
	struct err err; /**< of the call that failed last */
} live;

/** Of a group of tests. */
int live_begin(void **state);
int live_end(void **state);

/* After <cmocka.h>. */
#define OK(call)                                                         \
	do {                                                             \
		int rc_ = (call);                                        \
		if (rc_)                                                 \
			fail_msg("%s: %d %s", #call, rc_, live.err.msg); \
	} while (0)

/** A room of theirs; `invite`: a user, or NULL. The caller owns its id. */
char *live_room(struct client *c, const char *name, const char *invite);
/** client_send of a text; `txn` may be NULL. */
int live_send(struct client *c, const char *room, const char *text, const char *txn, json_t *rows,
	      struct err *e);
/** How many of these rows have this body. */
int live_bodies(json_t *rows, const char *body);

#endif
