#include "core/calendar/wall.h"

#include "core/base/i18n.h"

#include <time.h>

int64_t wall_day(int year, int month, int day)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	return (int64_t)timegm(&tm) / WALL_DAY;
}

int64_t wall_of(const struct cal_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900,
			.tm_mon = t->month - 1,
			.tm_mday = t->day,
			.tm_hour = t->hour,
			.tm_min = t->minute,
			.tm_sec = t->second};
	return (int64_t)timegm(&tm);
}

void wall_split(int64_t wall, struct cal_time *ret)
{
	time_t at = (time_t)wall;
	struct tm tm;
	gmtime_r(&at, &tm);
	ret->year = tm.tm_year + 1900;
	ret->month = tm.tm_mon + 1;
	ret->day = tm.tm_mday;
	ret->hour = tm.tm_hour;
	ret->minute = tm.tm_min;
	ret->second = tm.tm_sec;
}

int wall_days_in_month(int year, int month)
{
	return (int)(wall_day(year, month + 1, 1) - wall_day(year, month, 1));
}

int wall_weekday(int64_t day)
{
	return (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

int wall_check(const struct cal_time *t, struct err *err)
{
	if (t->year < CAL_YEAR_MIN || t->year > CAL_YEAR_MAX)
		return err_set(err, ERR_INVALID, _("the year %d is not between %d and %d"), t->year,
			       CAL_YEAR_MIN, CAL_YEAR_MAX);
	if (t->month < 1 || t->month > 12 || t->day < 1 ||
	    t->day > wall_days_in_month(t->year, t->month))
		return err_set(err, ERR_INVALID, _("the date %04d-%02d-%02d does not exist"),
			       t->year, t->month, t->day);
	if (t->hour < 0 || t->hour > 23 || t->minute < 0 || t->minute > 59 || t->second < 0 ||
	    t->second > 59)
		return err_set(err, ERR_INVALID, _("the time %02d:%02d:%02d does not exist"),
			       t->hour, t->minute, t->second);
	return 0;
}
