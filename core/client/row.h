/*
 * Events as rows of the command line's contract. Private to this folder.
 */
#ifndef MUSTER_CLIENT_ROW_H
#define MUSTER_CLIENT_ROW_H

#include "core/client/timeline.h"
#include "core/client/util.h"

struct row_context {
	struct store *s;
	const struct store_room *room;
	bool raw;
	bool edits;	  /**< tell every text that a message had */
	bool edits_apply; /**< show the newest text instead of edits */
};

/** A row for `e`; new reference. */
json_t *event_row(const struct row_context *x, const struct store_event *e);
/** Does an event of this kind belong to what was asked for? */
bool event_wanted(const struct read_request *rq, const struct store_event *e);

#endif
