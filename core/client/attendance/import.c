#include "core/client/attendance/import.h"

#include "core/attendance/sheet_judge.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/client/attendance/attendance_priv.h"

#include <string.h>

/* The lesson as it is now, gathered and judged once. */
struct importing {
	const struct attendance_import *im;
	struct att_lessons l;
	struct sheet_lesson now;
	json_t *index; /* user id: place in now.rows */
};

static const struct sheet_row *find(const struct importing *x, const char *user_id)
{
	const json_t *at = json_object_get(x->index, user_id);
	return at ? &x->now.rows[json_integer_value(at)] : NULL;
}

static bool says(const struct sheet_row *row, const char *code)
{
	size_t i;
	json_t *reason;
	json_array_foreach (row->reasons, i, reason)
		if (span_eq_str(json_get_span(reason, "code"), code))
			return true;
	return false;
}

/* What a file without marks may change: nothing that is better already, nothing that staff said. */
static bool may_fill(const struct sheet_row *row, enum mark_status file)
{
	enum mark_status now = row->status;
	if (file == MARK_ABSENT || row->by_staff)
		return false;
	/* Held elsewhere: without a call or a roll here. Who asked not to be tracked is not. */
	if (now == MARK_NOT_TRACKED)
		return says(row, "no_lesson") && !says(row, "opted_out");
	return now == MARK_ABSENT || now == MARK_NOT_KNOWN || now == MARK_PENDING ||
	       (now == MARK_PARTIAL && file != MARK_PARTIAL);
}

static json_t *row_of(const struct sheet_row *r, const struct sheet_row *now,
		      enum mark_status after, const char *state)
{
	json_t *o = json_object();
	row_str(o, "user_id", r->user_id);
	row_str(o, "name", r->name);
	row_str(o, "external_id", r->external_id);
	row_str(o, "before", now ? mark_status_name(now->status) : NULL);
	row_str(o, "after", mark_status_name(after));
	row_str(o, "state", state);
	return o;
}

static int write_mark(const struct importing *x, const struct sheet_row *r,
		      const struct sheet_row *now, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *content = att_mark_content(&x->l.v[0].l, r->user_id, now->status,
						     r->status, x->im->reason, NULL);
	return att_send_staff(&x->l.a, MARK_TYPE, content, NULL, ret, err);
}

/* *ret: the row of one person. */
static int import_one(const struct importing *x, const struct sheet_row *r,
		      const struct sheet_row *now, json_t **ret, struct err *err)
{
	const struct attendance_import *im = x->im;
	JSON_AUTO json_t *sent = NULL;
	enum mark_status after = r->status;
	if (!now) {
		*ret = row_of(r, NULL, after, "not_expected");
		return 0;
	}
	if (after == now->status || (!im->has_marks && !may_fill(now, after))) {
		*ret = row_of(r, now, now->status, after == now->status ? "same" : "kept");
		return 0;
	}
	int rc = im->dry_run ? 0 : write_mark(x, r, now, &sent, err);
	if (rc)
		return rc;
	*ret = row_of(r, now, after, "changed");
	row_str(*ret, "event_id", json_get_str(sent, "event_id"));
	return 0;
}

static int import_all(const struct importing *x, client_row_fn *fn, void *arg, struct err *err)
{
	const struct attendance_import *im = x->im;
	unsigned strangers = 0;
	int rc = 0;
	for (size_t i = 0; i < im->file->n_rows && !rc; i++) {
		const struct sheet_row *r = &im->file->rows[i];
		JSON_AUTO json_t *row = NULL;
		if (r->guest || !r->user_id)
			continue;
		const struct sheet_row *is = find(x, r->user_id);
		rc = import_one(x, r, is, &row, err);
		if (!rc)
			rc = fn(row, arg);
		strangers += is == NULL;
		if (im->q->progress)
			im->q->progress(im->q->progress_arg, _("writing marks"), (int64_t)i + 1,
					(int64_t)im->file->n_rows);
	}
	if (rc || !strangers)
		return rc;
	return err_set(err, ERR_PARTIAL,
		       ngettext("%u person of the file was not expected in this lesson",
				"%u people of the file were not expected in this lesson",
				strangers),
		       strangers);
}

/* A file without marks, by the rules that the lesson is judged by. */
static void judge(const struct importing *x)
{
	struct attendance_rules rules = x->l.a.rules;
	attendance_rules_read(x->now.rules, &rules, NULL);
	for (size_t i = 0; i < x->im->file->n_rows; i++) {
		struct sheet_row *r = &x->im->file->rows[i];
		r->status = sheet_judge(r, x->now.start_ms, x->now.end_ms, &rules);
	}
}

static int begin(struct importing *x, struct client *c, struct err *err)
{
	int rc = att_lessons_load(c, x->im->q, &x->l, err);
	if (!rc)
		rc = att_need_staff(&x->l.a, err);
	if (!rc && x->l.n != 1)
		rc = err_set(err, ERR_USAGE,
			     _("These are %zu lessons: marks are imported into one"), x->l.n);
	if (rc)
		return rc;
	struct attendance_register *r = register_judge(x->l.v[0].in, clock_wall_ms());
	register_sheet(r, &x->now);
	register_free(r);
	for (size_t i = 0; i < x->now.n_rows; i++)
		json_object_set_new(x->index, x->now.rows[i].user_id, json_integer((json_int_t)i));
	return 0;
}

int client_attendance_import(struct client *c, const struct attendance_import *im,
			     client_row_fn *fn, void *arg, struct err *err)
{
	JSON_AUTO json_t *index = json_object();
	struct importing x = {.im = im, .index = index};
	int rc = begin(&x, c, err);
	/* A roll has a window, not a lesson's length. */
	if (!rc && !im->has_marks && !im->q->roll_id)
		judge(&x);
	if (!rc)
		rc = import_all(&x, fn, arg, err);
	sheet_lesson_done(&x.now);
	att_lessons_done(&x.l);
	return rc;
}
