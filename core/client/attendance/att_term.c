/* Many lessons together; and each person told their own mark. */
#include "core/base/clock.h"
#include "core/base/fold.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/send.h"
#include "core/store/outbox.h"

#include <stdlib.h>
#include <string.h>

/* -- A term ---------------------------------------------------------------------------------- */

struct sum {
	char *user_id, *name, *external_id, *email;
	int64_t count[MARK_COUNT], lessons, present_ms;
};

struct term {
	struct sum *v;
	size_t n;
	json_t *index; /* user id: place */
};

static struct sum *sum_of(struct term *t, const struct register_mark *m)
{
	json_t *at = json_object_get(t->index, m->user_id);
	if (at)
		return &t->v[json_integer_value(at)];
	t->v = mem_realloc_array(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n] = (struct sum){.user_id = mem_strdup(m->user_id),
				  .name = mem_strdup(m->name),
				  .external_id = mem_strdup(m->external_id),
				  .email = mem_strdup(m->email)};
	json_object_set_new(t->index, m->user_id, json_integer((json_int_t)t->n));
	return &t->v[t->n++];
}

static void add_lesson(struct term *t, const struct attendance_query *q,
		       const struct register_input *in)
{
	struct attendance_register *r = register_judge(in, clock_wall_ms());
	struct register_mark m;
	for (size_t i = 0; register_mark_at(r, i, &m); i++) {
		if (m.guest || !att_wanted(q, m.user_id, m.status))
			continue;
		struct sum *s = sum_of(t, &m);
		s->lessons++;
		s->count[m.status]++;
		s->present_ms += m.present_ms > 0 ? m.present_ms : 0;
	}
	register_free(r);
}

static int by_name(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;
	AUTO(buf_done) struct buf bx = BUF_INIT(BUF_CAP_OWN), by = BUF_INIT(BUF_CAP_OWN);
	fold_put(&bx, span_of(x->name ? x->name : x->user_id));
	fold_put(&by, span_of(y->name ? y->name : y->user_id));
	int order = strcmp(buf_str(&bx), buf_str(&by));
	return order ? order : strcmp(x->user_id, y->user_id);
}

/* Of the lessons that count: those neither excused nor without a mark. Late and early are there. */
static json_t *percent_of(const struct sum *s)
{
	int64_t there = s->count[MARK_PRESENT] + s->count[MARK_LATE] + s->count[MARK_LEFT_EARLY];
	int64_t of = there + s->count[MARK_PARTIAL] + s->count[MARK_ABSENT];
	return of ? json_integer(there * 100 / of) : json_null();
}

static json_t *sum_row(const struct sum *s)
{
	json_t *row = json_object();
	row_str(row, "user_id", s->user_id);
	row_str(row, "name", s->name);
	row_str(row, "external_id", s->external_id);
	row_str(row, "email", s->email);
	row_int(row, "lessons", s->lessons);
	for (int i = 0; i < MARK_PENDING; i++)
		row_int(row, mark_status_name((enum mark_status)i), s->count[i]);
	json_object_set_new(row, "percent", percent_of(s));
	row_int(row, "present_s", s->present_ms / 1000);
	return row;
}

static void term_done(struct term *t)
{
	for (size_t i = 0; i < t->n; i++) {
		mem_free(t->v[i].user_id);
		mem_free(t->v[i].name);
		mem_free(t->v[i].external_id);
		mem_free(t->v[i].email);
	}
	mem_free(t->v);
	json_decref(t->index);
}

int att_term(const struct att_lessons *l, client_row_fn *fn, void *arg)
{
	AUTO(term_done) struct term t = {.index = json_object()};
	int rc = 0;
	for (size_t i = 0; i < l->n; i++) {
		add_lesson(&t, l->q, l->v[i].in);
		if (l->q->progress)
			l->q->progress(l->q->progress_arg, _("lessons"), (int64_t)i + 1,
				       (int64_t)l->n);
	}
	if (t.n)
		qsort(t.v, t.n, sizeof(*t.v), by_name);
	for (size_t i = 0; !rc && i < t.n; i++) {
		JSON_AUTO json_t *row = sum_row(&t.v[i]);
		rc = fn(row, arg);
	}
	return rc;
}

int client_attendance_term(struct client *c, const struct attendance_query *q, client_row_fn *fn,
			   void *arg, struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_need_staff(&l.a, err);
	return rc ? rc : att_term(&l, fn, arg);
}

/* -- Telling -------------------------------------------------------------------------------------- */

static void put_reasons(struct buf *b, const json_t *reasons)
{
	size_t i;
	json_t *r;
	json_array_foreach (reasons, i, r)
		buf_printf(b, "\n- %s", json_get_str(r, "text"));
}

static json_t *record_of(const struct lesson *l, const struct sheet_row *r)
{
	json_t *o = json_pack("{s:i,s:s?,s:I,s:s,s:I,s:I,s:I,s:O?}", "version", 1, "title",
			      l->title, "start_ts", (json_int_t)l->start_ms, "status",
			      mark_status_name(r->status), "first_join_ts",
			      (json_int_t)r->first_join_ms, "last_leave_ts",
			      (json_int_t)r->last_leave_ms, "present_s",
			      (json_int_t)(r->present_ms < 0 ? -1 : r->present_ms / 1000),
			      "reasons", r->reasons);
	lesson_name(l, o);
	return o;
}

static json_t *record_message(const struct lesson *l, const struct sheet_row *r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_EVENT_BYTES / 2);
	char when[WHEN_ISO_SIZE];
	when_iso(l->start_ms, when);
	buf_printf(&b, _("%s, %.10s %.5s: you are marked as %s."), l->title ? l->title : "", when,
		   when + 11, mark_status_label(r->status));
	put_reasons(&b, r->reasons);
	return json_pack("{s:s,s:s,s:o}", "msgtype", "m.notice", "body", buf_str(&b), RECORD_TYPE,
			 record_of(l, r));
}

/* Would they be told, or do they know it? Makes no chat with them. */
static const char *would(const struct att_lessons *l, const char *user_id, const char *txn)
{
	AUTO_FREE int64_t *chats = store_room_direct(l->a.s, user_id);
	for (const int64_t *id = chats; *id; id++) {
		AUTO(store_outbox_done) struct store_outbox o = {0};
		AUTO(store_room_done) struct store_room r = {0};
		if (store_room_get(l->a.s, *id, &r) &&
		    store_outbox_get(l->a.s, r.room_id, txn, &o) && o.event_id)
			return "known";
	}
	return "would_be_told";
}

/* One person; trouble with one does not keep the others from being told. */
static json_t *tell(const struct att_lessons *l, const struct lesson *lesson,
		    const struct sheet_row *r, int *ret_rc)
{
	AUTO_FREE char *room = NULL;
	JSON_AUTO json_t *content = record_message(lesson, r), *sent = NULL;
	AUTO_FREE char *txn = att_txn("record", content);
	struct err e = {0};
	int rc = content ? 0 : err_set(&e, ERR_TOO_LARGE, _("too many reasons for one message"));
	bool dry = l->q->dry_run;
	if (!rc && !dry)
		rc = att_direct(l->a.c, r->user_id, &room, &e);
	if (!rc && !dry)
		rc = client_send_event(l->a.c, room, "m.room.message", content, txn, false, &sent,
				       &e);
	json_t *row = json_object();
	row_str(row, "user_id", r->user_id);
	row_str(row, "name", r->name);
	row_str(row, "status", mark_status_name(r->status));
	row_str(row, "state",
		rc				     ? "failed"
		: dry				     ? would(l, r->user_id, txn)
		: json_get_bool(sent, "existing", 0) ? "known"
						     : "told");
	row_str(row, "event_id", json_get_str(sent, "event_id"));
	row_str(row, "text", json_get_str(content, "body"));
	row_str(row, "error", rc ? e.msg : NULL);
	*ret_rc = rc;
	return row;
}

static int tell_lesson(const struct att_lessons *l, const struct att_lesson *v, client_row_fn *fn,
		       void *arg, int *failed)
{
	struct attendance_register *r = register_judge(v->in, clock_wall_ms());
	struct sheet_lesson s = {0};
	const char *own = client_account(l->a.c)->user_id;
	int rc = 0;
	register_sheet(r, &s);
	for (size_t i = 0; !rc && i < s.n_rows; i++) {
		int one;
		const struct sheet_row *row = &s.rows[i];
		if (row->status == MARK_PENDING || strcmp(row->user_id, own) == 0 ||
		    (row->role && strcmp(row->role, "teacher") == 0) ||
		    !att_wanted(l->q, row->user_id, row->status))
			continue;
		JSON_AUTO json_t *out = tell(l, &v->l, row, &one);
		*failed += one != 0;
		rc = fn(out, arg);
	}
	sheet_lesson_done(&s);
	register_free(r);
	return rc;
}

int client_attendance_notify(struct client *c, const struct attendance_query *q, client_row_fn *fn,
			     void *arg, struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	int failed = 0, rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_need_staff(&l.a, err);
	for (size_t i = 0; !rc && i < l.n; i++)
		rc = tell_lesson(&l, &l.v[i], fn, arg, &failed);
	if (!rc && failed)
		rc = err_set(err, ERR_PARTIAL,
			     ngettext("%d person could not be told", "%d people could not be told",
				      (unsigned)failed),
			     failed);
	return rc;
}
