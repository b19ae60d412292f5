/*
 * People of a file of another system become people of a roster. Pure.
 */
#ifndef MUSTER_ATTENDANCE_ROSTER_SHEET_H
#define MUSTER_ATTENDANCE_ROSTER_SHEET_H

#include "core/attendance/roster_match.h"
#include "core/attendance/sheet.h"

/** Somebody of a lesson who was not matched: `why` NULL when nobody is like them. */
typedef void roster_stranger_fn(void *arg, const struct sheet_row *r, const char *why);

/**
 * Give the people of a lesson the ids, names and addresses that the roster has for them, in its order: who is on it but not in
 * the lesson gets a row, absent (with `absent`); who is not on it stands last, as a guest, and is told. `q` without `typed`.
 */
void roster_sheet_match(const struct roster_match_query *q, struct sheet_lesson *l, bool absent,
			roster_stranger_fn *stranger, void *arg);

#endif
