/*
 * Reading an iCalendar file: what its two halves share. Private to this folder.
 */
#ifndef MUSTER_CALENDAR_ICS_READ_H
#define MUSTER_CALENDAR_ICS_READ_H

#include "core/calendar/ics.h"
#include "core/calendar/ics_zone.h"

#define ICS_ZONES_MAX 100

struct reader {
	const struct lib_ical *lib;
	ics_problem_fn *problem;
	void *arg;
	icalcomponent **events, **descriptions;
	size_t n_events, n_descriptions;
	int *lines; /**< where each event begins */
	struct {
		char *tzid;
		char name[CAL_ZONE_MAX]; /**< "": not known */
	} zones[ICS_ZONES_MAX];
	size_t n_zones;
};

/** Tell about something that was passed over. */
void ics_tell(struct reader *r, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int ics_time(struct reader *r, icalproperty *p, int at, struct cal_time *ret, struct err *err);
char *ics_text(struct reader *r, icalcomponent *c, icalproperty_kind kind, size_t max);
/** Make events of the reader's components: masters, then what belongs to them. */
void ics_events(struct reader *r, struct cal_events *ret);

#endif
