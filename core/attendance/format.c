#include "core/attendance/format.h"

#include "core/attendance/formats/form.h"
#include "core/base/i18n.h"
#include "core/base/text.h"

#include <string.h>

static const struct form *const forms[FORMAT_COUNT] = {
	[FORMAT_CSV] = &form_csv,
	[FORMAT_INTERVALS] = &form_intervals,
	[FORMAT_XLSX] = &form_xlsx,
	[FORMAT_JSON] = &form_json,
	[FORMAT_HTML] = &form_html,
	[FORMAT_ICS] = &form_ics,
	[FORMAT_GRAPH] = &form_graph,
	[FORMAT_ZOOM] = &form_zoom,
	[FORMAT_ZOOM_UNIQUE] = &form_zoom_unique,
	[FORMAT_TEAMS] = &form_teams,
	[FORMAT_TEAMS_2020] = &form_teams_2020,
	[FORMAT_MEET] = &form_meet,
	[FORMAT_MOODLE] = &form_moodle,
	[FORMAT_MOODLE_TXT] = &form_moodle_txt,
};

/* What is looked for first: forms that others might be taken for stand behind. */
static const enum attendance_format order[] = {
	FORMAT_GRAPH,	   FORMAT_JSON,	  FORMAT_TEAMS,	      FORMAT_TEAMS_2020,
	FORMAT_MOODLE_TXT, FORMAT_ZOOM,	  FORMAT_ZOOM_UNIQUE, FORMAT_INTERVALS,
	FORMAT_CSV,	   FORMAT_MOODLE, FORMAT_MEET,
};

enum attendance_format format_parse(const char *word)
{
	int i = 0;
	while (i < FORMAT_COUNT && (!word || strcmp(forms[i]->name, word) != 0))
		i++;
	return (enum attendance_format)i;
}

const char *format_name(enum attendance_format f)
{
	return f < FORMAT_COUNT ? forms[f]->name : "";
}

enum attendance_format format_of_file(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (!dot || strchr(dot, '/'))
		return FORMAT_COUNT;
	for (int i = 0; i < FORMAT_COUNT; i++) {
		struct span rest = span_of(forms[i]->endings), one;
		while (rest.n && span_split(&rest, ' ', &one))
			if (span_case_eq_str(one, dot))
				return (enum attendance_format)i;
	}
	return FORMAT_COUNT;
}

bool format_writes(enum attendance_format f)
{
	return f < FORMAT_COUNT && forms[f]->write;
}

bool format_reads(enum attendance_format f)
{
	return f < FORMAT_COUNT && forms[f]->read;
}

bool format_has_marks(enum attendance_format f)
{
	return f == FORMAT_CSV || f == FORMAT_INTERVALS || f == FORMAT_JSON || f == FORMAT_MOODLE ||
	       f == FORMAT_MOODLE_TXT;
}

bool format_is_binary(enum attendance_format f)
{
	return f == FORMAT_XLSX || f == FORMAT_TEAMS;
}

/* -- writing ------------------------------------------------------------------- */

static int check_write(enum attendance_format f, const struct attendance_sheet *s,
		       const struct format_options *o, struct err *err)
{
	char zone[CAL_ZONE_MAX];
	if (!format_writes(f))
		return err_set(err, ERR_UNSUPPORTED, _("%s files are read, not written"),
			       format_name(f));
	if (forms[f]->needs_times && o->no_times) {
		err_set(err, ERR_USAGE, _("Nothing of a %s file is left without times"),
			format_name(f));
		err_hint(err, _("csv, json, html, xlsx, graph, teams and moodle can do without"));
		return ERR_USAGE;
	}
	if (forms[f]->one_lesson && s->n_lessons != 1) {
		err_set(err, ERR_USAGE, _("A %s file holds one lesson, and these are %zu"),
			format_name(f), s->n_lessons);
		err_hint(err, _("choose one of them"));
		return ERR_USAGE;
	}
	return o->zone ? cal_zone_check(o->zone, zone, err) : 0;
}

int format_write(enum attendance_format f, const struct attendance_sheet *s,
		 const struct format_options *o, struct buf *ret, struct err *err)
{
	struct form_out w = {.s = s, .o = o, .b = ret};
	size_t before = ret->n;
	int rc = check_write(f, s, o, err);
	if (rc)
		return rc;
	forms[f]->write(&w);
	if (!w.rc && !buf_ok(ret)) {
		w.rc = ERR_TOO_LARGE;
		err_set(&w.err, w.rc, _("This sheet is too large for one file"));
	}
	if (w.rc) {
		buf_truncate(ret, before);
		if (err)
			*err = w.err;
	}
	return w.rc;
}

/* -- reading ------------------------------------------------------------------- */

/* The beginning in UTF-8; what is no text there shows when the file is read. */
static void decode_head(struct span text, struct buf *ret)
{
	struct span head;
	for (size_t cut = 0; cut <= 2; cut += 2) { /* not in the middle of a UTF-16 pair */
		head = span_head(text, FORM_HEAD_BYTES - cut);
		buf_clear(ret);
		if (csv_decode(head, ret, NULL) == 0)
			return;
	}
	buf_clear(ret);
	if (span_starts(text, "\xEF\xBB\xBF"))
		head = span_from(head, 3);
	while (head.n) {
		bool ok;
		uint32_t cp = utf8_next(&head, &ok);
		utf8_put(ret, ok && cp ? cp : '?');
	}
}

static char separator_of(struct span line)
{
	static const char all[] = "\t;,";
	char best = '\0';
	int most = 0;
	for (size_t i = 0; i < sizeof(all) - 1; i++) {
		int n = 0;
		for (size_t k = 0; k < line.n; k++)
			n += line.p[k] == all[i];
		if (n > most) {
			most = n;
			best = all[i];
		}
	}
	return best;
}

enum attendance_format format_detect(struct span text)
{
	AUTO(buf_done) struct buf b = BUF_INIT(CSV_TEXT_MAX);
	if (span_starts(text, "PK\x03\x04"))
		return FORMAT_XLSX;
	decode_head(text, &b);
	struct form_head h = {.text = span_trim(buf_span(&b))};
	struct form_lines lines = {h.text, 0};
	form_next_line(&lines, &h.line);
	h.separator = separator_of(h.line);
	if (span_case_eq_str(span_head(h.line, 15), "BEGIN:VCALENDAR"))
		return FORMAT_ICS;
	if (span_case_eq_str(span_head(h.line, 14), "<!doctype html"))
		return FORMAT_HTML;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (forms[order[i]]->is(&h))
			return order[i];
	return FORMAT_COUNT;
}

static int check_read(enum attendance_format f, struct span text, const struct format_options *o,
		      struct err *err)
{
	char zone[CAL_ZONE_MAX];
	if (f >= FORMAT_COUNT) {
		err_set(err, ERR_INVALID, _("This is no attendance file of a kind that is known"));
		err_hint(err, _("say which it is with --from: %s"), FORMAT_CHOICES_READ);
		return ERR_INVALID;
	}
	if (!format_reads(f)) {
		err_set(err, ERR_UNSUPPORTED, _("%s files are written, not read"), format_name(f));
		err_hint(err, _("save the table as CSV"));
		return ERR_UNSUPPORTED;
	}
	if (text.n > LIMIT_CSV_BYTES)
		return err_set(err, ERR_TOO_LARGE, _("The file is larger than %u bytes"),
			       LIMIT_CSV_BYTES);
	return o->zone ? cal_zone_check(o->zone, zone, err) : 0;
}

int format_read(enum attendance_format f, struct span text, const struct format_options *o,
		int64_t day_ms, format_problem_fn *problem, void *arg, struct attendance_sheet *ret,
		struct err *err)
{
	struct attendance_sheet sheet = {0};
	struct form_in in = {.raw = text,
			     .o = o,
			     .day_ms = day_ms,
			     .problem = problem,
			     .arg = arg,
			     .sheet = &sheet};
	int rc = check_read(f, text, o, err);
	if (!rc)
		rc = forms[f]->read(&in, err);
	if (rc)
		sheet_done(&sheet);
	else
		*ret = sheet;
	return rc;
}
