/*
 * A call of a room (core/client/call) in a test: its loop, its rows, and
 * waiting for what is to happen.
 */
#ifndef MUSTER_TESTS_CALLING_H
#define MUSTER_TESTS_CALLING_H

#include "core/client/call/room_call.h"
#include "tests/lib/fake_call.h"
#include "tests/lib/forked.h"

#include <sys/types.h>

struct calling {
	struct loop *l;
	struct client *c;
	struct engine *engine;
	struct room_call *rc;
	json_t *rows;  /**< all of the present call */
	size_t waited; /**< rows before this one were waited for */
	json_t *warnings;
	bool ended;
	struct err err; /**< what `ended` said; code 0: nothing */
};

void calling_open(struct calling *t, const char *account);
void calling_close(struct calling *t);
/** Fails the test when it cannot begin. */
void calling_join(struct calling *t, const struct room_call_options *o);
/** Turn the loop until `done`; fails the test in the end. `what` is waited for. */
void calling_turn(struct calling *t, bool (*done)(struct calling *t, void *arg), void *arg,
		  const char *what);
/** Turn the loop for so long: what was to happen on it before then has happened, however slow the
 * machine is. */
void calling_pass(struct calling *t, int ms);
/** Until core/call was asked to connect. */
void calling_wait_made(struct calling *t);
/** Until there is a connection to this address (and select it), or none any more. */
void calling_wait_url(struct calling *t, const char *url, bool there);
/** Until there is a row of this event that was not waited for. */
void calling_wait(struct calling *t, const char *event);
void calling_wait_ended(struct calling *t);
/** Until nothing that we asked the server for is unanswered. */
void calling_wait_quiet(struct calling *t);
/** Until our member event is another one than `old`. */
void calling_wait_seat(struct calling *t, const char *old);
/** Until our hand hangs on our present member event. */
void calling_wait_hand(struct calling *t);
/** Until the room says that so many others are in the call. */
void calling_wait_members(struct calling *t, size_t n);
/** Until our membership is guarded by a delayed leave. */
void calling_wait_guarded(struct calling *t);
/** Until a script was asked so often for what begins so. */
void calling_wait_asked(struct calling *t, const struct forked *f, const char *prefix, int times);
/** Turn the loop until this child has ended, which must be well. */
void calling_run_beside(struct calling *t, pid_t child);
/** The newest row of this event; NULL. Borrowed. */
json_t *calling_row(struct calling *t, const char *event);
const char *calling_member_event(const struct calling *t);

#endif
