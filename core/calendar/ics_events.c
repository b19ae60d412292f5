/* iCalendar files in: the second half, one event of a master and its overrides. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/ics_read.h"
#include "core/calendar/instances.h"
#include "core/calendar/wall.h"

#include <string.h>

static icalproperty *first(struct reader *r, icalcomponent *c, icalproperty_kind kind)
{
	return r->lib->icalcomponent_get_first_property(c, kind);
}

static int64_t number(struct reader *r, icalcomponent *c, icalproperty_kind kind)
{
	AUTO_FREE char *s = ics_text(r, c, kind, 30);
	int64_t v = 0;
	return s && span_i64(span_of(s), &v) && v > 0 ? v : 0;
}

static int64_t instant(struct reader *r, icalcomponent *c, icalproperty_kind kind)
{
	icalproperty *p = first(r, c, kind);
	struct cal_time t;
	int64_t ms;
	return p && !ics_time(r, p, 0, &t, NULL) && !cal_time_ms(&t, &ms, NULL) ? ms : 0;
}

static int64_t changed_at(struct reader *r, icalcomponent *c)
{
	int64_t ms = instant(r, c, ICAL_LASTMODIFIED_PROPERTY);
	return ms ? ms : instant(r, c, ICAL_DTSTAMP_PROPERTY);
}

/* libical puts what it cannot read into properties of its own; in these it is no trifle. */
static int check_errors(struct reader *r, icalcomponent *c, struct err *err)
{
	static const char *const vital[] = {"DTSTART",	     "DTEND",  "DURATION",
					    "RRULE",	     "EXDATE", "RDATE",
					    "RECURRENCE-ID", "RECUR",  "DATE-TIME"};
	icalproperty *p = first(r, c, ICAL_XLICERROR_PROPERTY);
	for (; p; p = r->lib->icalcomponent_get_next_property(c, ICAL_XLICERROR_PROPERTY)) {
		char *s = r->lib->icalproperty_get_value_as_string_r(p);
		int rc = 0;
		for (size_t i = 0; i < ARRAY_LEN(vital) && s && !rc; i++)
			if (strstr(s, vital[i]))
				rc = err_set(err, ERR_INVALID, _("not understood: %.200s"), s);
		if (s)
			r->lib->icalmemory_free_buffer(s);
		if (rc)
			return rc;
	}
	if (first(r, c, ICAL_EXRULE_PROPERTY))
		return err_set(err, ERR_INVALID, _("EXRULE is not read; EXDATE is"));
	return 0;
}

static int duration_value(struct reader *r, icalproperty *p, int64_t *ret_ms, struct err *err)
{
	char *s = r->lib->icalproperty_get_value_as_string_r(p);
	struct icaldurationtype d = r->lib->icaldurationtype_from_string(s ? s : "");
	if (s)
		r->lib->icalmemory_free_buffer(s);
	if (d.is_neg)
		return err_set(err, ERR_INVALID, _("it ends before it begins"));
	*ret_ms = (((int64_t)d.weeks * 7 + d.days) * WALL_DAY + d.hours * 3600LL +
		   d.minutes * 60LL + d.seconds) *
		  1000;
	return 0;
}

/* DTEND, DURATION, or what the kind of start means (3.6.1): a day, or no time. */
static int duration(struct reader *r, icalcomponent *c, int at, const struct cal_time *start,
		    int64_t *ret_ms, struct err *err)
{
	icalproperty *end = first(r, c, ICAL_DTEND_PROPERTY);
	icalproperty *takes = first(r, c, ICAL_DURATION_PROPERTY);
	struct cal_time t;
	int64_t from, to;
	*ret_ms = start->date_only ? WALL_DAY * 1000 : 0;
	if (!end)
		return takes ? duration_value(r, takes, ret_ms, err) : 0;
	int rc = ics_time(r, end, at, &t, err);
	if (!rc && start->date_only) {
		*ret_ms = (wall_of(&t) - wall_of(start)) * 1000;
	} else if (!rc) {
		if (!t.zone[0])
			memcpy(t.zone, start->zone, sizeof(t.zone));
		rc = cal_time_ms(start, &from, err);
		rc = rc ? rc : cal_time_ms(&t, &to, err);
		*ret_ms = rc ? 0 : to - from;
	}
	if (!rc && *ret_ms < 0)
		rc = err_set(err, ERR_INVALID, _("it ends before it begins"));
	return rc;
}

static int start_of(struct reader *r, icalcomponent *c, int at, struct cal_time *ret,
		    struct err *err)
{
	icalproperty *p = first(r, c, ICAL_DTSTART_PROPERTY);
	return p ? ics_time(r, p, at, ret, err)
		 : err_set(err, ERR_INVALID, _("it does not say when it begins (DTSTART)"));
}

/* The same moment as the series' clock shows it; days stay. */
static void to_zone(struct cal_time *t, const struct cal_time *start)
{
	int64_t ms;
	if (t->date_only || !strcmp(t->zone, start->zone))
		return;
	if (!t->zone[0])
		memcpy(t->zone, start->zone, sizeof(t->zone));
	else if (start->zone[0] && !cal_time_ms(t, &ms, NULL))
		cal_time_at(ms, start->zone, t, NULL);
}

static int dates(struct reader *r, icalcomponent *c, icalproperty_kind kind, int at,
		 const struct cal_time *start, struct cal_time **ret, size_t *ret_n,
		 struct err *err)
{
	icalproperty *p = first(r, c, kind);
	int rc = 0;
	for (; p && !rc; p = r->lib->icalcomponent_get_next_property(c, kind)) {
		struct cal_time t;
		rc = ics_time(r, p, at, &t, err);
		if (rc)
			break;
		if (*ret_n == CAL_EXDATES_MAX)
			return err_set(err, ERR_INVALID, _("more than %d single dates differ"),
				       CAL_EXDATES_MAX);
		to_zone(&t, start);
		*ret = mem_realloc_array(*ret, *ret_n + 1, sizeof(**ret));
		(*ret)[(*ret_n)++] = t;
	}
	return rc;
}

static int rule(struct reader *r, icalcomponent *c, char **ret, struct err *err)
{
	icalproperty *p = first(r, c, ICAL_RRULE_PROPERTY);
	struct rrule parsed;
	if (!p)
		return 0;
	char *s = r->lib->icalproperty_get_value_as_string_r(p);
	*ret = mem_strdup(s);
	if (s)
		r->lib->icalmemory_free_buffer(s);
	if (r->lib->icalcomponent_get_next_property(c, ICAL_RRULE_PROPERTY))
		return err_set(err, ERR_INVALID, _("it has several rules (RRULE)"));
	return rrule_parse(span_of(*ret), &parsed, err);
}

static enum cal_status status_of(struct reader *r, icalcomponent *c)
{
	AUTO_FREE char *s = ics_text(r, c, ICAL_STATUS_PROPERTY, 30);
	struct span v = span_of(s);
	return span_case_eq_str(v, "CANCELLED")	  ? CAL_CANCELLED
	       : span_case_eq_str(v, "TENTATIVE") ? CAL_TENTATIVE
						  : CAL_CONFIRMED;
}

static int read_master(struct reader *r, icalcomponent *c, int at, struct cal_event *e,
		       struct err *err)
{
	e->uid = ics_text(r, c, ICAL_UID_PROPERTY, CAL_LINE_MAX);
	e->title = ics_text(r, c, ICAL_SUMMARY_PROPERTY, CAL_LINE_MAX);
	e->description = ics_text(r, c, ICAL_DESCRIPTION_PROPERTY, CAL_TEXT_MAX);
	e->location = ics_text(r, c, ICAL_LOCATION_PROPERTY, CAL_LINE_MAX);
	e->url = ics_text(r, c, ICAL_URL_PROPERTY, CAL_LINE_MAX);
	e->organizer = ics_text(r, c, ICAL_ORGANIZER_PROPERTY, CAL_LINE_MAX);
	e->sequence = number(r, c, ICAL_SEQUENCE_PROPERTY);
	e->status = status_of(r, c);
	e->created_ms = instant(r, c, ICAL_CREATED_PROPERTY);
	e->changed_ms = changed_at(r, c);
	int rc = check_errors(r, c, err);
	if (!rc && !e->uid)
		rc = err_set(err, ERR_INVALID, _("it has no UID"));
	if (!rc)
		rc = start_of(r, c, at, &e->start, err);
	if (!rc)
		rc = duration(r, c, at, &e->start, &e->duration_ms, err);
	if (!rc)
		rc = rule(r, c, &e->rrule, err);
	if (!rc)
		rc = dates(r, c, ICAL_EXDATE_PROPERTY, at, &e->start, &e->exdates, &e->n_exdates,
			   err);
	if (!rc)
		rc = dates(r, c, ICAL_RDATE_PROPERTY, at, &e->start, &e->rdates, &e->n_rdates, err);
	return rc;
}

/* The text, where it differs from the series'. */
static char *different(struct reader *r, icalcomponent *c, icalproperty_kind kind, size_t max,
		       const char *of_series)
{
	char *s = ics_text(r, c, kind, max);
	if (s && of_series && !strcmp(s, of_series)) {
		mem_free(s);
		s = NULL;
	}
	return s;
}

static int read_times(struct reader *r, icalcomponent *c, int at, const struct cal_event *e,
		      struct cal_override *o, struct err *err)
{
	char *range;
	icalproperty *id = first(r, c, ICAL_RECURRENCEID_PROPERTY);
	int rc = check_errors(r, c, err);
	if (!rc && (range = r->lib->icalproperty_get_parameter_as_string_r(id, "RANGE"))) {
		r->lib->icalmemory_free_buffer(range);
		rc = err_set(err, ERR_INVALID, _("a change of all later dates is not read"));
	}
	if (!rc)
		rc = ics_time(r, id, at, &o->recurrence_id, err);
	if (!rc)
		rc = start_of(r, c, at, &o->start, err);
	if (!rc)
		rc = duration(r, c, at, &o->start, &o->duration_ms, err);
	if (!rc && o->recurrence_id.date_only && !e->start.date_only) {
		/* The day alone is named where the series has an hour. */
		o->recurrence_id.date_only = false;
		o->recurrence_id.hour = e->start.hour;
		o->recurrence_id.minute = e->start.minute;
		o->recurrence_id.second = e->start.second;
	}
	to_zone(&o->recurrence_id, &e->start);
	return rc;
}

/* Several calendars count up the changed date alone: that is news of the series. */
static void note_change(struct reader *r, icalcomponent *c, const struct cal_override *o,
			struct cal_event *e)
{
	int64_t ms = changed_at(r, c);
	e->sequence = o->sequence > e->sequence ? o->sequence : e->sequence;
	e->changed_ms = ms > e->changed_ms ? ms : e->changed_ms;
}

static int read_override(struct reader *r, icalcomponent *c, int at, struct cal_event *e,
			 struct err *err)
{
	struct cal_override o = {.sequence = number(r, c, ICAL_SEQUENCE_PROPERTY)};
	int rc = read_times(r, c, at, e, &o, err);
	const struct cal_override *same = rc ? NULL : cal_override_of(e, &o.recurrence_id);
	if (same)
		ics_tell(r, at, _("a date of \"%.80s\" stands there twice: the newer one is taken"),
			 e->title ? e->title : e->uid);
	if (same && same->sequence > o.sequence)
		return 0;
	if (!rc && !same && e->n_overrides == CAL_OVERRIDES_MAX)
		rc = err_set(err, ERR_INVALID, _("more than %d single dates differ"),
			     CAL_OVERRIDES_MAX);
	if (rc)
		return rc;
	o.cancelled = status_of(r, c) == CAL_CANCELLED;
	o.confirmed = e->status == CAL_CANCELLED && !o.cancelled &&
		      first(r, c, ICAL_STATUS_PROPERTY) != NULL;
	o.title = different(r, c, ICAL_SUMMARY_PROPERTY, CAL_LINE_MAX, e->title);
	o.description = different(r, c, ICAL_DESCRIPTION_PROPERTY, CAL_TEXT_MAX, e->description);
	o.location = different(r, c, ICAL_LOCATION_PROPERTY, CAL_LINE_MAX, e->location);
	/* A changed date is all that is said of it (RFC 5545, 3.8.4.4); a cancelled one is often the id alone. */
	if (!o.cancelled && e->description && !first(r, c, ICAL_DESCRIPTION_PROPERTY))
		o.description = mem_strdup("");
	if (!o.cancelled && e->location && !first(r, c, ICAL_LOCATION_PROPERTY))
		o.location = mem_strdup("");
	cal_override_put(e, &o);
	note_change(r, c, &o, e);
	return 0;
}

static struct cal_event *of_uid(struct cal_events *all, const char *uid)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->v[i].uid, uid))
			return &all->v[i];
	return NULL;
}

static struct cal_event *add(struct cal_events *all, struct cal_event *steal)
{
	all->v = mem_realloc_array(all->v, all->n + 1, sizeof(*all->v));
	all->v[all->n] = *steal;
	return &all->v[all->n++];
}

static void add_master(struct reader *r, size_t i, struct cal_events *ret)
{
	struct cal_event e = {.uid = NULL};
	struct err err = {.code = 0};
	int at = r->lines[i];
	int rc = read_master(r, r->events[i], at, &e, &err);
	struct cal_event *same = rc ? NULL : of_uid(ret, e.uid);
	if (rc) {
		ics_tell(r, at, _("\"%.80s\" is passed over: %s"), e.title ? e.title : "?",
			 err.msg);
	} else if (same && same->sequence >= e.sequence) {
		ics_tell(r, at, _("\"%.80s\" stands there twice: passed over"),
			 e.title ? e.title : e.uid);
	} else if (same) {
		cal_event_done(same);
		*same = e;
		return;
	} else {
		add(ret, &e);
		return;
	}
	cal_event_done(&e);
}

/* A changed date whose series the file does not have, as Outlook sends it: a meeting of its own. */
static void add_orphan(struct reader *r, size_t i, const char *uid, struct cal_events *ret)
{
	struct cal_event e = {.uid = NULL};
	struct err err = {.code = 0};
	struct cal_time id;
	char stamp[CAL_STAMP_SIZE];
	int at = r->lines[i];
	icalproperty *p = first(r, r->events[i], ICAL_RECURRENCEID_PROPERTY);
	int rc = read_master(r, r->events[i], at, &e, &err);
	if (!rc)
		rc = ics_time(r, p, at, &id, &err);
	if (rc) {
		ics_tell(r, at, _("\"%.80s\" is passed over: %s"), e.title ? e.title : "?",
			 err.msg);
		cal_event_done(&e);
		return;
	}
	cal_stamp(&id, stamp);
	mem_free(e.uid);
	e.uid = mem_printf("%.200s-%s", uid, stamp);
	ics_tell(r, at,
		 _("\"%.80s\" is one date of a series that is not in the file: it is taken "
		   "for a meeting of its own"),
		 e.title ? e.title : uid);
	add(ret, &e);
}

/* A series that is there but could not be used takes its dates with it. */
static bool has_master(struct reader *r, const char *uid)
{
	bool found = false;
	for (size_t i = 0; i < r->n_events && !found; i++) {
		if (first(r, r->events[i], ICAL_RECURRENCEID_PROPERTY))
			continue;
		AUTO_FREE char *own = ics_text(r, r->events[i], ICAL_UID_PROPERTY, CAL_LINE_MAX);
		found = own && !strcmp(own, uid);
	}
	return found;
}

static void add_override(struct reader *r, size_t i, struct cal_events *ret)
{
	struct err err = {.code = 0};
	AUTO_FREE char *uid = ics_text(r, r->events[i], ICAL_UID_PROPERTY, CAL_LINE_MAX);
	struct cal_event *e = uid ? of_uid(ret, uid) : NULL;
	if (uid && !e && has_master(r, uid))
		return; /* told */
	if (uid && !e)
		add_orphan(r, i, uid, ret);
	else if (!uid || read_override(r, r->events[i], r->lines[i], e, &err))
		ics_tell(r, r->lines[i], _("a changed date of \"%.80s\" is passed over: %s"),
			 e && e->title ? e->title : "?", uid ? err.msg : _("it has no UID"));
}

void ics_events(struct reader *r, struct cal_events *ret)
{
	for (int overrides = 0; overrides < 2; overrides++)
		for (size_t i = 0; i < r->n_events; i++) {
			bool is = first(r, r->events[i], ICAL_RECURRENCEID_PROPERTY) != NULL;
			if (!is && !overrides)
				add_master(r, i, ret);
			else if (is && overrides)
				add_override(r, i, ret);
		}
}
