/*
 * Filters of the client-server API ("Filtering"): compiled once from JSON,
 * shared by reference. NULL stands for "no filter" in every matching function.
 */
#ifndef MUSTER_SERVER_SYNC_FILTER_H
#define MUSTER_SERVER_SYNC_FILTER_H

#include "core/base/err.h"
#include "core/base/span.h"

#include <jansson.h>

#define FILTER_TIMELINE_DEFAULT 20
#define FILTER_LIMIT_MAX 1000 /* a larger limit counts as this */
#define FILTER_BYTES_MAX 65536
#define FILTER_LIST_MAX 500 /* types or senders in one list: each is tried on each event */

struct filter_list {
	char **items;
	size_t n;
	bool set; /**< an empty list that is set lets nothing pass */
};

/** EventFilter, RoomEventFilter and StateFilter in one. */
struct event_filter {
	int limit; /**< 0: not given */
	struct filter_list types, not_types, senders, not_senders, rooms, not_rooms;
	int contains_url; /**< -1: not given */
	bool lazy_load_members;
	bool include_redundant_members;
	bool unread_thread_notifications;
};

struct filter {
	int refs;
	struct event_filter account_data, presence;
	struct event_filter timeline, state, ephemeral, room_account_data;
	struct filter_list rooms, not_rooms;
	struct filter_list fields; /**< event_fields */
	bool include_leave;
};

/** Compile a whole filter; ERR_INVALID with 400 M_BAD_JSON when a member has the wrong type. */
int filter_compile(const json_t *j, struct filter **ret, struct err *err);
/** NULL is allowed. */
void filter_unref(struct filter *f);
/** A RoomEventFilter by itself (/messages, /context). event_filter_done afterwards. */
int event_filter_compile(const json_t *j, struct event_filter *ret, struct err *err);
void event_filter_done(struct event_filter *f);

/** May anything of this room be told at all? */
bool filter_room(const struct filter *f, const char *room_id);
/** The room lists of one section. */
bool event_filter_room(const struct event_filter *f, const char *room_id);
/** Types and senders; `text` (the event) is looked at only for contains_url. */
bool event_filter_match(const struct event_filter *f, struct span type, struct span sender,
			struct span text);
/** Keep only the members that event_fields names ("content.body", "\\." for a dot). */
json_t *filter_fields(const struct filter *f, const json_t *event);

#endif
