#include "core/client/meet/meeting.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/matrix/id.h"

#include <string.h>

#define CONTENT_MAX 60000 /* an event holds 64 KB */

void meeting_done(struct meeting *m)
{
	mem_free(m->room_id);
	mem_free(m->creator);
	mem_free(m->announced);
	mem_free(m->file_event);
	cal_event_done(&m->event);
	*m = (struct meeting){.room_id = NULL};
}

/* -- In ------------------------------------------------------------------ */

static int read_time(const json_t *entry, const char *key, bool all_day, struct cal_time *ret,
		     struct err *err)
{
	const json_t *o = json_get_object(entry, key);
	struct span value = json_get_span(o, "value");
	const char *zone = json_get_str(o, "tzid");
	char name[CAL_ZONE_MAX];
	int rc = zone ? cal_zone_check(zone, name, err) : 0;
	if (!zone)
		rc = err_set(err, ERR_INVALID, _("%s has no zone"), key);
	if (!rc)
		rc = cal_stamp_parse(all_day ? span_head(value, 8) : value, name, ret, err);
	return rc;
}

/* Start and length. */
static int read_span(const json_t *entry, bool all_day, struct cal_time *start,
		     int64_t *ret_duration_ms, struct err *err)
{
	struct cal_time end;
	int64_t from, to;
	int rc = read_time(entry, "dtstart", all_day, start, err);
	if (!rc)
		rc = read_time(entry, "dtend", all_day, &end, err);
	if (!rc)
		rc = cal_time_ms(start, &from, err);
	if (!rc)
		rc = cal_time_ms(&end, &to, err);
	if (!rc) /* days are counted, whatever the clock does in them */
		*ret_duration_ms =
			all_day ? (to - from + HALF_DAY_MS) / DAY_MS * DAY_MS : to - from;
	return rc;
}

static int read_dates(const json_t *entry, const char *key, bool all_day, size_t max,
		      struct cal_time **ret, size_t *ret_n, struct err *err)
{
	const json_t *list = json_get_array(entry, key);
	size_t n = json_array_size(list);
	int rc = 0;
	if (n > max)
		return err_set(err, ERR_TOO_LARGE, _("more than %zu single dates differ"), max);
	if (n)
		*ret = mem_realloc_array(NULL, n, sizeof(**ret));
	for (size_t i = 0; i < n && !rc; i++) {
		JSON_AUTO json_t *one = json_pack("{s:O}", key, json_array_get(list, i));
		rc = read_time(one, key, all_day, &(*ret)[i], err);
		*ret_n += rc ? 0 : 1;
	}
	return rc;
}

static char *text(const json_t *o, const char *key)
{
	return mem_strdup(json_get_str(o, key));
}

static int read_override(const json_t *entry, struct cal_event *e, struct err *err)
{
	struct cal_override o = {.cancelled = false};
	const char *status = json_get_str(entry, "status");
	int rc = read_time(entry, "recurrenceId", e->start.date_only, &o.recurrence_id, err);
	if (!rc)
		rc = read_span(entry, e->start.date_only, &o.start, &o.duration_ms, err);
	if (rc)
		return rc;
	o.cancelled = status && !strcmp(status, "cancelled");
	o.confirmed = status && !strcmp(status, "confirmed");
	o.title = text(entry, "title");
	o.description = text(entry, "description");
	o.location = text(entry, "location");
	cal_override_put(e, &o);
	return 0;
}

/* Dates that were ended early: stamp to Unix ms. What is no such thing is passed over. */
static int read_ended(const json_t *ended, struct cal_event *e, struct err *err)
{
	const char *stamp;
	json_t *at;
	if (json_object_size(ended) > CAL_ENDED_MAX)
		return err_set(err, ERR_TOO_LARGE, _("more than %d dates were ended early"),
			       CAL_ENDED_MAX);
	e->ended = mem_realloc_array(NULL, json_object_size(ended) + 1, sizeof(*e->ended));
	json_object_foreach ((json_t *)ended, stamp, at) {
		struct cal_ended *d = &e->ended[e->n_ended];
		d->at_ms = json_integer_value(at);
		e->n_ended += d->at_ms > 0 && !cal_stamp_parse(span_of(stamp), e->start.zone,
							       &d->recurrence_id, NULL);
	}
	return 0;
}

/* Not said: as it was after that; empty: none. */
static void settle_text(char **text, const char *after)
{
	if (!*text) {
		*text = mem_strdup(after);
	} else if (!**text) {
		mem_free(*text);
		*text = NULL;
	}
}

static void settle_eras(struct cal_event *e)
{
	for (size_t i = e->n_eras; i-- > 0;) {
		struct cal_era *era = &e->eras[i],
			       after = i + 1 < e->n_eras ? era[1] : cal_era_now(e);
		settle_text(&era->title, after.title);
		settle_text(&era->description, after.description);
		settle_text(&era->location, after.location);
	}
}

/* What the series was until then and then; those out of order are passed over. */
static int read_eras(const json_t *list, struct cal_event *e, struct err *err)
{
	json_t *o;
	size_t i;
	int64_t last = INT64_MIN;
	if (json_array_size(list) > CAL_ERAS_MAX)
		return err_set(err, ERR_TOO_LARGE, _("the calendar has too many entries"));
	e->eras = mem_realloc_array(NULL, json_array_size(list) + 1, sizeof(*e->eras));
	json_array_foreach (list, i, o) {
		const char *status = json_get_str(o, "status");
		int64_t until = json_get_i64(o, "until_ts", INT64_MIN);
		if (until <= last)
			continue;
		last = until;
		e->eras[e->n_eras++] =
			(struct cal_era){.until_ms = until,
					 .duration_ms = json_get_i64(o, "duration_ms", 0),
					 .title = text(o, "title"),
					 .description = text(o, "description"),
					 .location = text(o, "location"),
					 .cancelled = status && !strcmp(status, "cancelled")};
	}
	settle_eras(e);
	return 0;
}

static int read_calendar(const json_t *calendar, struct cal_event *e, struct err *err)
{
	const json_t *first = json_array_get(calendar, 0);
	bool all_day = json_get_bool(first, "allday", false);
	if (json_array_size(calendar) > CAL_OVERRIDES_MAX)
		return err_set(err, ERR_TOO_LARGE, _("the calendar has too many entries"));
	int rc = read_span(first, all_day, &e->start, &e->duration_ms, err);
	e->rrule = text(first, "rrule");
	if (!rc)
		rc = read_dates(first, "exdate", all_day, CAL_EXDATES_MAX, &e->exdates,
				&e->n_exdates, err);
	if (!rc)
		rc = read_dates(first, "rdate", all_day, CAL_RDATES_MAX, &e->rdates, &e->n_rdates,
				err);
	for (size_t i = 1; i < json_array_size(calendar) && !rc; i++)
		rc = read_override(json_array_get(calendar, i), e, err);
	return rc;
}

/* Somebody's id, or NULL: anybody may have written the event. */
static char *user(const json_t *content, const char *key)
{
	struct user_id id;
	const char *s = json_get_str(content, key);
	return s && !user_id_parse(span_of(s), &id, NULL) ? mem_strdup(s) : NULL;
}

int meeting_read(const char *room_id, const char *state_key, const json_t *content,
		 struct meeting *ret, struct err *err)
{
	struct meeting m = {.room_id = mem_strdup(room_id)};
	struct cal_event *e = &m.event;
	const char *status = json_get_str(content, "status");
	e->uid = mem_strdup(state_key);
	e->title = text(content, "title");
	e->description = text(content, "description");
	e->location = text(content, "location");
	e->sequence = json_get_i64(content, "sequence", 0);
	e->created_ms = json_get_i64(content, "created_ts", 0);
	e->changed_ms = json_get_i64(content, "changed_ts", 0);
	e->status = status && !strcmp(status, "cancelled") ? CAL_CANCELLED : CAL_CONFIRMED;
	m.creator = user(content, "creator");
	m.announced = text(content, "announced");
	m.file_event = text(content, "file_event");
	m.lesson = json_get_bool(content, "lesson", false);
	int rc = json_get_i64(content, "version", 0) == 1
			 ? 0
			 : err_set(err, ERR_INVALID, _("the meeting is of a newer muster"));
	if (!rc)
		rc = read_calendar(json_get_array(content, "calendar"), e, err);
	if (!rc)
		rc = read_ended(json_get_object(content, "ended"), e, err);
	if (!rc)
		rc = read_eras(json_get_array(content, "before"), e, err);
	if (!rc)
		rc = cal_event_check(e, err);
	if (rc) {
		meeting_done(&m);
		if (err)
			err->code = ERR_INVALID;
		return ERR_INVALID;
	}
	*ret = m;
	return 0;
}

/* -- Out ----------------------------------------------------------------- */

static void set_text(json_t *o, const char *key, const char *s)
{
	if (s && *s)
		json_object_set_new(o, key, json_string(s));
}

/* The widget knows times of the day alone. */
static json_t *time_entry(const struct cal_time *t)
{
	struct cal_time full = *t;
	char stamp[CAL_STAMP_SIZE];
	full.date_only = false;
	cal_stamp(&full, stamp);
	return json_pack("{s:s,s:s}", "tzid", *t->zone ? t->zone : "UTC", "value", stamp);
}

static struct cal_time end_of(const struct cal_time *start, int64_t duration_ms)
{
	struct cal_time end = *start, noon = *start;
	int64_t ms;
	if (start->date_only) { /* from noon: no clock changes then */
		noon.date_only = false;
		noon.hour = 12;
	}
	if (!cal_time_ms(&noon, &ms, NULL))
		cal_time_at(ms + duration_ms, start->zone, &end, NULL);
	if (start->date_only)
		end.hour = end.minute = end.second = 0;
	return end;
}

static json_t *entry_of(const char *uid, const struct cal_time *start, int64_t duration_ms)
{
	struct cal_time end = end_of(start, duration_ms);
	return json_pack("{s:s,s:o,s:o}", "uid", uid, "dtstart", time_entry(start), "dtend",
			 time_entry(&end));
}

static json_t *dates_of(const struct cal_time *t, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, time_entry(&t[i]));
	return list;
}

static json_t *series_entry(const struct cal_event *e)
{
	json_t *o = entry_of(e->uid, &e->start, e->duration_ms);
	set_text(o, "rrule", e->rrule);
	if (e->n_exdates)
		json_object_set_new(o, "exdate", dates_of(e->exdates, e->n_exdates));
	if (e->n_rdates)
		json_object_set_new(o, "rdate", dates_of(e->rdates, e->n_rdates));
	if (e->start.date_only)
		json_object_set_new(o, "allday", json_true());
	return o;
}

/* An empty one takes the series' away. */
static void set_own(json_t *o, const char *key, const char *s)
{
	if (s)
		json_object_set_new(o, key, json_string(s));
}

static json_t *override_entry(const struct cal_event *e, const struct cal_override *c)
{
	json_t *o = entry_of(e->uid, &c->start, c->duration_ms);
	json_object_set_new(o, "recurrenceId", time_entry(&c->recurrence_id));
	set_own(o, "title", c->title);
	set_own(o, "description", c->description);
	set_own(o, "location", c->location);
	if (c->cancelled)
		json_object_set_new(o, "status", json_string("cancelled"));
	else if (c->confirmed)
		json_object_set_new(o, "status", json_string("confirmed"));
	return o;
}

static void set_before(json_t *o, const char *key, const char *s, const char *after)
{
	if (strcmp(s ? s : "", after ? after : "") != 0)
		json_object_set_new(o, key, json_string(s ? s : ""));
}

/* Texts only where they were others than after that: a long description need not stand there each time. */
static json_t *eras_of(const struct cal_event *e)
{
	json_t *list = json_array();
	for (size_t i = 0; i < e->n_eras; i++) {
		const struct cal_era *era = &e->eras[i],
				     after = i + 1 < e->n_eras ? era[1] : cal_era_now(e);
		json_t *o = json_pack("{s:I,s:I}", "until_ts", (json_int_t)era->until_ms,
				      "duration_ms", (json_int_t)era->duration_ms);
		set_before(o, "title", era->title, after.title);
		set_before(o, "description", era->description, after.description);
		set_before(o, "location", era->location, after.location);
		if (era->cancelled)
			json_object_set_new(o, "status", json_string("cancelled"));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *ended_of(const struct cal_event *e)
{
	json_t *o = json_object();
	char stamp[CAL_STAMP_SIZE];
	for (size_t i = 0; i < e->n_ended; i++) {
		cal_stamp(&e->ended[i].recurrence_id, stamp);
		json_object_set_new(o, stamp, json_integer(e->ended[i].at_ms));
	}
	return o;
}

int meeting_make(const struct meeting *m, json_t **ret, struct err *err)
{
	const struct cal_event *e = &m->event;
	json_t *calendar = json_array();
	json_array_append_new(calendar, series_entry(e));
	for (size_t i = 0; i < e->n_overrides; i++)
		json_array_append_new(calendar, override_entry(e, &e->overrides[i]));
	json_t *o = json_pack("{s:i,s:o,s:s,s:I,s:I,s:I}", "version", 1, "calendar", calendar,
			      "status", e->status == CAL_CANCELLED ? "cancelled" : "confirmed",
			      "sequence", (json_int_t)e->sequence, "created_ts",
			      (json_int_t)e->created_ms, "changed_ts", (json_int_t)e->changed_ms);
	set_text(o, "title", e->title);
	set_text(o, "description", e->description);
	set_text(o, "location", e->location);
	set_text(o, "creator", m->creator);
	set_text(o, "announced", m->announced);
	set_text(o, "file_event", m->file_event);
	if (m->lesson)
		json_object_set_new(o, "lesson", json_true());
	if (e->n_ended)
		json_object_set_new(o, "ended", ended_of(e));
	if (e->n_eras)
		json_object_set_new(o, "before", eras_of(e));
	AUTO_FREE char *whole = json_text(o);
	if (strlen(whole) > CONTENT_MAX) {
		json_decref(o);
		err_set(err, ERR_TOO_LARGE, _("the meeting does not fit into an event"));
		err_hint(err, _("a series of which fewer dates differ does, or a shorter "
				"description"));
		return ERR_TOO_LARGE;
	}
	*ret = o;
	return 0;
}

/* Of so many at most: the widget shows what is to come. An event holds 64 KB, and more stands in it. */
#define NORDECK_DATES 150
#define NORDECK_MAX 50000

/* The widget has no cancelled dates: they are left out. */
static json_t *nordeck_of(struct cal_event e)
{
	json_t *calendar = json_array();
	struct cal_time *out =
		mem_realloc_array(NULL, e.n_exdates + e.n_overrides + 1, sizeof(*out));
	if (e.n_exdates)
		memcpy(out, e.exdates, e.n_exdates * sizeof(*out));
	for (size_t i = 0; i < e.n_overrides; i++)
		if (e.overrides[i].cancelled)
			out[e.n_exdates++] = e.overrides[i].recurrence_id;
	e.exdates = out;
	json_array_append_new(calendar, series_entry(&e));
	for (size_t i = 0; i < e.n_overrides; i++)
		if (!e.overrides[i].cancelled)
			json_array_append_new(calendar, override_entry(&e, &e.overrides[i]));
	mem_free(out);
	return calendar;
}

static bool nordeck_fits(const json_t *calendar)
{
	AUTO_FREE char *whole = json_text(calendar);
	return strlen(whole) <= NORDECK_MAX;
}

json_t *meeting_nordeck(const struct meeting *m)
{
	struct cal_event e = m->event;
	AUTO_FREE struct cal_override *all = NULL;
	size_t n = 0;
	if (!cal_eras_unfold(&m->event, &all, &n, NULL) && n <= NORDECK_DATES) {
		e.overrides = all;
		e.n_overrides = n;
		json_t *calendar = nordeck_of(e);
		if (nordeck_fits(calendar))
			return calendar;
		json_decref(calendar);
	}
	return nordeck_of(m->event);
}
