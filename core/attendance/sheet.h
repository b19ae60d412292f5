/*
 * Sheets: attendance as every file format knows it, without knowing where it
 * came from. A register or a roll is turned into one; files of other systems are
 * read into one; `formats/` writes them. Owned texts; NULL: not known.
 */
#ifndef MUSTER_ATTENDANCE_SHEET_H
#define MUSTER_ATTENDANCE_SHEET_H

#include "core/base/json.h"

#define SHEET_LESSONS_MAX 2000
#define SHEET_ROWS_MAX 5000	 /**< people of one lesson */
#define SHEET_INTERVALS_MAX 1000 /**< of one person in one lesson */

/** Stable words of `status`; NULL-ended order of severity is not implied. */
enum mark_status {
	MARK_PRESENT,	  /**< "present" */
	MARK_LATE,	  /**< "late" */
	MARK_LEFT_EARLY,  /**< "left_early" */
	MARK_PARTIAL,	  /**< "partial": there, but less than the minimum */
	MARK_ABSENT,	  /**< "absent" */
	MARK_EXCUSED,	  /**< "excused" */
	MARK_NOT_TRACKED, /**< "not_tracked": counts neither for nor against */
	MARK_NOT_KNOWN,	  /**< "not_known": what would tell is hidden or gone */
	MARK_PENDING,	  /**< "pending": the lesson or the roll is still on */
	MARK_COUNT
};
const char *mark_status_name(enum mark_status s);
/** MARK_COUNT for another word. */
enum mark_status mark_status_parse(const char *word);
/** For people, translated: "present", "late" ... */
const char *mark_status_label(enum mark_status s);

struct sheet_interval {
	int64_t from_ms, to_ms; /**< to_ms 0: still there */
	bool inferred;		/**< nobody said when it ended: "end inferred" */
};

struct sheet_row {
	char *user_id, *name, *external_id, *email;
	char *role; /**< "teacher", "student" ... or NULL */
	enum mark_status status;
	int64_t first_join_ms, last_leave_ms; /**< 0: never, or not known */
	int64_t present_ms;		      /**< within the lesson; -1: not known */
	struct sheet_interval *intervals;
	size_t n_intervals;
	json_t *reasons; /**< array of {code, text, ...}: see register.h; or NULL */
	bool guest;	 /**< not on the roster */
	bool by_staff;	 /**< the mark is what staff said, not what was worked out */
};

struct sheet_lesson {
	char *room_id, *uid, *recurrence_id; /**< recurrence_id: ISO 8601 with offset */
	char *title, *organizer;
	int64_t start_ms, end_ms;
	char *zone; /**< IANA; in which local forms write times; NULL: the process's */
	struct sheet_row *rows;
	size_t n_rows;
	bool sealed;
	json_t *notes; /**< array of sentences about the whole ("12:03 to 12:07 not tracked ..."), or NULL */
	json_t *rules; /**< as attendance_rules_make, or NULL */
};

struct attendance_sheet {
	struct sheet_lesson *lessons;
	size_t n_lessons;
};
void sheet_row_done(struct sheet_row *r);
void sheet_lesson_done(struct sheet_lesson *l);
void sheet_done(struct attendance_sheet *s); /**< A zeroed struct is allowed. */
/** Append a zeroed lesson or row; NULL when the cap is reached. Borrowed until the next call. */
struct sheet_lesson *sheet_add_lesson(struct attendance_sheet *s);
struct sheet_row *sheet_add_row(struct sheet_lesson *l);
/** Append an interval; false when the cap is reached. */
bool sheet_add_interval(struct sheet_row *r, struct sheet_interval v);

#endif
