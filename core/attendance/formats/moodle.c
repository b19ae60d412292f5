/*
 * The CSV that Moodle's mod_attendance imports for one session: the column by which people are found is
 * chosen there (idnumber, username or email), so all are written; status is an acronym of the default set
 * (P, L, E, A), scantime what strtotime reads.
 */
#include "core/attendance/formats/moodle.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <string.h>

static const struct {
	enum mark_status status;
	const char *acronym;
} acronyms[] = {{MARK_PRESENT, "P"}, {MARK_LATE, "L"},	  {MARK_LEFT_EARLY, "L"},
		{MARK_PARTIAL, "L"}, {MARK_EXCUSED, "E"}, {MARK_ABSENT, "A"}};

const char *moodle_acronym(enum mark_status s)
{
	for (size_t i = 0; i < ARRAY_LEN(acronyms); i++)
		if (acronyms[i].status == s)
			return acronyms[i].acronym;
	return "";
}

enum mark_status moodle_status(struct span s)
{
	for (size_t i = 0; i < ARRAY_LEN(acronyms); i++)
		if (span_case_eq_str(s, acronyms[i].acronym))
			return acronyms[i].status;
	return MARK_COUNT;
}

struct span moodle_user_name(const struct sheet_row *r)
{
	struct span s = span_of(r->user_id);
	if (!span_starts(s, "@"))
		return s;
	s = span_from(s, 1);
	return span_find(s, ':') >= 0 ? span_head(s, (size_t)span_find(s, ':')) : s;
}

/* -- the CSV of one session -------------------------------------------------- */

static void write_csv(struct form_out *w)
{
	static const char *const names[] = {"idnumber",	 "username", "email",	"lastname",
					    "firstname", "status",   "scantime"};
	const struct sheet_lesson *l = &w->s->lessons[0];
	struct csv_writer c = CSV_WRITER(w->b, ',');
	size_t n = ARRAY_LEN(names) - w->o->no_times;
	c.lf = !w->o->excel;
	buf_put_str(w->b, w->o->excel ? "\xEF\xBB\xBF" : "");
	for (size_t i = 0; i < n; i++)
		csv_put_str(&c, names[i]);
	csv_end(&c);
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		char at[FORM_TIME_SIZE];
		struct span first, last;
		if (!moodle_acronym(r->status)[0])
			continue; /* to be left as it is there */
		form_split_name(r->name ? r->name : "", &first, &last);
		csv_put_str(&c, r->external_id);
		csv_put(&c, moodle_user_name(r));
		csv_put_str(&c, r->email);
		csv_put(&c, last);
		csv_put(&c, first);
		csv_put_str(&c, moodle_acronym(r->status));
		form_iso(w, l, r->first_join_ms, false, at);
		if (!w->o->no_times)
			csv_put_str(&c, at);
		csv_end(&c);
	}
}

const char *const moodle_id_columns[] = {"idnumber",	   "id number", "student id",
					 "matrikelnummer", "numer id",	NULL};
const char *const moodle_user_columns[] = {"username", "user", "anmeldename", "nazwa użytkownika",
					   NULL};
const char *const moodle_mail_columns[] = {"email", "email address", "e-mail-adresse", NULL};
const char *const moodle_last_columns[] = {"lastname", "last name", "surname",
					   "nachname", "nazwisko",  NULL};
const char *const moodle_first_columns[] = {"firstname", "first name", "vorname", "imię", NULL};

struct sheet_row *moodle_add_person(struct form_in *in, struct sheet_lesson *l, int line,
				    const struct moodle_who *p)
{
	struct sheet_row *r;
	if (!p->id.n && !p->user.n && !p->email.n && !p->first.n && !p->last.n) {
		form_tell(in, line, _("nobody is named here"));
		return NULL;
	}
	r = in->full ? NULL : sheet_add_row(l);
	if (!r) {
		if (!in->full)
			form_tell(in, line,
				  _("more than %d people: those that follow are left out"),
				  SHEET_ROWS_MAX);
		in->full = true;
		return NULL;
	}
	AUTO_FREE char *name = mem_printf("%.*s%s%.*s", SPAN_ARG(p->first),
					  p->first.n && p->last.n ? " " : "", SPAN_ARG(p->last));
	r->present_ms = -1;
	r->external_id = form_own_text(in, line, p->id);
	r->email = form_own_text(in, line, p->email);
	r->name = form_own_text(in, line, span_of(name));
	if (!r->external_id && !r->email && !r->name)
		r->name = form_own_text(in, line, p->user);
	return r;
}

static struct moodle_who who_of(const struct csv *t, size_t row)
{
	return (struct moodle_who){.id = form_cell(t, row, csv_column_of(t, moodle_id_columns)),
				   .user = form_cell(t, row, csv_column_of(t, moodle_user_columns)),
				   .email =
					   form_cell(t, row, csv_column_of(t, moodle_mail_columns)),
				   .first = form_cell(t, row,
						      csv_column_of(t, moodle_first_columns)),
				   .last = form_cell(t, row,
						     csv_column_of(t, moodle_last_columns))};
}

static void read_row(struct form_in *in, struct sheet_lesson *l, const struct csv *t, size_t row)
{
	struct form_clock clock = {.zone = in->o->zone, .day_ms = in->day_ms};
	struct moodle_who p = who_of(t, row);
	int line = csv_line(t, row);
	int64_t ms = 0;
	struct err err = {0};
	struct span status = form_cell(t, row, csv_column(t, "status"));
	struct span scan = form_cell(t, row, csv_column(t, "scantime"));
	enum mark_status mark = status.n ? moodle_status(status) : MARK_PRESENT;
	if (mark == MARK_COUNT)
		form_tell(in, line, _("\"%.*s\" is none of P, L, E and A"),
			  SPAN_ARG(span_head(status, 40)));
	else if (!status.n && !scan.n)
		form_tell(in, line, _("neither a status nor a time stands here"));
	else if (scan.n && form_time_read(&clock, scan, &ms, &err))
		form_tell_err(in, line, &err);
	else {
		struct sheet_row *r = moodle_add_person(in, l, line, &p);
		if (!r)
			return;
		r->status = mark;
		r->first_join_ms = ms;
	}
}

static int read_csv(struct form_in *in, struct err *err)
{
	struct csv *t = NULL;
	int rc = csv_parse(in->raw, &t, err);
	if (rc)
		return rc;
	struct sheet_lesson *l = form_add_lesson(in, 0);
	l->zone = mem_strdup(in->o->zone);
	for (size_t i = 0; i < csv_rows(t) && !in->full; i++)
		read_row(in, l, t, i);
	csv_free(t);
	form_settle_lesson(l);
	return form_done(in, err);
}

static bool is_csv(const struct form_head *h)
{
	return (form_head_has(h, "status") || form_head_has(h, "scantime")) &&
	       (form_head_has(h, "user") || form_head_has(h, "username") ||
		form_head_has(h, "idnumber") || form_head_has(h, "email")) &&
	       !form_head_has(h, "user_id");
}

const struct form form_moodle = {
	.name = "moodle",
	.one_lesson = true,
	.write = write_csv,
	.read = read_csv,
	.is = is_csv,
};
