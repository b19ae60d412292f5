#include "core/calendar/ics.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/ics_zone.h"
#include "core/calendar/instances.h"
#include "core/calendar/wall.h"

#include <string.h>

#define LINE_MAX_BYTES 2048

/* One calendar while it is made. */
struct writer {
	const struct lib_ical *lib;
	icalcomponent *calendar;
	struct buf *text;
	enum ics_method method;
	struct err *err;
	int rc;
};

/* A property whose value is no free text, as a line. */
static void line(struct writer *w, icalcomponent *to, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void line(struct writer *w, icalcomponent *to, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	icalproperty *p = n < (int)sizeof(text) ? w->lib->icalproperty_new_from_string(text) : NULL;
	if (p && w->lib->icalproperty_isa(p) != ICAL_XLICERROR_PROPERTY) {
		w->lib->icalcomponent_add_property(to, p);
		return;
	}
	if (p)
		w->lib->icalproperty_free(p);
	if (!w->rc)
		w->rc = err_set(w->err, ERR_INVALID, _("calendar files cannot hold \"%.100s\""),
				text);
}

static void text(struct writer *w, icalcomponent *to, icalproperty_kind kind, const char *s)
{
	if (!s || !*s)
		return;
	icalproperty *p = w->lib->icalproperty_new(kind);
	w->lib->icalproperty_set_value(p, w->lib->icalvalue_new_text(s));
	w->lib->icalcomponent_add_property(to, p);
}

static void time_line(struct writer *w, icalcomponent *to, const char *name,
		      const struct cal_time *t)
{
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(t, stamp);
	if (t->date_only)
		line(w, to, "%s;VALUE=DATE:%s", name, stamp);
	else if (!t->zone[0] || !strcmp(t->zone, "UTC"))
		line(w, to, "%s:%s%s", name, stamp, t->zone[0] ? "Z" : "");
	else
		line(w, to, "%s;TZID=%s:%s", name, t->zone, stamp);
}

static void ms_line(struct writer *w, icalcomponent *to, const char *name, int64_t ms)
{
	struct cal_time t;
	if (!cal_time_at(ms, "UTC", &t, NULL))
		time_line(w, to, name, &t);
}

/* The end in the zone of the start. */
static struct cal_time end_of(const struct cal_time *start, int64_t duration_ms, struct err *err,
			      int *rc)
{
	struct cal_time end = *start;
	int64_t ms;
	if (start->date_only) {
		wall_split(wall_of(start) + duration_ms / 1000, &end);
		return end;
	}
	int one = cal_time_ms(start, &ms, err);
	if (!one)
		one = cal_time_at(ms + duration_ms, start->zone, &end, err);
	*rc = *rc ? *rc : one;
	return end;
}

/* UNTIL must be in UTC where the start has a zone (3.3.10). */
static void rule_line(struct writer *w, icalcomponent *to, const struct cal_event *e)
{
	AUTO_FREE char *rule = cal_rule_clean(e->rrule);
	const char *at = strstr(rule, "UNTIL="), *value = at ? at + 6 : NULL;
	struct rrule r;
	struct cal_time t = {.date_only = false};
	char stamp[CAL_STAMP_SIZE];
	int64_t ms;
	if (!at || e->start.date_only || !e->start.zone[0] ||
	    rrule_parse(span_of(rule), &r, NULL) || r.end == RRULE_UNTIL_UTC) {
		line(w, to, "RRULE:%s", rule);
		return;
	}
	wall_split(r.until, &t);
	snprintf(t.zone, sizeof(t.zone), "%s", e->start.zone);
	if (cal_time_ms(&t, &ms, NULL) || cal_time_at(ms, "UTC", &t, NULL))
		return;
	cal_stamp(&t, stamp);
	line(w, to, "RRULE:%.*s%sZ%s", (int)(value - rule), rule, stamp,
	     value + strcspn(value, ";"));
}

/* What the series and each changed date have alike. */
static icalcomponent *component(struct writer *w, const struct cal_event *e)
{
	icalcomponent *c = w->lib->icalcomponent_new(ICAL_VEVENT_COMPONENT);
	text(w, c, ICAL_UID_PROPERTY, e->uid);
	ms_line(w, c, "DTSTAMP", e->changed_ms);
	if (e->created_ms)
		ms_line(w, c, "CREATED", e->created_ms);
	ms_line(w, c, "LAST-MODIFIED", e->changed_ms);
	line(w, c, "SEQUENCE:%lld", (long long)e->sequence);
	if (e->organizer)
		line(w, c, "ORGANIZER:%s", e->organizer);
	if (e->url)
		line(w, c, "URL:%s", e->url);
	return c;
}

static void times(struct writer *w, icalcomponent *c, const struct cal_time *start,
		  int64_t duration_ms)
{
	struct cal_time end = end_of(start, duration_ms, w->err, &w->rc);
	time_line(w, c, "DTSTART", start);
	time_line(w, c, "DTEND", &end);
}

static void words(struct writer *w, icalcomponent *c, const char *title, const char *description,
		  const char *location)
{
	text(w, c, ICAL_SUMMARY_PROPERTY, title);
	text(w, c, ICAL_DESCRIPTION_PROPERTY, description);
	text(w, c, ICAL_LOCATION_PROPERTY, location);
}

static void status(struct writer *w, icalcomponent *c, enum cal_status s)
{
	static const char *const names[] = {"CONFIRMED", "TENTATIVE", "CANCELLED"};
	line(w, c, "STATUS:%s", names[w->method == ICS_CANCEL ? CAL_CANCELLED : s]);
}

static void series(struct writer *w, const struct cal_event *e)
{
	icalcomponent *c = component(w, e);
	times(w, c, &e->start, e->duration_ms);
	words(w, c, e->title, e->description, e->location);
	if (e->rrule)
		rule_line(w, c, e);
	for (size_t i = 0; i < e->n_exdates; i++)
		time_line(w, c, "EXDATE", &e->exdates[i]);
	for (size_t i = 0; i < e->n_rdates; i++)
		time_line(w, c, "RDATE", &e->rdates[i]);
	status(w, c, e->status);
	w->lib->icalcomponent_add_component(w->calendar, c);
}

static void changed_date(struct writer *w, const struct cal_event *e, const struct cal_override *o)
{
	icalcomponent *c = component(w, e);
	time_line(w, c, "RECURRENCE-ID", &o->recurrence_id);
	times(w, c, &o->start, o->duration_ms);
	words(w, c, o->title ? o->title : e->title,
	      o->description ? o->description : e->description,
	      o->location ? o->location : e->location);
	status(w, c, o->cancelled ? CAL_CANCELLED : o->confirmed ? CAL_CONFIRMED : e->status);
	w->lib->icalcomponent_add_component(w->calendar, c);
}

/* -- Zones that the events are in ---------------------------------------- */

#define ZONES_MAX 64

struct zones {
	struct {
		char name[CAL_ZONE_MAX];
		int64_t from_ms, to_ms;
	} v[ZONES_MAX];
	size_t n;
};

static void note_zone(struct zones *z, const struct cal_time *t)
{
	int64_t ms;
	size_t i = 0;
	if (t->date_only || !t->zone[0] || !strcmp(t->zone, "UTC") || cal_time_ms(t, &ms, NULL))
		return;
	while (i < z->n && strcmp(z->v[i].name, t->zone) != 0)
		i++;
	if (i == ZONES_MAX)
		return;
	if (i == z->n) {
		memcpy(z->v[i].name, t->zone, CAL_ZONE_MAX);
		z->v[i].from_ms = z->v[i].to_ms = ms;
		z->n++;
	}
	z->v[i].from_ms = ms < z->v[i].from_ms ? ms : z->v[i].from_ms;
	z->v[i].to_ms = ms > z->v[i].to_ms ? ms : z->v[i].to_ms;
}

static void note_zones(struct zones *z, const struct cal_event *e)
{
	note_zone(z, &e->start);
	for (size_t i = 0; i < e->n_exdates; i++)
		note_zone(z, &e->exdates[i]);
	for (size_t i = 0; i < e->n_rdates; i++)
		note_zone(z, &e->rdates[i]);
	for (size_t i = 0; i < e->n_overrides; i++) {
		note_zone(z, &e->overrides[i].recurrence_id);
		note_zone(z, &e->overrides[i].start);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b); /* the name stands first */
}

#define TEN_YEARS (10LL * 366 * WALL_DAY)

/* A description from the beginning of the first year on. */
static int put_zone(struct writer *w, const char *name, int64_t from_ms, int64_t to_ms)
{
	AUTO(tz_auto_free) struct tz *z = NULL;
	AUTO(buf_done) struct buf b = BUF_INIT(65536);
	struct cal_time t;
	int rc = tz_open(name, &z, w->err);
	if (rc)
		return rc;
	wall_split(from_ms / 1000, &t);
	ics_zone_put(&b, z, wall_day(t.year - 1, 1, 1) * WALL_DAY, to_ms / 1000 + TEN_YEARS);
	icalcomponent *c = w->lib->icalparser_parse_string(buf_str(&b));
	if (c)
		w->lib->icalcomponent_add_component(w->calendar, c);
	return 0;
}

static int put_zones(struct writer *w, const struct cal_event *events, size_t n)
{
	struct zones *z = NEW(struct zones);
	int rc = 0;
	for (size_t i = 0; i < n; i++)
		note_zones(z, &events[i]);
	qsort(z->v, z->n, sizeof(z->v[0]), by_name);
	for (size_t i = 0; i < z->n && !rc; i++)
		rc = put_zone(w, z->v[i].name, z->v[i].from_ms, z->v[i].to_ms);
	mem_free(z);
	return rc;
}

/* Whoever cancels all of it says nothing of dates that were. */
static int put_event(struct writer *w, const struct cal_event *e)
{
	struct cal_event bare = *e;
	AUTO_FREE struct cal_override *dates = NULL;
	size_t n = 0;
	bare.n_eras = w->method == ICS_CANCEL ? 0 : e->n_eras;
	int rc = cal_eras_unfold(&bare, &dates, &n, w->err);
	if (rc)
		return rc;
	series(w, e);
	for (size_t i = 0; i < n; i++)
		changed_date(w, e, &dates[i]);
	return 0;
}

int ics_write(const struct cal_event *events, size_t n, enum ics_method method, struct buf *ret,
	      struct err *err)
{
	static const char *const methods[] = {"PUBLISH", "REQUEST", "CANCEL"};
	struct writer w = {.lib = ical(err), .text = ret, .method = method, .err = err};
	if (!w.lib)
		return ERR_UNSUPPORTED;
	w.calendar = w.lib->icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
	line(&w, w.calendar, "VERSION:2.0");
	line(&w, w.calendar, "PRODID:-//muster//muster//EN");
	line(&w, w.calendar, "METHOD:%s", methods[method]);
	int rc = put_zones(&w, events, n);
	for (size_t i = 0; i < n && !rc; i++)
		rc = put_event(&w, &events[i]);
	char *out = rc || w.rc ? NULL : w.lib->icalcomponent_as_ical_string_r(w.calendar);
	rc = rc ? rc : w.rc;
	if (out && !buf_put_str(ret, out))
		rc = err_set(err, ERR_TOO_LARGE, _("the calendar is larger than %u MB"),
			     ICS_FILE_MAX >> 20);
	if (out)
		w.lib->icalmemory_free_buffer(out);
	w.lib->icalcomponent_free(w.calendar);
	return rc;
}
