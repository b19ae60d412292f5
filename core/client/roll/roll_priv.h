/* What the files of this folder share. */
#ifndef MUSTER_CLIENT_ROLL_PRIV_H
#define MUSTER_CLIENT_ROLL_PRIV_H

#include "core/attendance/register.h"
#include "core/attendance/roster.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/roll/roll.h"
#include "core/client/util.h"

#define ROLL_LOOK_BACK_MS (24LL * 3600 * 1000) /* history that is fetched to find a room's rolls */
#define ROLL_REMINDER_TYPE "org.muster.roll.reminder"
#define ROLL_REMINDERS_MAX 3	     /* of one person in one roll */
#define ROLL_REMINDER_EVERY_MS 60000 /* of one person */

/** One roll with what was said to it. */
struct roll_case {
	struct roll roll;
	struct roll_tally *tally;
	char *double_of; /**< of two that were opened at once: the one that counts instead of it, or NULL */
	json_t *marks;	   /**< by staff: user id -> {after, reason, by, ts, event_id} */
	json_t *reminders; /**< user id -> {event id: time} */
	int single; /**< its lesson is all of its meeting: 1, is not: -1, 0: not looked up yet */
};

/** Rolls of one room, as its history and that of its staff room tell. */
struct roll_view {
	struct client *c;
	struct store *s;
	struct store_room room;
	struct att_power power; /**< of the room, and of the staff room where we read it */
	bool asked;		/**< for the room's levels before its first change */
	struct roll_case *v;	/**< newest first */
	size_t n;
	char *records_id; /**< room of marks: the staff room, else the room itself; NULL: not ours to read */
	int64_t records;       /**< its row in the cache, or 0 */
	int64_t since_ms;      /**< from when on history was looked at */
	struct roster *roster; /**< or NULL */
	int64_t ahead_ms;      /**< the server's clock minus ours */
};

enum roll_view_flags {
	ROLL_VIEW_PEOPLE =
		1, /**< the roster, marks and reminders, where we may read them, when there is a roll */
};
/**
 * Rolls of `room_id` that were opened after `since_ms`, or the one with this id (`roll_id` not NULL;
 * ERR_NOT_FOUND when it is no roll of staff). History is fetched as far as needed. *v is zeroed before, and
 * released with roll_view_done in any case.
 */
int roll_view_load(struct client *c, const char *room_id, const char *roll_id, int64_t since_ms,
		   unsigned flags, struct roll_view *v, struct err *err);
void roll_view_done(struct roll_view *v);
/** Count again what the cache holds by now. */
void roll_view_again(struct roll_view *v);
/** An event that came later, of any room. True when it mattered to one of the rolls. */
bool roll_view_event(struct roll_view *v, const char *room_id, const struct mx_event *ev);
/** Now, by the server's clock. */
int64_t roll_view_now(const struct roll_view *v);
/** Are we staff of the room, by its power levels now? */
bool roll_view_is_staff(const struct roll_view *v);
/** ERR_AUTH with a sentence unless we are. */
int roll_view_need_staff(const struct roll_view *v, struct err *err);
/** It counts for nothing: cancelled, or one of two at once. */
bool roll_case_cancelled(struct roll_case *k);
/** ERR_CONFLICT with the reason when it counts for nothing. */
int roll_case_need(struct roll_case *k, struct err *err);
/** roll_records.c: the roster, and what staff noted of these rolls. */
int roll_records_load(struct roll_view *v, int64_t since_ms, struct err *err);
/** Of one roll, from the cache alone: user id -> {after, ...}, as far as we read what staff notes. The caller owns it. */
json_t *roll_marks_stored(struct store *s, int64_t room, const char *room_id, const struct roll *r);
/** What a mark (attendance/sheet.h) says in a roll: "here", "late" ...; NULL: nothing. */
const char *roll_mark_word(const char *after);
/** Read again what the cache holds of it. */
void roll_records_read(struct roll_view *v);
/** An event of the class room or of the staff room; true when it was such a note. */
bool roll_record(struct roll_view *v, enum register_source from, const struct mx_event *ev);
/** Open now: neither ended nor cancelled nor over. */
bool roll_case_is_open(const struct roll_view *v, struct roll_case *k);

/** A person's standing in a roll. Borrowed. */
struct roll_standing {
	const char *status; /**< "here", "late", "away", "excused", "absent", "pending" */
	enum roll_way way;  /**< ROLL_WAY_COUNT: nobody said anything */
	int64_t ts;
	const char *by, *reason; /**< of staff, or NULL */
};
void roll_standing(const struct roll_view *v, struct roll_case *k, const char *user_id,
		   struct roll_standing *ret);
/** Still to answer: pending, or absent without a word of staff. */
bool roll_is_missing(const struct roll_standing *s);
/** Row of a person: see roll.h. The caller owns it. */
json_t *roll_person_row(const struct roll_view *v, struct roll_case *k, const char *user_id);
/** Everybody expected: array of user ids, by name. The caller owns it. */
json_t *roll_expected(struct roll_view *v);

/**
 * Have the poll end at its time: on the server where that sends later by itself, else from our
 * queue. Safe to repeat. *ret_on_server may be NULL.
 */
int roll_schedule_end(const struct roll_view *v, const struct roll *r, bool *ret_on_server,
		      struct err *err);
/** Take back what waits for this roll: its end, or (`second`) its second call. */
void roll_unschedule(struct client *c, const struct roll *r, bool second);
/**
 * The second call: have the server open it at `at_ms` (its clock). ERR_UNSUPPORTED when it cannot;
 * then nothing is left behind.
 */
int roll_schedule_second(const struct roll_view *v, const struct roll *first, int64_t at_ms,
			 struct err *err);
/** Does the server keep it? */
bool roll_second_is_scheduled(struct client *c, const struct roll *first);
/** Open it now. *ret_id is owned by the caller; NULL when the server is about to. */
int roll_open_second(struct client *c, const struct roll *first, char **ret_id, struct err *err);
/** Send the ends of rolls whose window is over and that nobody ended, when that is ours to do. */
void roll_tidy(struct roll_view *v);
/** End it now. `cancelled`: it counts for nothing. *ret as a row of client_send. */
int roll_send_end(const struct roll_view *v, const struct roll *r, bool cancelled,
		  const char *reason, json_t **ret, struct err *err);

#endif
