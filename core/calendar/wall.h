/*
 * Wall clocks as numbers: seconds since 1970-01-01 00:00 on a clock that knows
 * no zone, so that days can be counted. Private to this folder.
 */
#ifndef MUSTER_CALENDAR_WALL_H
#define MUSTER_CALENDAR_WALL_H

#include "core/calendar/zone.h"

#define WALL_DAY 86400LL
#define CAL_YEAR_MIN 1900
#define CAL_YEAR_MAX 2199

/** Seconds of a time that exists. */
int64_t wall_of(const struct cal_time *t);
/** The reverse; zone and date_only of *ret stay. */
void wall_split(int64_t wall, struct cal_time *ret);
/** Days since 1970-01-01 of a date; months outside 1 to 12 carry over. */
int64_t wall_day(int year, int month, int day);
int wall_days_in_month(int year, int month);
/** 0 is Monday. */
int wall_weekday(int64_t day);
/** The date and the hours exist and lie in the years above; ERR_INVALID. */
int wall_check(const struct cal_time *t, struct err *err);

#endif
