/* The text of a recurrence rule. Strict, so that nothing is understood as something else. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/rrule.h"
#include "core/calendar/wall.h"

#include <string.h>

#define INTERVAL_MAX 10000
#define COUNT_MAX 100000

static const char *const weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

static int bad(struct span part, struct err *err)
{
	err_set(err, ERR_USAGE, _("the rule has \"%.*s\", which is not understood"),
		SPAN_ARG(span_head(part, 60)));
	err_hint(err, _("write for example FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20"));
	return ERR_USAGE;
}

static int weekday(struct span s)
{
	for (int i = 0; i < 7; i++)
		if (span_case_eq_str(s, weekdays[i]))
			return i;
	return -1;
}

/* A number with or without a sign, 1 to `most` before it; 0 for anything else. */
static int64_t signed_number(struct span s, int64_t most)
{
	int64_t v = 0;
	bool minus = s.n && s.p[0] == '-', sign = minus || (s.n && s.p[0] == '+');
	s = span_from(s, sign ? 1 : 0);
	if (!s.n || s.p[0] < '0' || s.p[0] > '9' || !span_i64(s, &v) || v > most)
		return 0;
	return minus ? -v : v;
}

static bool bits(struct span list, int64_t least, int64_t most, uint64_t *ret)
{
	struct span one;
	while (span_split(&list, ',', &one)) {
		int64_t v;
		if (!one.n || one.p[0] < '0' || one.p[0] > '9' || !span_i64(one, &v) || v < least ||
		    v > most)
			return false;
		*ret |= (uint64_t)1 << v;
	}
	return *ret != 0;
}

/* Positive numbers into `front`, negative ones into `back`; words of 64 bits. */
static bool both_bits(struct span list, int64_t most, uint64_t *front, uint64_t *back)
{
	struct span one;
	bool any = false;
	while (span_split(&list, ',', &one)) {
		int64_t v = signed_number(one, most), size = v < 0 ? -v : v;
		if (!v)
			return false;
		(v < 0 ? back : front)[size / 64] |= (uint64_t)1 << (size % 64);
		any = true;
	}
	return any;
}

static bool by_day(struct rrule *r, struct span list)
{
	struct span one;
	while (span_split(&list, ',', &one)) {
		if (one.n < 2 || r->n_days == RRULE_BYDAY_MAX)
			return false;
		int day = weekday(span_from(one, one.n - 2));
		struct span number = span_head(one, one.n - 2);
		int64_t nth = number.n ? signed_number(number, 53) : 0;
		if (day < 0 || (number.n && !nth))
			return false;
		r->days[r->n_days].weekday = (int8_t)day;
		r->days[r->n_days++].nth = (int8_t)nth;
	}
	return r->n_days > 0;
}

static bool by_position(struct rrule *r, struct span list)
{
	struct span one;
	while (span_split(&list, ',', &one)) {
		int64_t v = signed_number(one, 366);
		if (!v || r->n_positions == RRULE_SETPOS_MAX)
			return false;
		r->positions[r->n_positions++] = (int)v;
	}
	return r->n_positions > 0;
}

static bool until(struct rrule *r, struct span value)
{
	struct cal_time t;
	if (r->end != RRULE_FOREVER || cal_stamp_parse(value, "", &t, NULL))
		return false;
	r->until = wall_of(&t) + (t.date_only ? WALL_DAY - 1 : 0);
	r->end = t.date_only ? RRULE_UNTIL_DAY : t.zone[0] ? RRULE_UNTIL_UTC : RRULE_UNTIL_WALL;
	return true;
}

static bool count(struct rrule *r, struct span value)
{
	r->count = signed_number(value, COUNT_MAX);
	if (r->end != RRULE_FOREVER || r->count < 1)
		return false;
	r->end = RRULE_COUNT;
	return true;
}

static bool interval(struct rrule *r, struct span value)
{
	r->interval = signed_number(value, INTERVAL_MAX);
	return r->interval > 0;
}

static bool week_start(struct rrule *r, struct span value)
{
	r->week_start = weekday(value);
	return r->week_start >= 0;
}

static bool by_hour(struct rrule *r, struct span value)
{
	uint64_t v = 0;
	bool ok = bits(value, 0, 23, &v);
	r->hours = (uint32_t)v;
	return ok;
}

static bool by_minute(struct rrule *r, struct span value)
{
	return bits(value, 0, 59, &r->minutes);
}

static bool by_second(struct rrule *r, struct span value)
{
	return bits(value, 0, 59, &r->seconds);
}

static bool by_month(struct rrule *r, struct span value)
{
	uint64_t v = 0;
	bool ok = bits(value, 1, 12, &v);
	r->months = (uint32_t)v;
	return ok;
}

static bool by_month_day(struct rrule *r, struct span value)
{
	uint64_t front = 0, back = 0;
	bool ok = both_bits(value, 31, &front, &back);
	r->month_days = (uint32_t)front;
	r->month_ends = (uint32_t)back;
	return ok;
}

static bool by_week_no(struct rrule *r, struct span value)
{
	return both_bits(value, 53, &r->week_nos, &r->week_ends);
}

static bool by_year_day(struct rrule *r, struct span value)
{
	return both_bits(value, 366, r->year_days, r->year_ends);
}

static bool freq(struct rrule *r, struct span value)
{
	static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!span_case_eq_str(value, names[i]))
			continue;
		r->freq = (enum rrule_freq)i;
		return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool (*read)(struct rrule *r, struct span value);
} parts[] = {
	{"FREQ", freq},
	{"INTERVAL", interval},
	{"COUNT", count},
	{"UNTIL", until},
	{"WKST", week_start},
	{"BYHOUR", by_hour},
	{"BYMINUTE", by_minute},
	{"BYSECOND", by_second},
	{"BYDAY", by_day},
	{"BYMONTH", by_month},
	{"BYMONTHDAY", by_month_day},
	{"BYWEEKNO", by_week_no},
	{"BYYEARDAY", by_year_day},
	{"BYSETPOS", by_position},
};

static int read_part(struct rrule *r, struct span part, unsigned *seen, struct err *err)
{
	struct span rest = part, name;
	span_split(&rest, '=', &name);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!span_case_eq_str(name, parts[i].name))
			continue;
		if (*seen & 1u << i)
			return err_set(err, ERR_USAGE, _("the rule has %s twice"), parts[i].name);
		*seen |= 1u << i;
		return parts[i].read(r, rest) ? 0 : bad(part, err);
	}
	return bad(part, err);
}

static bool any_nth(const struct rrule *r)
{
	for (size_t i = 0; i < r->n_days; i++)
		if (r->days[i].nth)
			return true;
	return false;
}

static bool has_year_days(const struct rrule *r)
{
	for (size_t i = 0; i < ARRAY_LEN(r->year_days); i++)
		if (r->year_days[i] || r->year_ends[i])
			return true;
	return false;
}

/* What the RFC's table has as N/A, and what is too much. */
static int check(const struct rrule *r, bool has_by, struct err *err)
{
	bool weeks = r->week_nos || r->week_ends;
	const char *sentence = NULL;
	int a_day = __builtin_popcount(r->hours | (r->hours ? 0 : 1)) *
		    __builtin_popcountll(r->minutes | (r->minutes ? 0 : 1)) *
		    __builtin_popcountll(r->seconds | (r->seconds ? 0 : 1));
	if (weeks && r->freq != RRULE_YEARLY)
		sentence = _("BYWEEKNO is for yearly rules");
	else if (has_year_days(r) && r->freq != RRULE_YEARLY)
		sentence = _("BYYEARDAY is for yearly rules");
	else if ((r->month_days || r->month_ends) && r->freq == RRULE_WEEKLY)
		sentence = _("BYMONTHDAY is not for weekly rules");
	else if (any_nth(r) && (r->freq < RRULE_MONTHLY || weeks))
		sentence = _("BYDAY with numbers is for monthly and yearly rules without BYWEEKNO");
	else if (r->n_positions && !has_by)
		sentence = _("BYSETPOS needs another BY part");
	else if (a_day > RRULE_PER_DAY_MAX)
		sentence = _("the rule names more than 24 times a day");
	return sentence ? err_set(err, ERR_USAGE, "%s", sentence) : 0;
}

static int no_freq(struct span s, struct err *err)
{
	static const char *const often[] = {"SECONDLY", "MINUTELY", "HOURLY"};
	for (size_t i = 0; i < ARRAY_LEN(often); i++)
		if (span_case_eq_str(s, often[i]))
			return err_set(err, ERR_USAGE,
				       _("a meeting repeats daily, weekly, monthly or yearly, not "
					 "%s"),
				       often[i]);
	err_set(err, ERR_USAGE, _("the rule does not say how often (FREQ=...)"));
	err_hint(err, _("write for example FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20"));
	return ERR_USAGE;
}

int rrule_parse(struct span s, struct rrule *ret, struct err *err)
{
	struct rrule r = {.interval = 1};
	struct span part, head = span_head(s, 6);
	unsigned seen = 0;
	s = span_trim(span_case_eq_str(head, "RRULE:") ? span_from(s, 6) : s);
	while (span_split(&s, ';', &part)) {
		if (!part.n && !s.n)
			break; /* a semicolon at the end: several programs write it */
		if (span_case_eq_str(span_head(part, 5), "FREQ=") && !freq(&r, span_from(part, 5)))
			return no_freq(span_from(part, 5), err);
		int rc = read_part(&r, part, &seen, err);
		if (rc)
			return rc;
	}
	if (!(seen & 1))
		return no_freq(SPAN_LIT(""), err);
	/* All from BYHOUR up to what stands before BYSETPOS. */
	int rc = check(&r, (seen & 0x1fe0) != 0, err);
	if (!rc)
		*ret = r;
	return rc;
}
