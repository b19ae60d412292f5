/*
 * Recurrence rules (RFC 5545, 3.3.10): DAILY, WEEKLY, MONTHLY and YEARLY with
 * every BY part. Wall clocks alone, no zones. Private to this folder.
 *
 * Own code, as libical 3.0.16 yields other dates than the RFC for every fifth
 * random rule (tests/interop/recurrence.py): BYHOUR and BYMINUTE in the order
 * written, BYSETPOS over more than its period, weeks that do not begin on
 * Monday, YEARLY with BYMONTHDAY or BYWEEKNO alone.
 */
#ifndef MUSTER_CALENDAR_RRULE_H
#define MUSTER_CALENDAR_RRULE_H

#include "core/calendar/zone.h"

#define RRULE_BYDAY_MAX 64
#define RRULE_SETPOS_MAX 64
#define RRULE_PER_DAY_MAX 24 /**< times a day that a rule may name */

enum rrule_freq { RRULE_DAILY, RRULE_WEEKLY, RRULE_MONTHLY, RRULE_YEARLY };
enum rrule_end { RRULE_FOREVER, RRULE_COUNT, RRULE_UNTIL_WALL, RRULE_UNTIL_DAY, RRULE_UNTIL_UTC };

/** A parsed rule. A plain value; sets are bits, 0: the part is absent. */
struct rrule {
	enum rrule_freq freq;
	int64_t interval;
	enum rrule_end end;
	int64_t count;
	int64_t until;	/**< wall seconds (UTC: Unix seconds), inclusive */
	int week_start; /**< 0: Monday */
	uint32_t hours; /**< bit h */
	uint64_t minutes, seconds;
	uint32_t months;		     /**< bit 1 to 12 */
	uint32_t month_days, month_ends;     /**< bit 1 to 31, from the front, from the end */
	uint64_t week_nos, week_ends;	     /**< bit 1 to 53 */
	uint64_t year_days[6], year_ends[6]; /**< bit 1 to 366 */
	struct {
		int8_t weekday; /**< 0: Monday */
		int8_t nth;	/**< 0: every */
	} days[RRULE_BYDAY_MAX];
	size_t n_days;
	int positions[RRULE_SETPOS_MAX];
	size_t n_positions;
};

/** Read "FREQ=WEEKLY;BYDAY=MO" (a leading "RRULE:" is accepted). ERR_USAGE with one sentence. */
int rrule_parse(struct span s, struct rrule *ret, struct err *err);

/** Walks what a rule yields, from the start on. */
struct rrule_walk {
	const struct rrule *rule;
	int64_t start;	/**< wall seconds */
	int64_t period; /**< how many intervals after the start's */
	int64_t yielded;
	int64_t *set; /**< what the period has, sorted */
	size_t n, at;
	bool over;
};
/** Begin; `rule` is borrowed. */
void rrule_walk_init(struct rrule_walk *w, const struct rrule *rule, const struct cal_time *start);
void rrule_walk_done(struct rrule_walk *w);
/**
 * Pass over what lies before `wall` without yielding it, as far as that is possible: begin with a period that is not
 * far before it. For a walk that has not begun. A rule with COUNT has to be counted from its start.
 */
void rrule_walk_skip(struct rrule_walk *w, int64_t wall);
/** The next wall second; false at the end, or beyond CAL_YEAR_MAX. UNTIL in UTC is for the caller to compare. */
bool rrule_walk_next(struct rrule_walk *w, int64_t *ret);

#endif
