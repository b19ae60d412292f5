/* What the files of this folder share. */
#ifndef MUSTER_CLIENT_ATTENDANCE_PRIV_H
#define MUSTER_CLIENT_ATTENDANCE_PRIV_H

#include "core/attendance/roll.h"
#include "core/client/attendance/attendance.h"
#include "core/client/util.h"

/** A class as its client sees it: its rooms, who is expected, by what rules. */
struct att_room {
	struct client *c;
	struct store *s;
	struct store_room room;
	char *staff_id; /**< the staff room, or NULL: the class has none, or we are not in it */
	int64_t staff;	/**< its row, or 0 */
	bool has_staff_room;
	struct roster *roster; /**< or NULL */
	struct attendance_rules rules;
	json_t *observers;   /**< user ids */
	bool staff_observes; /**< whoever was staff when they said it is believed */
	bool is_staff;	     /**< we are, now */
	bool offline;	     /**< the cache alone */
};
/** ERR_NOT_FOUND for a room that we do not know. *a is released with att_room_done in any case. */
int att_room_open(struct client *c, const char *room_id, struct att_room *a, struct err *err);
void att_room_done(struct att_room *a);
/** ERR_AUTH with a sentence unless we are staff there. */
int att_need_staff(const struct att_room *a, struct err *err);
bool att_user_is_staff(const struct att_room *a, const char *user_id);
/** Where staff's events are: the staff room, else the room itself. */
const char *att_staff_id(const struct att_room *a);
/** A room's row by its id, only when we are joined to it; 0. */
int64_t att_joined(struct store *s, const char *room_id);

/** So long before a lesson history is fetched for what was said of it, in a class without a staff room. */
#define ATT_WORDS_LEAD_MS (31LL * 24 * 3600 * 1000)
/** Events of staff's clients: ids of messages whose contest or opt-out was sent on and is deleted since. */
#define RELAYED_TYPE "org.muster.attendance.relayed"

/** One lesson with what is known of it. */
struct att_lesson {
	struct lesson l; /**< texts are ours */
	struct register_input *in;
	int strangers; /**< marks of who was no staff */
	/** Seals of it say that it was then: its evidence lies there, wherever it was moved since. 0, 0: none. */
	int64_t sealed_from_ms, sealed_to_ms;
};
struct att_lessons {
	struct att_room a;
	const struct attendance_query *q;
	struct att_lesson *v; /**< by start */
	size_t n;
	bool sealed; /**< any of them is */
};
/** Find the lessons and take in what is known of them; *ret is released with att_lessons_done in any case. */
int att_lessons_load(struct client *c, const struct attendance_query *q, struct att_lessons *ret,
		     struct err *err);
void att_lessons_done(struct att_lessons *l);
/** The only lesson; ERR_USAGE when there are several. */
int att_one(const struct att_lessons *l, struct err *err);
/** The same, of a lesson that a later command means by the same words: a time must have its end. */
int att_one_named(const struct att_lessons *l, struct err *err);

/** lessons.c: fills l->v from the query, without inputs. */
int att_lessons_find(struct att_lessons *l, struct err *err);
void att_lesson_add(struct att_lessons *l, const struct lesson *lesson);

/** fill.c: history of a room back to `since_ms` into the cache. */
int att_fill(const struct att_lessons *l, int64_t room, int64_t since_ms, struct err *err);
/** The same of any room; `q` may be NULL: nobody is told how far it is. */
int att_fill_room(struct client *c, struct store *s, int64_t room, int64_t since_ms,
		  const struct attendance_query *q, struct err *err);
/** What is still missing of it, told to every lesson. */
void att_missing(struct att_lessons *l, int64_t room, int64_t since_ms);
/** The same of the staff room, all of it. */
void att_words_missing(struct att_lessons *l);
/** att_seals.c: when lessons were by their seals, as far as those are in the cache. */
void att_seal_times(struct att_lessons *l);
/** From when on what shows who was there matters to any of them. */
int64_t att_evidence_since(const struct att_lessons *l);
/** gather.c: everything in the cache, to the lessons that it matters to. */
void att_gather(struct att_lessons *l);
/** An event without what a register does not ask of it; the cache's word on redaction. False: it cannot be read. */
bool att_event(struct store *s, const struct store_event *e, struct mx_event *ret);

/** Who was staff when, as far as the cache tells. att_power_done. */
struct att_power {
	struct power_history *of[2]; /**< by enum register_source */
};
void att_power_load(const struct att_room *a, struct att_power *ret);
void att_power_done(struct att_power *p);
/** Had its sender staff's power, in the room where it was said and in the class room, when it was sent? */
bool att_was_staff(const struct att_power *p, enum register_source from, const struct mx_event *ev);
/** Who says a contest or an opt-out: its sender, or whose words staff sent on. NULL: somebody spoke for another. */
const char *att_said_by(const struct att_power *p, enum register_source from,
			const struct mx_event *ev);
typedef void att_event_fn(const struct mx_event *ev, void *arg);
/** Everything about power in a room: its creation, and levels by time; what is in force comes first, too. */
void att_power_walk(struct store *s, int64_t room, att_event_fn *fn, void *arg);

/** What staff told us of our own mark in that lesson, by direct message; NULL: nothing. The caller owns it. */
json_t *att_record(const struct att_lessons *l, const struct att_power *power,
		   const struct lesson *lesson);
/** Judge all lessons and give out one row a person, see client_attendance_term. */
int att_term(const struct att_lessons *l, client_row_fn *fn, void *arg);
/** Does the query ask for this person and mark? */
bool att_wanted(const struct attendance_query *q, const char *user_id, enum mark_status status);
/** Content of a mark; MARK_COUNT: none before, taken back. The caller owns it. */
json_t *att_mark_content(const struct lesson *l, const char *user, enum mark_status before,
			 enum mark_status after, const char *reason, const char *contest);
/** The direct chat with somebody, made when there is none. The caller owns *ret. */
int att_direct(struct client *c, const char *user_id, char **ret, struct err *err);
/** An event into the room of staff's events; *ret as a row of client_send. */
int att_send_staff(const struct att_room *a, const char *type, const json_t *content,
		   const char *txn_id, json_t **ret, struct err *err);
/** A transaction id made of what is sent, so that the same again posts nothing. The caller owns it. */
char *att_txn(const char *kind, const json_t *content);

#endif
