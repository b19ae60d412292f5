/*
 * Roll-calls in rooms: opening, answering, watching, marking. Rows: roll_id, room_id, user_id,
 * external_id, name, status ("here", "late", "away", "excused", "absent", "pending"), way, ts, by, reason.
 */
#ifndef MUSTER_CLIENT_ROLL_H
#define MUSTER_CLIENT_ROLL_H

#include "core/attendance/roll.h"
#include "core/client/client.h"

struct roll_request {
	const char *room_id, *uid, *recurrence_id; /**< uid NULL: of no meeting */
	int64_t window_ms, late_ms;		   /**< 0: by the class's rules */
	bool second_call; /**< another one at a random time of the lesson */
	const char *question, *txn_id;
	const char *const *words; /**< agreed words beside the common ones, NULL-ended, or NULL */
};
/**
 * Open one. While one is open in the room it is returned with existing = true. Its end is scheduled
 * on the server at once where that has delayed events (MSC4140). *ret: roll_id, room_id, existing, opened_ts,
 * closes_ts, expected, second_ts (or null).
 */
int client_roll_open(struct client *c, const struct roll_request *rq, json_t **ret,
		     struct err *err);

/** By roll id, or a room's newest. The caller frees with roll_done. ERR_NOT_FOUND. */
int client_roll_find(struct client *c, const char *room_id, const char *roll_id, struct roll *ret,
		     struct err *err);
/** "here" or "away". *ret: a row. ERR_CONFLICT when it is closed. */
int client_roll_answer(struct client *c, const struct roll *r, bool here, const char *txn_id,
		       json_t **ret, struct err *err);
/** One row a person of the roster (else of the room), then others who answered. *ret_open: people that are still expected. */
int client_roll_status(struct client *c, const struct roll *r, client_row_fn *fn, void *arg,
		       size_t *ret_open, struct err *err);
/** Rolls of a room (NULL: all), newest first: roll_id, room_id, uid, opened_ts, closes_ts, state, here, late, absent, excused, pending. */
int client_roll_list(struct client *c, const char *room_id, int64_t since_ms, client_row_fn *fn,
		     void *arg, struct err *err);
int client_roll_close(struct client *c, const struct roll *r, json_t **ret, struct err *err);
/** It counts for nothing. */
int client_roll_cancel(struct client *c, const struct roll *r, const char *reason, json_t **ret,
		       struct err *err);
/** Tell those who have not answered, each by direct message, once a minute at most; honours quiet hours. Rows of whom. */
int client_roll_remind(struct client *c, const struct roll *r, const char *const *users,
		       client_row_fn *fn, void *arg, struct err *err);
/** Staff answers for somebody (MARK_TYPE in the staff room). `status`: "here", "late", "absent", "excused" (needs a reason). */
int client_roll_mark(struct client *c, const struct roll *r, const char *user, const char *status,
		     const char *reason, json_t **ret, struct err *err);
/**
 * Wait until all have answered or it has closed; `fn` hears of every answer. 0: all have; ERR_PENDING: some have not.
 */
int client_roll_wait(struct client *c, const struct roll *r, int64_t limit_ms, client_row_fn *fn,
		     void *arg, struct err *err);

#endif
