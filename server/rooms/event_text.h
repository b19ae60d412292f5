/*
 * The text of an event, its hash and its id, as room.h documents them. Built by
 * hand from canonical parts: the stored text is itself canonical JSON.
 */
#ifndef MUSTER_SERVER_ROOMS_EVENT_TEXT_H
#define MUSTER_SERVER_ROOMS_EVENT_TEXT_H

#include "core/base/buf.h"
#include "core/base/err.h"

#include <jansson.h>

/** What an event consists of. All borrowed. */
struct event_parts {
	struct span content;  /**< canonical JSON */
	struct span redacted; /**< canonical JSON of the content's redacted form */
	int64_t ts;
	const char *prev; /**< id of the room's event before it, "" for the first */
	const char *room_id, *sender, *type;
	const char *state_key; /**< NULL: not state */
	const char *redacts;   /**< or NULL; top level, beside the copy in content */
};

/**
 * Check and append canonical JSON of a content: an object, nested at most
 * LIMIT_JSON_DEPTH deep, numbers only as integers within 2^53. 400 M_BAD_JSON,
 * 413 M_TOO_LARGE when `b` cannot hold it.
 */
int event_content_put(struct buf *b, const json_t *content, struct err *err);
/** Append the canonical redacted form of `content`. */
int event_redacted_put(struct buf *b, const char *type, const json_t *content, int version,
		       struct err *err);
/** Hash of the unredacted event; `work` is scratch. */
void event_hash(const struct event_parts *e, struct buf *work, uint8_t ret[32]);
/** Event id from the redacted form and the hash; `work` is scratch. */
void event_id_of(const struct event_parts *e, const uint8_t hash[32], struct buf *work,
		 char ret[64]);
/** Append the client-format text. */
void event_text_put(struct buf *b, const struct event_parts *e, const char *event_id);
/** Is the content of a text of event_text_put exactly this canonical JSON? */
bool event_text_has_content(struct span text, struct span content);

#endif
