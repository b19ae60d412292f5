/*
 * Meetings: scheduling, changing, finding and starting them. Rows have the keys of
 * the contract: uid, recurrence_id, room_id, room, title, start, end, duration_s, tz, rrule, status ("scheduled",
 * "moved", "cancelled", "now", "over"), ended_early, sequence, description, location.
 */
#ifndef MUSTER_CLIENT_MEET_H
#define MUSTER_CLIENT_MEET_H

#include "core/client/client.h"
#include "core/client/meet/meeting.h"

/** What `meet schedule` was asked for. Borrowed; NULL: not said. */
struct meet_request {
	const char *room_id,
		*uid; /**< uid NULL: made of room, title and start, so that repeating is harmless */
	const char *title, *description, *location;
	int64_t start_ms, duration_ms;
	const char *zone, *rrule;
	bool no_message, no_file, no_pin; /**< what people of other clients would see */
	bool past;			  /**< also when it is over already */
	bool own_room;			  /**< a room of its own, in the Nordeck widget's shape */
	const char *const *invite;	  /**< of a room of its own: user ids, NULL-ended */
};
/**
 * Schedule. *ret: a row with `existing` and `changed`; what is there already stays as it is, whatever else
 * was asked for, and `differs` lists that (title, start, duration, repeat, description, location). ERR_AUTH without the power to; ERR_USAGE for what cal_event_check refuses, for a series
 * whose rule does not yield its start, and for what is over (unless `past`).
 */
int client_meet_schedule(struct client *c, const struct meet_request *rq, json_t **ret,
			 struct err *err);

/** Change a meeting, or one occurrence (`recurrence` not NULL); NULL and 0 keep. Raises SEQUENCE and tells the room. */
struct meet_change {
	const char *uid, *room_id, *recurrence;
	const char *title, *description, *location, *rrule, *zone;
	int64_t start_ms, duration_ms;
	bool cancel; /**< the occurrence, or all of it */
	const char *reason;
	bool quiet; /**< no message */
};
int client_meet_change(struct client *c, const struct meet_change *ch, json_t **ret,
		       struct err *err);

/** One row an occurrence in [since, until), of one room or (NULL) all joined ones, by start. From the cache, refreshed before. */
struct meet_query {
	const char *room_id;
	int64_t since_ms, until_ms;
	bool cancelled; /**< also those */
	size_t max;
};
int client_meet_list(struct client *c, const struct meet_query *q, client_row_fn *fn, void *arg,
		     struct err *err);
/** All meetings of a room (series as one). The caller frees each with meeting_done and the array. */
int client_meetings(struct client *c, const char *room_id, struct meeting **ret, size_t *ret_n,
		    struct err *err);

/** What client_meet_watch tells of. */
struct meet_watch {
	const char *room_id; /**< NULL: all rooms */
	int64_t before_ms;   /**< so long before it begins: "soon" */
	/** May be NULL: what else is to be done now and then, at least once a minute and when a message has come in a
	 * direct chat. Has the same `arg` as the others. */
	void (*aside)(struct client *c, void *arg);
};
/**
 * Rows as they happen, until the deadline (ERR_CANCELLED) or until fn says stop: those of
 * client_meet_list with `event`: "soon", "begins", "ends", "new", "changed", "cancelled", and `quiet`: it
 * is in our own quiet hours, in which "soon" is not told. `ready` (may be NULL) runs
 * once when nothing can be missed from now on.
 */
int client_meet_watch(struct client *c, const struct meet_watch *w, client_row_fn *fn,
		      void (*ready)(void *arg), void *arg, struct err *err);
/** A meeting by its UID, series and all, from the refreshed cache. */
int client_meet_get(struct client *c, const char *room_id, const char *uid, struct meeting *ret,
		    struct err *err);
/** Row of all of it: that of its next date, with `dates`: the next ones as ISO 8601. The caller owns it. */
json_t *client_meet_show(struct client *c, const struct meeting *m);
/** Row of one occurrence. The caller owns it. */
json_t *client_meet_show_one(struct client *c, const struct meeting *m,
			     const struct cal_occurrence *o);

/** `m` is the callback's to keep: it zeroes it then. Anything but 0 ends the walk. */
typedef int meet_walk_fn(struct meeting *m, const char *room_name, void *arg);
/** Meetings of a room or (NULL) of all joined ones, as the cache has them; what `fn` returned. */
int meet_walk_cached(struct store *s, const char *room_id, meet_walk_fn *fn, void *arg);

/** Ids of meetings that are not over, for completion; from the cache alone. Rows: value, what. */
int meeting_complete(struct client *c, const char *prefix, client_row_fn *fn, void *arg);

/**
 * MEETING of the contract: "UID[@DATE]", "now", "last"; `room_id` narrows it (NULL: all rooms).
 * Fills the meeting and its occurrence (borrowed from it). ERR_NOT_FOUND; ERR_USAGE lists the dates.
 */
int client_meet_find(struct client *c, const char *room_id, const char *which, int64_t now_ms,
		     struct meeting *ret, struct cal_occurrence *ret_occurrence, struct err *err);

/** Begin a lesson: the line in the room that attendance is taken (TAKING_TYPE), a notification. Safe to repeat. */
int client_meet_start(struct client *c, const struct meeting *m, const struct cal_occurrence *o,
		      json_t **ret, struct err *err);

/**
 * End a date that is on, before its time: the room reads it, and from then on it is over for everybody, also for
 * the register (lesson.closed_ms). A second call of a roll that we have scheduled for the rest of it is taken
 * back. *ret: a row with `existing`, `changed`, `event_id` (of the notice). Safe to repeat. client_meet_change
 * with a start or a duration of that date takes it back. ERR_CONFLICT: not on.
 */
int client_meet_end(struct client *c, const struct meeting *m, const struct cal_occurrence *o,
		    json_t **ret, struct err *err);
/** client_meet_find with "now", where a date that was ended early counts as on until its planned end. */
int client_meet_find_planned(struct client *c, const char *room_id, int64_t now_ms,
			     struct meeting *ret, struct cal_occurrence *ret_occurrence,
			     struct err *err);

/** .ics: out (`uid` NULL: all of the room) and in (as client_meet_schedule for each). */
int client_meet_export(struct client *c, const char *room_id, const char *uid, struct buf *ret,
		       struct err *err);
int client_meet_import(struct client *c, const char *room_id, struct span ics, bool dry_run,
		       void (*problem)(void *arg, int line, const char *sentence),
		       client_row_fn *fn, void *arg, struct err *err);

#endif
