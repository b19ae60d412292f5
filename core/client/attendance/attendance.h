/*
 * Attendance: gathers what a register needs (back-filled until nothing is missing), has it judged
 * (core/attendance/register.h) and does what staff and people do with it.
 */
#ifndef MUSTER_CLIENT_ATTENDANCE_H
#define MUSTER_CLIENT_ATTENDANCE_H

#include "core/attendance/register.h"
#include "core/client/client.h"

/** Which lessons, and by what rules. Borrowed. */
struct attendance_query {
	const char *room_id;
	const char *meeting;		     /**< MEETING, or NULL */
	const char *roll_id;		     /**< or NULL */
	int64_t since_ms, until_ms;	     /**< lessons that begin in this time */
	const char *const *users;	     /**< only these, NULL-ended, or NULL */
	const char *status;		     /**< only these marks, or NULL */
	int64_t late_ms, early_ms, grace_ms; /**< -1: by the class's rules */
	int min_percent;		     /**< -1 likewise */
	bool dry_run;			     /**< client_attendance_notify tells nobody */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t total);
	void *progress_arg;
};

/** The sheet (zeroed before; the caller owns it), one lesson each. ERR_NOT_FOUND when there are none. */
int client_attendance_sheet(struct client *c, const struct attendance_query *q,
			    struct attendance_sheet *ret, struct err *err);
/** The register of one lesson, for show, seal and tests. The caller frees both; *ret_input may be NULL. */
int client_attendance_register(struct client *c, const struct attendance_query *q,
			       struct register_input **ret_input, struct attendance_register **ret,
			       struct err *err);
/** How a lesson's register stands to its seal: seal ("none", "good", "inputs_missing", "inputs_new", "different"), by, ts, missing, added,
 * differ (marks of `r` that other rules given for it made others than the seal's do), corrected (marks that what was said since
 * made others; known for a good seal). The caller owns it. */
json_t *client_attendance_seal_row(const struct register_input *in,
				   const struct attendance_register *r);
/** Our own marks, from what we were told and what we can see ourselves. Rows as the contract's. */
int client_attendance_mine(struct client *c, const struct attendance_query *q, client_row_fn *fn,
			   void *arg, struct err *err);

/** A correction by staff; the mark before is written beside it. *ret: user_id, before, after, event_id. */
int client_attendance_correct(struct client *c, const struct attendance_query *q, const char *user,
			      enum mark_status after, const char *reason, const char *contest,
			      const char *txn_id, json_t **ret, struct err *err);
/** Say that our own mark is wrong: by direct message to the class's staff, whose client puts it into the staff room. */
int client_attendance_contest(struct client *c, const struct attendance_query *q,
			      const char *reason, json_t **ret, struct err *err);
/** Contests: contest_id, user_id, name, uid, recurrence_id, reason, ts, state ("open", "accepted", "declined"), by. */
int client_attendance_contests(struct client *c, const char *room_id, bool all, client_row_fn *fn,
			       void *arg, struct err *err);
/** Tell everybody (or `q->users`) their own mark by direct message; who knows it already is not told again. Rows of whom: state "told",
 * "known", "failed", or with `dry_run` "would_be_told"; text: what they read. */
int client_attendance_notify(struct client *c, const struct attendance_query *q, client_row_fn *fn,
			     void *arg, struct err *err);
/** Close a lesson's register: write the seal. Safe to repeat. */
int client_attendance_seal(struct client *c, const struct attendance_query *q, json_t **ret,
			   struct err *err);
/** Per person over the range: user_id, name, external_id, lessons, present, late, left_early, partial, absent, excused, not_tracked,
 * not_known, percent, present_s. */
int client_attendance_term(struct client *c, const struct attendance_query *q, client_row_fn *fn,
			   void *arg, struct err *err);

/** The class's rules: of its staff room, else the room's, else the defaults. */
int client_attendance_rules(struct client *c, const char *room_id, struct attendance_rules *ret,
			    struct err *err);
int client_attendance_set_rules(struct client *c, const char *room_id,
				const struct attendance_rules *r, struct err *err);
/** Ask not to be tracked, or take it back. ERR_FORBIDDEN where the class does not allow it. */
int client_attendance_opt_out(struct client *c, const char *room_id, bool out, struct err *err);
/**
 * Staff's part for others: send on into the staff room what people said to us in direct chats (contests,
 * opt-outs), of each person ATTENDANCE_RELAY_MAX within a day; the rest waits. Invitations to such chats from
 * people of our classes are accepted, a few of each person. From the cache, which is refreshed before; every
 * verb of attendance does it for staff. *ret_n (may be NULL): how many.
 */
int client_attendance_relay(struct client *c, size_t *ret_n, struct err *err);
#define ATTENDANCE_RELAY_MAX 20
/**
 * The same for what has arrived since *seq (0 at first: everything), which is moved on: for whoever syncs anyway,
 * again and again. Costs next to nothing where nothing has arrived.
 */
int client_attendance_relay_news(struct client *c, int64_t *seq, struct err *err);
/** Delete what is older than the class's retention, save opt-outs that are in force; rows of what would go (`dry_run`) or went. */
int client_attendance_expire(struct client *c, const char *room_id, bool dry_run, client_row_fn *fn,
			     void *arg, struct err *err);

#endif
