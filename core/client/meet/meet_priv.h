/*
 * What the files of this folder share.
 */
#ifndef MUSTER_CLIENT_MEET_PRIV_H
#define MUSTER_CLIENT_MEET_PRIV_H

#include "core/client/meet/meet.h"

#define DAY_MS (24LL * 3600 * 1000)
#define HALF_DAY_MS (DAY_MS / 2)
#define MEET_MAX 10000 /**< occurrences that one list holds */

/** Why something is said to a room. */
enum meet_news { MEET_NEW, MEET_CHANGED, MEET_CANCELLED };

/** "2026-03-01T09:00:00+01:00" in a zone. */
void meet_iso(int64_t ms, const char *zone, char ret[40]);
/** Row of an occurrence. New reference. */
json_t *meet_row(const struct meeting *m, const struct cal_occurrence *o, const char *room_name,
		 int64_t now_ms);
/** Row of a meeting or series: of its next date, else its last. New reference. */
json_t *meet_row_series(const struct meeting *m, const char *room_name, int64_t now_ms);
/** Name of a room as the cache has it, or NULL. The caller owns it. */
char *meet_room_name(struct client *c, const char *room_id);

/** What is said of a meeting, or of one of its dates (`o` NULL: of all): text and HTML. */
void meet_words(const struct meeting *m, const struct cal_occurrence *o, enum meet_news news,
		const char *reason, struct buf *ret_text, struct buf *ret_html);

/** What other people see of a change. */
struct meet_tell {
	enum meet_news news;
	const struct cal_occurrence *occurrence; /**< NULL: all of it */
	const char *reason;
	bool no_message, no_file, no_pin;
};
/** ERR_AUTH with one sentence when we may not schedule in that room, as far as is known here. */
int meet_check_power(struct client *c, const char *room_id, struct err *err);
/**
 * Post what `t` says, write the state event (m->announced and m->file_event are set), pin. A repetition
 * after an interruption posts nothing twice.
 */
int meet_put(struct client *c, struct meeting *m, const struct meet_tell *t, struct err *err);
/** The state event alone, with the widget's beside it where there is one. */
int meet_put_state(struct client *c, struct meeting *m, struct err *err);
/** Which meeting, and which date of it (`o` NULL: none), a message is about. New reference. */
json_t *meet_reference(const struct meeting *m, const struct cal_occurrence *o);
/** Does TAKING_TYPE's content, or a roll's, say that it is of that date? */
bool meet_is_taken(const json_t *content, const char *uid, const char *recurrence_id);
/** The same of a date of `m`, where a single meeting is meant at whatever time it was. */
bool meet_is_of(const json_t *content, const struct meeting *m, const char *recurrence_id);
/** Was this date ended before its time? */
static inline bool meet_ended_early(const struct cal_occurrence *o)
{
	return o->end_ms < o->planned_end_ms;
}
/** A meeting of a room, fresh from the server. ERR_NOT_FOUND. */
int meet_get(struct client *c, const char *room_id, const char *uid, struct meeting *ret,
	     struct err *err);
/** The same by its UID alone, from the cache, in any joined room or in `room_id`. */
int meet_find_uid(struct client *c, const char *room_id, const char *uid, struct meeting *ret,
		  struct err *err);
/** meet_walk_cached by a client's cache. */
int meet_walk(struct client *c, const char *room_id, meet_walk_fn *fn, void *arg, struct err *err);
/** The first date must be one of the rule's (RFC 5545 leaves open what it means otherwise). ERR_USAGE. */
int meet_check_start(const struct cal_event *e, struct err *err);
/**
 * What happens once and is over stays where it was: its register, its seal and what was said of people are of then. ERR_USAGE
 * when `start_ms` is still to come; not when it was cancelled, for then it did not take place. Nothing of a series.
 */
int meet_check_held(const struct cal_event *e, int64_t start_ms, int64_t now_ms, struct err *err);
/** A time as a number, by its clock alone. */
int64_t meet_wall_ms(const struct cal_time *t);
/** The same clock some time later, in a zone. */
void meet_shift(struct cal_time *t, int64_t by_ms, const char *zone);

/** A series whose first dates have begun, see meet_split.c. */
struct meet_split;
/** What of `e` (borrowed) has begun by now; *ret is for meet_split_free, whatever is returned. */
int meet_split_find(struct cal_event *e, int64_t now_ms, struct meet_split **ret, struct err *err);
bool meet_split_has_past(const struct meet_split *s); /**< NULL: false */
/**
 * Let the rest of it begin at `start`; one in the past says by how much its dates are moved. `new_rule`: e's rule is
 * another since meet_split_find, and its COUNT one of what is to come. ERR_USAGE: nothing is left of it.
 */
int meet_split_move(struct meet_split *s, const struct cal_time *start, bool new_rule,
		    struct err *err);
/** e's rule is another since: what has begun stays, where the new one has other dates than those. */
int meet_split_rule(struct meet_split *s, struct err *err);
void meet_split_free(struct meet_split *s);

/** The UID of what has none. */
void meet_make_uid(const char *room_id, const char *title, int64_t start_ms, char ret[33]);

#endif
