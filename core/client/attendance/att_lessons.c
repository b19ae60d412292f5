/* Which lessons a query means. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/meet/meet.h"
#include "core/client/relations.h"

#include <stdlib.h>
#include <string.h>

#define LESSON_MAX_MS (24LL * 3600 * 1000)

static char *copy(const char *s)
{
	return mem_strdup(s);
}

void att_lesson_add(struct att_lessons *l, const struct lesson *lesson)
{
	struct lesson own = *lesson;
	own.room_id = copy(lesson->room_id);
	own.uid = copy(lesson->uid);
	own.recurrence_id = copy(lesson->recurrence_id);
	own.roll_id = copy(lesson->roll_id);
	own.title = copy(lesson->title);
	own.zone = copy(lesson->zone);
	l->v = mem_realloc_array(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct att_lesson){.l = own};
}

static void lesson_free(struct att_lesson *v)
{
	mem_free((char *)v->l.room_id);
	mem_free((char *)v->l.uid);
	mem_free((char *)v->l.recurrence_id);
	mem_free((char *)v->l.roll_id);
	mem_free((char *)v->l.title);
	mem_free((char *)v->l.zone);
	register_input_free(v->in);
}

void att_lessons_done(struct att_lessons *l)
{
	for (size_t i = 0; i < l->n; i++)
		lesson_free(&l->v[i]);
	mem_free(l->v);
	att_room_done(&l->a);
	*l = (struct att_lessons){0};
}

/* -- A roll ------------------------------------------------------------------------------- */

static int add_roll_of(struct att_lessons *l, json_t *event, struct err *err)
{
	struct mx_event ev;
	struct roll r;
	struct mx_poll poll;
	int rc = event_parse(event, EVENT_ROOM, &ev, err);
	if (rc)
		return rc;
	if (!roll_read(&ev, &r)) {
		rc = err_set(err, ERR_USAGE, _("%s is no roll-call"), ev.event_id);
	} else {
		AUTO_FREE char *title =
			event_poll_start(&ev, &poll) ? span_dup(poll.question) : NULL;
		struct lesson lesson = {.room_id = l->a.room.room_id,
					.roll_id = r.id,
					.title = title,
					.start_ms = r.opened_ms,
					.end_ms = roll_closes_ms(&r)};
		att_lesson_add(l, &lesson);
		roll_done(&r);
	}
	event_done(&ev);
	return rc;
}

static int add_roll(struct att_lessons *l, struct err *err)
{
	JSON_AUTO json_t *event = NULL;
	int rc = event_get(l->a.c, &l->a.room, l->q->roll_id, l->a.offline, &event, err);
	return rc ? rc : add_roll_of(l, event, err);
}

/* -- A time --------------------------------------------------------------------------------- */

static int add_range(struct att_lessons *l, struct err *err)
{
	const struct attendance_query *q = l->q;
	struct lesson lesson = {.room_id = l->a.room.room_id,
				.title = l->a.room.display,
				.start_ms = q->since_ms,
				.end_ms = q->until_ms ? q->until_ms : clock_wall_ms()};
	if (lesson.end_ms <= lesson.start_ms)
		return err_set(err, ERR_USAGE, _("--until must be after --since"));
	if (lesson.end_ms - lesson.start_ms > LESSON_MAX_MS) {
		err_set(err, ERR_NOT_FOUND, _("There are no lessons in that time"));
		err_hint(err, _("a time without scheduled lessons is taken for one; it may last a "
				"day at most"));
		return ERR_NOT_FOUND;
	}
	att_lesson_add(l, &lesson);
	return 0;
}

/* -- Meetings ------------------------------------------------------------------------------- */

static void add_occurrence(struct att_lessons *l, const struct meeting *m,
			   const struct cal_occurrence *o)
{
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(&o->recurrence_id, stamp);
	struct lesson lesson = {.room_id = l->a.room.room_id,
				.uid = m->event.uid,
				.recurrence_id = stamp,
				.title = o->title,
				.zone = m->event.start.zone[0] ? m->event.start.zone : NULL,
				.start_ms = o->start_ms,
				.end_ms = o->planned_end_ms,
				.closed_ms = o->end_ms < o->planned_end_ms ? o->end_ms : 0,
				.single = cal_is_single(&m->event),
				.cancelled = o->cancelled};
	att_lesson_add(l, &lesson);
}

static int add_meeting(struct att_lessons *l, struct err *err)
{
	AUTO(meeting_done) struct meeting m = {0};
	struct cal_occurrence o;
	int rc = client_meet_find(l->a.c, l->a.room.room_id, l->q->meeting, clock_wall_ms(), &m, &o,
				  err);
	if (!rc)
		add_occurrence(l, &m, &o);
	return rc;
}

struct expanding {
	struct att_lessons *l;
	const struct meeting *m;
};

static int on_occurrence(const struct cal_occurrence *o, void *arg)
{
	struct expanding *x = arg;
	if (o->start_ms < x->l->q->since_ms)
		return 0; /* it was on when the time began */
	if (x->l->n == SHEET_LESSONS_MAX)
		return 1;
	add_occurrence(x->l, x->m, o);
	return 0;
}

/* All lessons that begin in that time. */
static int add_meetings(struct att_lessons *l, struct err *err)
{
	struct meeting *v = NULL;
	size_t n = 0;
	int64_t until = l->q->until_ms ? l->q->until_ms : clock_wall_ms();
	int rc = client_meetings(l->a.c, l->a.room.room_id, &v, &n, err);
	for (size_t i = 0; i < n; i++) {
		struct expanding x = {l, &v[i]};
		if (!rc && v[i].lesson)
			rc = cal_expand(&v[i].event, l->q->since_ms, until, 0, on_occurrence, &x,
					err);
		meeting_done(&v[i]);
	}
	mem_free(v);
	if (rc > 0)
		rc = err_set(err, ERR_TOO_LARGE, _("More than %d lessons"), SHEET_LESSONS_MAX);
	return rc;
}

int att_lessons_find(struct att_lessons *l, struct err *err)
{
	if (l->q->roll_id)
		return add_roll(l, err);
	if (l->q->meeting)
		return add_meeting(l, err);
	if (!l->q->since_ms) {
		err_set(err, ERR_USAGE, _("which lesson?"));
		err_hint(err, _("--meeting, --roll, or --since and --until"));
		return ERR_USAGE;
	}
	int rc = add_meetings(l, err);
	return rc || l->n ? rc : add_range(l, err);
}

/* -- All of it ---------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct att_lesson *x = a, *y = b;
	if (x->l.start_ms != y->l.start_ms)
		return x->l.start_ms < y->l.start_ms ? -1 : 1;
	return strcmp(x->l.uid ? x->l.uid : "", y->l.uid ? y->l.uid : "");
}

/* Of a meeting excuses may have been given long before it; where there is no staff room they stand in the class's. */
static int64_t words_lead_ms(const struct att_lessons *l)
{
	for (size_t i = 0; i < l->n && !l->a.has_staff_room; i++)
		if (l->v[i].l.uid)
			return ATT_WORDS_LEAD_MS;
	return 0;
}

/* A seal that is found on the way may say that a lesson was earlier than it is now. */
static int fill_room(struct att_lessons *l, struct err *err)
{
	int64_t since, filled = INT64_MAX;
	int rc = 0;
	att_seal_times(l);
	while (!rc && (since = att_evidence_since(l)) < filled) {
		rc = att_fill(l, l->a.room.id, since - words_lead_ms(l), err);
		filled = since;
		att_seal_times(l);
	}
	return rc;
}

int att_lessons_load(struct client *c, const struct attendance_query *q, struct att_lessons *ret,
		     struct err *err)
{
	*ret = (struct att_lessons){.q = q};
	int rc = att_room_open(c, q->room_id, &ret->a, err);
	if (!rc)
		rc = att_lessons_find(ret, err);
	if (rc)
		return rc;
	qsort(ret->v, ret->n, sizeof(*ret->v), by_start);
	if (ret->a.staff)
		rc = att_fill(ret, ret->a.staff, 0, err);
	if (!rc)
		rc = fill_room(ret, err);
	if (rc)
		return rc;
	att_gather(ret);
	att_missing(ret, ret->a.room.id, att_evidence_since(ret));
	att_words_missing(ret);
	return 0;
}

int att_one(const struct att_lessons *l, struct err *err)
{
	if (l->n == 1)
		return 0;
	err_set(err, ERR_USAGE, _("That means %zu lessons, and one is needed"), l->n);
	err_hint(err, "muster meet list");
	return ERR_USAGE;
}

int att_one_named(const struct att_lessons *l, struct err *err)
{
	int rc = att_one(l, err);
	bool open = !rc && !l->v[0].l.uid && !l->v[0].l.roll_id && !l->q->until_ms;
	if (!open)
		return rc;
	err_set(err, ERR_USAGE,
		_("What is written must name its lesson, and this one ends now, "
		  "whenever that is: say until when it took"));
	err_hint(err, "--until 10:30");
	return ERR_USAGE;
}
