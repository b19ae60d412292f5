/*
 * Class lists as schools export them: columns found by name, in any order, in
 * several languages. Everything wrong is told with its line before anything is
 * done with the list; people of the same name are never taken for one.
 */
#ifndef MUSTER_ATTENDANCE_ROSTER_CSV_H
#define MUSTER_ATTENDANCE_ROSTER_CSV_H

#include "core/attendance/roster.h"
#include "core/base/csv.h"

enum roster_column {
	COLUMN_USER,
	COLUMN_NAME,
	COLUMN_EMAIL,
	COLUMN_ID,
	COLUMN_PASSWORD,
	COLUMN_FIRST_NAME,
	COLUMN_LAST_NAME,
	COLUMN_COUNT
};
/** Where each column stands, -1 for those that are missing. */
void roster_columns(const struct csv *t, int ret[COLUMN_COUNT]);

/** One line of the list: the person's `user_id` is what stands in the user column, or NULL. */
struct roster_row {
	int line;
	struct roster_person p;
};
struct roster_rows {
	struct roster_row *v;
	size_t n;
};
void roster_rows_done(struct roster_rows *r);

/** A sentence about one line that is wrong; `line` 0: about the whole list. */
typedef void roster_problem_fn(void *arg, int line, const char *sentence);

/**
 * All rows. Every problem is told; then ERR_INVALID with how many. The caller
 * owns *ret.
 */
int roster_rows_read(const struct csv *t, roster_problem_fn *problem, void *arg,
		     struct roster_rows *ret, struct err *err);
/** Append a roster as such a list: name, external_id, email, user_id. `excel`: with BOM and CRLF. */
void roster_put_csv(struct buf *b, const struct roster *r, bool excel);
/** ERR_INVALID for `count` problems that were told; 0 for none. */
int roster_problems(int count, struct err *err);

#endif
