/* POSIX's TZ strings, as the last line of TZif files has them. */
#include "core/calendar/tz.h"
#include "core/calendar/wall.h"

#include <ctype.h>
#include <string.h>

static bool skip(struct span *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = span_from(*s, 1);
	return true;
}

static bool number(struct span *s, int most, int *ret)
{
	int v = 0;
	size_t n = 0;
	while (n < s->n && n < 3 && isdigit((unsigned char)s->p[n]))
		v = v * 10 + (s->p[n++] - '0');
	*s = span_from(*s, n);
	*ret = v;
	return n > 0 && v <= most;
}

/* "CET" or "<+0530>". */
static bool abbreviation(struct span *s, struct tz_type *t)
{
	bool quoted = skip(s, '<');
	size_t n = 0;
	while (n < s->n && (quoted ? s->p[n] != '>' : isalpha((unsigned char)s->p[n]) != 0))
		n++;
	if (n < 1 || n >= sizeof(t->abbreviation))
		return false;
	memcpy(t->abbreviation, s->p, n);
	t->abbreviation[n] = '\0';
	*s = span_from(*s, n);
	return !quoted || skip(s, '>');
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool clock_time(struct span *s, int64_t *ret)
{
	int h, m = 0, sec = 0;
	int sign = skip(s, '-') ? -1 : 1;
	if (sign > 0)
		skip(s, '+');
	if (!number(s, 167, &h))
		return false;
	if (skip(s, ':') && !number(s, 59, &m))
		return false;
	if (skip(s, ':') && !number(s, 59, &sec))
		return false;
	*ret = sign * (h * 3600LL + m * 60LL + sec);
	return true;
}

/* West is positive there, east is here. */
static bool offset(struct span *s, struct tz_type *t)
{
	int64_t v;
	if (!clock_time(s, &v))
		return false;
	t->offset_s = (int)-v;
	return true;
}

static bool rule(struct span *s, struct tz_rule *r)
{
	bool ok;
	*r = (struct tz_rule){.time_s = 7200};
	if (skip(s, 'M')) {
		r->kind = TZ_MONTH_WEEK_DAY;
		ok = number(s, 12, &r->month) && r->month > 0 && skip(s, '.') &&
		     number(s, 5, &r->week) && r->week > 0 && skip(s, '.') && number(s, 6, &r->day);
	} else {
		r->kind = skip(s, 'J') ? TZ_JULIAN : TZ_DAY_OF_YEAR;
		ok = number(s, 365, &r->day) && (r->kind == TZ_DAY_OF_YEAR || r->day > 0);
	}
	return ok && (!skip(s, '/') || clock_time(s, &r->time_s));
}

bool tz_tail_parse(struct span s, struct tz_tail *ret)
{
	struct tz_tail t = {.there = true};
	if (!abbreviation(&s, &t.standard) || !offset(&s, &t.standard))
		return false;
	if (s.n) {
		t.has_dst = true;
		t.dst.dst = true;
		if (!abbreviation(&s, &t.dst))
			return false;
		t.dst.offset_s = t.standard.offset_s + 3600;
		if (s.n && s.p[0] != ',' && !offset(&s, &t.dst))
			return false;
		if (!skip(&s, ',') || !rule(&s, &t.start) || !skip(&s, ',') || !rule(&s, &t.end) ||
		    s.n)
			return false;
	}
	*ret = t;
	return true;
}

static int64_t day_of_rule(const struct tz_rule *r, int year)
{
	int64_t first = wall_day(year, 1, 1);
	if (r->kind == TZ_DAY_OF_YEAR)
		return first + r->day;
	if (r->kind == TZ_JULIAN) /* February 29 is not counted */
		return first + r->day - 1 +
		       (r->day >= 60 && wall_days_in_month(year, 2) == 29 ? 1 : 0);
	int64_t month = wall_day(year, r->month, 1);
	int64_t day = month + (r->day + 6 - wall_weekday(month) + 7) % 7 + 7LL * (r->week - 1);
	return day >= month + wall_days_in_month(year, r->month) ? day - 7 : day;
}

int64_t tz_rule_at(const struct tz_rule *r, int year, int offset_s)
{
	return day_of_rule(r, year) * WALL_DAY + r->time_s - offset_s;
}
