/*
 * A mark for somebody of a file that knows no marks, only times. Pure.
 */
#ifndef MUSTER_ATTENDANCE_SHEET_JUDGE_H
#define MUSTER_ATTENDANCE_SHEET_JUDGE_H

#include "core/attendance/rules.h"
#include "core/attendance/sheet.h"

/**
 * Judge by a class's rules as its register does (register.h), over the lesson from `start_ms` to `end_ms`. Of whom only is known how
 * long they were there, that alone counts; who stands in a file without any times is present.
 */
enum mark_status sheet_judge(const struct sheet_row *r, int64_t start_ms, int64_t end_ms,
			     const struct attendance_rules *rules);

#endif
