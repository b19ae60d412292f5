/* Telling of meetings as they come near, begin, end and change. */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/quiet/quiet.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#include <string.h>

#define STEP_MAX_MS \
	300000LL /* a clock that was set, and what came between two looks, is seen within this */
#define ASIDE_MS 60000LL
#define DONE 1

struct watching {
	struct store *s;
	struct quiet_hours quiet; /* as of this look */
	bool covered;		  /* they count in the room of `meeting` */
	const struct meet_watch *w;
	client_row_fn *fn;
	void (*ready)(void *arg);
	void *arg;
	json_t *known;	 /* "room uid" -> sequence; NULL before the first look */
	json_t *ended;	 /* "room uid date" of those that were ended early, likewise */
	int64_t told_ms; /* what happened up to here has been told */
	int64_t now_ms, next_ms;
	json_t *rows; /* of this look, with "at" */
	const struct meeting *meeting;
	const char *room_name;
};

/* -- What happens by the clock ------------------------------------------- */

/* A reminder waits for nobody: in quiet hours it is not given at all. */
static void add_row(struct watching *x, const struct cal_occurrence *o, const char *event,
		    int64_t at)
{
	bool quiet = x->covered && quiet_at(&x->quiet, x->now_ms, NULL);
	if (quiet && !strcmp(event, "soon"))
		return;
	json_t *row = meet_row(x->meeting, o, x->room_name, x->now_ms);
	row_str(row, "event", event);
	row_bool(row, "quiet", quiet);
	json_array_append_new(x->rows, json_pack("{s:I,s:o}", "at", (json_int_t)at, "row", row));
}

static void moment(struct watching *x, const struct cal_occurrence *o, const char *event,
		   int64_t at)
{
	if (at > x->now_ms && at < x->next_ms)
		x->next_ms = at;
	if (at > x->told_ms && at <= x->now_ms)
		add_row(x, o, event, at);
}

static char *date_key(const struct meeting *m, const struct cal_time *recurrence_id)
{
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(recurrence_id, stamp);
	return mem_printf("%s %s %s", m->room_id, m->event.uid, stamp);
}

/* When we hear of it: whoever ended it may have another clock. */
static void tell_end(struct watching *x, const struct cal_occurrence *o)
{
	AUTO_FREE char *key = date_key(x->meeting, &o->recurrence_id);
	if (!json_object_get(x->ended, key))
		add_row(x, o, "ends", x->now_ms);
}

static int on_occurrence(const struct cal_occurrence *o, void *arg)
{
	struct watching *x = arg;
	if (o->cancelled)
		return 0;
	if (x->w->before_ms)
		moment(x, o, "soon", o->start_ms - x->w->before_ms);
	moment(x, o, "begins", o->start_ms);
	if (!meet_ended_early(o))
		moment(x, o, "ends", o->end_ms);
	else if (x->ended)
		tell_end(x, o);
	return 0;
}

/* -- What people do ------------------------------------------------------ */

static int take_first(const struct cal_occurrence *o, void *arg)
{
	*(struct cal_occurrence *)arg = *o;
	return DONE;
}

static void note_change(struct watching *x, const struct meeting *m)
{
	AUTO_FREE char *key = mem_printf("%s %s", m->room_id, m->event.uid);
	const json_t *was = x->known ? json_object_get(x->known, key) : NULL;
	bool same = was && json_integer_value(was) == m->event.sequence;
	struct cal_occurrence o;
	if (x->known && !same &&
	    (cal_expand(&m->event, x->now_ms, INT64_MAX, 1, take_first, &o, NULL) == DONE ||
	     cal_expand(&m->event, INT64_MIN, INT64_MAX, 1, take_first, &o, NULL) == DONE))
		add_row(x, &o,
			!was				   ? "new"
			: m->event.status == CAL_CANCELLED ? "cancelled"
							   : "changed",
			x->told_ms); /* before what the clock brings */
}

static int on_meeting(struct meeting *m, const char *room_name, void *arg)
{
	struct watching *x = arg;
	x->meeting = m;
	x->room_name = room_name;
	x->covered = quiet_covers(x->s, &x->quiet, store_room_find(x->s, span_of(m->room_id)));
	note_change(x, m);
	/* From a day ago: of one that was ended early we may hear late. */
	cal_expand(&m->event, x->told_ms - DAY_MS, x->now_ms + STEP_MAX_MS + x->w->before_ms + 1, 0,
		   on_occurrence, x, NULL);
	return 0;
}

/* What is known after this look. */
struct memory {
	json_t *known, *ended;
};

static int remember(struct meeting *m, const char *room_name, void *arg)
{
	struct memory *y = arg;
	AUTO_FREE char *key = mem_printf("%s %s", m->room_id, m->event.uid);
	(void)room_name;
	json_object_set_new(y->known, key, json_integer(m->event.sequence));
	for (size_t i = 0; i < m->event.n_ended; i++) {
		AUTO_FREE char *date = date_key(m, &m->event.ended[i].recurrence_id);
		json_object_set_new(y->ended, date, json_true());
	}
	return 0;
}

/* -- One look after another ---------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	int64_t x = json_get_i64(*(json_t *const *)a, "at", 0);
	int64_t y = json_get_i64(*(json_t *const *)b, "at", 0);
	return x < y ? -1 : x > y;
}

static int give(struct watching *x)
{
	size_t n = json_array_size(x->rows);
	json_t **v = mem_realloc_array(NULL, n + 1, sizeof(json_t *));
	int rc = 0;
	for (size_t i = 0; i < n; i++)
		v[i] = json_array_get(x->rows, i);
	qsort(v, n, sizeof(json_t *), by_time);
	for (size_t i = 0; i < n && !rc; i++)
		rc = x->fn(json_get_object(v[i], "row"), x->arg);
	mem_free(v);
	return rc;
}

static int look(struct watching *x, struct client *c, struct err *err)
{
	JSON_AUTO json_t *rows = json_array();
	struct memory y = {json_object(), json_object()};
	x->now_ms = clock_wall_ms();
	x->next_ms = x->now_ms + (x->w->aside ? ASIDE_MS : STEP_MAX_MS);
	x->rows = rows;
	int rc = client_store(c, &x->s, err);
	if (!rc)
		quiet_cached(x->s, &x->quiet);
	if (!rc)
		rc = meet_walk(c, x->w->room_id, on_meeting, x, err);
	if (!rc)
		rc = meet_walk(c, x->w->room_id, remember, &y, err);
	json_decref(x->known);
	json_decref(x->ended);
	x->known = y.known;
	x->ended = y.ended;
	if (rc)
		return rc;
	x->told_ms = x->now_ms;
	return give(x);
}

/* A meeting's event; of messages only those that were said to us alone. */
static int on_event(json_t *row, void *arg)
{
	struct watching *x = arg;
	AUTO(store_room_done) struct store_room r = {0};
	const char *type = json_get_str(row, "type"), *room_id = json_get_str(row, "room_id");
	if (!type || strcmp(type, "m.room.message") != 0)
		return DONE;
	int64_t room = room_id ? store_room_find(x->s, span_of(room_id)) : 0;
	return room && store_room_get(x->s, room, &r) && r.direct ? DONE : 0;
}

static int on_ready(void *arg)
{
	struct watching *x = arg;
	if (x->ready)
		x->ready(x->arg);
	x->ready = NULL;
	return 0;
}

/* Until a meeting's event comes, or the next moment. */
static int wait_for_news(struct watching *x, struct client *c, struct err *err)
{
	static const char *const meetings[] = {MEETING_TYPE, NULL};
	static const char *const more[] = {MEETING_TYPE, "m.room.message", NULL};
	struct read_request rq = {.room_id = x->w->room_id, .types = x->w->aside ? more : meetings};
	struct err e = {.code = 0};
	int64_t ms = x->next_ms - clock_wall_ms();
	if (ms <= 0)
		return 0;
	int64_t end = clock_mono_ms() + ms, before = client_limit(c, ms);
	int rc = client_follow(c, &rq, on_event, on_ready, x, &e);
	client_unlimit(c, before);
	if (rc == DONE || (rc == ERR_CANCELLED && clock_mono_ms() >= end))
		return 0;
	if (rc && err)
		*err = e;
	return rc;
}

int client_meet_watch(struct client *c, const struct meet_watch *w, client_row_fn *fn,
		      void (*ready)(void *arg), void *arg, struct err *err)
{
	struct watching x = {.w = w,
			     .fn = fn,
			     .ready = ready,
			     .arg = arg,
			     .told_ms = clock_wall_ms()};
	int rc = client_refresh(c, err);
	while (!rc) {
		rc = look(&x, c, err);
		if (!rc && w->aside)
			w->aside(c, arg);
		if (!rc)
			rc = wait_for_news(&x, c, err);
	}
	json_decref(x.known);
	json_decref(x.ended);
	return rc;
}
