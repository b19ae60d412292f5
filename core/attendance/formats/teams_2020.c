/*
 * Teams' list of 2020 and 2021: one row an action ("Joined", "Left", "Joined before"), by
 * name alone, and nothing that says when the meeting ended: who did not leave is taken to have stayed until the last action,
 * which is marked as inferred. Read only.
 */
#include "core/attendance/formats/form.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <string.h>

static const char *const name_columns[] = {"Full Name", "Vollständiger Name", "Imię i nazwisko",
					   "Pełna nazwa", NULL};
static const char *const action_columns[] = {"User Action", "Benutzeraktion", "Akcja użytkownika",
					     NULL};
static const char *const time_columns[] = {"Timestamp", "Zeitstempel", "Znacznik czasu",
					   "Sygnatura czasowa", NULL};

enum action { CAME, WENT, OTHER };

static enum action action_of(struct span s)
{
	static const struct {
		const char *begins;
		enum action what;
	} words[] = {{"Joined", CAME},	  {"Left", WENT},	   {"Beigetreten", CAME},
		     {"Verlassen", WENT}, {"Hat verlassen", WENT}, {"Zuvor beigetreten", CAME},
		     {"Dołącz", CAME},	  {"Opu", WENT},	   {"Wyszed", WENT},
		     {"Wysz", WENT}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_case_eq_str(span_head(s, strlen(words[i].begins)), words[i].begins))
			return words[i].what;
	return OTHER;
}

struct reading {
	struct form_in *in;
	struct sheet_lesson *l;
	struct form_clock clock;
	const struct csv *t;
	int name, action, time;
	int64_t last_ms;
};

static void take_action(struct reading *d, struct sheet_row *r, int line, enum action what,
			int64_t ms)
{
	struct sheet_interval *last = r->n_intervals ? &r->intervals[r->n_intervals - 1] : NULL;
	bool open = last && !last->to_ms;
	if (what == CAME && !open)
		form_add_interval(d->in, r, line, ms, 0, false);
	else if (what == WENT && open && ms >= last->from_ms)
		last->to_ms = ms;
	else if (what == WENT)
		form_tell(d->in, line, _("this person left without having come"));
}

static void read_row(struct reading *d, size_t row)
{
	struct err err = {0};
	int64_t ms;
	int line = csv_line(d->t, row);
	struct span word = span_trim(csv_cell(d->t, row, d->action));
	enum action what = action_of(word);
	if (what == OTHER) {
		form_tell(d->in, line, _("\"%.*s\" is no known action (Joined, Left)"),
			  SPAN_ARG(span_head(word, 40)));
		return;
	}
	if (form_time_read(&d->clock, csv_cell(d->t, row, d->time), &ms, &err)) {
		form_tell_err(d->in, line, &err);
		return;
	}
	struct sheet_row *r =
		form_person(d->in, d->l, line, form_cell(d->t, row, d->name), (struct span){"", 0});
	if (!r)
		return;
	if (ms > d->last_ms)
		d->last_ms = ms;
	take_action(d, r, line, what, ms);
}

static void end_open(struct reading *d)
{
	for (size_t i = 0; i < d->l->n_rows; i++)
		for (size_t k = 0; k < d->l->rows[i].n_intervals; k++) {
			struct sheet_interval *v = &d->l->rows[i].intervals[k];
			if (v->to_ms)
				continue;
			v->to_ms = d->last_ms > v->from_ms ? d->last_ms : v->from_ms;
			v->inferred = true;
		}
}

static void see_dates(struct reading *d)
{
	struct form_dates dates = {0};
	bool doubt;
	for (size_t i = 0; i < csv_rows(d->t); i++)
		form_dates_see(&dates, csv_cell(d->t, i, d->time));
	d->clock.order = form_dates_order(&dates, &doubt);
	if (doubt)
		form_tell(d->in, 0,
			  _("the dates of this file can be read with the month or the day first: "
			    "the month was taken"));
}

static int read_list(struct form_in *in, struct err *err)
{
	struct csv *t = NULL;
	struct reading d = {.in = in, .clock = {.zone = in->o->zone, .day_ms = in->day_ms}};
	int rc = csv_parse(in->raw, &t, err);
	if (rc)
		return rc;
	d.t = t;
	d.name = csv_column_of(t, name_columns);
	d.action = csv_column_of(t, action_columns);
	d.time = csv_column_of(t, time_columns);
	if (d.name < 0 || d.action < 0 || d.time < 0) {
		csv_free(t);
		return err_set(err, ERR_INVALID,
			       _("The columns are not Full Name, User Action and Timestamp"));
	}
	d.l = form_add_lesson(in, 0);
	d.l->zone = mem_strdup(in->o->zone);
	see_dates(&d);
	for (size_t i = 0; i < csv_rows(t) && !in->full; i++)
		read_row(&d, i);
	csv_free(t);
	end_open(&d);
	form_settle(d.l);
	form_settle_lesson(d.l);
	return form_done(in, err);
}

static bool is_list(const struct form_head *h)
{
	for (size_t i = 0; action_columns[i]; i++)
		if (form_head_has(h, action_columns[i]))
			return true;
	return false;
}

const struct form form_teams_2020 = {
	.name = "teams-2020",
	.read = read_list,
	.is = is_list,
};
