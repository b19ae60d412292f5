/*
 * What a room was told of who is in its call.
 */
#ifndef MUSTER_TESTS_TOLD_H
#define MUSTER_TESTS_TOLD_H

#include "tests/lib/server.h"

/** All org.muster.presence events that `token` sees of the room, oldest first. The caller owns it. */
json_t *told(struct test_server *t, const char *room, const char *token);
/** Wait until there are `n`; fails the test when they do not come, or are more. */
json_t *told_await(struct test_server *t, const char *room, const char *token, size_t n);
/** The content of the i-th, which the server's own user sent. */
const json_t *told_content(const json_t *events, size_t i);

#endif
