/* Calendar files out and in. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/ics.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#include <string.h>

/* -- Out ----------------------------------------------------------------- */

struct gathered {
	struct meeting *v;
	size_t n;
	const char *uid;
};

static int gather(struct meeting *m, const char *room_name, void *arg)
{
	struct gathered *g = arg;
	(void)room_name;
	if (g->uid && strcmp(g->uid, m->event.uid) != 0)
		return 0;
	g->v = mem_realloc_array(g->v, g->n + 1, sizeof(*g->v));
	g->v[g->n++] = *m;
	*m = (struct meeting){.room_id = NULL};
	return 0;
}

/* Events borrowed from their meetings, with who called and where. */
static int write_all(struct gathered *g, struct buf *ret, struct err *err)
{
	struct cal_event *e = mem_realloc_array(NULL, g->n + 1, sizeof(*e));
	for (size_t i = 0; i < g->n; i++) {
		struct meeting *m = &g->v[i];
		if (m->creator && !m->event.organizer)
			m->event.organizer = mem_printf("matrix:u/%s", m->creator + 1);
		if (!m->event.url)
			m->event.url = mem_printf("https://matrix.to/#/%s", m->room_id);
		e[i] = m->event;
	}
	int rc = ics_write(e, g->n, ICS_PUBLISH, ret, err);
	mem_free(e);
	return rc;
}

int client_meet_export(struct client *c, const char *room_id, const char *uid, struct buf *ret,
		       struct err *err)
{
	struct gathered g = {.uid = uid};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = meet_walk(c, room_id, gather, &g, err);
	if (!rc && !g.n)
		rc = err_set(err, ERR_NOT_FOUND, _("there are no meetings to export"));
	if (!rc)
		rc = write_all(&g, ret, err);
	for (size_t i = 0; i < g.n; i++)
		meeting_done(&g.v[i]);
	mem_free(g.v);
	return rc;
}

/* -- In ------------------------------------------------------------------ */

struct import {
	struct client *c;
	const char *room_id;
	bool dry_run;
	ics_problem_fn *problem;
	client_row_fn *fn;
	void *arg;
	size_t done;
};

static void tell(struct import *in, const struct cal_event *e, const char *why)
{
	AUTO_FREE char *sentence = mem_printf(_("\"%.80s\" is passed over: %.300s"),
					      e->title ? e->title : e->uid, why);
	if (in->problem)
		in->problem(in->arg, 0, sentence);
}

/* A date beside the start is told by the same clock, and has its hour where the day alone is named. */
static void by_clock_of(const struct cal_time *start, struct cal_time *t)
{
	if (t->date_only && !start->date_only) {
		t->date_only = false;
		t->hour = start->hour;
		t->minute = start->minute;
		t->second = start->second;
	}
	if (!t->zone[0])
		memcpy(t->zone, start->zone, sizeof(t->zone));
}

/* Floating times are in the reader's zone. */
static void settle_clocks(struct cal_event *e)
{
	if (!e->start.zone[0])
		cal_zone_local(e->start.zone);
	for (size_t i = 0; i < e->n_exdates; i++)
		by_clock_of(&e->start, &e->exdates[i]);
	for (size_t i = 0; i < e->n_rdates; i++)
		by_clock_of(&e->start, &e->rdates[i]);
	for (size_t i = 0; i < e->n_overrides; i++) {
		by_clock_of(&e->start, &e->overrides[i].recurrence_id);
		by_clock_of(&e->start, &e->overrides[i].start);
	}
}

/* The event as a meeting of the room; taken over. */
static int as_meeting(struct import *in, struct cal_event *e, struct meeting *ret, struct err *err)
{
	struct meeting m = {.room_id = mem_strdup(in->room_id), .lesson = true, .event = *e};
	*e = (struct cal_event){.uid = NULL};
	m.creator = mem_strdup(client_account(in->c)->user_id);
	if (!m.event.title)
		m.event.title = mem_strdup(_("Meeting"));
	settle_clocks(&m.event);
	if (!m.event.changed_ms)
		m.event.changed_ms = clock_wall_ms();
	*ret = m;
	return m.event.uid[0] == '@' || m.event.uid[0] == '_'
		       ? err_set(err, ERR_USAGE, _("a meeting's id begins with neither @ nor _"))
		       : cal_event_check(&m.event, err);
}

/* Do both say the same, whatever they are called and when it was said? */
static bool is_same(const struct meeting *a, const struct meeting *b)
{
	static const char *const aside[] = {"created_ts", "changed_ts", "creator", "announced",
					    "file_event", "ended",	"before",  "lesson"};
	JSON_AUTO json_t *x = NULL, *y = NULL;
	if (meeting_make(a, &x, NULL) || meeting_make(b, &y, NULL))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(aside); i++) {
		json_object_del(x, aside[i]);
		json_object_del(y, aside[i]);
	}
	return json_equal(x, y);
}

/* Newer than what is there: by its number, as calendars count (RFC 5546, 2.1.4), then by its time; of a file
 * that has no times, by what it says. */
static bool is_news(const struct meeting *there, const struct meeting *m, bool dated)
{
	if (m->event.sequence != there->event.sequence)
		return m->event.sequence > there->event.sequence;
	return dated ? m->event.changed_ms > there->event.changed_ms : !is_same(there, m);
}

/* What no calendar file has stays as it is, what its dates that have begun were among it. */
static int keep_ours(struct meeting *there, struct meeting *m, struct err *err)
{
	mem_free(m->creator);
	m->creator = take(&there->creator);
	m->announced = take(&there->announced);
	m->file_event = take(&there->file_event);
	m->lesson = there->lesson;
	m->event.ended = take(&there->event.ended);
	m->event.n_ended = there->event.n_ended;
	there->event.n_ended = 0;
	return cal_era_follow(&m->event, &there->event, clock_wall_ms(), err);
}

static int put(struct import *in, struct meeting *m, bool dated, bool *existing, bool *changed,
	       struct err *err)
{
	static const struct meet_tell quiet = {.no_message = true, .no_file = true, .no_pin = true};
	struct meeting there;
	int64_t start = 0;
	int rc = meet_get(in->c, in->room_id, m->event.uid, &there, err);
	*existing = rc == 0;
	*changed = rc == ERR_NOT_FOUND;
	if (!rc) {
		int kept = keep_ours(&there, m, err);
		*changed = is_news(&there, m, dated);
		if (!kept && cal_is_single(&m->event) && !cal_time_ms(&m->event.start, &start, err))
			kept = meet_check_held(&there.event, start, clock_wall_ms(), err);
		meeting_done(&there);
		if (kept)
			return *changed ? kept : 0;
	}
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	return *changed && !in->dry_run ? meet_put(in->c, m, &quiet, err) : 0;
}

static int give_row(struct import *in, const struct meeting *m, bool existing, bool changed)
{
	AUTO_FREE char *name = meet_room_name(in->c, in->room_id);
	JSON_AUTO json_t *row = meet_row_series(m, name, clock_wall_ms());
	row_bool(row, "existing", existing);
	row_bool(row, "changed", changed);
	in->done++;
	return in->fn(row, in->arg);
}

static int import_one(struct import *in, struct cal_event *e, struct err *err)
{
	struct meeting m;
	bool existing = false, changed = false, dated = e->changed_ms != 0;
	int rc = as_meeting(in, e, &m, err);
	if (!rc)
		rc = put(in, &m, dated, &existing, &changed, err);
	if (!rc) {
		rc = give_row(in, &m, existing, changed);
	} else if (rc == ERR_USAGE || rc == ERR_TOO_LARGE) {
		tell(in, &m.event, err->msg); /* of this one alone */
		rc = 0;
	}
	meeting_done(&m);
	return rc;
}

int client_meet_import(struct client *c, const char *room_id, struct span ics, bool dry_run,
		       void (*problem)(void *arg, int line, const char *sentence),
		       client_row_fn *fn, void *arg, struct err *err)
{
	struct import in = {.c = c,
			    .room_id = room_id,
			    .dry_run = dry_run,
			    .problem = problem,
			    .fn = fn,
			    .arg = arg};
	struct cal_events events = {NULL, 0};
	struct err one = {.code = 0};
	int rc = ics_read(ics, problem, arg, &events, err);
	if (!rc)
		rc = client_refresh(c, err);
	if (!rc)
		rc = meet_check_power(c, room_id, err);
	for (size_t i = 0; i < events.n && !rc; i++) {
		rc = import_one(&in, &events.v[i], &one);
		if (rc < 0 && err)
			*err = one;
	}
	if (!rc && !in.done)
		rc = err_set(err, ERR_INVALID, _("no event of the calendar file can be used"));
	cal_events_done(&events);
	return rc;
}
