/*
 * Marks out of a file of another system, into the register of a lesson.
 */
#ifndef MUSTER_CLIENT_ATTENDANCE_IMPORT_H
#define MUSTER_CLIENT_ATTENDANCE_IMPORT_H

#include "core/client/attendance/attendance.h"

struct attendance_import {
	const struct attendance_query *q; /**< one lesson, or one roll */
	struct sheet_lesson
		*file;	/**< matched to the roster: guests are passed over; its marks are changed */
	bool has_marks; /**< people said so: they count before what the register has worked out */
	const char *reason; /**< stands with each mark */
	bool dry_run;
};
/**
 * Write a correction for each person whose mark the file knows differently. A file without marks is judged by the class's rules, and
 * only fills in: it changes nobody who is present, late, gone early or excused, and nothing that staff said. Who does not stand in the file stays as they
 * are. Running it again changes nothing. Rows of everybody of the file: user_id, name, before, after, state ("changed",
 * "same", "kept", "not_expected"), event_id. ERR_PARTIAL when somebody was not expected.
 */
int client_attendance_import(struct client *c, const struct attendance_import *im,
			     client_row_fn *fn, void *arg, struct err *err);

#endif
