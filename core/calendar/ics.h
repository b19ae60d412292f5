/*
 * iCalendar files (RFC 5545; scheduling: RFC 5546), read and written through
 * libical. What other calendars write is accepted: several events a file,
 * VTIMEZONE with names that are not IANA's (mapped, else kept by offset), folded lines, CRLF or LF, BOM.
 *
 * libical is loaded by the first of these calls; without it they fail with
 * ERR_UNSUPPORTED and the sentence that names the package. Any thread.
 */
#ifndef MUSTER_CALENDAR_ICS_H
#define MUSTER_CALENDAR_ICS_H

#include "core/base/buf.h"
#include "core/calendar/event.h"

#define ICS_FILE_MAX (4u << 20)
#define ICS_EVENTS_MAX 5000

enum ics_method { ICS_PUBLISH, ICS_REQUEST, ICS_CANCEL };

/**
 * Append one VCALENDAR with these events, CRLF, folded at 75 octets, with a VTIMEZONE for each zone.
 * The same events give the same bytes.
 */
int ics_write(const struct cal_event *events, size_t n, enum ics_method method, struct buf *ret,
	      struct err *err);

struct cal_events {
	struct cal_event *v;
	size_t n;
};
void cal_events_done(struct cal_events *e);
/** A sentence about what was passed over, with its line (0: unknown). */
typedef void ics_problem_fn(void *arg, int line, const char *sentence);
/**
 * Read a file; the master and its overrides become one event. Events that cannot be used are told
 * and passed over; ERR_INVALID when the file is no calendar or nothing of it can be used. The
 * caller owns *ret.
 */
int ics_read(struct span text, ics_problem_fn *problem, void *arg, struct cal_events *ret,
	     struct err *err);

#endif
