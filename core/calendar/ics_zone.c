#include "core/calendar/ics_zone.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/wall.h"

#include <string.h>

#define CHANGES_MAX 200 /* listed ones; a zone has some two a year */

/* -- Out ----------------------------------------------------------------- */

static void put_offset(struct buf *b, const char *name, int s)
{
	int size = s < 0 ? -s : s;
	buf_printf(b, "%s:%c%02d%02d", name, s < 0 ? '-' : '+', size / 3600, size / 60 % 60);
	if (size % 60)
		buf_printf(b, "%02d", size % 60);
	buf_put_str(b, "\r\n");
}

/* The clock before the change shows `wall` when it happens. */
static void put_change(struct buf *b, const struct tz_type *to, int offset_before, int64_t wall,
		       const char *rule)
{
	struct cal_time t = {.date_only = false};
	char stamp[CAL_STAMP_SIZE];
	const char *kind = to->dst ? "DAYLIGHT" : "STANDARD";
	wall_split(wall, &t);
	cal_stamp(&t, stamp);
	buf_printf(b, "BEGIN:%s\r\nDTSTART:%s\r\n", kind, stamp);
	if (rule)
		buf_printf(b, "RRULE:%s\r\n", rule);
	put_offset(b, "TZOFFSETFROM", offset_before);
	put_offset(b, "TZOFFSETTO", to->offset_s);
	buf_printf(b, "TZNAME:%s\r\nEND:%s\r\n", to->abbreviation, kind);
}

/* POSIX's rule as RFC 5545 has it; hours outside the day move it to another one. False: it cannot. */
static bool yearly(const struct tz_rule *r, char *ret, size_t size)
{
	static const char *const days[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	int64_t shift = r->time_s / WALL_DAY - (r->time_s % WALL_DAY < 0);
	int first = r->week == 5 ? -7 : 7 * (r->week - 1) + 1;
	if (r->kind != TZ_MONTH_WEEK_DAY)
		return false;
	const char *day = days[((r->day + shift) % 7 + 7) % 7];
	if (!shift) {
		snprintf(ret, size, "FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", r->month,
			 r->week == 5 ? -1 : r->week, day);
		return true;
	}
	first += (int)shift;
	if (first < -28 || first + 6 > wall_days_in_month(2001, r->month) ||
	    (first <= 0 && first + 6 >= 0))
		return false; /* it reaches into another month */
	int n = snprintf(ret, size, "FREQ=YEARLY;BYMONTH=%d;BYDAY=%s;BYMONTHDAY=", r->month, day);
	for (int i = 0; i < 7; i++)
		n += snprintf(ret + n, size - (size_t)n, "%s%d", i ? "," : "", first + i);
	return true;
}

static int year_of(int64_t s)
{
	struct cal_time t;
	wall_split(s, &t);
	return t.year;
}

/* First year in which a rule's change is not before `from_s`. */
static int first_year(const struct tz_rule *r, int offset_s, int64_t from_s)
{
	int year = from_s == INT64_MIN ? 1970 : year_of(from_s);
	return tz_rule_at(r, year, offset_s) < from_s ? year + 1 : year;
}

/* Both changes of every year. */
static bool put_tail(struct buf *b, const struct tz_tail *t, int64_t from_s)
{
	int before = t->standard.offset_s, after = t->dst.offset_s;
	char start[160], end[160];
	if (!yearly(&t->start, start, sizeof(start)) || !yearly(&t->end, end, sizeof(end)))
		return false;
	int64_t on = tz_rule_at(&t->start, first_year(&t->start, before, from_s), before);
	int64_t off = tz_rule_at(&t->end, first_year(&t->end, after, from_s), after);
	put_change(b, &t->dst, before, on + before, start);
	put_change(b, &t->standard, after, off + after, end);
	return true;
}

/* Does the list agree with the tail from this change on? It may go on for decades with the same. */
static bool tail_agrees(const struct tz *z, size_t i)
{
	const struct tz_tail *t = &z->tail;
	int year = year_of(z->at[i]);
	int64_t start = tz_rule_at(&t->start, year, t->standard.offset_s);
	int64_t end = tz_rule_at(&t->end, year, t->dst.offset_s);
	const struct tz_type *to = &z->types[z->to[i]];
	return (z->at[i] == start && to->offset_s == t->dst.offset_s) ||
	       (z->at[i] == end && to->offset_s == t->standard.offset_s);
}

/* First change from which on the yearly rules hold. */
static size_t tail_begins(const struct tz *z)
{
	size_t i = z->n;
	while (z->tail.has_dst && i > 0 && tail_agrees(z, i - 1))
		i--;
	return i;
}

void ics_zone_put(struct buf *b, const struct tz *z, int64_t from_s, int64_t to_s)
{
	size_t tail = tail_begins(z), listed = 0;
	int64_t tail_s = tail < z->n ? z->at[tail] : z->n ? z->at[z->n - 1] : INT64_MIN;
	bool ruled = false;
	buf_printf(b, "BEGIN:VTIMEZONE\r\nTZID:%s\r\n", z->name);
	if (z->tail.has_dst) /* 1970 does for all that is later: the bytes stay the same */
		ruled = put_tail(b, &z->tail, from_s >= tail_s ? INT64_MIN : tail_s);
	if (!ruled || from_s < tail_s)
		put_change(b, tz_at(z, from_s), tz_at(z, from_s - 1)->offset_s,
			   from_s + tz_at(z, from_s - 1)->offset_s, NULL);
	for (size_t i = 0; i < (ruled ? tail : z->n) && listed < CHANGES_MAX; i++) {
		if (z->at[i] <= from_s || z->at[i] >= to_s)
			continue;
		int before = tz_at(z, z->at[i] - 1)->offset_s;
		put_change(b, &z->types[z->to[i]], before, z->at[i] + before, NULL);
		listed++;
	}
	buf_put_str(b, "END:VTIMEZONE\r\n");
}

/* -- In ------------------------------------------------------------------ */

static bool known(const char *name, char ret[CAL_ZONE_MAX])
{
	return cal_zone_check(name, ret, NULL) == 0;
}

/* "/mozilla.org/20050126_1/Europe/Berlin": the last three, two or one of its parts. */
static bool by_end(const char *tzid, char ret[CAL_ZONE_MAX])
{
	const char *parts[4] = {NULL};
	for (const char *p = tzid; *p; p++)
		if (*p == '/') {
			memmove(parts, parts + 1, 3 * sizeof(*parts));
			parts[3] = p + 1;
		}
	for (int i = 1; i < 4; i++)
		if (parts[i] && *parts[i] && known(parts[i], ret))
			return true;
	return false;
}

static bool by_windows(const char *tzid, char ret[CAL_ZONE_MAX])
{
	struct span name = span_of(tzid);
	if (name.n > 2 && name.p[0] == '"')
		name = span_head(span_from(name, 1), name.n - 2);
	for (const struct ics_windows_zone *w = ics_windows_zones(); w->windows; w++)
		if (span_case_eq_str(name, w->windows))
			return known(w->iana, ret);
	return false;
}

static bool by_location(const struct lib_ical *lib, icalcomponent *vtimezone,
			char ret[CAL_ZONE_MAX])
{
	icalproperty *p = lib->icalcomponent_get_first_property(vtimezone, ICAL_X_PROPERTY);
	for (; p; p = lib->icalcomponent_get_next_property(vtimezone, ICAL_X_PROPERTY)) {
		const char *name = lib->icalproperty_get_x_name(p);
		if (!name || strcmp(name, "X-LIC-LOCATION") != 0)
			continue;
		char *value = lib->icalproperty_get_value_as_string_r(p);
		bool found = value && known(value, ret);
		if (value)
			lib->icalmemory_free_buffer(value);
		return found;
	}
	return false;
}

#define PROBES 24
#define OBSERVANCES_MAX 200 /* changes that a description lists */
#define RULES_MAX 20	    /* and those of them that repeat */

/* libical walks these rules from their start, which may lie centuries back: those that a zone needs,
 * not each second of that time. */
static bool is_modest(const char *rule)
{
	static const char *const parts[] = {"FREQ=YEARLY", "INTERVAL=", "BYMONTH=", "BYDAY=",
					    "BYMONTHDAY=", "WKST=",	"UNTIL=",   "COUNT="};
	struct span rest = span_of(rule), part;
	bool yearly_rule = false;
	while (span_split(&rest, ';', &part)) {
		size_t i = 0;
		while (i < ARRAY_LEN(parts) && !span_starts(part, parts[i]))
			i++;
		if (i == ARRAY_LEN(parts))
			return false;
		yearly_rule |= i == 0;
	}
	return yearly_rule;
}

static bool rules_are_modest(const struct lib_ical *lib, icalcomponent *observance, int *rules)
{
	icalproperty *p = lib->icalcomponent_get_first_property(observance, ICAL_RRULE_PROPERTY);
	for (; p; p = lib->icalcomponent_get_next_property(observance, ICAL_RRULE_PROPERTY)) {
		char *rule = lib->icalproperty_get_value_as_string_r(p);
		bool ok = rule && is_modest(rule) && ++*rules <= RULES_MAX;
		if (rule)
			lib->icalmemory_free_buffer(rule);
		if (!ok)
			return false;
	}
	return true;
}

static bool can_be_walked(const struct lib_ical *lib, icalcomponent *vtimezone)
{
	int n = 0, rules = 0;
	icalcomponent *c = lib->icalcomponent_get_first_component(vtimezone, ICAL_ANY_COMPONENT);
	for (; c; c = lib->icalcomponent_get_next_component(vtimezone, ICAL_ANY_COMPONENT))
		if (++n > OBSERVANCES_MAX || !rules_are_modest(lib, c, &rules))
			return false;
	return n > 0;
}

/* Offsets of the described zone, twice a month of a year. */
static bool probe(const struct lib_ical *lib, icalcomponent *vtimezone, int year, int ret[PROBES])
{
	icaltimezone *zone = lib->icaltimezone_new();
	icalcomponent *own = lib->icalcomponent_new_clone(vtimezone);
	bool ok = lib->icaltimezone_set_component(zone, own) != 0;
	if (!ok)
		lib->icalcomponent_free(own);
	for (int i = 0; i < PROBES && ok; i++) {
		char stamp[48];
		int dst;
		snprintf(stamp, sizeof(stamp), "%04d%02d%02dT120000Z", year, i / 2 + 1,
			 i % 2 ? 20 : 6);
		struct icaltimetype t = lib->icaltime_from_string(stamp);
		ret[i] = lib->icaltimezone_get_utc_offset_of_utc_time(zone, &t, &dst);
	}
	lib->icaltimezone_free(zone, 1);
	return ok;
}

static bool same_clock(const char *iana, int year, const int offsets[PROBES])
{
	AUTO(tz_auto_free) struct tz *z = NULL;
	if (tz_open(iana, &z, NULL))
		return false;
	for (int i = 0; i < PROBES; i++) {
		int64_t s = wall_day(year, i / 2 + 1, i % 2 ? 20 : 6) * WALL_DAY + 43200;
		if (tz_at(z, s)->offset_s != offsets[i])
			return false;
	}
	return true;
}

static int by_clock(const struct lib_ical *lib, const char *tzid, icalcomponent *vtimezone,
		    int year, char ret[CAL_ZONE_MAX], bool *ret_exact, struct err *err)
{
	int offsets[PROBES];
	if (!can_be_walked(lib, vtimezone) || !probe(lib, vtimezone, year, offsets))
		return err_set(err, ERR_NOT_FOUND, _("the zone \"%.60s\" is not known"), tzid);
	for (const struct ics_windows_zone *w = ics_windows_zones(); w->windows; w++)
		if (same_clock(w->iana, year, offsets) && known(w->iana, ret))
			return 0;
	*ret_exact = false;
	for (int i = 1; i < PROBES; i++)
		if (offsets[i] != offsets[0] || offsets[0] % 3600)
			return err_set(err, ERR_NOT_FOUND,
				       _("the zone \"%.60s\" has a clock that no zone here has"),
				       tzid);
	if (!offsets[0])
		snprintf(ret, CAL_ZONE_MAX, "UTC");
	else /* POSIX's signs: what is east is minus */
		snprintf(ret, CAL_ZONE_MAX, "Etc/GMT%+d", -offsets[0] / 3600);
	return 0;
}

int ics_zone_find(const char *tzid, icalcomponent *vtimezone, int year, char ret[CAL_ZONE_MAX],
		  bool *ret_exact, struct err *err)
{
	const struct lib_ical *lib = ical(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	*ret_exact = true;
	if (known(tzid, ret) || by_end(tzid, ret) || by_windows(tzid, ret) ||
	    (vtimezone && by_location(lib, vtimezone, ret)))
		return 0;
	if (!vtimezone)
		return err_set(err, ERR_NOT_FOUND, _("the zone \"%.60s\" is not known"), tzid);
	return by_clock(lib, tzid, vtimezone, year, ret, ret_exact, err);
}
