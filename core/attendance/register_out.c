/* A register as bytes, and as a sheet. */
#include "core/attendance/register_priv.h"
#include "core/attendance/register_reasons.h"

#include "core/base/fold.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

/* -- Bytes -------------------------------------------------------------------------------------- */

static json_t *there_json(const struct person *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->there.n; i++) {
		const struct period *v = &p->there.v[i];
		bool still = p->still && i + 1 == p->there.n;
		json_array_append_new(list, json_pack("[I,I,b]", (json_int_t)v->from,
						      (json_int_t)(still ? 0 : v->to),
						      (int)(v->inferred && !still)));
	}
	return list;
}

static json_t *person_json(const struct person *p)
{
	return json_pack("{s:s,s:o,s:s,s:s,s:b,s:b,s:I,s:I,s:I,s:o,s:O}", "user_id", p->user_id,
			 "external_id", text_or_null(p->external_id), "status",
			 mark_status_name(p->status), "worked_out", mark_status_name(p->worked_out),
			 "guest", (int)p->guest, "staff", (int)p->staff, "first_join_ts",
			 (json_int_t)p->first_ms, "last_leave_ts", (json_int_t)p->last_ms,
			 "present_ms", (json_int_t)p->present_ms, "intervals", there_json(p),
			 "reasons", p->reasons);
}

static json_t *register_json(const struct attendance_register *r)
{
	const struct lesson *l = &r->l;
	json_t *o = json_pack("{s:i,s:s,s:o,s:o,s:o,s:I,s:I,s:b,s:o,s:O}", "version", 1, "room_id",
			      l->room_id, "uid", text_or_null(l->uid), "recurrence_id",
			      text_or_null(l->recurrence_id), "roll", text_or_null(l->roll_id),
			      "start_ts", (json_int_t)l->start_ms, "end_ts", (json_int_t)r->end,
			      "cancelled", (int)l->cancelled, "rules",
			      attendance_rules_make(&r->rules), "notes", r->notes);
	json_t *people = json_array();
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(people, person_json(&r->v[i]));
	json_object_set_new(o, "people", people);
	return o;
}

void register_bytes(const struct attendance_register *r, struct buf *ret)
{
	JSON_AUTO json_t *o = register_json(r);
	/* All numbers come from events, whose integers are canonical, or are times. */
	json_put_canonical(ret, o, NULL);
}

/* -- Sheet -------------------------------------------------------------------------------------- */

/* By name as people read it, then by id, so that the order never depends on chance. */
struct placed {
	const struct person *p;
	struct buf key;
};

static int by_name(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->p->guest != y->p->guest)
		return x->p->guest ? 1 : -1;
	int by = strcmp(buf_str(&x->key), buf_str(&y->key));
	return by ? by : strcmp(x->p->user_id, y->p->user_id);
}

static json_t *with_sentences(const json_t *reasons)
{
	json_t *list = json_deep_copy(reasons), *r;
	size_t i;
	json_array_foreach (list, i, r) {
		AUTO_FREE char *text = register_reason_text(r);
		json_object_set_new(r, "text", json_string(text));
	}
	return list;
}

static json_t *sentences(const json_t *notes)
{
	json_t *list = json_array(), *n;
	size_t i;
	json_array_foreach (notes, i, n) {
		AUTO_FREE char *text = register_reason_text(n);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static void add_sentence(json_t *list, const char *code)
{
	JSON_AUTO json_t *note = json_pack("{s:s}", "code", code);
	AUTO_FREE char *text = register_reason_text(note);
	json_array_append_new(list, json_string(text));
}

static void fill_row(const struct person *p, struct sheet_row *row)
{
	row->user_id = mem_strdup(p->user_id);
	row->name = mem_strdup(p->name);
	row->external_id = mem_strdup(p->external_id);
	row->email = mem_strdup(p->email);
	row->role = mem_strdup(p->staff ? "teacher" : "student");
	row->status = p->status;
	row->first_join_ms = p->first_ms;
	row->last_leave_ms = p->last_ms;
	row->present_ms = p->present_ms;
	row->guest = p->guest;
	row->by_staff = p->by_staff;
	row->reasons = with_sentences(p->reasons);
	for (size_t i = 0; i < p->there.n; i++) {
		const struct period *v = &p->there.v[i];
		bool still = p->still && i + 1 == p->there.n;
		sheet_add_interval(row, (struct sheet_interval){v->from, still ? 0 : v->to,
								v->inferred && !still});
	}
}

static void fill_rows(const struct attendance_register *r, struct sheet_lesson *ret)
{
	AUTO_FREE struct placed *v = mem_alloc((r->n + 1) * sizeof(*v));
	for (size_t i = 0; i < r->n; i++) {
		const char *name = r->v[i].name ? r->v[i].name : r->v[i].user_id;
		v[i].p = &r->v[i];
		v[i].key = BUF_INIT(BUF_CAP_OWN);
		fold_put(&v[i].key, span_of(name));
	}
	qsort(v, r->n, sizeof(*v), by_name);
	for (size_t i = 0; i < r->n; i++) {
		struct sheet_row *row = sheet_add_row(ret);
		if (row)
			fill_row(v[i].p, row);
		buf_done(&v[i].key);
	}
}

void register_sheet(const struct attendance_register *r, struct sheet_lesson *ret)
{
	const struct lesson *l = &r->l;
	ret->room_id = mem_strdup(l->room_id);
	ret->uid = mem_strdup(l->uid ? l->uid : l->roll_id);
	ret->recurrence_id = mem_strdup(l->recurrence_id);
	ret->title = mem_strdup(l->title);
	ret->zone = mem_strdup(l->zone);
	ret->start_ms = l->start_ms;
	ret->end_ms = r->end;
	ret->sealed = r->sealed;
	ret->rules = attendance_rules_make(&r->rules);
	ret->notes = sentences(r->notes);
	if (r->words_missing)
		add_sentence(ret->notes, "words_missing");
	fill_rows(r, ret);
}
