/*
 * The register of one lesson: a pure function of what was written into rooms,
 * the roster and the rules (design, "Register"). The same inputs in any order give the same
 * bytes on every client, today and in a year.
 *
 * Inputs are events as the server has them. Time is origin_server_ts; where two are equal the
 * event id decides, so that it does not matter in which order a client learnt of them. Nothing after
 * the lesson's end (and the close of its rolls) changes a mark, save staff's own words.
 *
 * Who was there. Each device of a person is followed by itself: a member event of the call (both
 * forms, rtc_member.h) whose key is its sender's opens an interval, at its origin_server_ts, whatever
 * times its content claims. It ends at the first of
 *   - the person's own leave (a delayed leave is one), a leave from the room, or the redaction of a
 *     member event, which reads as a leave at the time of that event;
 *   - the device's next join; a member event that continues an earlier one (its created_ts is older
 *     than itself) is none; sticky events have no such thing, and each of them is one;
 *   - an observer's word (org.muster.presence, server/rtc/presence.h) that it is gone, at its `at`, but
 *     no later than that event;
 *   - the expiry of its newest member event;
 *   - the end of the lesson.
 * All but the first are inferred, and say so (a departure is not where the person's own leave follows within
 * REGISTER_CONFIRM_MS); the end of the lesson is not when an observer had seen
 * the device come. After an observer's "left" only a new join or the observer's "joined" counts. An
 * observer's "joined" counts by itself, too. Events more than REGISTER_LEAD_MS before the start say
 * nothing. All intervals of a person, of whatever device, are one set of times: nobody counts twice.
 *
 * Not tracked. Time that counts for nobody and against nobody:
 *   - the server stopped (an observer's "left" with the reason "closed" or "restarted" that ended a
 *     person's presence): from then until as many people as more than half of those it cut off have
 *     come (back), or else to the end of the lesson;
 *   - most people were lost: from a time at which somebody's presence ends and, in the
 *     OUTAGE_WINDOW_MS from then on, that of at least OUTAGE_PEOPLE people and of more than half of
 *     those present just before, and more than half of these come back within OUTAGE_BACK_MS: until
 *     that half is back. A lesson's own break is this, too; the end of a lesson is not.
 *
 * Marks. Expected is who is on the roster while in the room (joined, or invited and silent); without
 * a roster, who was joined and is no staff. What is left of the lesson without time not tracked is what a
 * person is measured by. Gaps of at most grace_ms (time not tracked aside) are presence. Then
 *   absent      never there;
 *   partial     less than min_percent of it;
 *   late        more than late_ms of it missed before they came;
 *   left_early  more than early_ms of it missed after they had gone;
 *   present     else. The first that fits, in this order; reasons tell the others.
 * That holds for a lesson with a call: staff was in it, or more than half of those expected were. One
 * without, and without a roll, is "not_tracked" for everybody: nobody is absent on a holiday.
 *
 * Rolls (roll.h) that staff opened, of this lesson (no more than REGISTER_LEAD_MS before or after it) or
 * of none while it was on; not a second call that comes when the lesson has been ended early, nor one of a roll that was
 * opened at the same moment as another one:
 *   - in a lesson with a call an answer "here" of somebody who is not in the call counts as being there from
 *     then to the roll's close; a roll that was not answered is told as a reason and is no verdict;
 *   - a lesson without a call is judged by its rolls alone: all answered is present, or late when an
 *     answer was late; at least half of them late ("tardy"); fewer partial; none absent. "away" is no
 *     answer "here", and no excuse. A roll that closed before a person was in the room does not count for
 *     them. Staff's mark of a roll is the answer to it; "excused" there excuses from the lesson.
 *
 * Missing history. When events of the lesson, or of the REGISTER_LEAD_MS before it, could not be had, each
 * person is judged a second time as if present from the beginning of each hole to their next known event.
 * Two different results, or "absent", make "not_known". So does a member event that somebody else redacted,
 * where the mark would not be "present".
 *
 * Staff's word (MARK_TYPE) beats all of this: the last one of a person counts whose author had power
 * STAFF_POWER or more when it was sent, in the class room and (when it stands there) in the staff room. An opt-out,
 * where the class allows it, is "not_tracked" without any times, unless staff says otherwise.
 *
 * A sealed lesson (register_seal) is judged by the times, the rules and the people of its first seal, whatever the class's
 * are since. Rules given for one report stand before these; then the register says so.
 */
#ifndef MUSTER_ATTENDANCE_REGISTER_H
#define MUSTER_ATTENDANCE_REGISTER_H

#include "core/attendance/roster.h"
#include "core/attendance/rules.h"
#include "core/attendance/sheet.h"
#include "core/base/buf.h"
#include "core/matrix/event.h"
#include "core/matrix/power_history.h"

#define REGISTER_LEAD_MS \
	(4LL * 3600 * 1000) /**< as long as a member event lives that does not say it */
#define REGISTER_CONFIRM_MS (60LL * 1000)
#define REGISTER_LATE_MS \
	(24LL * 3600 * 1000) /**< how long after the lesson's end an observer may speak of it */
#define REGISTER_EVENTS_MAX 500000 /**< that one register takes in */
#define REGISTER_SEALS_MAX 1024	   /**< parts of seals of one lesson */
#define OUTAGE_PEOPLE 3
#define OUTAGE_WINDOW_MS (60LL * 1000)
#define OUTAGE_BACK_MS (15LL * 60 * 1000)
#define STAFF_POWER POWER_STAFF

#define PRESENCE_OBSERVED_TYPE "org.muster.presence" /**< server/rtc/presence.h */
#define MARK_TYPE "org.muster.mark"	  /**< staff: a correction, an excuse, a mark of a roll */
#define CONTEST_TYPE "org.muster.contest" /**< a person says that a mark is wrong */
#define OPT_OUT_TYPE "org.muster.attendance.opt_out"
#define RECORD_TYPE "org.muster.record" /**< a person's own mark, told to them */
#define SEAL_TYPE "org.muster.register.seal"
#define TAKING_TYPE "org.muster.attendance.taking" /**< state: attendance is being taken */

/** What is judged. Borrowed texts. One of uid, roll_id, or neither: a range of time. */
struct lesson {
	const char *room_id, *uid;
	const char *recurrence_id; /**< "20260301T090000" (calendar/zone.h), or NULL: no meeting */
	bool single; /**< the only date of its uid: it is meant whatever recurrence id is said, as it may have been moved */
	const char *roll_id; /**< a roll of no meeting, which alone is judged; or NULL */
	const char *title, *zone;
	int64_t start_ms, end_ms; /**< as scheduled */
	int64_t closed_ms;	  /**< ended earlier by its host; 0: not */
	bool cancelled;		  /**< it did not take place: nobody is marked */
};

/** Put into an event's content which lesson it is about: room_id and uid with recurrence_id, roll, or start_ts with end_ts. */
void lesson_name(const struct lesson *l, json_t *content);
/** Does this content say that it is about `l`? */
bool lesson_is(const struct lesson *l, const json_t *content);
/**
 * Does a seal which says that it is of that, of times that begin at `start_ms`, hold for `l`? One of a single meeting
 * does not when that was moved to another day since: then that is another lesson.
 */
bool lesson_is_sealed(const struct lesson *l, const json_t *of, int64_t start_ms);
/** Is it the date of a meeting that these name? `recurrence_id` may be NULL. */
bool lesson_is_date(const struct lesson *l, const char *uid, const char *recurrence_id);

/** Where an event comes from. */
enum register_source {
	REGISTER_ROOM,	/**< the class room */
	REGISTER_STAFF, /**< the staff room: marks, contests, opt-outs, roster, rules, seals */
};

struct register_input;
/** Copies what it is given. */
struct register_input *register_input_new(const struct lesson *l, const struct attendance_rules *r);
void register_input_free(struct register_input *in);
/** Rules for this report alone: they hold before the class's, and before those of a seal. */
void register_input_given(struct register_input *in, const struct attendance_rules_given *g);
/** Whose `org.muster.presence` events are believed beside people's own member events: the server's user,
 * or (elsewhere) the host. Copies. Several are allowed. */
void register_input_observer(struct register_input *in, const char *user_id);
/** Believe as observers those as well who were staff of the class room when they said it. */
void register_input_staff_observes(struct register_input *in);
/** Take in an event, in any order; what does not matter is passed over. False when a cap is reached (the register says so). */
bool register_input_event(struct register_input *in, enum register_source from,
			  const struct mx_event *ev);
/** Do events of this type matter to any register? */
bool register_type_matters(const char *type);
/** Events of this time could not be had: hidden, or a gap that could not be filled. */
void register_input_missing(struct register_input *in, int64_t from_ms, int64_t to_ms);
/** Of what staff said something could not be had: the sheet says so, the register itself is what is known. */
void register_input_words_missing(struct register_input *in);
/** Who is expected; NULL: everybody who was in the room while it lasted and is no staff. Shared: it must not change
 * while the input is there. */
void register_input_roster(struct register_input *in, struct roster *r);

/** Reasons' stable codes: see register_reasons.h for the list with their sentences. */
struct attendance_register;
/** Judge. `now_ms` only decides what is still "pending". The caller owns it. Never fails: what it cannot
 * know it says. */
struct attendance_register *register_judge(const struct register_input *in, int64_t now_ms);
void register_free(struct attendance_register *r);

/** The result as a sheet's lesson (zeroed before; the caller owns it): people of the roster by name, then guests
 * (staff among them, with the role "teacher"). */
void register_sheet(const struct attendance_register *r, struct sheet_lesson *ret);
/** Is anything still open: the lesson is on, or has not begun. */
bool register_pending(const struct attendance_register *r);
/** One person's mark, short: for sums over many lessons. Borrowed from the register. */
struct register_mark {
	const char *user_id, *name, *external_id, *email;
	enum mark_status status;
	int64_t present_ms; /**< -1: not known */
	bool guest, staff;
};
/** The i-th, by user id; false after the last. */
bool register_mark_at(const struct attendance_register *r, size_t i, struct register_mark *ret);
/** Canonical bytes of the whole result: what two clients compare and a seal signs. */
void register_bytes(const struct attendance_register *r, struct buf *ret);

/** Can a seal's lesson be from `start_ms` to `end_ms`? No lesson is longer than a year, nothing overflows by less. */
bool register_seal_times(int64_t start_ms, int64_t end_ms);
#define SEAL_PARTS_MAX 256 /**< of one seal */
/** Content of a seal over inputs, rules, roster and result, in as many events as 64 KB each need: array of contents. The caller owns it.
 * NULL while something is pending, and when it would be more than SEAL_PARTS_MAX. */
json_t *register_seal(const struct register_input *in, const struct attendance_register *r);
enum seal_verdict { SEAL_NONE, SEAL_GOOD, SEAL_INPUTS_MISSING, SEAL_INPUTS_NEW, SEAL_DIFFERENT };
struct seal_check {
	enum seal_verdict verdict;
	char *by; /**< who sealed it */
	int64_t ts;
	json_t *missing; /**< event ids (beginnings) that it names and we do not have: array */
	json_t *added;	 /**< ids of events from before the seal that it does not name: array */
	size_t corrected; /**< marks that are others than the seal's for what was said since, as by corrections */
	size_t other_marks; /**< of this register, for which register_input_given made others than the seal's rules do */
};
void seal_check_done(struct seal_check *s);
/** Compare with the seals among the events that were taken in; the first one by staff counts. */
void register_check_seal(const struct register_input *in, const struct attendance_register *r,
			 struct seal_check *ret);

#endif
