/* Registers as files. */
#include "cli/attendance/attendance.h"
#include "cli/attendance/files.h"

static int run_export(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a = {0};
	AUTO(sheet_done) struct attendance_sheet s = {0};
	struct attendance_file to;
	int rc = attendance_target(ctx, &to, err);
	if (!rc)
		rc = attendance_ask(ctx, &a, err);
	if (!rc)
		rc = client_attendance_sheet(a.c, &a.q, &s, err);
	return rc ? rc : attendance_write(ctx, &to, &s, err);
}

const struct command verb_attendance_export = {
	.name = "attendance export",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Write registers into a file: for spreadsheets, Moodle, or as other systems "
		      "have them."),
	.details = N_("FORMATS, \"Attendance files\", says what each form holds and loses. "
		      "Files are written whole or not at all, and only you can read them."),
	.examples =
		EXAMPLES{{"muster attendance export --room physics --since 9:00 --until 10:30 -o "
			  "lesson.xlsx",
			  N_("a workbook")},
			 {"muster attendance export --room physics --since 9:00 --until 10:30 -o "
			  "lesson.csv --as moodle",
			  N_("for Moodle's attendance to import")},
			 {"muster attendance export --room physics --since 9:00 --until 10:30 "
			  "--as csv | column -ts,",
			  N_("to standard output")},
			 END_EXAMPLES},
	.options = PARAMS{OPT_OUTPUT, OPT_AS, OPTS_LESSON, OPTS_WHOSE, OPTS_RULES, OPT_EXCEL,
			  OPT_NO_TIMES, OPT_ZONE, OPT_OVERWRITE, END_PARAMS},
	.shape = SHAPE_TABLE,
	.run = run_export,
};
