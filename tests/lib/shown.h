/*
 * A room with Ann and Ben in it, and what a conversation shows of it, as text.
 * Everything asserts (cmocka).
 */
#ifndef MUSTER_TESTS_SHOWN_H
#define MUSTER_TESTS_SHOWN_H

#include "core/client/view/conversation.h"
#include "tests/lib/cached.h"

#define SHOWN_ROOM "!r:x"
/** What is shown of it. */
#define SHOWN_BEGINNING                                                \
	"-- start --\nday:2025-11-30\nAnn made this room\nMe joined\n" \
	"Ann named the room “Physics”\n"                           \
	"Ann and Ben joined\n"

void shown_begin(struct cached *k);
/** room_id and own_user_id are filled in. */
struct conversation *shown_open(struct cached *k, struct conversation_options o);
/** A line for each item; static buffer. */
const char *shown(struct conversation *c);

#endif
