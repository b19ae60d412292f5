/*
 * A client's cache in memory, filled by literal sync replies. Single quotes
 * stand for double ones in every JSON text here. Everything asserts (cmocka).
 */
#ifndef MUSTER_TESTS_CACHED_H
#define MUSTER_TESTS_CACHED_H

#include "core/store/store.h"

#define CACHED_OWN "@me:x"

struct cached {
	struct store *s;
	int syncs;    /* replies applied */
	int64_t now;  /* origin_server_ts of the next event; a minute later each time */
	struct buf b; /* scratch */
};

void cached_open(struct cached *k);
void cached_close(struct cached *k);
/** Apply a reply; `rest` are its members beside next_batch: "'rooms':{...}". */
void cached_sync(struct cached *k, const char *rest);
/** Events of `room`'s timeline, as a list with commas; see cached_event. */
void cached_timeline(struct cached *k, const char *room, const char *events);
/**
 * One event of a timeline in a sync of its own: id, sender, type, content (with its braces), and
 * more members ("'state_key':''", or "").
 */
void cached_event(struct cached *k, const char *room, const char *id, const char *sender,
		  const char *type, const char *content, const char *more);
/** m.room.message of type m.text. */
void cached_say(struct cached *k, const char *room, const char *id, const char *sender,
		const char *text);
/** Somebody with a name joins. */
void cached_join(struct cached *k, const char *room, const char *user, const char *name);
/** The room with ourselves in it, created by `creator`, who has power 100. */
void cached_room(struct cached *k, const char *room, const char *creator, const char *name);
/** Put an m.room.message into the outbox; `relates` is its m.relates_to or NULL. Its number. */
int64_t cached_unsent(struct cached *k, const char *room, const char *txn, const char *state,
		      const char *body, const char *relates);
int64_t cached_row(struct cached *k, const char *room);

#endif
