/* How a roll stands, person by person; which rolls there were. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/timeline.h"

#include <string.h>

struct telling {
	struct roll_view *v;
	struct roll_case *k;
	const json_t *expected; /* set of user ids: not told a second time */
	client_row_fn *fn;
	void *arg;
	size_t open;
};

static int tell(struct telling *t, const char *user_id, bool expected)
{
	struct roll_standing st;
	JSON_AUTO json_t *row = roll_person_row(t->v, t->k, user_id);
	roll_standing(t->v, t->k, user_id, &st);
	t->open += expected && roll_is_missing(&st);
	row_bool(row, "expected", expected);
	return t->fn(row, t->arg);
}

static int tell_other(const struct roll_answer *a, void *arg)
{
	struct telling *t = arg;
	return json_object_get(t->expected, a->user_id) ? 0 : tell(t, a->user_id, false);
}

static json_t *set_of(const json_t *ids)
{
	json_t *set = json_object(), *one;
	size_t i;
	json_array_foreach (ids, i, one)
		json_object_set_new(set, json_string_value(one), json_true());
	return set;
}

int client_roll_status(struct client *c, const struct roll *r, client_row_fn *fn, void *arg,
		       size_t *ret_open, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	int rc = roll_view_load(c, r->room_id, r->id, 0, ROLL_VIEW_PEOPLE, &v, err);
	if (rc)
		return rc;
	rc = roll_case_need(&v.v[0], err);
	if (rc)
		return rc;
	roll_tidy(&v);
	JSON_AUTO json_t *ids = roll_expected(&v), *set = set_of(ids);
	struct telling t = {&v, &v.v[0], set, fn, arg, 0};
	json_t *one;
	size_t i;
	json_array_foreach (ids, i, one)
		if (!rc)
			rc = tell(&t, json_string_value(one), true);
	if (!rc)
		rc = roll_tally_each(v.v[0].tally, tell_other, &t);
	if (ret_open)
		*ret_open = t.open;
	return rc;
}

/* -- Lists ---------------------------------------------------------------------------- */

static const char *const counted[] = {"here", "late", "away", "absent", "excused", "pending"};

static void count(struct roll_view *v, struct roll_case *k, const json_t *ids, json_t *row)
{
	int64_t n[ARRAY_LEN(counted)] = {0};
	struct roll_standing st;
	json_t *one;
	size_t i;
	json_array_foreach (ids, i, one) {
		roll_standing(v, k, json_string_value(one), &st);
		for (size_t w = 0; w < ARRAY_LEN(counted); w++)
			n[w] += strcmp(counted[w], st.status) == 0;
	}
	for (size_t w = 0; w < ARRAY_LEN(counted); w++)
		row_int(row, counted[w], n[w]);
}

static json_t *row_of(struct roll_view *v, struct roll_case *k, const json_t *ids)
{
	json_t *row = json_object();
	const struct roll *r = &k->roll;
	row_str(row, "roll_id", r->id);
	row_str(row, "room_id", v->room.room_id);
	row_str(row, "room", v->room.display);
	row_str(row, "uid", r->uid);
	row_str(row, "recurrence_id", r->recurrence_id);
	row_str(row, "second_of", r->second_of);
	row_str(row, "by", r->opener);
	row_int(row, "opened", r->opened_ms);
	row_int(row, "closes", roll_tally_closed_ms(k->tally));
	row_str(row, "state",
		roll_case_cancelled(k)	  ? "cancelled"
		: roll_case_is_open(v, k) ? "open"
					  : "closed");
	count(v, k, ids, row);
	return row;
}

static int list_room(struct client *c, const char *room_id, int64_t since_ms, json_t *rows,
		     struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	int rc = roll_view_load(c, room_id, NULL, since_ms, ROLL_VIEW_PEOPLE, &v, err);
	if (rc || v.n == 0)
		return rc;
	roll_tidy(&v);
	JSON_AUTO json_t *ids = roll_expected(&v);
	for (size_t i = 0; i < v.n; i++)
		if (v.v[i].roll.opened_ms >= since_ms)
			json_array_append_new(rows, row_of(&v, &v.v[i], ids));
	return 0;
}

static int list_all(struct client *c, int64_t since_ms, json_t *rows, struct err *err)
{
	struct store *s;
	int rc = client_fresh_store(c, &s, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (int64_t *p = ids; *p && !rc; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (store_room_get(s, *p, &r) && !(r.type && strcmp(r.type, "m.space") == 0))
			rc = list_room(c, r.room_id, since_ms, rows, err);
	}
	return rc;
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = json_get_i64(*(json_t *const *)a, "opened", 0);
	int64_t y = json_get_i64(*(json_t *const *)b, "opened", 0);
	return (x < y) - (x > y);
}

int client_roll_list(struct client *c, const char *room_id, int64_t since_ms, client_row_fn *fn,
		     void *arg, struct err *err)
{
	JSON_AUTO json_t *rows = json_array();
	int rc = room_id ? list_room(c, room_id, since_ms, rows, err)
			 : list_all(c, since_ms, rows, err);
	size_t n = json_array_size(rows);
	AUTO_FREE json_t **v = mem_realloc_array(NULL, n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = json_array_get(rows, i);
	qsort(v, n, sizeof(*v), newest_first);
	for (size_t i = 0; i < n && !rc; i++)
		rc = fn(v[i], arg);
	return rc;
}
