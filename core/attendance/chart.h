/*
 * A lesson as a picture for a terminal: one bar a person over the lesson's
 * time, with the mark and how long they were there.
 */
#ifndef MUSTER_ATTENDANCE_CHART_H
#define MUSTER_ATTENDANCE_CHART_H

#include "core/attendance/sheet.h"
#include "core/base/buf.h"
#include "core/base/err.h"

struct chart_look {
	int columns; /**< cells of a line (COLUMNS); less than 20 is taken for 20 */
	bool utf8;   /**< blocks; else ASCII */
	bool colour; /**< the caller has looked at NO_COLOR and the terminal */
	const char *
		zone; /**< of the times above the bars; NULL: the lesson's own, else the process's */
};

/**
 * Append the chart, each line with its newline; texts are sanitised, no line is wider than `columns`. Where a lesson has no
 * beginning and end, or nobody has times, the bars are left out. ERR_USAGE for an unknown zone.
 */
int chart_put(struct buf *b, const struct sheet_lesson *l, const struct chart_look *look,
	      struct err *err);

#endif
