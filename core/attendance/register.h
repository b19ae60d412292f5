/*
 * The register of one lesson: a pure function of what was written into rooms,
 * the roster and the rules (design, "Register"). The same inputs in any order give the same
 * bytes on every client, today and in a year.
 *
 * Inputs are events as the server has them. Time is origin_server_ts; where two are equal the
 * event id decides, so that it does not matter in which order a client learnt of them.
 */
#ifndef MUSTER_ATTENDANCE_REGISTER_H
#define MUSTER_ATTENDANCE_REGISTER_H

#include "core/attendance/roster.h"
#include "core/attendance/rules.h"
#include "core/attendance/sheet.h"
#include "core/base/buf.h"
#include "core/matrix/event.h"

#define MARK_TYPE "org.muster.mark"	  /**< staff: a correction, an excuse, a mark of a roll */
#define CONTEST_TYPE "org.muster.contest" /**< a person says that a mark is wrong */
#define OPT_OUT_TYPE "org.muster.attendance.opt_out"
#define RECORD_TYPE "org.muster.record" /**< a person's own mark, told to them */
#define SEAL_TYPE "org.muster.register.seal"
#define TAKING_TYPE "org.muster.attendance.taking" /**< state: attendance is being taken */

/** What is judged. Borrowed texts. */
struct lesson {
	const char *room_id, *uid;
	const char *recurrence_id; /**< "20260301T090000" (calendar/zone.h), or NULL: no meeting */
	const char *title, *zone;
	int64_t start_ms, end_ms; /**< as scheduled */
	int64_t closed_ms;	  /**< ended earlier by its host; 0: not */
};

/** Where an event comes from. */
enum register_source {
	REGISTER_ROOM,	/**< the class room */
	REGISTER_STAFF, /**< the staff room: marks, contests, opt-outs, roster, rules, seals */
};

struct register_input;
/** Copies what it is given. */
struct register_input *register_input_new(const struct lesson *l, const struct attendance_rules *r);
void register_input_free(struct register_input *in);
/** Whose `org.muster.presence` events are believed beside people's own member events: the server's user,
 * or (elsewhere) the host. Copies. Several are allowed. */
void register_input_observer(struct register_input *in, const char *user_id);
/** Take in an event, in any order; what does not matter is passed over. False when a cap is reached (the register says so). */
bool register_input_event(struct register_input *in, enum register_source from,
			  const struct mx_event *ev);
/** The room's state before the first event that is given (members in the call, power levels). */
bool register_input_state(struct register_input *in, enum register_source from,
			  const struct mx_event *ev);
/** Events of this time could not be had: hidden, or a gap that could not be filled. */
void register_input_missing(struct register_input *in, int64_t from_ms, int64_t to_ms);
/** Who is expected; NULL: everybody who was in the room while it lasted and is no staff. Copied. */
void register_input_roster(struct register_input *in, const struct roster *r);

/** Reasons' stable codes: see register_reasons.h for the list with their sentences. */
struct attendance_register;
/** Judge. `now_ms` only decides what is still "pending". The caller owns it. Never fails: what it cannot
 * know it says. */
struct attendance_register *register_judge(const struct register_input *in, int64_t now_ms);
void register_free(struct attendance_register *r);

/** The result as a sheet's lesson (zeroed before; the caller owns it): people of the roster by name, then guests. */
void register_sheet(const struct attendance_register *r, struct sheet_lesson *ret);
/** Canonical bytes of the whole result: what two clients compare and a seal signs. */
void register_bytes(const struct attendance_register *r, struct buf *ret);

/** Content of a seal over inputs, rules, roster and result, in as many events as 64 KB each need: array of contents. The caller owns it. */
json_t *register_seal(const struct register_input *in, const struct attendance_register *r);
enum seal_verdict { SEAL_NONE, SEAL_GOOD, SEAL_INPUTS_MISSING, SEAL_INPUTS_NEW, SEAL_DIFFERENT };
struct seal_check {
	enum seal_verdict verdict;
	char *by; /**< who sealed it */
	int64_t ts;
	json_t *missing; /**< event ids (beginnings) that it names and we do not have: array */
	json_t *added;	 /**< ids of events from before the seal that it does not name: array */
};
void seal_check_done(struct seal_check *s);
/** Compare with the seals among the staff events that were taken in; the first one by staff counts. */
void register_check_seal(const struct register_input *in, const struct attendance_register *r,
			 struct seal_check *ret);

#endif
