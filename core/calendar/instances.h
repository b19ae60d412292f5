/*
 * The dates of a series as its rule, RDATE and EXDATE have them, before what
 * was changed of single ones. Private to this folder.
 */
#ifndef MUSTER_CALENDAR_INSTANCES_H
#define MUSTER_CALENDAR_INSTANCES_H

#include "core/calendar/event.h"
#include "core/calendar/rrule.h"
#include "core/calendar/tz.h"

struct instances {
	const struct cal_event *event;
	struct tz *zone; /**< of the series */
	struct rrule rule;
	struct rrule_walk walk;
	bool repeats;
	int64_t *rdates; /**< wall seconds, sorted */
	size_t n_rdates, rdate;
	int64_t *exdates; /**< Unix ms, sorted */
	size_t n_exdates;
	int64_t ahead; /**< what the rule yielded and was not given out yet */
	bool has_ahead;
	int64_t last;
	bool has_last;
};

/** Borrows the event. ERR_USAGE, ERR_INVALID. */
int instances_open(struct instances *it, const struct cal_event *e, struct err *err);
void instances_done(struct instances *it);
/** Begin not long before this time (Unix ms), where the rule allows it. Before the first instances_next. */
void instances_skip(struct instances *it, int64_t ms);
/** The next date, in order: wall seconds and Unix ms. */
bool instances_next(struct instances *it, int64_t *ret_wall, int64_t *ret_ms);
/** EXDATE takes it out. */
bool instances_excluded(const struct instances *it, int64_t wall, int64_t ms);
/** End of an occurrence that begins at this wall second and takes so long. */
int64_t instances_end_ms(const struct instances *it, int64_t wall, int64_t ms, int64_t duration_ms);

#endif
