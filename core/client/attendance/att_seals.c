/* When lessons were by their seals: a register is judged by that, wherever its date was moved since. */
#include "core/client/attendance/attendance_priv.h"
#include "core/matrix/slice.h"
#include "core/store/evidence.h"

#include <string.h>

struct reading {
	struct att_lessons *l;
	struct att_power power;
	enum register_source from;
};

/* Of which lesson it is, without the lists, which are long. False: not the first part of one. */
static bool read_head(struct span json, json_t **ret, int64_t *ret_from, int64_t *ret_to)
{
	static const char *const names[] = {"room_id", "uid", "recurrence_id", "roll"};
	static const char *const times[] = {"start_ts", "end_ts"};
	struct span content, head;
	int64_t t;
	if (slice_find(json, "content", &content) != SLICE_OBJECT ||
	    slice_find(content, "register", &head) != SLICE_OBJECT ||
	    !slice_find_i64(head, "start_ts", ret_from) ||
	    !slice_find_i64(head, "end_ts", ret_to) || !register_seal_times(*ret_from, *ret_to))
		return false;
	*ret = json_object();
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char text[LIMIT_ID_BYTES + 1];
		if (slice_find_str(content, names[i], text, sizeof(text)))
			json_object_set_new(*ret, names[i], json_string(text));
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (slice_find_i64(content, times[i], &t))
			json_object_set_new(*ret, times[i], json_integer(t));
	return true;
}

static bool was_staff(const struct reading *r, const struct store_event *e)
{
	const struct mx_event ev = {.event_id = e->event_id.p, .sender = e->sender.p, .ts = e->ts};
	return att_was_staff(&r->power, r->from, &ev);
}

static void widen(struct att_lesson *v, int64_t from_ms, int64_t to_ms)
{
	bool first = !v->sealed_to_ms;
	if (first || from_ms < v->sealed_from_ms)
		v->sealed_from_ms = from_ms;
	if (to_ms > v->sealed_to_ms)
		v->sealed_to_ms = to_ms;
}

static int take_seal(const struct store_event *e, void *arg)
{
	struct reading *r = arg;
	JSON_AUTO json_t *of = NULL;
	int64_t from_ms, to_ms;
	if (!span_eq_str(e->type, SEAL_TYPE) || e->redacted_by.p || e->unreadable.p ||
	    !read_head(e->json, &of, &from_ms, &to_ms) || !was_staff(r, e))
		return 0;
	for (size_t i = 0; i < r->l->n; i++) {
		struct att_lesson *v = &r->l->v[i];
		bool moved = v->l.start_ms != from_ms || v->l.end_ms != to_ms;
		if (!moved || !lesson_is_sealed(&v->l, of, from_ms))
			continue;
		widen(v, from_ms, to_ms);
		r->l->sealed = true;
	}
	return 0;
}

void att_seal_times(struct att_lessons *l)
{
	struct reading r = {.l = l};
	const int64_t rooms[] = {[REGISTER_ROOM] = l->a.room.id, [REGISTER_STAFF] = l->a.staff};
	att_power_load(&l->a, &r.power);
	for (int i = 0; i < 2; i++) {
		r.from = (enum register_source)i;
		if (rooms[i])
			store_evidence_words(l->a.s, rooms[i], take_seal, &r);
	}
	att_power_done(&r.power);
}

int64_t att_evidence_since(const struct att_lessons *l)
{
	int64_t since = l->v[0].l.start_ms;
	for (size_t i = 0; i < l->n; i++) {
		const struct att_lesson *v = &l->v[i];
		if (v->l.start_ms < since)
			since = v->l.start_ms;
		if (v->sealed_to_ms && v->sealed_from_ms < since)
			since = v->sealed_from_ms;
	}
	return since - REGISTER_LEAD_MS;
}
