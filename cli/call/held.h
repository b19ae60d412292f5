/*
 * Rows that may turn out to be the beginning of the end: a lost connection, a
 * lesson that is none any more, what is taken from us. People are told of them
 * half a second later, or never, when the end itself says more. Programs get
 * every row at once (cli/call/run.c).
 */
#ifndef MUSTER_CLI_CALL_HELD_H
#define MUSTER_CLI_CALL_HELD_H

#include "core/base/loop.h"

#include <jansson.h>

struct held;
/** `show` prints a row, on the loop's thread; rows are borrowed. The caller owns it. */
struct held *held_new(struct loop *l, void (*show)(void *arg, json_t *row), void *arg);
/** Shows what it still holds. NULL is allowed. */
void held_free(struct held *h);
/** Show this row, now or later. */
void held_row(struct held *h, json_t *row);

#endif
