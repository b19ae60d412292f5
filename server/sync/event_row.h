/*
 * Events as they are read back: one row, from SQLite or from the tail, and how
 * it is written for one receiver. The text is stored ready to send; only
 * `unsigned` is put together per receiver, as text.
 */
#ifndef MUSTER_SERVER_SYNC_EVENT_ROW_H
#define MUSTER_SERVER_SYNC_EVENT_ROW_H

#include "core/base/buf.h"
#include "server/sync/hub.h"

struct event_row {
	int64_t pos, ts, sender_nid, device_nid;
	int64_t prev_pos; /**< state: position of what it replaced, 0: none */
	bool is_state;
	struct span text, type, state_key, event_id, txn_id, redacted_by, delay_id;
	const char *sender; /**< user id, borrowed from the hub or the tail */
	const char *extra;  /**< ready members of `unsigned` ("\"a\":1,"), or NULL */
	char *block;	    /**< owns the spans when the row came from SQLite */
};

struct event_list {
	struct event_row *v;
	size_t n, size;
};

/** With the rows; a zeroed list is allowed. */
void event_list_done(struct event_list *l);
/** A new zeroed row at the end. */
struct event_row *event_list_add(struct event_list *l);
/** Reverse the order. */
void event_list_reverse(struct event_list *l);

/** Columns that event_row_read takes, for use in a SELECT on events. */
#define EVENT_COLUMNS                                                                 \
	" e.pos,e.ts,e.sender_nid,e.device_nid,e.prev_pos,e.text,e.type,e.state_key," \
	"e.event_id,e.txn_id,e.redacted_by,e.delay_id "
#define EVENT_COLUMN_COUNT 12
/** Copy the present row of `s` into a new row of `l`. */
struct event_row *event_row_read(struct hub *h, struct sql_stmt *s, struct event_list *l);
/** Append the event at `pos`; false when there is none. */
bool event_row_at(struct hub *h, int64_t pos, struct event_list *l);
/** Append the event with this id when it is in the room; false otherwise. */
bool event_row_by_id(struct hub *h, int64_t room_nid, struct span event_id, struct event_list *l);

/** Who an event is written for, and how. */
struct event_view {
	struct hub *hub;
	int64_t user_nid, device_nid;
	int64_t now_ms;
	const char *membership; /**< unsigned.membership, or NULL to leave it out */
	const char *room_id;	/**< the room; its member "room_id" is cut off when `cut_room_id` */
	bool cut_room_id;
	bool previous;		     /**< unsigned.prev_content of state events */
	bool bundle;		     /**< unsigned.m.relations */
	bool nested;		     /**< this event stands in another's m.relations */
	const struct filter *fields; /**< event_fields are applied when it has any */
};

/**
 * Where the top-level `"room_id":"..."` of an event's text stands, with one
 * comma beside it, so that it can be left out; empty when there is none.
 */
struct span event_room_id_span(struct span text, const char *room_id);
/** Append the event with its `unsigned`. */
void event_put(struct buf *b, const struct event_row *e, const struct event_view *v);
/** Append the stripped form: type, state_key, content, sender. */
void event_put_stripped(struct buf *b, const struct event_row *e);
/** Set an entry's text (copied) as the tail holds it: as /sync tells it, without room_id. */
void event_tail_text(struct hub *h, struct tail_entry *t, struct span text);
/** The tail's entry as a row; reads a stale text again. Borrowed from the tail. */
void event_row_of_tail(struct hub *h, struct tail_entry *t, struct event_row *ret);

#endif
