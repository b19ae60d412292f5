/* Rolls as a room's history tells them: found, counted, with the marks of staff. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/class_rooms.h"
#include "core/client/relations.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/roster_io.h"
#include "core/client/timeline_priv.h"
#include "core/matrix/message.h"

#include <string.h>

#define CLOCKS_APART_MS 3600000 /* events a little out of order by their own clocks */
#define ROLLS_MAX 5000		/* of one room, that are looked at */

/* -- History -------------------------------------------------------------------- */

static int no_row(json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

/* Have everything since then in the cache. */
static int reach(struct client *c, const struct store_room *room, int64_t since_ms, struct err *err)
{
	static const char *const none[] = {"", NULL};
	struct read_request rq = {.room_id = room->room_id, .since_ms = since_ms, .types = none};
	return timeline_read_room(c, room, &rq, INT64_MAX, no_row, NULL, err);
}

struct walk {
	int64_t since_ms;
	void (*fn)(struct roll_view *v, const char *room_id, const struct mx_event *ev);
	struct roll_view *v;
	const char *room_id;
};

/* Most events of a room are talk, and no word of a roll-call is long. */
static bool is_of_interest(const struct store_event *e)
{
	bool talk = span_eq_str(e->type, "m.room.message");
	return !talk || e->rel_type.p || e->body.n <= 1000;
}

static int on_stored(const struct store_event *e, void *arg)
{
	struct walk *w = arg;
	struct mx_event ev;
	if (e->ts < w->since_ms - CLOCKS_APART_MS)
		return 1;
	if (!is_of_interest(e) || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (!e->redacted_by.p || ev.redacts)
		w->fn(w->v, w->room_id, &ev);
	event_done(&ev);
	return 0;
}

static void walk(struct roll_view *v, int64_t room, const char *room_id, int64_t since_ms,
		 void (*fn)(struct roll_view *v, const char *room_id, const struct mx_event *ev))
{
	struct walk w = {since_ms, fn, v, room_id};
	store_events_walk(v->s, room, 0, INT64_MAX, true, on_stored, &w);
}

/* -- Power levels ----------------------------------------------------------------- */

static void take_state(struct roll_view *v, const char *type)
{
	JSON_AUTO json_t *json = NULL;
	struct mx_event ev;
	state_content(v->s, v->room.id, type, NULL, &json);
	if (!json || event_parse(json, EVENT_ROOM, &ev, NULL))
		return;
	power_history_event(v->power, &ev);
	event_done(&ev);
}

/* Levels that were in force when `event_id` was sent, from the server. */
static void ask_levels(struct roll_view *v, const char *event_id)
{
	JSON_AUTO json_t *reply = NULL;
	json_t *event;
	size_t i;
	if (session_do(client_session(v->c), request_context(v->room.room_id, event_id, 0), &reply,
		       NULL))
		return;
	json_array_foreach (json_get_array(reply, "state"), i, event) {
		const char *type = json_get_str(event, "type");
		if (type && strcmp(type, "m.room.power_levels") == 0)
			power_history_before(v->power, json_get_object(event, "content"));
	}
}

static void take_power(struct roll_view *v, const char *room_id, const struct mx_event *ev)
{
	(void)room_id;
	power_history_event(v->power, ev);
}

/* -- Cases ------------------------------------------------------------------------ */

static bool may_open(struct roll_view *v, const struct mx_event *ev)
{
	/* The cache need not hold what was before the first change that it has. */
	if (!v->asked && power_history_first_ms(v->power) >= ev->ts) {
		v->asked = true;
		ask_levels(v, ev->event_id);
	}
	return power_history_staff(v->power, ev->sender, ev->ts, ev->event_id);
}

static struct roll_case *find_case(struct roll_view *v, const char *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].roll.id, id) == 0)
			return &v->v[i];
	return NULL;
}

static void add_case(struct roll_view *v, const struct mx_event *ev)
{
	struct roll_case k = {0};
	if (v->n == ROLLS_MAX || find_case(v, ev->event_id) || !roll_read(ev, &k.roll))
		return;
	if (!may_open(v, ev)) {
		roll_done(&k.roll);
		return;
	}
	if (!k.roll.room_id)
		k.roll.room_id = mem_strdup(v->room.room_id);
	k.marks = json_object();
	k.reminders = json_object();
	size_t at = v->n;
	while (at > 0 && v->v[at - 1].roll.opened_ms < k.roll.opened_ms)
		at--;
	v->v = mem_realloc_array(v->v, v->n + 1, sizeof(*v->v));
	memmove(v->v + at + 1, v->v + at, (v->n - at) * sizeof(*v->v));
	v->v[at] = k;
	v->n++;
}

static void find_starts(struct roll_view *v, const char *room_id, const struct mx_event *ev)
{
	(void)room_id;
	add_case(v, ev);
}

static bool may_end(const struct roll_view *v, const struct roll *r, const struct mx_event *ev)
{
	AUTO(power_done) struct power p = {0};
	if (!event_poll_end(ev))
		return false;
	power_history_at(v->power, ev->ts, ev->event_id, &p);
	return strcmp(ev->sender, r->opener) == 0 || power_can_redact(&p, ev->sender, r->opener);
}

static bool is_near(const struct roll *r, const struct mx_event *ev)
{
	return ev->ts >= r->opened_ms - CLOCKS_APART_MS &&
	       (ev->rel.event_id || ev->redacts || ev->ts <= roll_closes_ms(r));
}

static void count(struct roll_view *v, const char *room_id, const struct mx_event *ev)
{
	(void)room_id;
	for (size_t i = 0; i < v->n; i++)
		if (is_near(&v->v[i].roll, ev))
			roll_tally_event(v->v[i].tally, ev, may_end(v, &v->v[i].roll, ev));
}

/* -- Marks and reminders ------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool is_about(const struct roll_view *v, const struct roll *r, const json_t *o)
{
	const char *room = json_get_str(o, "room_id"), *uid = json_get_str(o, "uid");
	const char *roll = json_get_str(o, "roll");
	if (!room || strcmp(room, v->room.room_id) != 0)
		return false;
	if (roll)
		return strcmp(roll, r->id) == 0;
	return uid && r->uid && strcmp(uid, r->uid) == 0 &&
	       same(json_get_str(o, "recurrence_id"), r->recurrence_id);
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

static bool record(struct roll_view *v, const struct mx_event *ev)
{
	bool mark = strcmp(ev->type, MARK_TYPE) == 0;
	bool hit = false;
	if (ev->state_key || (!mark && strcmp(ev->type, ROLL_REMINDER_TYPE) != 0) ||
	    !power_history_staff(v->power, ev->sender, ev->ts, ev->event_id))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		if (!is_about(v, &v->v[i].roll, ev->content))
			continue;
		hit = true;
		if (mark)
			take_mark(&v->v[i], ev);
		else
			take_reminder(&v->v[i], ev);
	}
	return hit;
}

static void take_record(struct roll_view *v, const char *room_id, const struct mx_event *ev)
{
	(void)room_id;
	record(v, ev);
}

/* The staff room, which pupils cannot read: then everybody in the room counts as expected. */
static int load_people(struct roll_view *v, int64_t since_ms, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	AUTO(store_room_done) struct store_room staff = {0};
	int rc = class_find_room(v->c, v->room.room_id, &ref, err);
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	if (rc || !ref.staff_id) {
		v->records_id = mem_strdup(v->room.room_id);
		v->records = v->room.id;
		walk(v, v->room.id, v->room.room_id, since_ms, take_record);
		return 0;
	}
	struct err e = {0};
	if (client_roster_load(v->c, ref.staff_id, &v->roster, &e)) {
		log_info("the staff room: %s", e.msg);
		return e.code == ERR_AUTH || e.code == ERR_NOT_FOUND ? 0 : (*err = e, e.code);
	}
	rc = client_find_room(v->c, ref.staff_id, &staff, err);
	if (!rc)
		rc = reach(v->c, &staff, since_ms, err);
	if (rc)
		return rc;
	v->records_id = mem_strdup(ref.staff_id);
	v->records = staff.id;
	walk(v, staff.id, staff.room_id, since_ms, take_record);
	return 0;
}

/* -- Loading ------------------------------------------------------------------------ */

/* The one roll that was asked for; its time is that of the server. */
static int load_start(struct roll_view *v, const char *roll_id, json_t **ret, int64_t *ret_since,
		      struct err *err)
{
	struct mx_event ev;
	struct roll r;
	int rc = event_get(v->c, &v->room, roll_id, false, ret, err);
	if (!rc)
		rc = event_parse(*ret, EVENT_ROOM, &ev, err);
	if (rc)
		return rc;
	*ret_since = ev.ts;
	if (roll_read(&ev, &r))
		roll_done(&r);
	else
		rc = err_set(err, ERR_NOT_FOUND, _("%s is no roll-call"), roll_id);
	event_done(&ev);
	return rc;
}

/* What the server's clock says more than ours: its events come with their age. */
static void compare_clocks(struct roll_view *v)
{
	JSON_AUTO json_t *json = NULL;
	struct mx_event ev;
	if (v->n == 0 ||
	    session_do(client_session(v->c), request_event(v->room.room_id, v->v[0].roll.id), &json,
		       NULL) ||
	    event_parse(json, EVENT_ROOM, &ev, NULL))
		return;
	if (ev.age >= 0)
		v->ahead_ms = ev.ts + ev.age - clock_wall_ms();
	event_done(&ev);
}

static void find_cases(struct roll_view *v, json_t *start, int64_t since_ms)
{
	struct mx_event ev;
	v->power = power_history_new();
	take_state(v, "m.room.create");
	take_state(v, "m.room.power_levels");
	walk(v, v->room.id, v->room.room_id, since_ms, take_power);
	if (!start) {
		walk(v, v->room.id, v->room.room_id, since_ms, find_starts);
		return;
	}
	if (event_parse(start, EVENT_ROOM, &ev, NULL))
		return;
	add_case(v, &ev);
	event_done(&ev);
}

int roll_view_load(struct client *c, const char *room_id, const char *roll_id, int64_t since_ms,
		   unsigned flags, struct roll_view *v, struct err *err)
{
	JSON_AUTO json_t *start = NULL;
	v->c = c;
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_store(c, &v->s, err);
	if (!rc)
		rc = client_find_room(c, room_id, &v->room, err);
	if (!rc && roll_id)
		rc = load_start(v, roll_id, &start, &since_ms, err);
	if (!rc)
		rc = reach(c, &v->room, since_ms, err);
	if (rc)
		return rc;
	v->since_ms = since_ms;
	find_cases(v, start, since_ms);
	if (roll_id && v->n == 0)
		return err_set(err, ERR_NOT_FOUND,
			       _("%s was not opened by staff of the room: it is only a poll"),
			       roll_id);
	for (size_t i = 0; i < v->n; i++)
		v->v[i].tally = roll_tally_new(&v->v[i].roll);
	walk(v, v->room.id, v->room.room_id, since_ms, count);
	compare_clocks(v);
	return flags & ROLL_VIEW_PEOPLE ? load_people(v, since_ms, err) : 0;
}

void roll_view_again(struct roll_view *v)
{
	walk(v, v->room.id, v->room.room_id, v->since_ms, count);
	if (v->records)
		walk(v, v->records, v->records_id, v->since_ms, take_record);
}

void roll_view_done(struct roll_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		roll_tally_free(v->v[i].tally);
		roll_done(&v->v[i].roll);
		json_decref(v->v[i].marks);
		json_decref(v->v[i].reminders);
	}
	mem_free(v->v);
	mem_free(v->records_id);
	power_history_free(v->power);
	roster_free(v->roster);
	store_room_done(&v->room);
	*v = (struct roll_view){0};
}

bool roll_view_event(struct roll_view *v, const char *room_id, const struct mx_event *ev)
{
	bool hit = false;
	if (v->records_id && strcmp(room_id, v->records_id) == 0)
		hit = record(v, ev);
	if (strcmp(room_id, v->room.room_id) != 0)
		return hit;
	power_history_event(v->power, ev);
	count(v, room_id, ev);
	return true;
}

/* -- Questions ------------------------------------------------------------------------ */

int64_t roll_view_now(const struct roll_view *v)
{
	return clock_wall_ms() + v->ahead_ms;
}

bool roll_view_is_staff(const struct roll_view *v)
{
	return power_history_staff(v->power, client_account(v->c)->user_id, INT64_MAX, "");
}

int roll_view_need_staff(const struct roll_view *v, struct err *err)
{
	if (roll_view_is_staff(v))
		return 0;
	err_set(err, ERR_AUTH, _("only staff may do that: it needs power level %d in the room"),
		POWER_STAFF);
	err_hint(err, "muster room role");
	return ERR_AUTH;
}

bool roll_case_is_open(const struct roll_view *v, struct roll_case *k)
{
	return !roll_tally_cancelled(k->tally) &&
	       roll_view_now(v) <= roll_tally_closed_ms(k->tally);
}
