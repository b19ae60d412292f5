/* Times and durations as programs of many countries write them. */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define TEXT_SIZE 64 /* of a time; longer ones are none */

/* ASCII alone, one blank between words: no-break blanks, marks of direction and commas go. */
static bool flatten(struct span s, char ret[TEXT_SIZE])
{
	size_t n = 0;
	bool ok;
	for (s = span_trim(s); s.n;) {
		uint32_t cp = utf8_next(&s, &ok);
		if (cp == 0x200E || cp == 0x200F)
			continue;
		if (cp == 0xA0 || cp == 0x202F || cp == 0x2009 || cp == ',' || cp == '\t')
			cp = ' ';
		if (cp > 0x7E || cp < 0x20 || n + 1 >= TEXT_SIZE)
			return false;
		if (cp != ' ' || (n && ret[n - 1] != ' '))
			ret[n++] = (char)cp;
	}
	while (n && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
	return n > 0;
}

/* A number of at most `most` digits off the head. */
static bool number(const char **p, int most, int *ret)
{
	int n = 0;
	*ret = 0;
	for (; n < most && isdigit((unsigned char)**p); n++)
		*ret = *ret * 10 + (*(*p)++ - '0');
	return n > 0;
}

static bool one_of(const char **p, const char *set, char *ret)
{
	if (!**p || !strchr(set, **p))
		return false;
	*ret = *(*p)++;
	return true;
}

/* Three numbers with the same sign between them. */
struct triple {
	int v[3];
	char sign;
	bool long_first; /* four digits: a year */
};

static bool read_triple(const char **p, struct triple *ret)
{
	const char *q = *p;
	char again;
	if (!number(&q, 4, &ret->v[0]))
		return false;
	ret->long_first = q - *p == 4;
	if (!one_of(&q, "-/.", &ret->sign) || !number(&q, 2, &ret->v[1]) ||
	    !one_of(&q, "-/.", &again) || again != ret->sign || !number(&q, 4, &ret->v[2]) ||
	    isdigit((unsigned char)*q))
		return false;
	*p = q;
	return true;
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* "1 Mar 2026" */
static bool read_named(const char **p, struct cal_time *t)
{
	const char *q = *p;
	char blank;
	if (!number(&q, 2, &t->day) || !one_of(&q, " ", &blank))
		return false;
	for (t->month = 1; t->month <= 12; t->month++)
		if (!strncasecmp(q, months + 3 * (t->month - 1), 3))
			break;
	if (t->month > 12)
		return false;
	q += strcspn(q, " ");
	if (!one_of(&q, " ", &blank) || !number(&q, 4, &t->year))
		return false;
	*p = q;
	return true;
}

static bool read_date(const char **p, enum form_order order, struct cal_time *t)
{
	struct triple d;
	if (!read_triple(p, &d))
		return read_named(p, t);
	bool day_first = d.sign == '.' || order == FORM_DAY_FIRST;
	t->year = d.long_first ? d.v[0] : d.v[2];
	t->month = d.long_first ? d.v[1] : day_first ? d.v[1] : d.v[0];
	t->day = d.long_first ? d.v[2] : day_first ? d.v[0] : d.v[1];
	if (!d.long_first && t->year < 100)
		t->year += 2000;
	return true;
}

/* "AM", "p.m." and the like: 0 none, 1 before noon, 2 after. */
static int half_of_day(const char **p)
{
	const char *q = *p + (**p == ' ');
	int half = *q == 'a' || *q == 'A' ? 1 : *q == 'p' || *q == 'P' ? 2 : 0;
	if (!half)
		return 0;
	q++;
	q += *q == '.';
	if (*q != 'm' && *q != 'M')
		return 0;
	q++;
	q += *q == '.';
	*p = q;
	return half;
}

static bool read_clock(const char **p, struct cal_time *t, int *ret_ms)
{
	char sign;
	int half;
	*ret_ms = 0;
	if (!number(p, 2, &t->hour) || !one_of(p, ":.", &sign) || !number(p, 2, &t->minute))
		return false;
	if (**p == sign) {
		(*p)++;
		if (!number(p, 2, &t->second))
			return false;
		if (sign == ':' && **p == '.') {
			int scale = 100;
			for ((*p)++; isdigit((unsigned char)**p); (*p)++, scale /= 10)
				*ret_ms += (**p - '0') * scale;
		}
	}
	half = half_of_day(p);
	if (half && (t->hour < 1 || t->hour > 12))
		return false;
	if (half)
		t->hour = t->hour % 12 + (half == 2 ? 12 : 0);
	return true;
}

/* "Z", "+01:00", "+0100" */
static bool read_offset(const char **p, int *ret_s)
{
	char sign;
	int hours, minutes;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		*ret_s = 0;
		return true;
	}
	if (!one_of(p, "+-", &sign) || !number(p, 2, &hours))
		return false;
	*p += **p == ':';
	if (!number(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_s = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
	return true;
}

static bool exists(const struct cal_time *t)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (t->year < 1970 || t->year > 9998 || t->month < 1 || t->month > 12 || t->day < 1)
		return false;
	bool leap = (t->year % 4 == 0 && t->year % 100 != 0) || t->year % 400 == 0;
	return t->day <= days[t->month - 1] + (t->month == 2 && leap) && t->hour < 24 &&
	       t->minute < 60 && t->second < 61;
}

static int64_t utc_ms(const struct cal_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900,
			.tm_mon = t->month - 1,
			.tm_mday = t->day,
			.tm_hour = t->hour,
			.tm_min = t->minute,
			.tm_sec = t->second};
	return (int64_t)timegm(&tm) * 1000;
}

static void put_zone(const struct form_clock *c, struct cal_time *t)
{
	char local[CAL_ZONE_MAX];
	cal_zone_local(local);
	snprintf(t->zone, sizeof(t->zone), "%s", c->zone ? c->zone : local);
}

/* The day that a time without a date belongs to. */
static int take_day(const struct form_clock *c, struct cal_time *t, struct err *err)
{
	struct cal_time day;
	if (!c->day_ms) {
		err_set(err, ERR_INVALID, _("the times of this file have no date"));
		err_hint(err, _("say which day it was: --day YYYY-MM-DD"));
		return ERR_INVALID;
	}
	put_zone(c, t);
	int rc = cal_time_at(c->day_ms, t->zone, &day, err);
	t->year = day.year;
	t->month = day.month;
	t->day = day.day;
	return rc;
}

static int not_a_time(struct span s, bool impossible, struct err *err)
{
	return err_set(err, ERR_INVALID,
		       impossible ? _("\"%.*s\" does not exist") : _("\"%.*s\" is no time"),
		       SPAN_ARG(span_head(s, 60)));
}

int form_time_read(const struct form_clock *c, struct span s, int64_t *ret_ms, struct err *err)
{
	char text[TEXT_SIZE] = "";
	struct cal_time t = {0};
	int ms = 0, offset = 0, rc = 0;
	if (!flatten(s, text))
		return not_a_time(s, false, err);
	const char *p = text;
	bool dated = read_date(&p, c->order, &t);
	if (dated)
		p += *p == ' ' || *p == 'T' || *p == 't';
	if (!read_clock(&p, &t, &ms))
		return not_a_time(s, false, err);
	p += *p == ' ';
	bool zoned = *p != '\0';
	if (zoned && (!read_offset(&p, &offset) || *p))
		return not_a_time(s, false, err);
	if (!dated)
		rc = take_day(c, &t, err);
	if (rc)
		return rc;
	if (!exists(&t))
		return not_a_time(s, true, err);
	*ret_ms = utc_ms(&t) - (int64_t)offset * 1000;
	if (!zoned) {
		put_zone(c, &t);
		rc = cal_time_ms(&t, ret_ms, err);
	}
	*ret_ms += ms;
	return rc;
}

void form_dates_see(struct form_dates *d, struct span s)
{
	char text[TEXT_SIZE] = "";
	struct triple t;
	const char *p = text;
	if (!flatten(s, text) || !read_triple(&p, &t) || t.long_first)
		return;
	d->dots |= t.sign == '.';
	d->clock12 |= strpbrk(p, "AaPp") != NULL;
	d->day_first |= t.v[0] > 12;
	d->month_first |= t.v[1] > 12;
	d->either |= t.v[0] <= 12 && t.v[1] <= 12 && t.v[0] != t.v[1];
}

enum form_order form_dates_order(const struct form_dates *d, bool *ret_doubt)
{
	*ret_doubt = false;
	if (d->day_first && !d->month_first)
		return FORM_DAY_FIRST;
	if (d->month_first || d->clock12)
		return FORM_MONTH_FIRST;
	*ret_doubt = d->either && !d->dots;
	return d->dots ? FORM_DAY_FIRST : FORM_MONTH_FIRST;
}

/* -- durations -------------------------------------------------------------- */

static const struct {
	const char *word;
	int64_t ms;
} units[] = {
	{"h", 3600000},	    {"hr", 3600000},   {"hrs", 3600000},    {"hour", 3600000},
	{"hours", 3600000}, {"std", 3600000},  {"stunde", 3600000}, {"stunden", 3600000},
	{"godz", 3600000},  {"g", 3600000},    {"m", 60000},	    {"min", 60000},
	{"mins", 60000},    {"minute", 60000}, {"minutes", 60000},  {"minuten", 60000},
	{"minut", 60000},   {"s", 1000},       {"sec", 1000},	    {"secs", 1000},
	{"second", 1000},   {"seconds", 1000}, {"sek", 1000},	    {"sekunde", 1000},
	{"sekunden", 1000},
};

static int64_t unit_of(const char **p)
{
	char word[12] = "";
	size_t n = strspn(*p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (n == 0 || n >= sizeof(word))
		return 0;
	memcpy(word, *p, n);
	*p += n;
	*p += **p == '.';
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (!strcasecmp(word, units[i].word))
			return units[i].ms;
	return 0;
}

/* "1:27:51"; two numbers would be hours or minutes. */
static bool read_colons(const char *p, int64_t *ret_ms)
{
	int h, m, s;
	char colon;
	if (!number(&p, 4, &h) || !one_of(&p, ":", &colon) || !number(&p, 2, &m) ||
	    !one_of(&p, ":", &colon) || !number(&p, 2, &s) || *p || m > 59 || s > 59)
		return false;
	*ret_ms = ((int64_t)h * 3600 + m * 60 + s) * 1000;
	return true;
}

bool form_duration_read(struct span s, int64_t *ret_ms)
{
	char text[TEXT_SIZE] = "";
	int64_t total = 0, last = INT64_MAX;
	if (!flatten(s, text))
		return false;
	if (read_colons(text, ret_ms))
		return true;
	for (const char *p = text; *p; p += *p == ' ') {
		int n;
		if (!number(&p, 7, &n))
			return false;
		p += *p == ' ';
		int64_t unit = unit_of(&p);
		if (!unit || unit >= last)
			return false;
		total += n * unit;
		last = unit;
	}
	*ret_ms = total;
	return true;
}
