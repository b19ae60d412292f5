/*
 * What belongs to an event, and what is new in a room: the questions that a
 * screen asks for each message. Each is answered from an index.
 */
#ifndef MUSTER_STORE_RELATIONS_H
#define MUSTER_STORE_RELATIONS_H

#include "core/store/events.h"

enum store_relation {
	STORE_EDITED = 1,
	STORE_ANNOTATED = 2, /**< reactions */
	STORE_THREADED = 4,
	STORE_REFERENCED = 8, /**< votes and the end of a poll */
};
/** Which of these relate to the event: bits. */
unsigned store_relations(struct store *s, int64_t room, struct span event_id);

/** How many events of a thread are here, deleted ones aside. */
int64_t store_thread_replies(struct store *s, int64_t room, struct span root);
/** Its events with from < pos < to, its root aside. Returns what `fn` returned. */
int store_thread_walk(struct store *s, int64_t room, struct span root, int64_t from, int64_t to,
		      bool backwards, store_event_fn *fn, void *arg);

/** Events of a room that arrived after `seq`, in order of arrival. */
int store_events_since(struct store *s, int64_t room, int64_t seq, store_event_fn *fn, void *arg);
/** Messages of a room behind a position, in its order. */
int store_messages_after(struct store *s, int64_t room, int64_t pos, store_event_fn *fn, void *arg);
/** Append what an event says now: the text of its newest edit, or its own. */
void store_event_text(struct store *s, const struct store_event *e, struct buf *ret);
/** Did an event of this type arrive after `seq`, in any room? */
bool store_type_since(struct store *s, int64_t seq, const char *type);
/** The newest of the last events that is something to read; false: none of them is. */
bool store_event_last(struct store *s, int64_t room, store_event_fn *fn, void *arg);

#endif
