/*
 * Microsoft Graph: meetingAttendanceReport with its attendanceRecords expanded
 * (learn.microsoft.com, "meetingAttendanceReport resource type", "attendanceRecord resource type"): times in UTC. It has no
 * place for titles, absent people, marks and outside ids.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"

#include <string.h>

/* -- writing ---------------------------------------------------------------- */

static const char *role_word(const char *role)
{
	if (role && (!strcmp(role, "teacher") || !strcmp(role, "admin")))
		return "Organizer";
	return role && !strcmp(role, "assistant") ? "Presenter" : "Attendee";
}

static json_t *time_utc(int64_t ms)
{
	char at[FORM_TIME_SIZE];
	form_iso_utc(ms, true, at);
	return ms ? json_string(at) : json_null();
}

static json_t *intervals_of(const struct sheet_lesson *l, const struct sheet_row *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->n_intervals; i++) {
		const struct sheet_interval *v = &r->intervals[i];
		int64_t to = form_interval_end(l, v);
		json_array_append_new(list, json_pack("{s:o,s:o,s:I}", "joinDateTime",
						      time_utc(v->from_ms), "leaveDateTime",
						      time_utc(to), "durationInSeconds",
						      (json_int_t)((to - v->from_ms) / 1000)));
	}
	return list;
}

static json_t *text_or_null(const char *s)
{
	json_t *o = s ? json_string(s) : NULL;
	return o ? o : json_null();
}

static json_t *record_of(const struct form_out *w, const struct sheet_lesson *l,
			 const struct sheet_row *r)
{
	int64_t present = form_present_ms(l, r);
	bool times = !w->o->no_times;
	json_t *identity = json_pack("{s:o,s:s,s:n}", "id", text_or_null(r->user_id), "displayName",
				     form_name(r), "tenantId");
	return json_pack("{s:o,s:o,s:s,s:o,s:o}", "emailAddress", text_or_null(r->email),
			 "totalAttendanceInSeconds",
			 present < 0 || !times ? json_null() : json_integer(present / 1000), "role",
			 role_word(r->role), "identity", identity, "attendanceIntervals",
			 times ? intervals_of(l, r) : json_array());
}

static json_t *report_of(const struct form_out *w, const struct sheet_lesson *l)
{
	json_t *records = json_array();
	for (size_t i = 0; i < l->n_rows; i++)
		if (form_attended(&l->rows[i]))
			json_array_append_new(records, record_of(w, l, &l->rows[i]));
	AUTO_FREE char *id = l->recurrence_id
				     ? mem_printf("%s@%s", l->uid ? l->uid : "", l->recurrence_id)
				     : mem_strdup(l->uid);
	return json_pack("{s:o,s:I,s:o,s:o,s:o}", "id", text_or_null(id), "totalParticipantCount",
			 (json_int_t)json_array_size(records), "meetingStartDateTime",
			 time_utc(l->start_ms), "meetingEndDateTime", time_utc(l->end_ms),
			 "attendanceRecords", records);
}

static void write_graph(struct form_out *w)
{
	JSON_AUTO json_t *list = json_array();
	for (size_t i = 0; i < w->s->n_lessons; i++)
		json_array_append_new(list, report_of(w, &w->s->lessons[i]));
	JSON_AUTO json_t *whole = json_pack("{s:O}", "value", list);
	AUTO_FREE char *text = json_dumps(whole, JSON_INDENT(2));
	buf_put_str(w->b, text);
	buf_put_char(w->b, '\n');
}

/* -- reading ---------------------------------------------------------------- */

static int64_t time_of(struct form_in *in, const json_t *o, const char *key)
{
	struct form_clock clock = {.zone = "UTC"};
	const char *s = json_get_str(o, key);
	int64_t ms = 0;
	struct err err = {0};
	if (s && form_time_read(&clock, span_of(s), &ms, &err))
		form_tell_err(in, 0, &err);
	return ms;
}

static char *text_of(struct form_in *in, const json_t *o, const char *key)
{
	return form_own_text(in, 0, span_of(json_get_str(o, key)));
}

static char *role_of(const json_t *o)
{
	const char *role = json_get_str(o, "role");
	if (!role)
		return NULL;
	return mem_strdup(!strcasecmp(role, "Organizer")   ? "teacher"
			  : !strcasecmp(role, "Presenter") ? "assistant"
							   : "student");
}

static void read_intervals(struct form_in *in, const json_t *o, struct sheet_row *r)
{
	size_t i;
	json_t *v;
	json_array_foreach (json_get_array(o, "attendanceIntervals"), i, v) {
		int64_t from = time_of(in, v, "joinDateTime"), to = time_of(in, v, "leaveDateTime");
		if (from && !form_add_interval(in, r, 0, from, to, false))
			break;
	}
}

static void read_record(struct form_in *in, struct sheet_lesson *l, const json_t *o)
{
	const json_t *identity = json_get_object(o, "identity");
	if (!json_get_str(identity, "displayName") && !json_get_str(identity, "id") &&
	    !json_get_str(o, "emailAddress")) {
		form_tell(in, 0, _("a record names nobody"));
		return;
	}
	struct sheet_row *r = in->full ? NULL : sheet_add_row(l);
	if (!r) {
		if (!in->full)
			form_tell(in, 0, _("more than %d people: those that follow are left out"),
				  SHEET_ROWS_MAX);
		in->full = true;
		return;
	}
	int64_t seconds = json_get_i64(o, "totalAttendanceInSeconds", -1);
	r->status = MARK_PRESENT;
	r->name = text_of(in, identity, "displayName");
	r->user_id = text_of(in, identity, "id");
	r->email = text_of(in, o, "emailAddress");
	r->role = role_of(o);
	r->present_ms = seconds < 0 || seconds > 1000000000 ? -1 : seconds * 1000;
	read_intervals(in, o, r);
}

/* "uid@2026-03-01T09:00:00+01:00", as the writer has it. */
static void read_id(struct form_in *in, const json_t *o, struct sheet_lesson *l)
{
	struct form_clock clock = {.zone = "UTC"};
	int64_t ms;
	l->uid = text_of(in, o, "id");
	char *at = l->uid ? strrchr(l->uid, '@') : NULL;
	if (!at || form_time_read(&clock, span_of(at + 1), &ms, NULL))
		return;
	l->recurrence_id = mem_strdup(at + 1);
	*at = '\0';
	if (!l->uid[0])
		mem_free(take(&l->uid));
}

static void read_report(struct form_in *in, const json_t *o, const json_t *records)
{
	size_t i;
	json_t *record;
	struct sheet_lesson *l = in->full ? NULL : form_add_lesson(in, 0);
	if (!l)
		return;
	read_id(in, o, l);
	l->start_ms = time_of(in, o, "meetingStartDateTime");
	l->end_ms = time_of(in, o, "meetingEndDateTime");
	l->zone = mem_strdup(in->o->zone);
	json_array_foreach (records, i, record)
		read_record(in, l, record);
	form_settle(l);
	form_settle_lesson(l);
}

static bool is_report(const json_t *o)
{
	return json_get_array(o, "attendanceRecords") || json_get_str(o, "meetingStartDateTime");
}

/* One report, a collection of reports, or the records of one alone. */
static int read_graph(struct form_in *in, struct err *err)
{
	JSON_AUTO json_t *whole = NULL;
	size_t i;
	json_t *o;
	struct span text = span_from(in->raw, span_starts(in->raw, "\xEF\xBB\xBF") ? 3 : 0);
	int rc = json_parse(text, &whole, err);
	if (rc)
		return rc;
	json_t *list = json_is_array(whole) ? whole : json_get_array(whole, "value");
	if (is_report(whole)) {
		read_report(in, whole, json_get_array(whole, "attendanceRecords"));
	} else if (is_report(json_array_get(list, 0))) {
		json_array_foreach (list, i, o)
			read_report(in, o, json_get_array(o, "attendanceRecords"));
	} else if (json_array_size(list)) {
		read_report(in, NULL, list);
	}
	return form_done(in, err);
}

static bool holds(struct span s, const char *word)
{
	return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static bool is_graph(const struct form_head *h)
{
	return (span_starts(h->text, "{") || span_starts(h->text, "[")) &&
	       (holds(h->text, "\"attendanceRecords\"") ||
		holds(h->text, "\"meetingStartDateTime\"") ||
		holds(h->text, "\"attendanceIntervals\"") ||
		holds(h->text, "\"totalAttendanceInSeconds\""));
}

const struct form form_graph = {
	.name = "graph",
	.write = write_graph,
	.read = read_graph,
	.is = is_graph,
};
