/* Occurrences of all rooms in one order. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#include <string.h>

void meet_iso(int64_t ms, const char *zone, char ret[40])
{
	struct cal_time t, utc;
	int64_t wall;
	ret[0] = '\0';
	if (cal_time_at(ms, zone, &t, NULL))
		return;
	utc = t;
	memcpy(utc.zone, "UTC", 4);
	if (cal_time_ms(&utc, &wall, NULL))
		return;
	int64_t minutes = (wall - (ms / 1000 - (ms % 1000 < 0)) * 1000) / 60000;
	int64_t size = minutes < 0 ? -minutes : minutes;
	snprintf(ret, 40, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", t.year % 10000, t.month % 100,
		 t.day % 100, t.hour % 100, t.minute % 100, t.second % 100, minutes < 0 ? '-' : '+',
		 (int)(size / 60 % 100), (int)(size % 60));
}

static const char *status_of(const struct cal_occurrence *o, int64_t now_ms)
{
	if (o->cancelled)
		return "cancelled";
	if (o->end_ms <= now_ms)
		return "over";
	if (o->start_ms <= now_ms)
		return "now";
	return o->moved ? "moved" : "scheduled";
}

json_t *meet_row(const struct meeting *m, const struct cal_occurrence *o, const char *room_name,
		 int64_t now_ms)
{
	const struct cal_event *e = &m->event;
	char stamp[CAL_STAMP_SIZE], time[40];
	json_t *row = json_object();
	cal_stamp(&o->recurrence_id, stamp);
	row_str(row, "uid", e->uid);
	row_str(row, "recurrence_id", stamp);
	row_str(row, "room_id", m->room_id);
	row_str(row, "room", room_name);
	row_str(row, "title", o->title);
	meet_iso(o->start_ms, e->start.zone, time);
	row_str(row, "start", time);
	meet_iso(o->end_ms, e->start.zone, time);
	row_str(row, "end", time);
	row_int(row, "duration_s", (o->end_ms - o->start_ms) / 1000);
	row_str(row, "tz", e->start.zone);
	row_str(row, "rrule", e->rrule);
	row_str(row, "status", status_of(o, now_ms));
	row_bool(row, "ended_early", meet_ended_early(o));
	row_int(row, "sequence", e->sequence);
	row_str(row, "description", o->description);
	row_str(row, "location", o->location);
	return row;
}

struct pick {
	struct cal_occurrence o;
	bool found;
};

static int pick_one(const struct cal_occurrence *o, void *arg)
{
	struct pick *p = arg;
	p->o = *o;
	p->found = true;
	return 0;
}

json_t *meet_row_series(const struct meeting *m, const char *room_name, int64_t now_ms)
{
	struct pick p = {.found = false};
	int64_t last;
	cal_expand(&m->event, now_ms, INT64_MAX, 1, pick_one, &p, NULL);
	if (!p.found && !cal_last_end(&m->event, &last, NULL))
		cal_expand(&m->event, last - 1, INT64_MAX, 0, pick_one, &p, NULL);
	if (!p.found) /* what has no date left */
		p.o = (struct cal_occurrence){.recurrence_id = m->event.start,
					      .title = m->event.title,
					      .cancelled = true};
	return meet_row(m, &p.o, room_name, now_ms);
}

/* -- The list ------------------------------------------------------------ */

struct dated {
	int64_t start_ms;
	json_t *row;
};

struct listing {
	const struct meet_query *q;
	int64_t now_ms;
	const struct meeting *meeting; /* that is being expanded */
	const char *room_name;
	struct dated *v;
	size_t n, end; /* how many there are; at which number the meeting has had its share */
};

static int on_occurrence(const struct cal_occurrence *o, void *arg)
{
	struct listing *l = arg;
	if (o->cancelled && !l->q->cancelled)
		return 0;
	if (l->n == l->end)
		return 1;
	if ((l->n & (l->n - 1)) == 0)
		l->v = mem_realloc_array(l->v, l->n ? 2 * l->n : 1, sizeof(*l->v));
	l->v[l->n++] =
		(struct dated){o->start_ms, meet_row(l->meeting, o, l->room_name, l->now_ms)};
	return 0;
}

static int on_meeting(struct meeting *m, const char *room_name, void *arg)
{
	struct listing *l = arg;
	l->meeting = m;
	l->room_name = room_name;
	l->end = l->q->max && l->q->max < MEET_MAX - l->n ? l->n + l->q->max : MEET_MAX;
	cal_expand(&m->event, l->q->since_ms, l->q->until_ms, 0, on_occurrence, l, NULL);
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;
	if (x->start_ms != y->start_ms)
		return x->start_ms < y->start_ms ? -1 : 1;
	return strcmp(json_get_str(x->row, "uid"), json_get_str(y->row, "uid"));
}

int client_meet_list(struct client *c, const struct meet_query *q, client_row_fn *fn, void *arg,
		     struct err *err)
{
	struct listing l = {.q = q, .now_ms = clock_wall_ms()};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = meet_walk(c, q->room_id, on_meeting, &l, err);
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_start);
	for (size_t i = 0; i < l.n; i++) {
		if (!rc && (!q->max || i < q->max))
			rc = fn(l.v[i].row, arg);
		json_decref(l.v[i].row);
	}
	mem_free(l.v);
	return rc;
}

/* -- One ----------------------------------------------------------------- */

#define DATES_SHOWN 10

struct dates {
	json_t *list;
	const char *zone;
};

static int add_date(const struct cal_occurrence *o, void *arg)
{
	struct dates *d = arg;
	char time[40];
	meet_iso(o->start_ms, d->zone, time);
	if (!o->cancelled)
		json_array_append_new(d->list, json_string(time));
	return 0;
}

json_t *client_meet_show(struct client *c, const struct meeting *m)
{
	AUTO_FREE char *name = meet_room_name(c, m->room_id);
	int64_t now = clock_wall_ms();
	json_t *row = meet_row_series(m, name, now);
	struct dates d = {json_array(), m->event.start.zone};
	cal_expand(&m->event, now, INT64_MAX, DATES_SHOWN, add_date, &d, NULL);
	json_object_set_new(row, "dates", d.list);
	return row;
}

json_t *client_meet_show_one(struct client *c, const struct meeting *m,
			     const struct cal_occurrence *o)
{
	AUTO_FREE char *name = meet_room_name(c, m->room_id);
	return meet_row(m, o, name, clock_wall_ms());
}

/* -- For the shell ------------------------------------------------------- */

struct completion {
	const char *prefix;
	client_row_fn *fn;
	void *arg;
};

static int offer(struct completion *x, const char *value, const char *what)
{
	JSON_AUTO json_t *row = json_object();
	if (strncmp(value, x->prefix, strlen(x->prefix)) != 0)
		return 0;
	row_str(row, "value", value);
	row_str(row, "what", what);
	return x->fn(row, x->arg);
}

static int offer_meeting(struct meeting *m, const char *room_name, void *arg)
{
	int64_t last;
	(void)room_name;
	if (cal_last_end(&m->event, &last, NULL) || last < clock_wall_ms())
		return 0;
	return offer(arg, m->event.uid, m->event.title);
}

int meeting_complete(struct client *c, const char *prefix, client_row_fn *fn, void *arg)
{
	struct completion x = {prefix, fn, arg};
	int rc = offer(&x, "now", _("the one that is on"));
	if (!rc)
		rc = offer(&x, "last", _("the one before"));
	return rc ? rc : meet_walk(c, NULL, offer_meeting, &x, NULL);
}
