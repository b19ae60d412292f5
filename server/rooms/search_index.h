/*
 * The full-text index of what people write: one row per event with a text
 * (m.room.message's body, m.room.name, m.room.topic), kept in the transaction of
 * the event itself. An edit is found as the message that it changes, under the
 * text of the newest valid edit; what is redacted is not found any more.
 *
 * The index keeps no text (FTS5 without content), so a row is forgotten by
 * telling it again: search_index_text must give the same for the same tables.
 */
#ifndef MUSTER_SERVER_ROOMS_SEARCH_INDEX_H
#define MUSTER_SERVER_ROOMS_SEARCH_INDEX_H

#include "core/base/err.h"
#include "server/db/db.h"

#include <jansson.h>

#define SEARCH_FILL_STEP 200 /* older events that one job looks at */

/** What an event is indexed as: column and text. */
enum search_column { SEARCH_BODY, SEARCH_NAME, SEARCH_TOPIC, SEARCH_COLUMNS };

/** Position of the newest valid edit of the event at `pos`, or 0. Any handle. */
int64_t search_newest_edit(struct sql *db, int64_t pos);

/* Inside a job, beside the change they are named after. */

/** An event that was just inserted. Borrowed. */
struct search_event {
	int64_t pos, room_nid;
	const char *type;
	bool is_state;
	const json_t *content;
	const char *rel_type; /**< or NULL */
};
int search_index_added(struct db_tx *tx, const struct search_event *e, struct err *err);
/** Before the event at `pos` loses its content and its relation. */
int search_index_redacting(struct db_tx *tx, int64_t pos, struct err *err);
/**
 * Index some of the events that are older than the index itself; *ret_more is
 * false when all of them are in.
 */
int search_index_fill(struct db_tx *tx, bool *ret_more, struct err *err);

#endif
