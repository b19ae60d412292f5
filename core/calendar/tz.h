/*
 * One zone of the system's database: a TZif file (RFC 8536) as it is read.
 * libical's own zones are not used: their cache is shared by all threads, and
 * they end in 2037. Private to this folder.
 */
#ifndef MUSTER_CALENDAR_TZ_H
#define MUSTER_CALENDAR_TZ_H

#include "core/calendar/zone.h"

/** A change of the clock in a year, as POSIX's TZ has it. */
struct tz_rule {
	enum { TZ_MONTH_WEEK_DAY, TZ_JULIAN, TZ_DAY_OF_YEAR } kind;
	int month, week, day; /**< of TZ_MONTH_WEEK_DAY; week 5: the last, day 0: Sunday */
	int64_t time_s;	      /**< after midnight of that day, by the clock before it */
};

struct tz_type {
	int offset_s;
	bool dst;
	char abbreviation[16];
};

/** What holds after the last listed change. */
struct tz_tail {
	bool there, has_dst;
	struct tz_type standard, dst;
	struct tz_rule start, end; /**< of daylight saving time */
};

struct tz {
	char name[CAL_ZONE_MAX];
	int64_t *at; /**< Unix seconds of the changes */
	uint8_t *to; /**< which type holds from then on */
	size_t n;
	struct tz_type *types;
	size_t n_types;
	struct tz_tail tail;
};

/** "UTC" needs no file; "" is the local zone. ERR_USAGE for one that does not exist. */
int tz_open(const char *name, struct tz **ret, struct err *err);
/** NULL is allowed. */
void tz_free(struct tz *z);
void tz_auto_free(struct tz **z);
/** What holds at a Unix second. Borrowed from `z`. */
const struct tz_type *tz_at(const struct tz *z, int64_t s);
/** Unix seconds of a wall clock (zone.h says what of gaps and of what comes twice). */
int64_t tz_from_wall(const struct tz *z, int64_t wall);
int64_t tz_to_wall(const struct tz *z, int64_t s);
/** Unix ms of a checked time; its own zone is opened when it is not `z`'s. */
int tz_time_ms(const struct tz *z, const struct cal_time *t, int64_t *ret_ms, struct err *err);

/** Unix seconds at which a rule changes the clock in `year`; `offset_s` holds before it. */
int64_t tz_rule_at(const struct tz_rule *r, int year, int offset_s);
/** POSIX's TZ string; false when it is none. */
bool tz_tail_parse(struct span s, struct tz_tail *ret);
/** Path of the database with a slash behind it. Borrowed; TZDIR, else the system's. */
const char *tz_folder(void);

#endif
