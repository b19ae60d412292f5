/*
 * Attendance files on the command line: where one is written, reading one of another
 * system, matching its people.
 */
#ifndef MUSTER_CLI_ATTENDANCE_FILES_H
#define MUSTER_CLI_ATTENDANCE_FILES_H

#include "cli/params.h"
#include "core/attendance/format.h"

#define OPT_OUTPUT                                                                  \
	{                                                                           \
		.name = "output", .letter = 'o', .kind = KIND_FILE, .dash = true,   \
		.what = N_("file to write; - or nothing writes to standard output") \
	}
#define OPT_AS                                                                                \
	{                                                                                     \
		.name = "as", .kind = KIND_CHOICE, .value = "FORM",                           \
		.choices = FORMAT_CHOICES_WRITE,                                              \
		.what = N_("what is written: csv, intervals (a row each time), xlsx, json, "  \
			   "html, ics, graph, zoom, zoom-unique, teams, meet, moodle (to be " \
			   "imported there) or moodle-txt (as exported)")                     \
	}
#define OPT_FROM                                                                                 \
	{                                                                                        \
		.name = "from", .kind = KIND_CHOICE, .value = "FORM",                            \
		.choices = FORMAT_CHOICES_READ,                                                  \
		.what = N_("what the file is, when it is not recognised: csv, intervals, json, " \
			   "graph, zoom, zoom-unique, teams, teams-2020, meet, moodle or "       \
			   "moodle-txt")                                                         \
	}
#define OPT_ZONE                                                                          \
	{                                                                                 \
		.name = "zone", .kind = KIND_TEXT, .value = "ZONE",                       \
		.what = N_("zone of times that say none, and in which times are written " \
			   "(Europe/Berlin); otherwise the lesson's or yours")            \
	}
#define OPT_DAY                                                                     \
	{                                                                           \
		.name = "day", .kind = KIND_TIME, .value = "DATE",                  \
		.what = N_("the day it was, where a file has times without a date") \
	}
#define OPT_EXCEL                                                                          \
	{                                                                                  \
		.name = "excel", .kind = KIND_FLAG,                                        \
		.what = N_("CSV with a byte order mark and CRLF, as spreadsheets like it") \
	}
#define OPT_NO_TIMES                                                                            \
	{                                                                                       \
		.name = "no-times", .kind = KIND_FLAG, .what = N_("who attended, without when") \
	}
#define OPT_OVERWRITE                                                                          \
	{                                                                                      \
		.name = "force", .kind = KIND_FLAG, .what = N_("overwrite a file that exists") \
	}

/** A file that will be written. */
struct attendance_file {
	enum attendance_format form;
	const char *path; /**< borrowed; NULL: stdout */
};
/**
 * Before anything is done: is it clear what is to be written where (--as, else the name's ending; --output, or the
 * argument `out` where the verb has it), and may it be (--force)?
 */
int attendance_target(struct command_ctx *ctx, struct attendance_file *ret, struct err *err);
/** Write a sheet there, by --excel, --no-times and --zone: whole or not at all; mode 0600. */
int attendance_write(struct command_ctx *ctx, const struct attendance_file *to,
		     const struct attendance_sheet *s, struct err *err);

/**
 * The sheet of file `in` (zeroed before; the caller owns it), by --from, --zone and --day; *ret_form (may be NULL): what
 * it is. Problems are warned of and counted.
 */
int attendance_read(struct command_ctx *ctx, struct attendance_sheet *ret,
		    enum attendance_format *ret_form, unsigned *passed, struct err *err);
/** With --room: its people by that class's roster; with `absent` who is expected, too. Strangers are warned of and counted. */
int attendance_by_roster(struct command_ctx *ctx, struct attendance_sheet *s, bool absent,
			 unsigned *passed, struct err *err);

#endif
