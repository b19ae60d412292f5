/* Rolls as a room's history tells them: found and counted; of two at once the first. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/relations.h"
#include "core/client/roll/roll_priv.h"
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

static struct power_history *levels(const struct roll_view *v)
{
	return v->power.of[REGISTER_ROOM];
}

static void note_power(const struct mx_event *ev, void *arg)
{
	power_history_event(arg, ev);
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
			power_history_before(levels(v), json_get_object(event, "content"));
	}
}

/* -- Cases ------------------------------------------------------------------------ */

static bool may_open(struct roll_view *v, const struct mx_event *ev)
{
	/* The cache need not hold what was before the first change that it has. */
	if (!v->asked && power_history_first_ms(levels(v)) >= ev->ts) {
		v->asked = true;
		ask_levels(v, ev->event_id);
	}
	return power_history_staff(levels(v), ev->sender, ev->ts, ev->event_id);
}

static struct roll_case *find_case(struct roll_view *v, const char *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].roll.id, id) == 0)
			return &v->v[i];
	return NULL;
}

static bool is_newer(const struct roll *a, const struct roll *b)
{
	return a->opened_ms != b->opened_ms ? a->opened_ms > b->opened_ms
					    : strcmp(a->id, b->id) > 0;
}

static void case_done(struct roll_case *k)
{
	roll_tally_free(k->tally);
	roll_done(&k->roll);
	mem_free(k->double_of);
	json_decref(k->marks);
	json_decref(k->reminders);
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
	while (at > 0 && is_newer(&k.roll, &v->v[at - 1].roll))
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
	power_history_at(levels(v), ev->ts, ev->event_id, &p);
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

/* Those that may stand before the one that was asked for are looked at, too. */
static void find_cases(struct roll_view *v, json_t *start, int64_t since_ms)
{
	struct mx_event ev;
	v->power.of[REGISTER_ROOM] = power_history_new();
	v->power.of[REGISTER_STAFF] = power_history_new();
	att_power_walk(v->s, v->room.id, note_power, levels(v));
	if (start && event_parse(start, EVENT_ROOM, &ev, NULL) == 0) {
		add_case(v, &ev);
		event_done(&ev);
	}
	if (!start || v->n)
		walk(v, v->room.id, v->room.room_id, since_ms, find_starts);
	for (size_t i = 0; i < v->n; i++)
		v->v[i].tally = roll_tally_new(&v->v[i].roll);
}

/* The second call of one that does not count is as little one of its own. */
static void find_double_of_first(const struct roll_view *v, size_t i)
{
	struct roll_case *own = &v->v[i];
	for (size_t k = i + 1; own->roll.second_of && !own->double_of && k < v->n; k++)
		if (strcmp(v->v[k].roll.id, own->roll.second_of) == 0 && v->v[k].double_of)
			own->double_of = mem_strdup(v->v[k].double_of);
}

/* From the oldest on, as one that is none itself makes none of another. */
static void find_doubles(struct roll_view *v)
{
	for (size_t i = v->n; i-- > 0;) {
		for (size_t k = v->n; k-- > i + 1;) {
			struct roll_case *first = &v->v[k], *own = &v->v[i];
			if (roll_case_cancelled(first) ||
			    !roll_is_double(&first->roll, roll_tally_closed_ms(first->tally),
					    &own->roll))
				continue;
			own->double_of = mem_strdup(first->roll.id);
			break;
		}
		find_double_of_first(v, i);
	}
}

/* The one that was asked for alone. */
static void keep_only(struct roll_view *v, const char *id)
{
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].roll.id, id) == 0)
			v->v[n++] = v->v[i];
		else
			case_done(&v->v[i]);
	v->n = n;
	/* Tallies borrow their rolls, which have moved. */
	if (n)
		roll_tally_moved(v->v[0].tally, &v->v[0].roll);
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
	since_ms -= roll_id ? ROLL_RACE_MS : 0;
	if (!rc)
		rc = reach(c, &v->room, since_ms, err);
	if (rc)
		return rc;
	v->since_ms = since_ms;
	find_cases(v, start, since_ms);
	walk(v, v->room.id, v->room.room_id, since_ms, count);
	find_doubles(v);
	if (roll_id)
		keep_only(v, roll_id);
	if (roll_id && v->n == 0)
		return err_set(err, ERR_NOT_FOUND,
			       _("%s was not opened by staff of the room: it is only a poll"),
			       roll_id);
	compare_clocks(v);
	return flags & ROLL_VIEW_PEOPLE && v->n ? roll_records_load(v, since_ms, err) : 0;
}

void roll_view_again(struct roll_view *v)
{
	walk(v, v->room.id, v->room.room_id, v->since_ms, count);
	roll_records_read(v);
}

void roll_view_done(struct roll_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		case_done(&v->v[i]);
	mem_free(v->v);
	mem_free(v->records_id);
	att_power_done(&v->power);
	roster_free(v->roster);
	store_room_done(&v->room);
	*v = (struct roll_view){0};
}

bool roll_view_event(struct roll_view *v, const char *room_id, const struct mx_event *ev)
{
	if (strcmp(room_id, v->room.room_id) == 0) {
		power_history_event(levels(v), ev);
		roll_record(v, REGISTER_ROOM, ev);
		count(v, room_id, ev);
		return true;
	}
	if (!v->records_id || strcmp(room_id, v->records_id) != 0)
		return false;
	power_history_event(v->power.of[REGISTER_STAFF], ev);
	return roll_record(v, REGISTER_STAFF, ev);
}

/* -- Questions ------------------------------------------------------------------------ */

int64_t roll_view_now(const struct roll_view *v)
{
	return clock_wall_ms() + v->ahead_ms;
}

bool roll_view_is_staff(const struct roll_view *v)
{
	return power_history_staff(levels(v), client_account(v->c)->user_id, INT64_MAX, "");
}

int roll_view_need_staff(const struct roll_view *v, struct err *err)
{
	if (roll_view_is_staff(v))
		return 0;
	err_set(err, ERR_AUTH, _("only staff may do that: it needs power level %d in the room"),
		POWER_STAFF);
	err_hint(err, _("ask somebody of the staff"));
	return ERR_AUTH;
}

bool roll_case_cancelled(struct roll_case *k)
{
	return k->double_of || roll_tally_cancelled(k->tally);
}

int roll_case_need(struct roll_case *k, struct err *err)
{
	if (k->double_of) {
		err_set(err, ERR_CONFLICT,
			_("another roll-call was opened at the same moment, and that one counts"));
		err_hint(err, "muster roll list");
		return ERR_CONFLICT;
	}
	return roll_tally_cancelled(k->tally)
		       ? err_set(err, ERR_CONFLICT, _("the roll-call was cancelled"))
		       : 0;
}

bool roll_case_is_open(const struct roll_view *v, struct roll_case *k)
{
	return !roll_case_cancelled(k) && roll_view_now(v) <= roll_tally_closed_ms(k->tally);
}
