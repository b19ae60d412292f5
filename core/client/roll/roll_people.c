/* How each person stands in a roll, and who is expected. */
#include "core/client/roll/roll_priv.h"

#include <string.h>

const char *roll_mark_word(const char *after)
{
	switch (mark_status_parse(after)) {
	case MARK_PRESENT:
	case MARK_LEFT_EARLY:
	case MARK_PARTIAL:
		return "here";
	case MARK_LATE:
		return "late";
	case MARK_ABSENT:
		return "absent";
	case MARK_EXCUSED:
		return "excused";
	case MARK_NOT_TRACKED:
		return "not_tracked";
	default:
		return NULL;
	}
}

static bool by_staff(const struct roll_case *k, const char *user_id, struct roll_standing *ret)
{
	const json_t *mark = json_object_get(k->marks, user_id);
	const char *word = roll_mark_word(json_get_str(mark, "after"));
	if (!word)
		return false;
	*ret = (struct roll_standing){
		.status = word,
		.way = ROLL_BY_STAFF,
		.ts = json_get_i64(mark, "ts", 0),
		.by = json_get_str(mark, "by"),
		.reason = json_get_str(mark, "reason"),
	};
	return true;
}

void roll_standing(const struct roll_view *v, struct roll_case *k, const char *user_id,
		   struct roll_standing *ret)
{
	struct roll_answer a;
	if (by_staff(k, user_id, ret))
		return;
	if (roll_tally_find(k->tally, user_id, &a))
		*ret = (struct roll_standing){
			.status = !a.here  ? "away"
				  : a.late ? "late"
					   : "here",
			.way = a.way,
			.ts = a.ts,
		};
	else
		*ret = (struct roll_standing){
			.status = roll_case_is_open(v, k) ? "pending" : "absent",
			.way = ROLL_WAY_COUNT,
		};
}

bool roll_is_missing(const struct roll_standing *s)
{
	return s->way == ROLL_WAY_COUNT;
}

static void put_person(json_t *row, const struct roll_view *v, const char *user_id)
{
	const struct roster_person *p =
		v->roster ? roster_find(v->roster, ROSTER_BY_USER, user_id) : NULL;
	AUTO_FREE char *shown = p && p->name
					? mem_strdup(p->name)
					: store_member_name(v->s, v->room.id, span_of(user_id));
	row_str(row, "user_id", user_id);
	row_str(row, "external_id", p ? p->external_id : NULL);
	row_str(row, "name", shown);
}

json_t *roll_person_row(const struct roll_view *v, struct roll_case *k, const char *user_id)
{
	struct roll_standing st;
	json_t *row = json_object();
	roll_standing(v, k, user_id, &st);
	row_str(row, "roll_id", k->roll.id);
	row_str(row, "room_id", v->room.room_id);
	put_person(row, v, user_id);
	row_str(row, "status", st.status);
	row_str(row, "way", st.way == ROLL_WAY_COUNT ? NULL : roll_way_name(st.way));
	if (st.ts)
		row_int(row, "ts", st.ts);
	else
		json_object_set_new(row, "ts", json_null());
	row_str(row, "by", st.by);
	row_str(row, "reason", st.reason);
	return row;
}

struct gathering {
	const struct roll_view *v;
	json_t *ids;
};

/* Without a roster: everybody who is no staff. */
static int on_member(const struct store_member *m, void *arg)
{
	struct gathering *g = arg;
	AUTO_FREE char *id = span_dup(m->user_id);
	if (!power_history_staff(g->v->power.of[REGISTER_ROOM], id, INT64_MAX, ""))
		json_array_append_new(g->ids, json_string(id));
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a),
		      json_string_value(*(json_t *const *)b));
}

static json_t *sorted(json_t *ids)
{
	size_t n = json_array_size(ids);
	AUTO_FREE json_t **v = mem_realloc_array(NULL, n + 1, sizeof(*v));
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		v[i] = json_array_get(ids, i);
	qsort(v, n, sizeof(*v), by_id);
	for (size_t i = 0; i < n; i++)
		json_array_append(list, v[i]);
	return list;
}

json_t *roll_expected(struct roll_view *v)
{
	JSON_AUTO json_t *ids = json_array();
	struct gathering g = {v, ids};
	for (size_t i = 0; v->roster && i < roster_size(v->roster); i++)
		json_array_append_new(ids, json_string(roster_at(v->roster, i)->user_id));
	if (json_array_size(ids))
		return json_incref(ids);
	if (client_need_members(v->c, v->room.room_id, NULL) == 0)
		store_member_walk(v->s, v->room.id, "join", on_member, &g);
	return sorted(ids);
}
