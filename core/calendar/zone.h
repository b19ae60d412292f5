/*
 * Wall-clock times in named zones (RFC 5545, 3.3.5), by the system's zone
 * database (TZDIR, else /usr/share/zoneinfo). Knows nothing of Matrix; opens no
 * sockets. Any thread.
 */
#ifndef MUSTER_CALENDAR_ZONE_H
#define MUSTER_CALENDAR_ZONE_H

#include "core/base/err.h"
#include "core/base/span.h"

#define CAL_ZONE_MAX 64 /**< bytes of an IANA name with its NUL */

/** A time as a calendar has it. A plain value. */
struct cal_time {
	int year, month, day, hour, minute, second; /**< month and day from 1 */
	bool date_only;				    /**< a day: hour, minute, second are 0 */
	char zone[CAL_ZONE_MAX]; /**< IANA name; "UTC"; "": floating (the reader's zone) */
};

/**
 * Check a zone's name; aliases and other letter case are accepted. *ret: the name as the database
 * spells it. ERR_USAGE with the nearest name for one that does not exist.
 */
int cal_zone_check(const char *name, char ret[CAL_ZONE_MAX], struct err *err);
/** The zone of this process (TZ, else the system's), "UTC" when it cannot be told. */
void cal_zone_local(char ret[CAL_ZONE_MAX]);

/**
 * Unix ms of a time. A wall clock that a change of the clock leaves out is read with the offset
 * before the gap, one that it brings twice is the first of both (RFC 5545, 3.3.5). Floating times
 * are taken in the local zone. ERR_INVALID for a date that does not exist.
 */
int cal_time_ms(const struct cal_time *t, int64_t *ret_ms, struct err *err);
/** What clocks in `zone` show at `ms` (rounded down to a second). */
int cal_time_at(int64_t ms, const char *zone, struct cal_time *ret, struct err *err);

#define CAL_STAMP_SIZE 17
/** "20260301T090000" or "20260301": the value alone, without its zone ("Z" is not written). */
void cal_stamp(const struct cal_time *t, char ret[CAL_STAMP_SIZE]);
/** Read either form, with or without "Z" (which sets the zone to UTC, else `zone` is copied). */
int cal_stamp_parse(struct span s, const char *zone, struct cal_time *ret, struct err *err);

#endif
