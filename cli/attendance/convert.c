/* An attendance file of one system as that of another; its people by the roster of a class. */
#include "cli/attendance/files.h"

static int run_convert(struct command_ctx *ctx, struct err *err)
{
	AUTO(sheet_done) struct attendance_sheet sheet = {0};
	struct attendance_file to;
	unsigned passed = 0;
	int rc = attendance_target(ctx, &to, err);
	if (!rc)
		rc = attendance_read(ctx, &sheet, NULL, &passed, err);
	if (!rc)
		rc = attendance_by_roster(ctx, &sheet, true, &passed, err);
	if (!rc)
		rc = attendance_write(ctx, &to, &sheet, err);
	if (rc || !passed)
		return rc;
	return err_set(err, ERR_PARTIAL,
		       ngettext("%u thing of the file could not be taken over",
				"%u things of the file could not be taken over", passed),
		       passed);
}

const struct command verb_attendance_convert = {
	.name = "attendance convert",
	.group = GROUP_ATTENDANCE,
	.summary = N_("Turn an attendance file of one system into that of another."),
	.details = N_(
		"Files of Zoom, Teams (today's, in several languages, and that of 2020), Google "
		"Meet, Microsoft Graph, Moodle and of muster itself are recognised by what is in "
		"them. What the other form has no place for is lost: see FORMATS, \"Attendance "
		"files\". Nothing is judged: who stands in a file that knows no marks is "
		"present.\n\n"
		"With --room, people are found in the roster of a class; who is expected but does "
		"not stand in the file is absent, and who is not expected is a guest.\n\n"
		"Files are written whole or not at all, and only you can read them."),
	.examples =
		EXAMPLES{{"muster attendance convert participants.csv lesson.xlsx",
			  N_("Zoom's list as a workbook")},
			 {"muster attendance convert report.csv lesson.csv --zone Europe/Berlin "
			  "--room \"Physics 10b\"",
			  N_("with the ids of the roster and those who were absent")},
			 {"muster attendance convert meet.csv --day 2026-03-02 --as json",
			  N_("Meet tells no date; to standard output")},
			 {"muster attendance convert lesson.csv moodle.csv --as moodle",
			  N_("for Moodle's attendance to import")},
			 END_EXAMPLES},
	.args = PARAMS{{.name = "in",
			.kind = KIND_FILE,
			.dash = true,
			.required = true,
			.what = N_("the file; - reads standard input")},
		       {.name = "out",
			.kind = KIND_FILE,
			.dash = true,
			.what = N_("the file to write; without --as its ending says as what")},
		       END_PARAMS},
	.options = PARAMS{OPT_OUTPUT,
			  OPT_FROM,
			  OPT_AS,
			  {.name = "room",
			   .letter = 'r',
			   .kind = KIND_ROOM,
			   .what = N_("the class whose roster says who people are")},
			  OPT_ZONE,
			  OPT_DAY,
			  OPT_EXCEL,
			  OPT_NO_TIMES,
			  OPT_OVERWRITE,
			  END_PARAMS},
	.exits = EXITS{{7, N_("some lines or people of the file were not taken over; the rest was "
			      "written")},
		       END_EXITS},
	.run = run_convert,
};
