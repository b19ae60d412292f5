#include "core/base/when.h"

#include "core/base/buf.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <ctype.h>
#include <time.h>

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define DURATION_MAX (36525 * DAY) /* a century */

static const struct {
	const char *name;
	int64_t ms;
} units[] = {{"w", 7 * DAY}, {"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1}};

/* Unit at the head of `s`, -1 for none. "ms" before "m". */
static int unit_of(struct span *s)
{
	size_t n = 0;
	while (n < s->n && isalpha((unsigned char)s->p[n]))
		n++;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!span_case_eq_str(span_head(*s, n), units[i].name))
			continue;
		*s = span_from(*s, n);
		return (int)i;
	}
	return -1;
}

static size_t digits(struct span s)
{
	size_t n = 0;
	while (n < s.n && isdigit((unsigned char)s.p[n]))
		n++;
	return n;
}

static int bad_duration(struct span s, struct err *err)
{
	err_set(err, ERR_USAGE, _("not a duration: %.*s"), SPAN_ARG(span_head(s, 100)));
	err_hint(err, _("write for example 90s, 5m, 1h30m or 2d"));
	return ERR_USAGE;
}

int duration_parse(struct span s, int64_t *ret_ms, struct err *err)
{
	struct span all = span_trim(s), rest = all;
	int64_t total = 0;
	uint64_t n;
	int last = -1;
	if (rest.n && digits(rest) == rest.n) {
		err_set(err, ERR_USAGE, _("a duration needs a unit: %.*s"),
			SPAN_ARG(span_head(all, 100)));
		err_hint(err, _("write %.*ss for seconds or %.*sm for minutes"),
			 SPAN_ARG(span_head(all, 20)), SPAN_ARG(span_head(all, 20)));
		return ERR_USAGE;
	}
	while (rest.n) {
		size_t k = digits(rest);
		if (!span_u64(span_head(rest, k), &n))
			return bad_duration(all, err);
		rest = span_from(rest, k);
		int unit = unit_of(&rest);
		if (unit <= last) /* unknown, twice, or a larger one after a smaller */
			return bad_duration(all, err);
		if (n > (uint64_t)(DURATION_MAX / units[unit].ms))
			return err_set(err, ERR_USAGE, _("the duration is too long: %.*s"),
				       SPAN_ARG(span_head(all, 100)));
		total += (int64_t)n * units[unit].ms;
		last = unit;
	}
	if (last < 0)
		return bad_duration(all, err);
	if (total > DURATION_MAX)
		return err_set(err, ERR_USAGE, _("the duration is too long: %.*s"),
			       SPAN_ARG(span_head(all, 100)));
	*ret_ms = total;
	return 0;
}

/* A number of `least` to `most` digits off the head of *s. */
static bool number(struct span *s, size_t least, size_t most, int *ret)
{
	uint64_t v;
	size_t n = digits(span_head(*s, most));
	if (n < least || !span_u64(span_head(*s, n), &v))
		return false;
	*ret = (int)v;
	*s = span_from(*s, n);
	return true;
}

static bool skip(struct span *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = span_from(*s, 1);
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

static bool date(struct span *s, struct tm *tm)
{
	int y, m, d;
	if (!number(s, 4, 4, &y) || !skip(s, '-') || !number(s, 2, 2, &m) || !skip(s, '-') ||
	    !number(s, 2, 2, &d))
		return false;
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > days_in_month(y, m))
		return false;
	tm->tm_year = y - 1900;
	tm->tm_mon = m - 1;
	tm->tm_mday = d;
	return true;
}

/* HH:MM[:SS[.fraction]]; the seconds may be 60 (RFC 3339 5.7). */
static bool time_of_day(struct span *s, struct tm *tm, int *ret_ms)
{
	int h, m, sec = 0;
	*ret_ms = 0;
	if (!number(s, 1, 2, &h) || !skip(s, ':') || !number(s, 2, 2, &m) || h > 23 || m > 59)
		return false;
	if (skip(s, ':')) {
		if (!number(s, 2, 2, &sec) || sec > 60)
			return false;
		if (skip(s, '.')) {
			size_t n = digits(*s);
			if (!n)
				return false;
			for (size_t i = 0, scale = 100; i < n && i < 3; i++, scale /= 10)
				*ret_ms += (s->p[i] - '0') * (int)scale;
			*s = span_from(*s, n);
		}
	}
	tm->tm_hour = h;
	tm->tm_min = m;
	tm->tm_sec = sec;
	return true;
}

/* "Z" or "+01:00"; false when there is neither. */
static bool zone(struct span *s, int64_t *ret_offset_s)
{
	int h, m;
	*ret_offset_s = 0;
	if (skip(s, 'Z') || skip(s, 'z'))
		return true;
	int sign = skip(s, '+') ? 1 : skip(s, '-') ? -1 : 0;
	if (!sign || !number(s, 2, 2, &h) || !skip(s, ':') || !number(s, 2, 2, &m) || h > 23 ||
	    m > 59)
		return false;
	*ret_offset_s = sign * (h * 3600 + m * 60);
	return true;
}

static int64_t offset_at(int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;
	localtime_r(&at, &tm);
	return tm.tm_gmtoff;
}

/*
 * Local wall time to Unix seconds, as RFC 5545 3.3.5 has it and mktime leaves
 * open: a time that comes twice means its first coming; one that the clocks
 * skip is read with the offset before the change.
 */
static int64_t local_seconds(struct tm tm)
{
	int64_t wall = timegm(&tm);
	int64_t before = offset_at(wall - 86400), after = offset_at(wall + 86400);
	int64_t a = wall - before, b = wall - after;
	bool a_is = offset_at(a) == before, b_is = offset_at(b) == after;
	if (a_is && b_is)
		return a < b ? a : b;
	return b_is ? b : a;
}

static void day_of(int64_t now_ms, int plus_days, struct tm *tm)
{
	time_t t = (time_t)(now_ms / 1000);
	struct tm now;
	localtime_r(&t, &now);
	*tm = (struct tm){.tm_year = now.tm_year,
			  .tm_mon = now.tm_mon,
			  .tm_mday = now.tm_mday + plus_days};
}

/* A day by its name, cut off the head; false when there is none. */
static bool named_day(struct span *s, int64_t now_ms, struct tm *tm)
{
	static const struct {
		const char *name;
		int days;
	} rows[] = {{"today", 0}, {"tomorrow", 1}, {"yesterday", -1}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].name);
		if (!span_case_eq_str(span_head(*s, n), rows[i].name))
			continue;
		day_of(now_ms, rows[i].days, tm);
		*s = span_from(*s, n);
		return true;
	}
	return false;
}

static bool now_and(struct span s, int64_t now_ms, int64_t *ret_ms)
{
	int64_t by = 0;
	if (!span_case_eq_str(span_head(s, 3), "now"))
		return false;
	s = span_from(s, 3);
	int sign = skip(&s, '-') ? -1 : skip(&s, '+') ? 1 : 0;
	if (sign ? duration_parse(s, &by, NULL) != 0 : s.n != 0)
		return false;
	*ret_ms = now_ms + sign * by;
	return true;
}

/* What stands after a day: nothing, or a time, perhaps with a zone. */
static bool rest_of_day(struct span s, struct tm tm, bool may_have_zone, int64_t *ret_ms)
{
	int ms = 0;
	int64_t offset;
	if (s.n) {
		bool t = skip(&s, 'T') || skip(&s, 't');
		if (!t && !skip(&s, ' '))
			return false;
		if (!t)
			s = span_trim(s);
		if (!time_of_day(&s, &tm, &ms))
			return false;
		if (s.n && may_have_zone) {
			if (!zone(&s, &offset) || s.n)
				return false;
			*ret_ms = ((int64_t)timegm(&tm) - offset) * 1000 + ms;
			return true;
		}
	}
	*ret_ms = local_seconds(tm) * 1000 + ms;
	return s.n == 0;
}

int when_parse(struct span raw, int64_t now_ms, int64_t *ret_ms, struct err *err)
{
	struct span s = span_trim(raw), clock = s;
	struct tm tm = {0};
	int64_t ms;
	int fraction;
	bool ok;
	tzset();
	if (named_day(&s, now_ms, &tm)) {
		ok = rest_of_day(s, tm, false, &ms);
	} else if (date(&s, &tm)) {
		ok = rest_of_day(s, tm, true, &ms);
	} else {
		day_of(now_ms, 0, &tm);
		ok = time_of_day(&clock, &tm, &fraction) && !clock.n;
		ms = local_seconds(tm) * 1000 + fraction;
		if (!ok)
			ok = now_and(span_trim(raw), now_ms, &ms);
	}
	if (ok) {
		*ret_ms = ms;
		return 0;
	}
	err_set(err, ERR_USAGE, _("not a time: %.*s"), SPAN_ARG(span_head(raw, 100)));
	err_hint(err, _("write for example 14:30, tomorrow 9:00, 2026-03-01 09:00, now-2h, or "
			"2026-03-01T09:00:00+01:00"));
	return ERR_USAGE;
}

static struct tm local(int64_t ms, int *ret_ms)
{
	/* Times come from foreign events: years outside 1000 to 9999 are shown as those. */
	static const int64_t least = -30610224000000, most = 253402214400000;
	ms = ms < least ? least : ms > most ? most : ms;
	time_t t = (time_t)(ms / 1000 - (ms % 1000 < 0)); /* rounded down, before 1970 too */
	struct tm tm;
	localtime_r(&t, &tm);
	*ret_ms = (int)(ms - (int64_t)t * 1000);
	return tm;
}

void when_iso(int64_t ms, char ret[WHEN_ISO_SIZE])
{
	int fraction;
	tzset();
	struct tm tm = local(ms, &fraction);
	struct buf b = BUF_INIT(WHEN_ISO_SIZE - 1);
	char text[WHEN_ISO_SIZE];
	long off = tm.tm_gmtoff / 60, size = off < 0 ? -off : off;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(&b, "%s.%03d%c%02ld:%02ld", text, fraction, off < 0 ? '-' : '+', size / 60,
		   size % 60);
	snprintf(ret, WHEN_ISO_SIZE, "%s", buf_str(&b));
	buf_done(&b);
}

/* Days since 1970 of the local date, to tell how far two dates are apart. */
static int64_t day_number(struct tm tm)
{
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	return timegm(&tm) / 86400;
}

void when_human(int64_t ms, int64_t now_ms, char ret[WHEN_ISO_SIZE])
{
	int fraction;
	tzset();
	struct tm tm = local(ms, &fraction), now = local(now_ms, &fraction);
	int64_t day = day_number(tm), today = day_number(now);
	int64_t monday = today - (now.tm_wday + 6) % 7;
	const char *form = "%Y-%m-%d %H:%M";
	if (day == today)
		form = "%H:%M";
	else if (day >= monday && day < monday + 7)
		form = "%a %H:%M";
	if (strftime(ret, WHEN_ISO_SIZE, form, &tm) == 0)
		ret[0] = '\0';
}

void duration_human(int64_t ms, char ret[WHEN_ISO_SIZE])
{
	struct buf b = BUF_INIT(WHEN_ISO_SIZE - 1);
	int64_t left = ms < 0 ? -ms : ms;
	bool whole = left >= SECOND || left == 0;
	if (ms < 0)
		buf_put_char(&b, '-');
	if (whole)
		left -= left % SECOND;
	for (size_t i = 1; i < ARRAY_LEN(units); i++) { /* no weeks: 9d reads better than 1w2d */
		if (left < units[i].ms)
			continue;
		buf_printf(&b, "%lld%s", (long long)(left / units[i].ms), units[i].name);
		left %= units[i].ms;
	}
	snprintf(ret, WHEN_ISO_SIZE, "%s", ms == 0 ? "0s" : buf_str(&b));
	buf_done(&b);
}
