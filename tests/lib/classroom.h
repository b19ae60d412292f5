/*
 * A server with anna, bert and eve on it, and what tests of routes do with
 * them. Everything asserts (cmocka). Single use per program: the names are global.
 */
#ifndef MUSTER_TESTS_CLASSROOM_H
#define MUSTER_TESTS_CLASSROOM_H

#include "tests/lib/syncing.h"

#define V3 "/_matrix/client/v3/"
/** Arguments: rel_type, event_id. */
#define RELATES "\"m.relates_to\":{\"rel_type\":\"%s\",\"event_id\":\"%s\"}"

extern struct test_server class_server;
extern struct chatter anna, bert, eve;

/** Group set-up and tear-down. */
int class_start(void **state);
int class_stop(void **state);
/** A public room of anna and bert, with `n` messages "0", "1", ... by anna. */
void class_room(char room[LIMIT_ID_BYTES + 1], int n);
/** GET of the path made by printf, 200. Owned. */
json_t *class_get(struct chatter *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** GET that must end with this status and errcode. */
void class_refused(struct chatter *c, int status, const char *errcode, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** Page through all of /messages with the query `how`; bodies joined by blanks. */
void class_page_all(struct chatter *c, const char *room, const char *how, char *ret, size_t size);
/** Send an event with the content made by printf. */
void class_send(struct chatter *c, const char *room, const char *type, char ret[64],
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
