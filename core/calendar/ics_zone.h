/*
 * VTIMEZONE, both ways: a zone of the database as other programs want it
 * described, and a description as a zone of the database. Private to this folder.
 */
#ifndef MUSTER_CALENDAR_ICS_ZONE_H
#define MUSTER_CALENDAR_ICS_ZONE_H

#include "core/base/buf.h"
#include "core/calendar/lib_ical.h"
#include "core/calendar/tz.h"

/**
 * A VTIMEZONE that holds from `from_s` on (Unix seconds), as text. What the zone does every year is a
 * rule; what it does once is listed, up to `to_s`.
 */
void ics_zone_put(struct buf *b, const struct tz *z, int64_t from_s, int64_t to_s);

/**
 * Zone of a TZID: an IANA name, one inside a longer name ("/mozilla.org/.../Europe/Berlin"), Windows'
 * name for one, else the zone of the table that has the same clock as `vtimezone` (may be NULL) in `year`, else
 * its offset then. *ret_exact false: clock changes are lost. ERR_NOT_FOUND.
 */
int ics_zone_find(const char *tzid, icalcomponent *vtimezone, int year, char ret[CAL_ZONE_MAX],
		  bool *ret_exact, struct err *err);

/** Windows' name of a zone and the IANA zone that Unicode's tables give for it; NULL at the end. */
struct ics_windows_zone {
	const char *windows, *iana;
};
const struct ics_windows_zone *ics_windows_zones(void);

#endif
