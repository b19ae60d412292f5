/*
 * File formats of attendance (facts: docs/FORMATS.md, "Attendance files"), one
 * file each under formats/. All writers take a sheet and give the same bytes for the
 * same sheet, locale and zone aside; all readers are bounded and say what is wrong with its line.
 */
#ifndef MUSTER_ATTENDANCE_FORMAT_H
#define MUSTER_ATTENDANCE_FORMAT_H

#include "core/attendance/sheet.h"
#include "core/base/buf.h"
#include "core/base/err.h"

enum attendance_format {
	FORMAT_CSV,	  /**< one row a person and lesson; ISO 8601, seconds */
	FORMAT_INTERVALS, /**< CSV with one row an interval */
	FORMAT_XLSX,	  /**< ids as text; write only */
	FORMAT_JSON,	  /**< JSON Lines of the contract's keys */
	FORMAT_HTML,	  /**< charts, prints well; write only */
	FORMAT_ICS,	  /**< the lessons attended, as a calendar; write only */
	FORMAT_GRAPH,	  /**< Microsoft Graph attendanceReports */
	FORMAT_ZOOM,	  /**< per join and leave, with the meeting block */
	FORMAT_ZOOM_UNIQUE,
	FORMAT_TEAMS,	   /**< UTF-16LE TSV in three sections */
	FORMAT_TEAMS_2020, /**< Full Name, User Action, Timestamp; read only */
	FORMAT_MEET,
	FORMAT_MOODLE,	   /**< the CSV that mod_attendance imports for one session */
	FORMAT_MOODLE_TXT, /**< what it exports: text, one column a session */
	FORMAT_COUNT
};
/** "csv", "teams" ...; FORMAT_COUNT for another word. */
enum attendance_format format_parse(const char *word);
const char *format_name(enum attendance_format f);
/** By a file name's ending; FORMAT_COUNT: none. */
enum attendance_format format_of_file(const char *path);
bool format_writes(enum attendance_format f);
bool format_reads(enum attendance_format f);

struct format_options {
	bool excel;    /**< CSV with BOM and CRLF (formulas are neutralised in any case) */
	bool no_times; /**< who attended, without when */
	const char
		*zone; /**< IANA name for local times, NULL: the lesson's own, else the process's */
};

/** All names that can be written, and read, for options. */
#define FORMAT_CHOICES_WRITE \
	"csv|intervals|xlsx|json|html|ics|graph|zoom|zoom-unique|teams|meet|moodle|moodle-txt"
#define FORMAT_CHOICES_READ \
	"csv|intervals|json|graph|zoom|zoom-unique|teams|teams-2020|meet|moodle|moodle-txt"
/** Does it have a mark for each person? Else who stands in it was there. */
bool format_has_marks(enum attendance_format f);
/** Forms whose bytes are no text for a terminal. */
bool format_is_binary(enum attendance_format f);

/**
 * Append the whole file. ERR_UNSUPPORTED for read-only forms and for xlsx without its
 * library; ERR_USAGE for several lessons in a form that holds one, for a form made of times with `no_times`, for an unknown zone. After an error `ret` is
 * as it was.
 */
int format_write(enum attendance_format f, const struct attendance_sheet *s,
		 const struct format_options *o, struct buf *ret, struct err *err);

/** A sentence about one line that was passed over; `line` 0: about the whole. */
typedef void format_problem_fn(void *arg, int line, const char *sentence);
/** Which form a file has, by its content; FORMAT_COUNT: none that is known. */
enum attendance_format format_detect(struct span text);
/**
 * Read a file into `ret` (zeroed; the caller owns it). Times without a zone are read in o->zone;
 * times of day without a date on `day_ms`'s day (0: refused with the sentence that asks for it).
 * ERR_INVALID when nothing of it can be used.
 */
int format_read(enum attendance_format f, struct span text, const struct format_options *o,
		int64_t day_ms, format_problem_fn *problem, void *arg, struct attendance_sheet *ret,
		struct err *err);

/** A person's row of one lesson with the command line's keys, as in FORMAT_JSON; NULL and an error when the zone is not known. New reference. */
json_t *format_json_row(const struct sheet_lesson *l, const struct sheet_row *r,
			const struct format_options *o, struct err *err);

#endif
