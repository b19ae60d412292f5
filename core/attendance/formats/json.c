/*
 * JSON Lines: one object a person and lesson, with the keys of the command
 * line's contract. It holds everything that a sheet holds, lessons without people aside.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"

#include <string.h>

/* -- writing ---------------------------------------------------------------- */

static json_t *text_or_null(const char *s)
{
	json_t *o = s ? json_string(s) : NULL;
	return o ? o : json_null();
}

static json_t *time_of_lesson(struct form_out *w, const struct sheet_lesson *l, int64_t ms)
{
	char at[FORM_TIME_SIZE];
	form_iso(w, l, ms, true, at);
	return at[0] ? json_string(at) : json_null();
}

static void put_lesson(struct form_out *w, const struct sheet_lesson *l, json_t *o)
{
	json_object_set_new(o, "room_id", text_or_null(l->room_id));
	json_object_set_new(o, "uid", text_or_null(l->uid));
	json_object_set_new(o, "recurrence_id", text_or_null(l->recurrence_id));
	json_object_set_new(o, "title", text_or_null(l->title));
	json_object_set_new(o, "organizer", text_or_null(l->organizer));
	json_object_set_new(o, "start", time_of_lesson(w, l, l->start_ms));
	json_object_set_new(o, "end", time_of_lesson(w, l, l->end_ms));
	json_object_set_new(o, "zone", text_or_null(l->zone));
	json_object_set_new(o, "sealed", json_boolean(l->sealed));
	if (l->notes)
		json_object_set(o, "notes", l->notes);
	if (l->rules)
		json_object_set(o, "rules", l->rules);
}

static json_t *intervals_of(struct form_out *w, const struct sheet_lesson *l,
			    const struct sheet_row *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->n_intervals; i++) {
		const struct sheet_interval *v = &r->intervals[i];
		json_t *o = json_object();
		json_object_set_new(o, "from", time_of_lesson(w, l, v->from_ms));
		json_object_set_new(o, "to", time_of_lesson(w, l, v->to_ms));
		json_object_set_new(o, "inferred", json_boolean(v->inferred));
		json_array_append_new(list, o);
	}
	return list;
}

static void put_person(struct form_out *w, const struct sheet_lesson *l, const struct sheet_row *r,
		       json_t *o)
{
	json_object_set_new(o, "user_id", text_or_null(r->user_id));
	json_object_set_new(o, "name", text_or_null(r->name));
	json_object_set_new(o, "external_id", text_or_null(r->external_id));
	json_object_set_new(o, "email", text_or_null(r->email));
	json_object_set_new(o, "role", text_or_null(r->role));
	json_object_set_new(o, "status", json_string(mark_status_name(r->status)));
	json_object_set_new(o, "guest", json_boolean(r->guest));
	if (!w->o->no_times) {
		json_object_set_new(o, "first_join", time_of_lesson(w, l, r->first_join_ms));
		json_object_set_new(o, "last_leave", time_of_lesson(w, l, r->last_leave_ms));
		json_object_set_new(o, "present_s",
				    r->present_ms < 0 ? json_null()
						      : json_integer(r->present_ms / 1000));
		json_object_set_new(o, "intervals", intervals_of(w, l, r));
		json_object_set_new(o, "reasons",
				    r->reasons ? json_incref(r->reasons) : json_array());
	}
}

json_t *format_json_row(const struct sheet_lesson *l, const struct sheet_row *r,
			const struct format_options *o, struct err *err)
{
	struct form_out w = {.o = o};
	json_t *row = json_object();
	put_person(&w, l, r, row);
	put_lesson(&w, l, row);
	if (!w.rc)
		return row;
	json_decref(row);
	if (err)
		*err = w.err;
	return NULL;
}

static void write_json(struct form_out *w)
{
	for (size_t i = 0; i < w->s->n_lessons && !w->rc; i++) {
		const struct sheet_lesson *l = &w->s->lessons[i];
		for (size_t k = 0; k < l->n_rows && !w->rc; k++) {
			struct err err = {0};
			JSON_AUTO json_t *row = format_json_row(l, &l->rows[k], w->o, &err);
			if (row)
				json_put(w->b, row);
			else
				form_fail(w, &err);
			buf_put_char(w->b, '\n');
		}
	}
}

/* -- reading ---------------------------------------------------------------- */

struct reading {
	struct form_in *in;
	int line;
};

static char *text_of(const struct reading *d, const json_t *o, const char *key)
{
	const char *s = json_get_str(o, key);
	if (!s || strlen(s) <= FORM_TEXT_MAX)
		return mem_strdup(s);
	form_tell(d->in, d->line, _("a text is longer than %d bytes: it is left out"),
		  FORM_TEXT_MAX);
	return NULL;
}

static int64_t time_of(const struct reading *d, const json_t *o, const char *key, const char *zone)
{
	struct form_clock clock = {.zone = zone ? zone : d->in->o->zone, .day_ms = d->in->day_ms};
	const char *s = json_get_str(o, key);
	int64_t ms = 0;
	struct err err = {0};
	if (s && form_time_read(&clock, span_of(s), &ms, &err))
		form_tell_err(d->in, d->line, &err);
	return ms;
}

static bool is_lesson(const struct sheet_lesson *l, const json_t *o, int64_t start_ms)
{
	static const char *const keys[] = {"room_id", "uid", "recurrence_id", "title"};
	const char *const has[] = {l->room_id, l->uid, l->recurrence_id, l->title};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *s = json_get_str(o, keys[i]);
		if (strcmp(s ? s : "", has[i] ? has[i] : "") != 0)
			return false;
	}
	return l->start_ms == start_ms;
}

static void fill_lesson(const struct reading *d, const json_t *o, struct sheet_lesson *l)
{
	char zone[CAL_ZONE_MAX];
	struct err err = {0};
	const char *named = json_get_str(o, "zone");
	if (named && cal_zone_check(named, zone, &err))
		form_tell_err(d->in, d->line, &err);
	else if (named)
		l->zone = mem_strdup(zone);
	l->room_id = text_of(d, o, "room_id");
	l->uid = text_of(d, o, "uid");
	l->recurrence_id = text_of(d, o, "recurrence_id");
	l->title = text_of(d, o, "title");
	l->organizer = text_of(d, o, "organizer");
	l->start_ms = time_of(d, o, "start", l->zone);
	l->end_ms = time_of(d, o, "end", l->zone);
	l->sealed = json_get_bool(o, "sealed", false);
	l->notes = json_incref(json_get_array(o, "notes"));
	l->rules = json_incref(json_get_object(o, "rules"));
}

static struct sheet_lesson *lesson_of(const struct reading *d, const json_t *o)
{
	struct attendance_sheet *s = d->in->sheet;
	int64_t start_ms = time_of(d, o, "start", json_get_str(o, "zone"));
	for (size_t i = s->n_lessons; i > 0; i--)
		if (is_lesson(&s->lessons[i - 1], o, start_ms))
			return &s->lessons[i - 1];
	struct sheet_lesson *l = form_add_lesson(d->in, d->line);
	if (l)
		fill_lesson(d, o, l);
	return l;
}

static void read_times(const struct reading *d, const json_t *o, const struct sheet_lesson *l,
		       struct sheet_row *r)
{
	size_t i;
	json_t *v;
	int64_t seconds = json_get_i64(o, "present_s", -1);
	r->first_join_ms = time_of(d, o, "first_join", l->zone);
	r->last_leave_ms = time_of(d, o, "last_leave", l->zone);
	r->present_ms = seconds < 0 || seconds > 1000000000 ? -1 : seconds * 1000;
	json_array_foreach (json_get_array(o, "intervals"), i, v) {
		int64_t from = time_of(d, v, "from", l->zone), to = time_of(d, v, "to", l->zone);
		if (from && !form_add_interval(d->in, r, d->line, from, to,
					       json_get_bool(v, "inferred", false)))
			break;
	}
	if (json_array_size(json_get_array(o, "reasons")))
		r->reasons = json_incref(json_get_array(o, "reasons"));
}

static void read_row(const struct reading *d, const json_t *o)
{
	const char *word = json_get_str(o, "status");
	enum mark_status status = mark_status_parse(word ? word : "present");
	if (status == MARK_COUNT) {
		form_tell(d->in, d->line, _("\"%.20s\" is no status (present, late, absent ...)"),
			  word);
		return;
	}
	if (!json_get_str(o, "user_id") && !json_get_str(o, "name") &&
	    !json_get_str(o, "external_id") && !json_get_str(o, "email")) {
		form_tell(d->in, d->line, _("nobody is named here"));
		return;
	}
	struct sheet_lesson *l = lesson_of(d, o);
	struct sheet_row *r = l ? sheet_add_row(l) : NULL;
	if (!r) {
		d->in->full = true;
		form_tell(d->in, d->line, _("more than %d people: those that follow are left out"),
			  SHEET_ROWS_MAX);
		return;
	}
	r->status = status;
	r->user_id = text_of(d, o, "user_id");
	r->name = text_of(d, o, "name");
	r->external_id = text_of(d, o, "external_id");
	r->email = text_of(d, o, "email");
	r->role = text_of(d, o, "role");
	r->guest = json_get_bool(o, "guest", false);
	read_times(d, o, l, r);
}

static int read_json(struct form_in *in, struct err *err)
{
	struct form_lines lines = {in->raw, 0};
	struct span text;
	if (span_starts(in->raw, "\xEF\xBB\xBF"))
		lines.rest = span_from(in->raw, 3);
	while (!in->full && form_next_line(&lines, &text)) {
		struct reading d = {in, lines.line};
		JSON_AUTO json_t *o = NULL;
		struct err bad = {0};
		if (!span_trim(text).n)
			continue;
		if (json_parse_object(text, &o, &bad))
			form_tell_err(in, lines.line, &bad);
		else
			read_row(&d, o);
	}
	for (size_t i = 0; i < in->sheet->n_lessons; i++)
		form_settle(&in->sheet->lessons[i]);
	return form_done(in, err);
}

static bool is_json(const struct form_head *h)
{
	return span_starts(h->line, "{") && h->line.n > 1;
}

const struct form form_json = {
	.name = "json",
	.endings = ".json .jsonl .ndjson",
	.write = write_json,
	.read = read_json,
	.is = is_json,
};
