/*
 * Two accounts of a real server, one of them in a call (calling.h) that the
 * other looks at. Functions fail the test when they cannot do what they are for.
 */
#ifndef MUSTER_TESTS_CALL_PAIR_H
#define MUSTER_TESTS_CALL_PAIR_H

#include "tests/lib/calling.h"
#include "tests/lib/forked.h"

extern struct forked pair_server;
extern struct err err;

/** Of a group of tests: a home, the server, ann and bob. */
int pair_setup(void **state);
int pair_teardown(void **state);

/* After <cmocka.h>. */
#define OK(call)                                                    \
	do {                                                        \
		int rc_ = (call);                                   \
		if (rc_)                                            \
			fail_msg("%s: %d %s", #call, rc_, err.msg); \
	} while (0)

/** A room of ann's with bob in it; without a name their direct chat. The caller owns its id. */
char *make_room(struct client *ann, struct client *bob, const char *name);
/** What the server says of somebody's member event; new reference. */
json_t *member_of(struct client *c, const char *room, const char *user, const char *device);
bool is_member(struct client *c, const char *room, const struct client *who);
/** Somebody's member event by hand; the event's id is the caller's. */
char *put_member(struct client *c, const char *room, const char *service);
/** On the SFU; the caller owns it. */
char *identity_of(const struct client *c);

struct pair {
	struct client *ann, *bob; /**< blocking */
	char *room;
	struct calling t; /**< ann's call */
};
void pair_open(struct pair *p, const char *name);
void pair_close(struct pair *p);
/** Until ann is in; `o` without the room. */
void pair_join(struct pair *p, struct room_call_options o);

#endif
