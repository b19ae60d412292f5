/* What all writers need of a sheet. */
#include "core/attendance/formats/form.h"

#include <string.h>
#include <time.h>

void form_fail(struct form_out *w, const struct err *err)
{
	if (w->rc)
		return;
	w->rc = err->code ? err->code : ERR_FAILED;
	w->err = *err;
}

const char *form_zone(const struct format_options *o, const struct sheet_lesson *l,
		      char local[CAL_ZONE_MAX])
{
	const char *zone = o->zone ? o->zone : l->zone;
	if (zone)
		return zone;
	cal_zone_local(local);
	return local;
}

struct cal_time form_wall(struct form_out *w, const struct sheet_lesson *l, int64_t ms)
{
	char local[CAL_ZONE_MAX];
	struct cal_time t = {0};
	struct err err = {0};
	if (!w->rc && cal_time_at(ms, form_zone(w->o, l, local), &t, &err))
		form_fail(w, &err);
	return w->rc ? (struct cal_time){0} : t;
}

/* Seconds of that wall clock if it were one of UTC. */
static int64_t as_utc(const struct cal_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900,
			.tm_mon = t->month - 1,
			.tm_mday = t->day,
			.tm_hour = t->hour,
			.tm_min = t->minute,
			.tm_sec = t->second};
	return timegm(&tm);
}

static int64_t floor_s(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

static void put_iso(const struct cal_time *t, int64_t ms, bool millis, const char *offset,
		    char ret[FORM_TIME_SIZE])
{
	char fraction[8] = "";
	if (millis)
		snprintf(fraction, sizeof(fraction), ".%03d", (int)(ms - floor_s(ms) * 1000));
	snprintf(ret, FORM_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s%s", t->year % 10000,
		 t->month % 100, t->day % 100, t->hour % 100, t->minute % 100, t->second % 100,
		 fraction, offset);
}

void form_iso(struct form_out *w, const struct sheet_lesson *l, int64_t ms, bool millis,
	      char ret[FORM_TIME_SIZE])
{
	char offset[16];
	ret[0] = '\0';
	if (!ms)
		return;
	struct cal_time t = form_wall(w, l, ms);
	if (w->rc)
		return;
	long minutes = (long)((as_utc(&t) - floor_s(ms)) / 60), size = labs(minutes);
	snprintf(offset, sizeof(offset), "%c%02ld:%02ld", minutes < 0 ? '-' : '+', size / 60 % 100,
		 size % 60);
	put_iso(&t, ms, millis, offset, ret);
}

void form_iso_utc(int64_t ms, bool millis, char ret[FORM_TIME_SIZE])
{
	time_t s = (time_t)floor_s(ms);
	struct tm tm = {0};
	gmtime_r(&s, &tm);
	struct cal_time t = {.year = tm.tm_year + 1900,
			     .month = tm.tm_mon + 1,
			     .day = tm.tm_mday,
			     .hour = tm.tm_hour,
			     .minute = tm.tm_min,
			     .second = tm.tm_sec};
	put_iso(&t, ms, millis, "Z", ret);
}

int64_t form_interval_end(const struct sheet_lesson *l, const struct sheet_interval *v)
{
	if (v->to_ms)
		return v->to_ms;
	return l->end_ms > v->from_ms ? l->end_ms : v->from_ms;
}

/* Intervals stand in order of their beginnings, as sheets have them. */
int64_t form_covered_ms(const struct sheet_lesson *l, const struct sheet_row *r)
{
	int64_t covered = 0, until = INT64_MIN;
	for (size_t i = 0; i < r->n_intervals; i++) {
		const struct sheet_interval *v = &r->intervals[i];
		int64_t from = v->from_ms > until ? v->from_ms : until;
		int64_t to = form_interval_end(l, v);
		if (to > from)
			covered += to - from;
		if (to > until)
			until = to;
	}
	return covered;
}

int64_t form_present_ms(const struct sheet_lesson *l, const struct sheet_row *r)
{
	if (r->present_ms >= 0)
		return r->present_ms;
	return r->n_intervals ? form_covered_ms(l, r) : -1;
}

bool form_attended(const struct sheet_row *r)
{
	return r->n_intervals || r->present_ms > 0 || r->first_join_ms ||
	       r->status == MARK_PRESENT || r->status == MARK_LATE ||
	       r->status == MARK_LEFT_EARLY || r->status == MARK_PARTIAL;
}

const char *form_name(const struct sheet_row *r)
{
	const char *const texts[] = {r->name, r->user_id, r->external_id, r->email};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i])
			return texts[i];
	return "";
}

void form_split_name(const char *name, struct span *ret_first, struct span *ret_last)
{
	const char *blank = strrchr(name, ' ');
	*ret_first = span_of(name);
	*ret_last = (struct span){"", 0};
	if (!blank || blank == name || !blank[1])
		return;
	*ret_first = (struct span){name, (size_t)(blank - name)};
	*ret_last = span_of(blank + 1);
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_same_person(const struct sheet_row *a, const struct sheet_row *b)
{
	if (a->user_id || b->user_id)
		return same(a->user_id, b->user_id);
	if (a->external_id || b->external_id)
		return same(a->external_id, b->external_id);
	if (a->email || b->email)
		return same(a->email, b->email);
	return same(a->name, b->name);
}

const struct sheet_row *form_row_in(const struct sheet_lesson *l, const struct sheet_row *p)
{
	for (size_t i = 0; i < l->n_rows; i++)
		if (is_same_person(&l->rows[i], p))
			return &l->rows[i];
	return NULL;
}

bool form_stands_before(const struct attendance_sheet *s, size_t lesson, const struct sheet_row *p)
{
	for (size_t i = 0; i < lesson; i++)
		if (form_row_in(&s->lessons[i], p))
			return true;
	return false;
}
