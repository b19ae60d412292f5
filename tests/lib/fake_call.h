/*
 * core/call without a network and without sound: the test says what happens.
 * Linked instead of core/call by tests that use these functions.
 */
#ifndef MUSTER_TESTS_FAKE_CALL_H
#define MUSTER_TESTS_FAKE_CALL_H

#include "core/call/call.h"

/** What was done with the newest call, or the one that was selected. */
struct fake_call {
	struct call *call; /**< NULL: there is none */
	char url[600], token[4096], renewed[4096], record[600];
	struct call_options o; /**< without the strings above */
	bool muted, left;
	int made, freed;
};
extern struct fake_call fake_call;

/** From here on it is the living call to this address that things happen to; false: none. */
bool fake_call_select(const char *url);
/** The next call_new fails with this. */
void fake_call_refuse(int code, const char *msg);
void fake_call_state(enum call_state now);
/** `self`: us. */
void fake_call_person(enum call_person_event what, const char *identity, bool self);
void fake_call_muted(bool muted, bool by_server);
void fake_call_ask_token(void);
void fake_call_input_end(void);
void fake_call_end(enum call_end why, const struct err *err);

#endif
