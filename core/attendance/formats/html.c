/*
 * One self-contained page: for each lesson what was scheduled and found, a bar a person (SVG, with the same in words for who
 * cannot see it), a table; for several lessons the sums of each person first. No scripts, nothing from elsewhere (a policy
 * in the page forbids it), texts escaped, names each in a direction of their own.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"

#include <locale.h>
#include <string.h>

#define BAR_WIDTH 1000

static const char style[] =
	"*{box-sizing:border-box}body{font:16px/1.4 "
	"system-ui,sans-serif;color:#1a1a1a;background:#fff;"
	"margin:2rem auto;max-width:70rem;padding:0 1rem}h1{font-size:1.6rem}h2{font-size:1.25rem;"
	"margin-top:2.5rem}table{border-collapse:collapse;width:100%}caption{text-align:start;"
	"color:#555;padding:.3rem 0}th,td{text-align:start;padding:.25rem .5rem;border-bottom:1px "
	"solid "
	"#ccc;vertical-align:middle}thead th{border-bottom:2px solid #444}td.n{text-align:end;"
	"font-variant-numeric:tabular-nums;white-space:nowrap}td.m{white-space:nowrap}td.bar{width:"
	"35%;min-width:9rem}"
	"svg{display:block;width:100%;height:1.1rem}.track{fill:#e4e4e4}.present{fill:#2e7d32}"
	".late,.left_early,.partial{fill:#e08a00}.absent{fill:#c62828}.excused,.not_tracked,.not_"
	"known,"
	".pending{fill:#757575}.open{fill-opacity:.6}ul{padding-inline-start:1.2rem}"
	"@media print{@page{margin:12mm}body{margin:0;max-width:none;font-size:10pt}"
	"thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}"
	"svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

static void esc(struct buf *b, const char *s)
{
	for (; s && *s; s++) {
		const char *e = *s == '&'   ? "&amp;"
				: *s == '<' ? "&lt;"
				: *s == '>' ? "&gt;"
				: *s == '"' ? "&quot;"
					    : NULL;
		if (e)
			buf_put_str(b, e);
		else if ((unsigned char)*s >= 0x20 || *s == '\n')
			buf_put_char(b, *s);
	}
}

/* "09:00" of a time, "" for none. */
static const char *clock_of(struct form_out *w, const struct sheet_lesson *l, int64_t ms,
			    char ret[16])
{
	ret[0] = '\0';
	if (!ms)
		return ret;
	struct cal_time t = form_wall(w, l, ms);
	snprintf(ret, 16, "%02d:%02d:%02d", t.hour % 100, t.minute % 100, t.second % 100);
	return ret;
}

static void put_when(struct form_out *w, const struct sheet_lesson *l)
{
	char from[16], to[16], local[CAL_ZONE_MAX];
	struct cal_time t = form_wall(w, l, l->start_ms);
	buf_printf(w->b, "<time datetime=\"%04d-%02d-%02d\">%04d-%02d-%02d</time>, %.5s", t.year,
		   t.month, t.day, t.year, t.month, t.day, clock_of(w, l, l->start_ms, from));
	if (l->end_ms)
		buf_printf(w->b, "–%.5s", clock_of(w, l, l->end_ms, to));
	buf_put_str(w->b, " (");
	esc(w->b, form_zone(w->o, l, local));
	buf_put_str(w->b, ")");
}

/* -- the bars --------------------------------------------------------------- */

static long long place_of(const struct sheet_lesson *l, int64_t ms)
{
	int64_t length = l->end_ms - l->start_ms, at = ms - l->start_ms;
	at = at < 0 ? 0 : at > length ? length : at;
	return (long long)(at * BAR_WIDTH / length);
}

static void put_words(struct form_out *w, const struct sheet_lesson *l, const struct sheet_row *r)
{
	char from[16], to[16];
	for (size_t i = 0; i < r->n_intervals; i++) {
		const struct sheet_interval *v = &r->intervals[i];
		buf_printf(w->b, "%s%.5s–%.5s", i ? ", " : "", clock_of(w, l, v->from_ms, from),
			   v->to_ms ? clock_of(w, l, v->to_ms, to) : "…");
	}
	if (!r->n_intervals)
		esc(w->b, mark_status_label(r->status));
}

static void put_bar(struct form_out *w, const struct sheet_lesson *l, const struct sheet_row *r)
{
	buf_printf(w->b,
		   "<svg role=\"img\" viewBox=\"0 0 %d 20\" preserveAspectRatio=\"none\" "
		   "aria-label=\"",
		   BAR_WIDTH);
	put_words(w, l, r);
	buf_printf(w->b, "\"><rect class=\"track\" width=\"%d\" height=\"20\" rx=\"3\"/>",
		   BAR_WIDTH);
	for (size_t i = 0; i < r->n_intervals; i++) {
		const struct sheet_interval *v = &r->intervals[i];
		long long from = place_of(l, v->from_ms), to = place_of(l, form_interval_end(l, v));
		if (to > from)
			buf_printf(w->b,
				   "<rect class=\"%s%s\" x=\"%lld\" width=\"%lld\" height=\"20\"/>",
				   mark_status_name(r->status),
				   v->inferred || !v->to_ms ? " open" : "", from, to - from);
	}
	buf_put_str(w->b, "</svg>");
}

/* -- a lesson ----------------------------------------------------------------- */

static void put_columns(struct form_out *w, bool bars)
{
	buf_printf(w->b,
		   "<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
		   "<th scope=\"col\">%s</th>",
		   _("Name"), _("Id"), _("Mark"));
	if (!w->o->no_times)
		buf_printf(w->b,
			   "<th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
			   "scope=\"col\">%s</th>",
			   _("Came"), _("Left"), _("Present"));
	if (bars)
		buf_printf(w->b, "<th scope=\"col\">%s</th>", _("Time"));
	if (!w->o->no_times)
		buf_printf(w->b, "<th scope=\"col\">%s</th>", _("Why"));
	buf_put_str(w->b, "</tr></thead><tbody>\n");
}

static void put_times(struct form_out *w, const struct sheet_lesson *l, const struct sheet_row *r)
{
	char at[16], hours[FORM_TIME_SIZE] = "";
	int64_t present = form_present_ms(l, r);
	if (present >= 0)
		form_hours(present, hours);
	buf_printf(w->b, "<td class=\"n\">%s</td>", clock_of(w, l, r->first_join_ms, at));
	buf_printf(w->b, "<td class=\"n\">%s</td>", clock_of(w, l, r->last_leave_ms, at));
	buf_printf(w->b, "<td class=\"n\">%s</td>", hours);
}

static void put_person(struct form_out *w, const struct sheet_lesson *l, const struct sheet_row *r,
		       bool bars)
{
	buf_put_str(w->b, "<tr><th scope=\"row\"><bdi>");
	esc(w->b, form_name(r));
	buf_printf(w->b, "</bdi>%s%s</th><td><bdi>", r->guest ? " · " : "",
		   r->guest ? _("guest") : "");
	esc(w->b, r->external_id);
	buf_put_str(w->b, "</bdi></td><td>");
	esc(w->b, mark_status_label(r->status));
	buf_put_str(w->b, "</td>");
	if (!w->o->no_times)
		put_times(w, l, r);
	if (bars) {
		buf_put_str(w->b, "<td class=\"bar\">");
		put_bar(w, l, r);
		buf_put_str(w->b, "</td>");
	}
	if (!w->o->no_times) {
		AUTO_FREE char *why = form_why(r);
		buf_put_str(w->b, "<td class=\"why\" dir=\"auto\">");
		esc(w->b, why);
		buf_put_str(w->b, "</td>");
	}
	buf_put_str(w->b, "</tr>\n");
}

static void put_counts(struct form_out *w, const struct sheet_lesson *l)
{
	int count[MARK_COUNT] = {0};
	bool any = false;
	for (size_t i = 0; i < l->n_rows; i++)
		count[l->rows[i].status]++;
	for (int i = 0; i < MARK_COUNT; i++) {
		if (!count[i])
			continue;
		buf_printf(w->b, "%s%d ", any ? ", " : "", count[i]);
		esc(w->b, mark_status_label((enum mark_status)i));
		any = true;
	}
}

static void put_notes(struct form_out *w, const struct sheet_lesson *l)
{
	size_t i;
	json_t *note;
	if (!json_array_size(l->notes))
		return;
	buf_put_str(w->b, "<ul>");
	json_array_foreach (l->notes, i, note) {
		buf_put_str(w->b, "<li dir=\"auto\">");
		esc(w->b, json_string_value(note));
		buf_put_str(w->b, "</li>");
	}
	buf_put_str(w->b, "</ul>\n");
}

static void put_lesson(struct form_out *w, const struct sheet_lesson *l)
{
	bool bars = !w->o->no_times && l->end_ms > l->start_ms;
	buf_put_str(w->b, "<section><h2 dir=\"auto\">");
	esc(w->b, l->title ? l->title : _("Lesson"));
	buf_put_str(w->b, "</h2>\n<p>");
	if (l->start_ms)
		put_when(w, l);
	buf_printf(w->b, "%s</p>\n", l->sealed ? _(" · sealed") : "");
	AUTO_FREE char *rules = form_rules(l);
	if (*rules) {
		buf_put_str(w->b, "<p>");
		esc(w->b, rules);
		buf_put_str(w->b, "</p>\n");
	}
	put_notes(w, l);
	buf_put_str(w->b, "<table><caption>");
	put_counts(w, l);
	buf_put_str(w->b, "</caption>\n");
	put_columns(w, bars);
	for (size_t i = 0; i < l->n_rows; i++)
		put_person(w, l, &l->rows[i], bars);
	buf_put_str(w->b, "</tbody></table></section>\n");
}

/* -- several lessons: the sums of each person --------------------------------- */

/* Marks that stand somewhere: each is a column. */
static void find_marks(const struct attendance_sheet *s, bool ret[MARK_COUNT])
{
	for (size_t i = 0; i < s->n_lessons; i++)
		for (size_t k = 0; k < s->lessons[i].n_rows; k++)
			ret[s->lessons[i].rows[k].status] = true;
}

static void put_sum(struct form_out *w, const struct sheet_row *p, const bool marks[MARK_COUNT])
{
	int count[MARK_COUNT] = {0};
	int64_t present = 0;
	char hours[FORM_TIME_SIZE];
	for (size_t i = 0; i < w->s->n_lessons; i++) {
		const struct sheet_row *r = form_row_in(&w->s->lessons[i], p);
		int64_t ms = r ? form_present_ms(&w->s->lessons[i], r) : 0;
		if (r)
			count[r->status]++;
		present += ms > 0 ? ms : 0;
	}
	buf_put_str(w->b, "<tr><th scope=\"row\"><bdi>");
	esc(w->b, form_name(p));
	buf_put_str(w->b, "</bdi></th><td><bdi>");
	esc(w->b, p->external_id);
	buf_put_str(w->b, "</bdi></td>");
	for (int i = 0; i < MARK_COUNT; i++)
		if (marks[i])
			buf_printf(w->b, "<td class=\"n\">%d</td>", count[i]);
	form_hours(present, hours);
	if (!w->o->no_times)
		buf_printf(w->b, "<td class=\"n\">%s</td>", hours);
	buf_put_str(w->b, "</tr>\n");
}

static void put_sums(struct form_out *w)
{
	bool marks[MARK_COUNT] = {false};
	find_marks(w->s, marks);
	buf_printf(w->b, "<section><h2>%s</h2>\n<table><caption>", _("All lessons"));
	buf_printf(w->b, ngettext("%zu lesson", "%zu lessons", w->s->n_lessons), w->s->n_lessons);
	buf_printf(w->b,
		   "</caption>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>",
		   _("Name"), _("Id"));
	for (int i = 0; i < MARK_COUNT; i++)
		if (marks[i])
			buf_printf(w->b, "<th scope=\"col\">%s</th>",
				   mark_status_label((enum mark_status)i));
	if (!w->o->no_times)
		buf_printf(w->b, "<th scope=\"col\">%s</th>", _("Present"));
	buf_put_str(w->b, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < w->s->n_lessons; i++)
		for (size_t k = 0; k < w->s->lessons[i].n_rows; k++)
			if (!form_stands_before(w->s, i, &w->s->lessons[i].rows[k]))
				put_sum(w, &w->s->lessons[i].rows[k], marks);
	buf_put_str(w->b, "</tbody></table></section>\n");
}

/* -- the page ---------------------------------------------------------------- */

/* "de_AT.UTF-8" is "de-AT"; "C" is English. */
static void put_language(struct buf *b)
{
	const char *locale = setlocale(LC_MESSAGES, NULL);
	size_t n = locale ? strcspn(locale, ".@") : 0;
	if (n < 2 || !strncmp(locale, "POSIX", 5)) {
		buf_put_str(b, "en");
		return;
	}
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, locale[i] == '_' ? '-' : locale[i]);
}

static void write_html(struct form_out *w)
{
	const char *title = w->s->n_lessons == 1 ? w->s->lessons[0].title : NULL;
	buf_put_str(w->b, "<!DOCTYPE html>\n<html lang=\"");
	put_language(w->b);
	buf_put_str(w->b,
		    "\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" "
		    "content=\"default-src 'none'; style-src 'unsafe-inline'\"><meta "
		    "name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" "
		    "content=\"no-referrer\"><title>");
	esc(w->b, _("Attendance"));
	if (title)
		buf_put_str(w->b, ": ");
	esc(w->b, title);
	buf_printf(w->b, "</title><style>%s</style></head><body>\n<h1>", style);
	esc(w->b, _("Attendance"));
	buf_put_str(w->b, "</h1>\n");
	if (w->s->n_lessons > 1)
		put_sums(w);
	for (size_t i = 0; i < w->s->n_lessons; i++)
		put_lesson(w, &w->s->lessons[i]);
	buf_put_str(w->b, "</body></html>\n");
}

const struct form form_html = {
	.name = "html",
	.endings = ".html .htm",
	.write = write_html,
};
