/*
 * Sheets of attendance for tests: one lesson with everything that is awkward in it, random
 * ones, and comparing as far as a form can hold a sheet.
 */
#ifndef TESTS_LIB_SHEETS_H
#define TESTS_LIB_SHEETS_H

#include "core/attendance/format.h"

/** Physics 10b, 2 March 2026, 09:00 to 10:30 in Berlin: seven people. The caller owns it. */
void sheet_sample(struct attendance_sheet *ret);
/** The same lesson, and one a week later with fewer people. */
void sheet_sample_two(struct attendance_sheet *ret);

/** What a form loses, as bits. */
enum {
	LOSES_LESSON_IDS = 1 << 0, /**< room_id, uid, recurrence_id */
	LOSES_TITLE = 1 << 1,
	LOSES_TIMES_OF_LESSON = 1 << 2,
	LOSES_USER_ID = 1 << 3,
	LOSES_EXTERNAL_ID = 1 << 4,
	LOSES_EMAIL = 1 << 5,
	LOSES_ROLE = 1 << 6,
	LOSES_STATUS = 1 << 7, /**< who is there is present */
	LOSES_ABSENT = 1 << 8, /**< who was not there does not stand in it */
	LOSES_GUEST = 1 << 9,
	LOSES_INTERVALS = 1 << 10,
	LOSES_FIRST_LAST = 1 << 11,
	LOSES_PRESENT = 1 << 12,
	LOSES_INFERRED = 1 << 14,
	LOSES_ROOM = 1 << 15,
	LOSES_RECURRENCE = 1 << 16,
	LOSES_ORGANIZER = 1 << 17,
	LOSES_LAST = 1 << 18,	     /**< last_leave */
	LOSES_FINE_STATUS = 1 << 19, /**< left_early and partial are late */
	LOSES_END = 1 << 20,	     /**< the lesson's end */
};

/** Random lessons that differ only in what a form could lose; `seed` decides. `lessons` at most. */
void sheet_random(struct attendance_sheet *ret, uint64_t seed, size_t lessons);
/** NULL, or a sentence about the first difference (mem_free). */
char *sheet_difference(const struct attendance_sheet *wrote, const struct attendance_sheet *read,
		       unsigned loses);

#endif
