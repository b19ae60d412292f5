#include "core/client/quiet/quiet.h"

#include "core/base/mem.h"

#include <string.h>

#define DAY_MIN 1440
#define DAY_MS 86400000LL
#define MERGES_MAX 64 /* spans that follow each other without a gap */

void quiet_default(struct quiet_hours *ret)
{
	*ret = (struct quiet_hours){
		.on = true,
		.spans = {{20 * 60, 7 * 60, QUIET_DAILY}, {0, 0, QUIET_WEEKEND}},
		.n = 2,
	};
	cal_zone_local(ret->zone);
}

/* -- One span on one date ------------------------------------------------------------ */

/* Day of the week of a date, 0: Monday (Sakamoto's rule). */
static int weekday(int y, int m, int d)
{
	static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
	y -= m < 3;
	return (y + y / 4 - y / 100 + y / 400 + shift[m - 1] + d + 6) % 7;
}

static int days_in(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return m == 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0) ? 29 : days[m - 1];
}

static void move_day(struct cal_time *t, int by)
{
	for (; by > 0; by--)
		if (++t->day > days_in(t->year, t->month)) {
			t->day = 1;
			t->year += t->month == 12;
			t->month = t->month % 12 + 1;
		}
	for (; by < 0; by++)
		if (--t->day < 1) {
			t->year -= t->month == 1;
			t->month = (t->month + 10) % 12 + 1;
			t->day = days_in(t->year, t->month);
		}
}

static bool at_minute(const struct cal_time *date, int minutes, int64_t *ret)
{
	struct cal_time t = *date;
	move_day(&t, minutes / DAY_MIN);
	t.hour = minutes % DAY_MIN / 60;
	t.minute = minutes % 60;
	t.second = 0;
	return cal_time_ms(&t, ret, NULL) == 0;
}

/* When the span that begins on this date is, by the clocks of its zone. False: not on that day. */
static bool span_on(const struct quiet_span *p, const struct cal_time *date, int64_t *from,
		    int64_t *to)
{
	int end = p->to_min <= p->from_min ? p->to_min + DAY_MIN : p->to_min;
	return (p->days >> weekday(date->year, date->month, date->day) & 1) &&
	       at_minute(date, p->from_min, from) && at_minute(date, end, to) && *from < *to;
}

static bool date_at(const struct quiet_hours *q, int64_t ms, struct cal_time *ret)
{
	if (cal_time_at(ms, q->zone, ret, NULL) != 0)
		return false;
	ret->hour = ret->minute = ret->second = 0;
	return true;
}

/* In a span at `ms`, and the latest end of those. */
static bool in_span(const struct quiet_hours *q, int64_t ms, int64_t *ret_end)
{
	struct cal_time date;
	int64_t from, to, end = 0;
	if (!date_at(q, ms, &date))
		return false;
	move_day(&date, -1);
	for (int day = 0; day < 2; day++, move_day(&date, 1))
		for (int i = 0; i < q->n; i++)
			if (span_on(&q->spans[i], &date, &from, &to) && from <= ms && ms < to &&
			    to > end)
				end = to;
	*ret_end = end;
	return end > 0;
}

/* -- The decision ---------------------------------------------------------------------- */

/* Quiet at this moment, and the end of the one thing that says so. */
static bool point(const struct quiet_hours *q, int64_t ms, int64_t *ret_end)
{
	if (q->until_ms > ms) {
		*ret_end = q->until_ms;
		return true;
	}
	return q->on && q->awake_ms <= ms && in_span(q, ms, ret_end);
}

bool quiet_at(const struct quiet_hours *q, int64_t now_ms, int64_t *ret_until)
{
	int64_t end = 0, t = now_ms;
	for (int i = 0; i < MERGES_MAX && t - now_ms < QUIET_AHEAD_MS && point(q, t, &end); i++)
		t = end;
	if (ret_until)
		*ret_until = t - now_ms >= QUIET_AHEAD_MS ? 0 : t == now_ms ? 0 : t;
	return t != now_ms;
}

/* The first begin of a span after `ms`; INT64_MAX: none within a week. */
static int64_t next_begin(const struct quiet_hours *q, int64_t ms)
{
	struct cal_time date;
	int64_t from, to, best = INT64_MAX;
	if (!q->on || !date_at(q, ms, &date))
		return best;
	for (int day = 0; day <= 8; day++, move_day(&date, 1))
		for (int i = 0; i < q->n; i++)
			if (span_on(&q->spans[i], &date, &from, &to) && from > ms && from < best)
				best = from;
	return best;
}

bool quiet_next(const struct quiet_hours *q, int64_t now_ms, int64_t *ret_from, int64_t *ret_until)
{
	int64_t from = now_ms, until = 0;
	if (!quiet_at(q, from, &until)) {
		int64_t awake = q->awake_ms > now_ms ? q->awake_ms : now_ms;
		from = awake > now_ms && quiet_at(q, awake, &until) ? awake : next_begin(q, awake);
		if (from - now_ms >= QUIET_AHEAD_MS || !quiet_at(q, from, &until))
			return false;
	}
	*ret_from = from;
	*ret_until = until && until - now_ms < QUIET_AHEAD_MS ? until : now_ms + QUIET_AHEAD_MS;
	return true;
}
