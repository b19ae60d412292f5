/*
 * Roll-calls in rooms: opening, answering, watching, marking. Rows: roll_id, room_id, user_id,
 * external_id, name, status ("here", "late", "away", "excused", "absent", "not_tracked" (staff said so), "pending"), way, ts, by, reason.
 */
#ifndef MUSTER_CLIENT_ROLL_H
#define MUSTER_CLIENT_ROLL_H

#include "core/attendance/roll.h"
#include "core/client/client.h"

struct roll_request {
	const char *room_id, *uid, *recurrence_id; /**< uid NULL: of no meeting */
	int64_t lesson_end_ms;			   /**< of that occurrence; 0: none */
	int64_t window_ms, late_ms;		   /**< 0: by the class's rules */
	bool second_call; /**< another one at a random time before lesson_end_ms */
	bool waits; /**< client_roll_wait follows: it makes the second call where the server cannot */
	const char *question, *txn_id;
	const char *const *words; /**< agreed words beside the common ones, NULL-ended, or NULL */
};
/**
 * Open one. While one is open in the room it is returned with existing = true; so is that of the
 * same txn_id. Its end is scheduled on the server at once where that has delayed events (MSC4140),
 * else in our queue. Staff only. *ret: roll_id, room_id, existing, opened, closes, ends_by_itself, expected,
 * second (when the second call comes, or null).
 */
int client_roll_open(struct client *c, const struct roll_request *rq, json_t **ret,
		     struct err *err);

/** By roll id (`room_id` NULL: of any room that the cache knows), or a room's newest (`roll_id` NULL). The caller frees with roll_done. ERR_NOT_FOUND. */
int client_roll_find(struct client *c, const char *room_id, const char *roll_id, struct roll *ret,
		     struct err *err);
/**
 * "here" or "away". *ret: a row with event_id and existing (we had said so already).
 * ERR_CONFLICT when it is closed.
 */
int client_roll_answer(struct client *c, const struct roll *r, bool here, const char *txn_id,
		       json_t **ret, struct err *err);
/** One row a person of the roster (else of the room), then others who answered. *ret_open: people that are still expected. */
int client_roll_status(struct client *c, const struct roll *r, client_row_fn *fn, void *arg,
		       size_t *ret_open, struct err *err);
/**
 * Rolls of a room (NULL: all), newest first: roll_id, room_id, uid, recurrence_id, second_of, by, opened, closes, state
 * ("open", "closed", "cancelled"), here, late, away, absent, excused, pending.
 */
int client_roll_list(struct client *c, const char *room_id, int64_t since_ms, client_row_fn *fn,
		     void *arg, struct err *err);
/** Both: *ret: roll_id, room_id, state, existing (it was so already). */
int client_roll_close(struct client *c, const struct roll *r, json_t **ret, struct err *err);
/** It counts for nothing; nor does a second call of it follow. */
int client_roll_cancel(struct client *c, const struct roll *r, const char *reason, json_t **ret,
		       struct err *err);
/**
 * Tell those who have not answered, each by direct message: once a minute and three times a roll at
 * most, whoever of the staff asks; honours quiet hours. Rows: as a person's, with `told` and, when not, `why`
 * ("recent", "enough", "quiet", "failed").
 */
int client_roll_remind(struct client *c, const struct roll *r, const char *const *users,
		       client_row_fn *fn, void *arg, struct err *err);
/**
 * Staff answers for somebody (MARK_TYPE in the staff room). `status`: "here", "late", "absent", "excused" (needs a reason),
 * "none" (takes the mark back). `user`: Matrix id, outside id or name of the roster. *ret: the person's row, with
 * `before` and `existing`.
 */
int client_roll_mark(struct client *c, const struct roll *r, const char *user, const char *status,
		     const char *reason, json_t **ret, struct err *err);
/**
 * Wait until all have answered or it has closed (`limit_ms` of waiting at most, 0: no limit); `fn` hears of
 * every answer, those that are there first. A roll that `second_ms` (0: none) says so of is waited for together with its second call.
 * 0: all have; ERR_PENDING: some have not.
 */
int client_roll_wait(struct client *c, const struct roll *r, int64_t second_ms, int64_t limit_ms,
		     client_row_fn *fn, void *arg, struct err *err);

#endif
