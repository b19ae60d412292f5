#include "core/attendance/sheet_judge.h"

#include "core/attendance/register_spans.h"

static enum mark_status by_share(int64_t present_ms, int64_t of_ms,
				 const struct attendance_rules *r)
{
	if (present_ms == 0)
		return MARK_ABSENT;
	return present_ms * 100 < r->min_percent * of_ms ? MARK_PARTIAL : MARK_PRESENT;
}

static enum mark_status by_times(const struct sheet_row *r, int64_t start_ms, int64_t end_ms,
				 const struct attendance_rules *rules)
{
	struct periods there = {0}, lesson = {0}, nothing = {0};
	int64_t first = 0, last = 0, ms;
	size_t count;
	for (size_t i = 0; i < r->n_intervals; i++)
		reg_periods_put(&there, r->intervals[i].from_ms,
				r->intervals[i].to_ms ? r->intervals[i].to_ms : end_ms);
	reg_periods_put(&lesson, start_ms, end_ms);
	reg_periods_join(&there);
	reg_periods_bridge(&there, rules->grace_ms, &nothing, &count, &ms);
	enum mark_status s =
		by_share(reg_periods_common(&there, &lesson), end_ms - start_ms, rules);
	if (s == MARK_PRESENT && reg_periods_ends(&there, &lesson, &first, &last))
		s = first - start_ms > rules->late_ms ? MARK_LATE
		    : end_ms - last > rules->early_ms ? MARK_LEFT_EARLY
						      : MARK_PRESENT;
	reg_periods_done(&there);
	reg_periods_done(&lesson);
	return s;
}

enum mark_status sheet_judge(const struct sheet_row *r, int64_t start_ms, int64_t end_ms,
			     const struct attendance_rules *rules)
{
	if (end_ms <= start_ms)
		return r->status;
	if (r->n_intervals)
		return by_times(r, start_ms, end_ms, rules);
	return r->present_ms >= 0 ? by_share(r->present_ms, end_ms - start_ms, rules) : r->status;
}
