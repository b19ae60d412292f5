/*
 * The rules by which a register judges (design, "Register"): set for a class
 * by its staff as the state event `org.muster.attendance.rules` of the staff
 * room (of the room itself where there is none), or for one report on the command line.
 */
#ifndef MUSTER_ATTENDANCE_RULES_H
#define MUSTER_ATTENDANCE_RULES_H

#include "core/base/err.h"
#include "core/base/json.h"

#define RULES_TYPE "org.muster.attendance.rules"

/** A plain value. */
struct attendance_rules {
	int64_t late_ms;      /**< who comes later than this after the start is late (5m) */
	int64_t early_ms;     /**< who is gone earlier than this before the end left early (5m) */
	int64_t grace_ms;     /**< gaps up to this count as presence (2m) */
	int64_t window_ms;    /**< how long a roll stays open (10m) */
	int min_percent;      /**< of the lesson that must be attended to count as present (75) */
	bool opt_out;	      /**< people may ask not to be tracked */
	int64_t retention_ms; /**< 0: kept for ever */
};
extern const struct attendance_rules attendance_defaults;

/** Rules given for one report, which hold before those of the class and those of a seal. -1: not given. */
struct attendance_rules_given {
	int64_t late_ms, early_ms, grace_ms;
	int min_percent;
};
extern const struct attendance_rules_given attendance_rules_as_they_are; /**< none given */
/** Put them into *r, as whole seconds: events hold no less. */
void attendance_rules_apply(const struct attendance_rules_given *g, struct attendance_rules *r);
/** Do both come to the same marks? */
bool attendance_rules_alike(const struct attendance_rules *a, const struct attendance_rules *b);

/** Read an event's content; what is absent is as in `attendance_defaults`. ERR_INVALID names the key. */
int attendance_rules_read(const json_t *content, struct attendance_rules *ret, struct err *err);
/** The caller owns it. */
json_t *attendance_rules_make(const struct attendance_rules *r);

#endif
