/* A roll-call, and what people say in answer to it, for tests of the tally. */
#ifndef MUSTER_TESTS_ROLL_CASE_H
#define MUSTER_TESTS_ROLL_CASE_H

#include "core/attendance/roll.h"

#define ROLL_T0 1000000

/** An event of a room; the caller ends it. */
struct mx_event event_of(const char *id, const char *sender, const char *type, int64_t ts,
			 json_t *steal);
/** "$r", opened by "@t:x" at ROLL_T0, where "Moin" counts as a word. The caller ends it. */
void roll_of(struct roll *ret, int64_t window_ms, int64_t late_ms);
/** What a vote says; NULL: nothing. */
json_t *vote_of(const char *prefix, const char *answer);
json_t *edit_of(const char *of, const char *body);

/* Into the tally; `at` is so many milliseconds after ROLL_T0. */

/** Takes the event. */
void say(struct roll_tally *t, struct mx_event ev, bool may_end);
void vote(struct roll_tally *t, const char *id, const char *who, int64_t at, const char *answer);
void word(struct roll_tally *t, const char *id, const char *who, int64_t at, const char *body);
void react(struct roll_tally *t, const char *id, const char *who, int64_t at, const char *key);
void redact(struct roll_tally *t, const char *id, const char *what, int64_t at);
void end(struct roll_tally *t, const char *id, int64_t at, bool may, bool cancelled);

#endif
