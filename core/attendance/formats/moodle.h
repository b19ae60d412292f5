/*
 * What Moodle's two files share (moodle.c, moodle_txt.c).
 */
#ifndef MUSTER_ATTENDANCE_MOODLE_H
#define MUSTER_ATTENDANCE_MOODLE_H

#include "core/attendance/formats/form.h"

/** "P", "L", "E", "A"; "" for a mark that Moodle has no word for. */
const char *moodle_acronym(enum mark_status s);
/** MARK_COUNT for another word. */
enum mark_status moodle_status(struct span s);
/** "@anna:school.example" is the user name anna. Borrowed. */
struct span moodle_user_name(const struct sheet_row *r);

/** What columns may be called, in some languages; NULL-ended. */
extern const char *const moodle_id_columns[], *const moodle_user_columns[],
						      *const moodle_mail_columns[],
							      *const moodle_last_columns[],
								      *const moodle_first_columns[];

/** Who a row is. Borrowed. */
struct moodle_who {
	struct span id, user, email, first, last;
};
/** A new row; NULL (told) when it names nobody, or there are too many. */
struct sheet_row *moodle_add_person(struct form_in *in, struct sheet_lesson *l, int line,
				    const struct moodle_who *p);

#endif
