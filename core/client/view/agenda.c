#include "core/client/view/agenda.h"

#include "core/attendance/register.h"
#include "core/base/mem.h"
#include "core/client/meet/meet.h"
#include "core/client/view/agenda_priv.h"
#include "core/client/view/call_people.h"
#include "core/matrix/power.h"
#include "core/store/rooms.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS_MAX 5000 /* dates that are kept, of all rooms */

struct row {
	struct agenda_row pub;
	int64_t room;
	char *room_id, *name;
};

struct agenda {
	struct store *s;
	const char *own;
	int64_t from_ms, until_ms; /* midnights */
	int64_t seen;		   /* of the cache */
	struct row **v;
	size_t n;
};

/* -- One date ------------------------------------------------------------------------ */

static void row_free(struct row *r)
{
	text_done(&r->pub.title);
	text_done(&r->pub.room);
	text_done(&r->pub.location);
	mem_free(r->room_id);
	mem_free(r->name);
	mem_free(r);
}

static int64_t midnight(int64_t ms, int days)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	localtime_r(&s, &tm);
	tm = (struct tm){.tm_year = tm.tm_year,
			 .tm_mon = tm.tm_mon,
			 .tm_mday = tm.tm_mday + days,
			 .tm_isdst = -1};
	return (int64_t)mktime(&tm) * 1000;
}

static enum agenda_state state_at(const struct agenda_row *r, int64_t now_ms)
{
	if (r->state == AGENDA_CANCELLED)
		return AGENDA_CANCELLED;
	if (r->end_ms <= now_ms)
		return AGENDA_OVER;
	return r->start_ms <= now_ms ? AGENDA_NOW : AGENDA_COMING;
}

static char *name_of(const struct meeting *m, const struct cal_occurrence *o)
{
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(&o->recurrence_id, stamp);
	if (!m->event.rrule && !m->event.n_rdates)
		return mem_strdup(m->event.uid);
	return mem_printf("%s@%s", m->event.uid, stamp);
}

/* -- One room ------------------------------------------------------------------------ */

struct reading {
	struct agenda *a;
	int64_t room, now_ms;
	const char *room_name;
	const struct meeting *meeting;
	json_t *taking; /* content, or NULL */
	bool may_change;
	int call_people;
};

static bool is_taken(const struct reading *x, const struct cal_occurrence *o)
{
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(&o->recurrence_id, stamp);
	return json_get_i64(x->taking, "until_ts", 0) > x->now_ms &&
	       span_eq_str(json_get_span(x->taking, "uid"), x->meeting->event.uid) &&
	       (cal_is_single(&x->meeting->event) ||
		span_eq_str(json_get_span(x->taking, "recurrence_id"), stamp));
}

static int on_occurrence(const struct cal_occurrence *o, void *arg)
{
	struct reading *x = arg;
	struct agenda *a = x->a;
	if (a->n == ROWS_MAX)
		return 1;
	struct row *r = NEW(struct row);
	r->room = x->room;
	r->room_id = mem_strdup(x->meeting->room_id);
	r->name = name_of(x->meeting, o);
	r->pub = (struct agenda_row){
		.room_id = r->room_id,
		.name = r->name,
		.title = agenda_text(o->title),
		.room = agenda_text(x->room_name),
		.location = agenda_text(o->location),
		.start_ms = o->start_ms,
		.end_ms = o->end_ms,
		/* One that began on an earlier day stands under today. */
		.day_ms = midnight(o->start_ms < a->from_ms ? a->from_ms : o->start_ms, 0),
		.state = o->cancelled ? AGENDA_CANCELLED : AGENDA_COMING,
		.moved = o->moved,
		.taken = is_taken(x, o),
		.may_change = x->may_change,
	};
	r->pub.state = state_at(&r->pub, x->now_ms);
	r->pub.call_people = r->pub.state == AGENDA_NOW ? x->call_people : 0;
	a->v = mem_realloc_array(a->v, a->n + 1, sizeof(struct row *));
	a->v[a->n++] = r;
	return 0;
}

static int on_meeting(struct meeting *m, const char *room_name, void *arg)
{
	struct reading *x = arg;
	x->meeting = m;
	x->room_name = room_name;
	cal_expand(&m->event, x->a->from_ms, x->a->until_ms, 0, on_occurrence, x, NULL);
	return x->a->n == ROWS_MAX;
}

static bool may_change(struct agenda *a, int64_t room)
{
	AUTO_FREE char *creator = NULL;
	JSON_AUTO json_t *levels = agenda_state_content(a->s, room, "m.room.power_levels", NULL);
	JSON_AUTO json_t *create = agenda_state_content(a->s, room, "m.room.create", &creator);
	struct power p;
	power_init(&p, levels, create, creator);
	bool may = power_can_state(&p, a->own, MEETING_TYPE, "");
	power_done(&p);
	return may;
}

static int any(const struct store_state *st, void *arg)
{
	(void)st;
	*(bool *)arg = true;
	return 1;
}

/* Most rooms have no meetings: no more is read of them. */
static void read_room(struct agenda *a, int64_t room, int64_t now_ms)
{
	AUTO(store_room_done) struct store_room r = {0};
	bool has = false;
	store_state_walk_type(a->s, room, MEETING_TYPE, any, &has);
	if (!has || !store_room_get(a->s, room, &r) || strcmp(r.membership, "join") != 0)
		return;
	JSON_AUTO json_t *taking = agenda_state_content(a->s, room, TAKING_TYPE, NULL);
	struct reading x = {
		.a = a,
		.room = room,
		.now_ms = now_ms,
		.taking = taking,
		.may_change = may_change(a, room),
		.call_people = call_people_here(a->s, room, a->own, now_ms),
	};
	meet_walk_cached(a->s, r.room_id, on_meeting, &x);
}

static bool forget_room(struct agenda *a, int64_t room)
{
	size_t n = 0, before = a->n;
	for (size_t i = 0; i < before; i++)
		if (a->v[i]->room == room)
			row_free(a->v[i]);
		else
			a->v[n++] = a->v[i];
	a->n = n;
	return n != before;
}

/* -- All of it -------------------------------------------------------------------------- */

static int by_start(const void *x, const void *y)
{
	const struct agenda_row *a = &(*(struct row *const *)x)->pub;
	const struct agenda_row *b = &(*(struct row *const *)y)->pub;
	int64_t from = a->day_ms != b->day_ms ? a->day_ms - b->day_ms : a->start_ms - b->start_ms;
	if (from)
		return from < 0 ? -1 : 1;
	int c = strcmp(a->room_id, b->room_id);
	return c ? c : strcmp(a->name, b->name);
}

/* Another day: everything is read again. */
static void new_day(struct agenda *a, int64_t now_ms)
{
	int64_t from = midnight(now_ms, 0);
	if (from == a->from_ms)
		return;
	a->from_ms = from;
	a->until_ms = midnight(now_ms, AGENDA_DAYS);
	a->seen = 0;
}

static bool time_passes(struct agenda *a, int64_t now_ms)
{
	bool changed = false;
	for (size_t i = 0; i < a->n; i++) {
		struct agenda_row *r = &a->v[i]->pub;
		enum agenda_state now = state_at(r, now_ms);
		if (now == r->state)
			continue;
		r->state = now;
		r->call_people = now == AGENDA_NOW
					 ? call_people_here(a->s, a->v[i]->room, a->own, now_ms)
					 : 0;
		r->taken = r->taken && now == AGENDA_NOW;
		changed = true;
	}
	return changed;
}

bool agenda_update(struct agenda *a, int64_t now_ms)
{
	new_day(a, now_ms);
	bool changed = time_passes(a, now_ms);
	AUTO_FREE int64_t *rooms = store_rooms_since(a->s, &a->seen);
	for (const int64_t *id = rooms; *id; id++) {
		bool had = forget_room(a, *id);
		size_t before = a->n;
		read_room(a, *id, now_ms);
		changed = changed || had || a->n != before;
	}
	if (changed && a->n)
		qsort(a->v, a->n, sizeof(struct row *), by_start);
	return changed;
}

struct agenda *agenda_new(struct store *s, const char *own_user_id, int64_t now_ms)
{
	struct agenda *a = NEW(struct agenda);
	a->s = s;
	a->own = own_user_id;
	agenda_update(a, now_ms);
	return a;
}

void agenda_free(struct agenda *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		row_free(a->v[i]);
	mem_free(a->v);
	mem_free(a);
}

size_t agenda_count(const struct agenda *a)
{
	return a->n;
}

const struct agenda_row *agenda_at(const struct agenda *a, size_t i)
{
	return i < a->n ? &a->v[i]->pub : NULL;
}
