/* Registers as sheets and rows. */
#include "core/attendance/format.h"
#include "core/attendance/register_reasons.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/store/evidence.h"

#include <string.h>

bool att_wanted(const struct attendance_query *q, const char *user_id, enum mark_status status)
{
	bool named = !q->users;
	for (size_t i = 0; q->users && q->users[i]; i++)
		named |= strcmp(q->users[i], user_id) == 0;
	return named && (!q->status || strcmp(q->status, mark_status_name(status)) == 0);
}

static void drop_unwanted(const struct attendance_query *q, struct sheet_lesson *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n_rows; i++) {
		if (att_wanted(q, l->rows[i].user_id, l->rows[i].status))
			l->rows[n++] = l->rows[i];
		else
			sheet_row_done(&l->rows[i]);
	}
	l->n_rows = n;
}

int client_attendance_sheet(struct client *c, const struct attendance_query *q,
			    struct attendance_sheet *ret, struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_need_staff(&l.a, err);
	for (size_t i = 0; !rc && i < l.n; i++) {
		struct attendance_register *r = register_judge(l.v[i].in, clock_wall_ms());
		struct sheet_lesson *s = sheet_add_lesson(ret);
		if (s) {
			register_sheet(r, s);
			drop_unwanted(q, s);
		} else {
			rc = err_set(err, ERR_TOO_LARGE, _("More than %d lessons"),
				     SHEET_LESSONS_MAX);
		}
		register_free(r);
	}
	return rc;
}

int client_attendance_register(struct client *c, const struct attendance_query *q,
			       struct register_input **ret_input, struct attendance_register **ret,
			       struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_one(&l, err);
	if (rc)
		return rc;
	*ret = register_judge(l.v[0].in, clock_wall_ms());
	if (ret_input)
		*ret_input = take(&l.v[0].in);
	return 0;
}

/* -- Rows -------------------------------------------------------------------------------------- */

static json_t *time_or_null(int64_t ms)
{
	char iso[WHEN_ISO_SIZE];
	if (ms <= 0)
		return json_null();
	when_iso(ms, iso);
	return json_string(iso);
}

/* -- One's own ------------------------------------------------------------------------------------ */

/* What staff told us by direct message of this lesson; the last word counts. */
struct told {
	const struct lesson *l;
	const struct att_power *power;
	const char *by; /* whose chat it is */
	json_t *record; /* owned */
	int64_t ts;
};

/* Others may have come into the chat; and who has left the staff since was staff when it was said. */
static bool is_of_staff(const struct told *t, const struct store_event *e)
{
	const struct mx_event ev = {.event_id = e->event_id.p, .sender = t->by, .ts = e->ts};
	return span_eq_str(e->sender, t->by) && att_was_staff(t->power, REGISTER_ROOM, &ev);
}

static int take_record(const struct store_event *e, void *arg)
{
	struct told *t = arg;
	JSON_AUTO json_t *event = NULL;
	if (e->ts < t->ts || e->redacted_by.p || !is_of_staff(t, e) ||
	    !memmem(e->json.p, e->json.n, RECORD_TYPE, strlen(RECORD_TYPE)) ||
	    json_parse_object(e->json, &event, NULL))
		return 0;
	json_t *record = json_get_object(json_get_object(event, "content"), RECORD_TYPE);
	if (!record || !lesson_is(t->l, record))
		return 0;
	json_decref(t->record);
	t->record = json_incref(record);
	t->ts = e->ts;
	return 0;
}

json_t *att_record(const struct att_lessons *l, const struct att_power *power,
		   const struct lesson *lesson)
{
	AUTO_FREE int64_t *ids = store_room_ids(l->a.s, "join");
	struct told t = {.l = lesson, .power = power};
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (!store_room_get(l->a.s, *p, &r) || !r.direct)
			continue;
		t.by = r.direct;
		store_evidence_messages(l->a.s, *p, lesson->start_ms, INT64_MAX, take_record, &t);
	}
	return t.record;
}

/* What staff said is what counts, also where we cannot see all that they see. */
static void apply_record(json_t *row, const json_t *record)
{
	int64_t present = json_get_i64(record, "present_s", -1);
	row_str(row, "source", record ? "staff" : "own");
	if (!record)
		return;
	row_str(row, "status", json_get_str(record, "status"));
	json_object_set_new(row, "first_join",
			    time_or_null(json_get_i64(record, "first_join_ts", 0)));
	json_object_set_new(row, "last_leave",
			    time_or_null(json_get_i64(record, "last_leave_ts", 0)));
	json_object_set_new(row, "present_s", present < 0 ? json_null() : json_integer(present));
	if (json_get_array(record, "reasons"))
		json_object_set(row, "reasons", json_get_array(record, "reasons"));
}

/* What we said against our mark, which only staff's clients bring into the register. */
struct contested {
	const struct lesson *l;
	const char *own;
	json_t *list; /* reasons */
};

static int take_contest(const struct store_event *e, void *arg)
{
	struct contested *k = arg;
	JSON_AUTO json_t *event = NULL;
	if (e->redacted_by.p || !span_eq_str(e->sender, k->own) ||
	    !memmem(e->json.p, e->json.n, CONTEST_TYPE, strlen(CONTEST_TYPE)) ||
	    json_parse_object(e->json, &event, NULL))
		return 0;
	const json_t *said = json_get_object(json_get_object(event, "content"), CONTEST_TYPE);
	if (!said || !lesson_is(k->l, said))
		return 0;
	const char *why = json_get_str(said, "reason");
	json_t *reason = json_pack("{s:s,s:o,s:I,s:s?,s:s,s:n}", "code", "contested", "contest_id",
				   row_text(e->event_id), "ts", (json_int_t)e->ts, "reason", why,
				   "state", "open", "by");
	AUTO_FREE char *text = register_reason_text(reason);
	row_str(reason, "text", text);
	json_array_append_new(k->list, reason);
	return 0;
}

static bool is_known(const json_t *reasons, const json_t *contest)
{
	const json_t *one;
	size_t i;
	json_array_foreach (reasons, i, one)
		if (json_equal(json_object_get(one, "contest_id"),
			       json_object_get(contest, "contest_id")))
			return true;
	return false;
}

static void add_contests(const struct att_lessons *l, const struct lesson *lesson, json_t *row)
{
	AUTO_FREE int64_t *ids = store_room_ids(l->a.s, "join");
	JSON_AUTO json_t *list = json_array();
	struct contested k = {lesson, client_account(l->a.c)->user_id, list};
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (store_room_get(l->a.s, *p, &r) && r.direct)
			store_evidence_messages(l->a.s, *p, lesson->start_ms, INT64_MAX,
						take_contest, &k);
	}
	json_t *reasons = json_copy(json_get_array(row, "reasons")), *one;
	size_t i;
	reasons = reasons ? reasons : json_array();
	json_array_foreach (list, i, one)
		if (!is_known(reasons, one))
			json_array_append(reasons, one);
	json_object_set_new(row, "reasons", reasons);
}

static int own_lesson(struct att_lessons *l, const struct att_power *power,
		      const struct att_lesson *v, client_row_fn *fn, void *arg, struct err *err)
{
	const struct format_options o = {0};
	struct attendance_register *r = register_judge(v->in, clock_wall_ms());
	struct sheet_lesson s = {0};
	const char *own = client_account(l->a.c)->user_id;
	JSON_AUTO json_t *record = att_record(l, power, &v->l);
	int rc = 0;
	register_sheet(r, &s);
	for (size_t i = 0; !rc && i < s.n_rows; i++) {
		if (strcmp(s.rows[i].user_id, own) != 0)
			continue;
		JSON_AUTO json_t *row = format_json_row(&s, &s.rows[i], &o, err);
		if (!row)
			rc = ERR_INVALID;
		else
			apply_record(row, record);
		if (row)
			add_contests(l, &v->l, row);
		rc = rc ? rc : fn(row, arg);
	}
	sheet_lesson_done(&s);
	register_free(r);
	return rc;
}

int client_attendance_mine(struct client *c, const struct attendance_query *q, client_row_fn *fn,
			   void *arg, struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	AUTO(att_power_done) struct att_power power = {0};
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		att_power_load(&l.a, &power);
	for (size_t i = 0; !rc && i < l.n; i++)
		rc = own_lesson(&l, &power, &l.v[i], fn, arg, err);
	return rc;
}
