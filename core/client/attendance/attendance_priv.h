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

/** One lesson with what is known of it. */
struct att_lesson {
	struct lesson l; /**< texts are ours */
	struct register_input *in;
};
struct att_lessons {
	struct att_room a;
	const struct attendance_query *q;
	struct att_lesson *v; /**< by start */
	size_t n;
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
/** What is still missing of it, told to every lesson. */
void att_missing(struct att_lessons *l, int64_t room, int64_t since_ms);
/** gather.c: everything in the cache, to the lessons that it matters to. */
void att_gather(struct att_lessons *l);
/** An event without what a register does not ask of it; the cache's word on redaction. False: it cannot be read. */
bool att_event(struct store *s, const struct store_event *e, struct mx_event *ret);

/** Judge all lessons and give out one row a person, see client_attendance_term. */
int att_term(const struct att_lessons *l, client_row_fn *fn, void *arg);
/** Does the query ask for this person and mark? */
bool att_wanted(const struct attendance_query *q, const char *user_id, enum mark_status status);
/** The direct chat with somebody, made when there is none. The caller owns *ret. */
int att_direct(struct client *c, const char *user_id, char **ret, struct err *err);
/** An event into the room of staff's events; *ret as a row of client_send. */
int att_send_staff(const struct att_room *a, const char *type, const json_t *content,
		   const char *txn_id, json_t **ret, struct err *err);
/** A transaction id made of what is sent, so that the same again posts nothing. The caller owns it. */
char *att_txn(const char *kind, const json_t *content);

#endif
