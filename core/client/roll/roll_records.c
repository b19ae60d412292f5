/* What staff noted of rolls: marks, and who was reminded. */
#include "core/base/log.h"
#include "core/client/class_rooms.h"
#include "core/client/meet/meeting.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/rooms.h"
#include "core/client/roster_io.h"
#include "core/store/evidence.h"

#include <string.h>

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._-"

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Is the roll's lesson all of its meeting, as the cache has that now? */
static bool is_single(const struct roll_view *v, struct roll_case *k)
{
	AUTO(meeting_done) struct meeting m = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *event = NULL;
	if (k->single)
		return k->single > 0;
	bool single = store_state_get(v->s, v->room.id, MEETING_TYPE, span_of(k->roll.uid), &b) &&
		      !json_parse_object(buf_span(&b), &event, NULL) &&
		      !meeting_read(v->room.room_id, k->roll.uid, json_get_object(event, "content"),
				    &m, NULL) &&
		      cal_is_single(&m.event);
	k->single = single ? 1 : -1;
	return single;
}

static bool is_about(const struct roll_view *v, struct roll_case *k, const json_t *o)
{
	const struct roll *r = &k->roll;
	const char *room = json_get_str(o, "room_id"), *uid = json_get_str(o, "uid");
	const char *roll = json_get_str(o, "roll");
	if (!room || strcmp(room, v->room.room_id) != 0)
		return false;
	if (roll)
		return strcmp(roll, r->id) == 0;
	return uid && r->uid && strcmp(uid, r->uid) == 0 &&
	       (same(json_get_str(o, "recurrence_id"), r->recurrence_id) || is_single(v, k));
}

/* Is what we know newer than this event? */
static bool is_older(const struct mx_event *ev, const json_t *known)
{
	int64_t ts = json_get_i64(known, "ts", INT64_MIN);
	const char *id = json_get_str(known, "event_id");
	return ts > ev->ts || (ts == ev->ts && id && strcmp(id, ev->event_id) > 0);
}

static void take_mark(struct roll_case *k, const struct mx_event *ev)
{
	const char *user = json_get_str(ev->content, "user_id");
	const char *after = json_get_str(ev->content, "after");
	const char *reason = json_get_str(ev->content, "reason");
	if (!user || is_older(ev, json_object_get(k->marks, user)))
		return;
	json_object_set_new(k->marks, user,
			    json_pack("{s:s?,s:s?,s:s,s:I,s:s}", "after", after, "reason", reason,
				      "by", ev->sender, "ts", (json_int_t)ev->ts, "event_id",
				      ev->event_id));
}

static void take_reminder(struct roll_case *k, const struct mx_event *ev)
{
	const json_t *users = json_get_array(ev->content, "users");
	json_t *one;
	size_t i;
	json_array_foreach (users, i, one) {
		const char *user = json_string_value(one);
		json_t *times = user ? json_object_get(k->reminders, user) : NULL;
		if (user && !times)
			json_object_set_new(k->reminders, user, times = json_object());
		if (times && json_object_size(times) < 1000)
			json_object_set_new(times, ev->event_id, json_integer(ev->ts));
	}
}

bool roll_record(struct roll_view *v, enum register_source from, const struct mx_event *ev)
{
	bool mark = strcmp(ev->type, MARK_TYPE) == 0;
	bool hit = false;
	if (ev->state_key || (!mark && strcmp(ev->type, ROLL_REMINDER_TYPE) != 0) ||
	    !att_was_staff(&v->power, from, ev))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		if (!is_about(v, &v->v[i], ev->content))
			continue;
		hit = true;
		if (mark)
			take_mark(&v->v[i], ev);
		else
			take_reminder(&v->v[i], ev);
	}
	return hit;
}

struct reading {
	struct roll_view *v;
	enum register_source from;
};

/* Of one roll most that was ever noted is not: it need not be parsed. What JSON might write in another way is. */
static bool may_be_about(const struct roll_view *v, const struct store_event *e)
{
	const struct roll *r = &v->v[0].roll;
	if (v->n != 1)
		return true;
	if (memmem(e->json.p, e->json.n, r->id, strlen(r->id)))
		return true;
	if (!r->uid)
		return false;
	return r->uid[strspn(r->uid, PLAIN)] ||
	       memmem(e->json.p, e->json.n, r->uid, strlen(r->uid));
}

/* Seals stand among them, which are long and of which there are many. */
static bool is_record(struct span type)
{
	return span_eq_str(type, MARK_TYPE) || span_eq_str(type, ROLL_REMINDER_TYPE);
}

static int take_stored(const struct store_event *e, void *arg)
{
	struct reading *r = arg;
	struct mx_event ev;
	if (e->redacted_by.p || !is_record(e->type) || !may_be_about(r->v, e) ||
	    !att_event(r->v->s, e, &ev))
		return 0;
	roll_record(r->v, r->from, &ev);
	event_done(&ev);
	return 0;
}

/* Of all times: an excuse may have been given long before the roll was opened. */
void roll_records_read(struct roll_view *v)
{
	struct reading room = {v, REGISTER_ROOM}, staff = {v, REGISTER_STAFF};
	store_evidence_words(v->s, v->room.id, take_stored, &room);
	if (v->records && v->records != v->room.id)
		store_evidence_words(v->s, v->records, take_stored, &staff);
}

static void note_power(const struct mx_event *ev, void *arg)
{
	power_history_event(arg, ev);
}

json_t *roll_marks_stored(struct store *s, int64_t room, const char *room_id, const struct roll *r)
{
	JSON_AUTO json_t *event = NULL;
	const json_t *class = state_content(s, room, CLASS_TYPE, NULL, &event);
	int64_t staff = att_joined(s, json_get_str(class, "staff_room"));
	/* All of it is borrowed but the powers and the notes. */
	struct roll_case one = {.roll = *r, .marks = json_object(), .reminders = json_object()};
	struct roll_view v = {.s = s,
			      .room = {.id = room, .room_id = (char *)room_id},
			      .records = staff ? staff : room,
			      .v = &one,
			      .n = 1};
	struct att_room a = {.s = s, .room = v.room, .staff = staff};
	att_power_load(&a, &v.power);
	roll_records_read(&v);
	att_power_done(&v.power);
	json_decref(one.reminders);
	return one.marks;
}

/* Nobody can be excused from a roll of no lesson before it is opened. */
static bool any_of_lesson(const struct roll_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].roll.uid)
			return true;
	return false;
}

/* No staff room: what staff says stands in the room. */
static int load_room(struct roll_view *v, int64_t since_ms, struct err *err)
{
	int rc = any_of_lesson(v) ? att_fill_room(v->c, v->s, v->room.id,
						  since_ms - ATT_WORDS_LEAD_MS, NULL, err)
				  : 0;
	if (rc)
		return rc;
	v->records_id = mem_strdup(v->room.room_id);
	v->records = v->room.id;
	roll_records_read(v);
	return 0;
}

static int load_staff(struct roll_view *v, const char *staff_id, struct err *err)
{
	AUTO(store_room_done) struct store_room staff = {0};
	int rc = client_find_room(v->c, staff_id, &staff, err);
	if (!rc)
		rc = att_fill_room(v->c, v->s, staff.id, 0, NULL, err);
	if (rc)
		return rc;
	v->records_id = mem_strdup(staff_id);
	v->records = staff.id;
	att_power_walk(v->s, staff.id, note_power, v->power.of[REGISTER_STAFF]);
	roll_records_read(v);
	return 0;
}

/* The staff room, which pupils cannot read: then everybody in the room counts as expected. */
int roll_records_load(struct roll_view *v, int64_t since_ms, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	int rc = class_find_room(v->c, v->room.room_id, &ref, err);
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	if (rc || !ref.staff_id)
		return load_room(v, since_ms, err);
	struct err e = {0};
	if (client_roster_load(v->c, ref.staff_id, &v->roster, &e)) {
		log_info("the staff room: %s", e.msg);
		return e.code == ERR_AUTH || e.code == ERR_NOT_FOUND ? 0 : (*err = e, e.code);
	}
	return load_staff(v, ref.staff_id, err);
}
