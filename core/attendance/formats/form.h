/*
 * What the forms share. Private to core/attendance.
 *
 * A form is one const struct in a file of its own; format.c has the table of
 * them, checks what all of them need and turns what they did into results.
 */
#ifndef MUSTER_ATTENDANCE_FORM_H
#define MUSTER_ATTENDANCE_FORM_H

#include "core/attendance/format.h"
#include "core/base/csv.h"
#include "core/calendar/zone.h"

#define FORM_TEXT_MAX 1000     /**< bytes of one text that is read */
#define FORM_HEAD_BYTES 8192   /**< of a file, by which its form is told */
#define FORM_PROBLEMS_MAX 1000 /**< lines that are told one by one */

/** A file that is being written. The first error stays; what is written after it does not matter. */
struct form_out {
	const struct attendance_sheet *s;
	const struct format_options *o;
	struct buf *b;
	int rc;
	struct err err;
};

/** A file that is being read. */
struct form_in {
	struct span raw;
	const struct format_options *o;
	int64_t day_ms;
	format_problem_fn *problem;
	void *arg;
	struct attendance_sheet *sheet;
	int problems;
	bool full; /**< a cap was reached: told, nothing more is taken in */
};

/** The beginning of a file as UTF-8. */
struct form_head {
	struct span text, line; /**< all of it; its first line that is not empty */
	char separator;		/**< of that line; 0: none */
};

struct form {
	const char *name;
	const char *endings; /**< of file names, separated by blanks, or NULL */
	bool one_lesson;     /**< a file holds one */
	bool needs_times;    /**< without them nothing is left of it */
	void (*write)(struct form_out *w);
	int (*read)(struct form_in *in, struct err *err);
	bool (*is)(const struct form_head *h);
};

extern const struct form form_csv, form_intervals, form_xlsx, form_json, form_html, form_ics,
	form_graph, form_zoom, form_zoom_unique, form_teams, form_teams_2020, form_meet,
	form_moodle, form_moodle_txt;

/* -- form_write.c ---------------------------------------------------------- */

/** Note an error (see err_set); the first one counts. */
void form_fail(struct form_out *w, const struct err *err);
/** The zone in which a lesson's times are written: as asked for, its own, the process's. Borrowed from
 * the arguments or `local`. */
const char *form_zone(const struct format_options *o, const struct sheet_lesson *l,
		      char local[CAL_ZONE_MAX]);
#define FORM_TIME_SIZE 40
/** "2026-03-01T09:00:00+01:00" in the lesson's zone, with `millis` "09:00:00.123"; "" for `ms` 0. */
void form_iso(struct form_out *w, const struct sheet_lesson *l, int64_t ms, bool millis,
	      char ret[FORM_TIME_SIZE]);
/** The same in UTC, which needs no database of zones. */
void form_iso_utc(int64_t ms, bool millis, char ret[FORM_TIME_SIZE]);
/** What clocks show there; all 0 after an error. */
struct cal_time form_wall(struct form_out *w, const struct sheet_lesson *l, int64_t ms);
/** Milliseconds that any of a person's intervals covers, open ones to the lesson's end. */
int64_t form_covered_ms(const struct sheet_lesson *l, const struct sheet_row *r);
/** When an interval ends: open ones with the lesson. */
int64_t form_interval_end(const struct sheet_lesson *l, const struct sheet_interval *v);
/** How long somebody was there: as judged, else by the intervals; -1: not known. */
int64_t form_present_ms(const struct sheet_lesson *l, const struct sheet_row *r);
/** Was there, as far as is known. */
bool form_attended(const struct sheet_row *r);
/** Name, or what there is instead; "" when there is nothing. Borrowed. */
const char *form_name(const struct sheet_row *r);
/** The same person's row in a lesson: by Matrix id, else outside id, address, name; NULL. */
const struct sheet_row *form_row_in(const struct sheet_lesson *l, const struct sheet_row *p);
/** Does a lesson before this one have the person? */
bool form_stands_before(const struct attendance_sheet *s, size_t lesson, const struct sheet_row *p);
/** Everybody's own first ("Ada", rest before the last blank) and last name. Borrowed. */
void form_split_name(const char *name, struct span *ret_first, struct span *ret_last);

/* -- form_time.c: what others write ---------------------------------------- */

enum form_order { FORM_MONTH_FIRST, FORM_DAY_FIRST };
/** How times are to be read. Borrowed texts. */
struct form_clock {
	const char *zone;      /**< of times that say none; NULL: the process's */
	int64_t day_ms;	       /**< of times without a date; 0: those are an error */
	enum form_order order; /**< of "3/4/26" */
};
/**
 * Unix ms of a time in ISO 8601, "7/22/26, 7:00:11 PM", "22.07.2026 19:00", "1 Mar 2026 9.00AM", "9:05 PM" ...
 * ERR_INVALID with a sentence for what cannot be read or does not exist.
 */
int form_time_read(const struct form_clock *c, struct span s, int64_t *ret_ms, struct err *err);

/** What the dates of a file tell of their order. Zeroed at first. */
struct form_dates {
	bool month_first, day_first; /**< some date can only be that */
	bool dots, clock12;
	bool either; /**< some date can be both */
};
void form_dates_see(struct form_dates *d, struct span s);
/** True in *ret_doubt when nothing decides. */
enum form_order form_dates_order(const struct form_dates *d, bool *ret_doubt);

/** "1h 27m 51s", "1 hr 2 min", "1 godz. 27 min 51 sek.", "1 Std. 2 Min.", "1:27:51"; false for anything else. */
bool form_duration_read(struct span s, int64_t *ret_ms);

/* -- form_read.c ----------------------------------------------------------- */

/** Tell a problem of a line (0: of the whole). */
void form_tell(struct form_in *in, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** The same with an error's sentence. */
void form_tell_err(struct form_in *in, int line, const struct err *err);
/** A cell, trimmed, without an apostrophe against formulas. */
struct span form_cell(const struct csv *t, size_t row, int column);
/** A text of its own; NULL when it is empty or (which is told) too long. */
char *form_own_text(struct form_in *in, int line, struct span text);
/** A lesson; NULL when there are too many, which is told. */
struct sheet_lesson *form_add_lesson(struct form_in *in, int line);
/** The person of this e-mail address, or (without one) of this name without one, or a new one who was there. NULL likewise. */
struct sheet_row *form_person(struct form_in *in, struct sheet_lesson *l, int line,
			      struct span name, struct span email);
/** False (told) when there are too many, or it ends before it begins. */
bool form_add_interval(struct form_in *in, struct sheet_row *r, int line, int64_t from_ms,
		       int64_t to_ms, bool inferred);
/** Put the intervals of everybody in order; from them first_join, last_leave and (where it is not known) present_ms. */
void form_settle(struct sheet_lesson *l);
/** The lesson's start and end where they are not known: first join, last leave. */
void form_settle_lesson(struct sheet_lesson *l);
/** ERR_INVALID when nobody was read. */
int form_done(struct form_in *in, struct err *err);
/** Does one of the first line's cells say this (ASCII case aside)? */
bool form_head_has(const struct form_head *h, const char *cell);

/** The next line of a text, without its end; counts lines from 1. False at the end. */
struct form_lines {
	struct span rest;
	int line;
};
bool form_next_line(struct form_lines *l, struct span *ret);

/* -- form_table.c: our own tables ------------------------------------------ */

/** First cells of a row, of a lesson and a person, and their names. */
void form_put_head(struct csv_writer *w);
void form_put_who(struct form_out *o, struct csv_writer *w, const struct sheet_lesson *l,
		  const struct sheet_row *r);
/** Where those stand. */
#define FORM_TABLE_COLUMNS 13
struct form_columns {
	int at[FORM_TABLE_COLUMNS];
};
void form_find_columns(const struct csv *t, struct form_columns *ret);
/** The lesson and the person of a row, made if need be; `r` NULL when the row is to be passed over. */
struct form_place {
	struct sheet_lesson *l;
	struct sheet_row *r;
	bool is_new; /**< the person is */
};
struct form_place form_place_of(struct form_in *in, const struct csv *t, size_t row,
				const struct form_columns *c);
/* -- form_look.c: what pictures share ------------------------------------------ */

/** How much of each of `n` equal parts of a lesson somebody was there, in thousandths. */
void form_coverage(const struct sheet_lesson *l, const struct sheet_row *r, int n, int *ret);
/** Why somebody's mark is what it is, in words, joined by "; "; "" without reasons. The caller owns it. */
char *form_why(const struct sheet_row *r);
/** By what rules a lesson was judged, in words; "" when it does not say. The caller owns it. */
char *form_rules(const struct sheet_lesson *l);
/** "1:27:51" */
void form_hours(int64_t ms, char ret[FORM_TIME_SIZE]);

#endif
