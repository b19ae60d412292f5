/* The contests of a class, and whether they were answered. */
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/store/evidence.h"

#include <string.h>

struct contests {
	struct att_room *a;
	struct att_power power;
	enum register_source from; /* of the room that is read */
	json_t *list;		   /* rows */
	json_t *marks;		   /* contents of those that answer one */
};

static bool about_room(const struct contests *k, const json_t *content)
{
	const char *room = json_get_str(content, "room_id");
	return room && strcmp(room, k->a->room.room_id) == 0;
}

static void add_contest(struct contests *k, const struct mx_event *ev)
{
	const json_t *relayed = json_get_object(ev->content, "relayed");
	const char *id = json_get_str(relayed, "event_id");
	const char *user = att_said_by(&k->power, k->from, ev);
	size_t i;
	json_t *row;
	if (!user)
		return;
	id = id ? id : ev->event_id;
	json_array_foreach (k->list, i, row)
		if (strcmp(json_get_str(row, "contest_id"), id) == 0)
			return;
	AUTO_FREE char *name = store_member_name(k->a->s, k->a->room.id, span_of(user));
	row = json_object();
	row_str(row, "contest_id", id);
	row_str(row, "room_id", k->a->room.room_id);
	row_str(row, "user_id", user);
	row_str(row, "name", name);
	row_str(row, "uid", json_get_str(ev->content, "uid"));
	row_str(row, "recurrence_id", json_get_str(ev->content, "recurrence_id"));
	row_str(row, "roll", json_get_str(ev->content, "roll"));
	row_str(row, "reason", json_get_str(ev->content, "reason"));
	row_int(row, "ts", json_get_i64(relayed, "ts", ev->ts));
	row_str(row, "state", "open");
	row_str(row, "by", NULL);
	row_str(row, "staff_event", ev->event_id);
	json_array_append_new(k->list, row);
}

static int take_event(const struct store_event *e, void *arg)
{
	struct contests *k = arg;
	struct mx_event ev;
	bool contest = span_eq_str(e->type, CONTEST_TYPE), mark = span_eq_str(e->type, MARK_TYPE);
	if ((!contest && !mark) || e->redacted_by.p || !att_event(k->a->s, e, &ev))
		return 0;
	if (about_room(k, ev.content) && contest)
		add_contest(k, &ev);
	else if (about_room(k, ev.content) && json_get_str(ev.content, "contest") &&
		 att_was_staff(&k->power, k->from, &ev))
		json_array_append(k->marks, ev.json);
	event_done(&ev);
	return 0;
}

static bool answers(const json_t *mark, const json_t *row)
{
	const char *id = json_get_str(mark, "contest"), *user = json_get_str(mark, "user_id");
	return user && strcmp(user, json_get_str(row, "user_id")) == 0 &&
	       (strcmp(id, json_get_str(row, "contest_id")) == 0 ||
		strcmp(id, json_get_str(row, "staff_event")) == 0);
}

static void answer(const struct contests *k, json_t *row)
{
	size_t i;
	json_t *event;
	int64_t last = INT64_MIN;
	json_array_foreach (k->marks, i, event) {
		int64_t ts = json_get_i64(event, "origin_server_ts", 0);
		const json_t *mark = json_get_object(event, "content");
		const char *before = json_get_str(mark, "before"),
			   *after = json_get_str(mark, "after");
		if (!answers(mark, row) || ts < last)
			continue;
		last = ts;
		bool same = !after || (before && strcmp(before, after) == 0);
		row_str(row, "state", same ? "declined" : "accepted");
		row_str(row, "by", json_get_str(event, "sender"));
	}
	json_object_del(row, "staff_event");
}

static void walk_rooms(struct contests *k)
{
	att_power_load(k->a, &k->power);
	k->from = REGISTER_STAFF;
	if (k->a->staff)
		store_evidence_words(k->a->s, k->a->staff, take_event, k);
	k->from = REGISTER_ROOM;
	store_evidence_words(k->a->s, k->a->room.id, take_event, k);
	att_power_done(&k->power);
}

int client_attendance_contests(struct client *c, const char *room_id, bool all, client_row_fn *fn,
			       void *arg, struct err *err)
{
	struct att_room a;
	JSON_AUTO json_t *list = json_array(), *marks = json_array();
	struct contests k = {.a = &a, .list = list, .marks = marks};
	struct attendance_query q = {.room_id = room_id};
	size_t i;
	json_t *row;
	int rc = att_room_open(c, room_id, &a, err);
	if (!rc)
		rc = att_need_staff(&a, err);
	struct att_lessons l = {.a = a, .q = &q};
	if (!rc)
		rc = att_fill(&l, a.staff ? a.staff : a.room.id, 0, err);
	if (!rc)
		walk_rooms(&k);
	json_array_foreach (list, i, row) {
		if (rc)
			break;
		answer(&k, row);
		if (all || strcmp(json_get_str(row, "state"), "open") == 0)
			rc = fn(row, arg);
	}
	att_room_done(&a);
	return rc;
}
