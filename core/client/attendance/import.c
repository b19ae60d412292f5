#include "core/client/attendance/import.h"

#include "core/attendance/sheet_judge.h"
#include "core/base/i18n.h"
#include "core/client/util.h"

#include <string.h>

static const struct sheet_row *find(const struct sheet_lesson *l, const char *user_id)
{
	for (size_t i = 0; i < l->n_rows; i++)
		if (l->rows[i].user_id && !strcmp(l->rows[i].user_id, user_id))
			return &l->rows[i];
	return NULL;
}

/* What a file without marks may change: nothing that is better already, nothing that staff said. */
static bool may_fill(enum mark_status now, enum mark_status file)
{
	if (file == MARK_ABSENT)
		return false;
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

/* *ret: the row of one person. */
static int import_one(struct client *c, const struct attendance_import *im,
		      const struct sheet_row *r, const struct sheet_row *now, json_t **ret,
		      struct err *err)
{
	JSON_AUTO json_t *sent = NULL;
	enum mark_status after = r->status;
	if (!now) {
		*ret = row_of(r, NULL, after, "not_expected");
		return 0;
	}
	if (after == now->status || (!im->has_marks && !may_fill(now->status, after))) {
		*ret = row_of(r, now, now->status, after == now->status ? "same" : "kept");
		return 0;
	}
	int rc = im->dry_run ? 0
			     : client_attendance_correct(c, im->q, r->user_id, after, im->reason,
							 NULL, NULL, &sent, err);
	if (rc)
		return rc;
	*ret = row_of(r, now, after, "changed");
	row_str(*ret, "event_id", json_get_str(sent, "event_id"));
	return 0;
}

static int import_all(struct client *c, const struct attendance_import *im,
		      const struct sheet_lesson *now, client_row_fn *fn, void *arg, struct err *err)
{
	unsigned strangers = 0;
	int rc = 0;
	for (size_t i = 0; i < im->file->n_rows && !rc; i++) {
		const struct sheet_row *r = &im->file->rows[i];
		JSON_AUTO json_t *row = NULL;
		if (r->guest || !r->user_id)
			continue;
		const struct sheet_row *is = find(now, r->user_id);
		rc = import_one(c, im, r, is, &row, err);
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

static int judge(struct client *c, const struct attendance_import *im,
		 const struct sheet_lesson *now, struct err *err)
{
	struct attendance_rules rules;
	int rc = client_attendance_rules(c, im->q->room_id, &rules, err);
	for (size_t i = 0; i < im->file->n_rows && !rc; i++) {
		struct sheet_row *r = &im->file->rows[i];
		r->status = sheet_judge(r, now->start_ms, now->end_ms, &rules);
	}
	return rc;
}

int client_attendance_import(struct client *c, const struct attendance_import *im,
			     client_row_fn *fn, void *arg, struct err *err)
{
	AUTO(sheet_done) struct attendance_sheet now = {0};
	int rc = client_attendance_sheet(c, im->q, &now, err);
	if (!rc && now.n_lessons != 1)
		rc = err_set(err, ERR_USAGE,
			     _("These are %zu lessons: marks are imported into one"),
			     now.n_lessons);
	/* A roll has a window, not a lesson's length. */
	if (!rc && !im->has_marks && !im->q->roll_id)
		rc = judge(c, im, &now.lessons[0], err);
	return rc ? rc : import_all(c, im, &now.lessons[0], fn, arg, err);
}
