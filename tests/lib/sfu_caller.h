/*
 * A session of ours (core/call) in a call of an SFU of ours, and somebody who hears it,
 * all on one loop. Every wait has a time limit and fails the test.
 */
#ifndef MUSTER_TESTS_SFU_CALLER_H
#define MUSTER_TESTS_SFU_CALLER_H

#include "core/call/session.h"
#include "tests/lib/sfu_world.h"

struct sfu_caller {
	struct sfu_world w;
	struct call_session *session;
	enum pc_block block; /**< may be changed at any time */
	enum call_state state;
	int joined; /**< how often so far */
	struct err ended;
	struct sfu_client *ear; /**< hears the session; NULL: nobody does */
};

/** The SFU with these options, and nobody there. */
void sfu_caller_open(struct sfu_caller *c, struct sfu_options opt);
void sfu_caller_close(struct sfu_caller *c);
/** The ear comes, and is connected. */
void sfu_caller_add_ear(struct sfu_caller *c);
/** "ann" who speaks in the room of the ear, with all the time that a slow machine needs. */
struct session_options sfu_caller_options(void);
/** Come in; what says where is filled in. */
void sfu_caller_begin(struct sfu_caller *c, struct session_options o);

/** Until it has joined so often, and is in the call. */
void sfu_caller_until_joined(struct sfu_caller *c, int times);
/** Until the call ended; the code of the reason. */
int sfu_caller_until_ended(struct sfu_caller *c);
/** Until the ear has heard so many packets more. */
void sfu_caller_until_heard(struct sfu_caller *c, size_t more);
enum call_way sfu_caller_way(const struct sfu_caller *c);
void sfu_caller_until_way(struct sfu_caller *c, enum call_way way);

#endif
