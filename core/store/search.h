/*
 * Searching the texts of messages. Compared is without case, accents and
 * width, in any language. An index over three characters each grows in steps
 * beside everything else; what it does not hold yet is read through, so a search is complete at any
 * time.
 */
#ifndef MUSTER_STORE_SEARCH_H
#define MUSTER_STORE_SEARCH_H

#include "core/store/events.h"

/**
 * Take up to `rows` more messages into the index, in a transaction of its own. *ret_more: there
 * are others. Not inside a transaction.
 */
int store_index_step(struct store *s, int rows, bool *ret_more, struct err *err);
/** There are messages that the index does not hold yet. */
bool store_index_is_behind(struct store *s);
/** Take an event out before its text is forgotten; inside the caller's transaction. */
int store_index_forget(struct store *s, int64_t seq, struct span body, struct err *err);

/**
 * Events whose text holds all words of `needle` ("several words" in quotes are
 * one), each anywhere, newest first; `room` 0: all joined rooms. At most `limit`.
 */
int store_events_search(struct store *s, int64_t room, const char *needle, int limit,
			store_event_fn *fn, void *arg);

#endif
