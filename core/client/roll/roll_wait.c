/* Waiting for answers as they come. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/meet/meet.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/timeline.h"

#include <string.h>

#define LAST_MS 3000 /* so long after its time the end of a roll may still come from the server */
#define LOOK_MS 60000
#define NAMES 5
#define DONE 1 /* of a row function: all is known */

struct waiting {
	struct roll_view *v;
	const struct roll *first; /* waiting for its second call to be opened; else NULL */
	char *second_id;
	bool meeting_changed; /* its lesson may be over */
	json_t *expected;     /* array of user ids */
	json_t *told;	      /* user id -> what was told of them */
	client_row_fn *fn;
	void *arg;
};

static int tell(struct waiting *w, const char *user_id)
{
	struct roll_standing st;
	roll_standing(w->v, &w->v->v[0], user_id, &st);
	const char *was = json_get_str(w->told, user_id);
	if (roll_is_missing(&st) || (was && strcmp(was, st.status) == 0))
		return 0;
	json_object_set_new(w->told, user_id, json_string(st.status));
	JSON_AUTO json_t *row = roll_person_row(w->v, &w->v->v[0], user_id);
	return w->fn(row, w->arg);
}

static int tell_answer(const struct roll_answer *a, void *arg)
{
	return tell(arg, a->user_id);
}

/* Everything that was not told yet. */
static int tell_news(struct waiting *w)
{
	int rc = roll_tally_each(w->v->v[0].tally, tell_answer, w);
	json_t *mark;
	const char *user;
	json_object_foreach (w->v->v[0].marks, user, mark)
		if (!rc)
			rc = tell(w, user);
	return rc;
}

static size_t count_missing(struct waiting *w, struct buf *names)
{
	size_t n = 0, i;
	json_t *one;
	json_array_foreach (w->expected, i, one) {
		struct roll_standing st;
		const char *id = json_string_value(one);
		roll_standing(w->v, &w->v->v[0], id, &st);
		if (!roll_is_missing(&st))
			continue;
		if (names && n < NAMES)
			buf_printf(names, "%s%s", n ? ", " : "", id);
		n++;
	}
	return n;
}

static bool is_over(const struct waiting *w)
{
	struct roll_tally *t = w->v->v[0].tally;
	return roll_tally_has_end(t) || roll_case_cancelled(&w->v->v[0]);
}

/* Is there nothing to wait for any more? */
static bool is_done(struct waiting *w)
{
	return is_over(w) || count_missing(w, NULL) == 0;
}

static int on_row(json_t *row, void *arg)
{
	struct waiting *w = arg;
	struct mx_event ev;
	json_t *event = json_get_object(row, "event");
	const char *room = json_get_str(row, "room_id");
	if (!event || !room || event_parse(event, EVENT_ROOM, &ev, NULL))
		return 0;
	bool hit = roll_view_event(w->v, room, &ev);
	event_done(&ev);
	int rc = hit ? tell_news(w) : 0;
	return rc ? rc : is_done(w) ? DONE : 0;
}

/* What came while the following began. */
static int on_ready(void *arg)
{
	struct waiting *w = arg;
	if (w->first)
		return 0;
	roll_view_again(w->v);
	int rc = tell_news(w);
	return rc ? rc : is_done(w) ? DONE : 0;
}

/* The start of the second call, by staff; or a word about meetings. */
static int on_start(json_t *row, void *arg)
{
	struct waiting *w = arg;
	struct mx_event ev;
	struct roll r;
	json_t *event = json_get_object(row, "event");
	const char *room = json_get_str(row, "room_id");
	if (!event || !room || strcmp(room, w->first->room_id) != 0 ||
	    event_parse(event, EVENT_ROOM, &ev, NULL))
		return 0;
	w->meeting_changed |= strcmp(ev.type, MEETING_TYPE) == 0;
	if (roll_read(&ev, &r)) {
		bool is_it = r.second_of && strcmp(r.second_of, w->first->id) == 0 &&
			     att_was_staff(&w->v->power, REGISTER_ROOM, &ev);
		if (is_it && !w->second_id)
			w->second_id = mem_strdup(r.id);
		roll_done(&r);
	}
	event_done(&ev);
	return w->second_id || w->meeting_changed ? DONE : 0;
}

/* Follow for `ms` at most. 0 when that passed, DONE, or an error. */
static int follow(struct waiting *w, int64_t ms, client_row_fn *fn, struct err *err)
{
	struct read_request rq = {.all_types = true, .raw = true};
	struct err e = {0};
	struct client *c = w->v->c;
	if (ms <= 0)
		return 0;
	int64_t end = clock_mono_ms() + ms, before = client_limit(c, ms);
	int rc = client_follow(c, &rq, fn, on_ready, w, &e);
	client_unlimit(c, before);
	if (rc == ERR_CANCELLED && clock_mono_ms() >= end)
		return 0;
	if (rc < 0 && err)
		*err = e;
	return rc;
}

static int wait_here(struct waiting *w, int64_t ms, struct err *err)
{
	int rc = tell_news(w);
	if (!rc && !is_over(w) && count_missing(w, NULL))
		rc = follow(w, ms, on_row, err);
	return rc < 0 ? rc : 0;
}

/* It is over by its window: what was sent until then is here after one more sync. */
static int finish(struct waiting *w, struct err *err)
{
	if (count_missing(w, NULL) == 0)
		return 0;
	int rc = client_refresh(w->v->c, err);
	if (rc)
		return rc;
	roll_view_again(w->v);
	if (roll_view_is_staff(w->v))
		roll_tidy(w->v);
	rc = tell_news(w);
	return rc < 0 ? rc : 0;
}

static int judge(struct waiting *w, struct err *err)
{
	AUTO(buf_done) struct buf names = BUF_INIT(300);
	size_t n = count_missing(w, &names);
	int rc = roll_case_need(&w->v->v[0], err);
	if (rc)
		return rc;
	if (n == 0)
		return 0;
	err_set(err, ERR_PENDING,
		ngettext("%zu person has not answered: %s%s", "%zu people have not answered: %s%s",
			 (unsigned long)n),
		n, buf_str(&names), n > NAMES ? " ..." : "");
	err_hint(err, "muster roll status");
	return ERR_PENDING;
}

/* One roll, until all have answered, it has closed, or `limit_ms` are over (0: no limit). */
static int wait_one(struct client *c, const struct roll *r, int64_t limit_ms, client_row_fn *fn,
		    void *arg, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	int rc = roll_view_load(c, r->room_id, r->id, 0, ROLL_VIEW_PEOPLE, &v, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *expected = roll_expected(&v), *told = json_object();
	struct waiting w = {.v = &v, .expected = expected, .told = told, .fn = fn, .arg = arg};
	int64_t left = roll_closes_ms(r) + LAST_MS - roll_view_now(&v);
	bool limited = limit_ms && limit_ms < left;
	rc = wait_here(&w, limited ? limit_ms : left, err);
	if (!rc && !limited)
		rc = finish(&w, err);
	return rc ? rc : judge(&w, err);
}

/* Was it ended before its time, or cancelled? What cannot be looked up is taken to go on. */
static bool lesson_is_over(const struct roll_view *v, const struct roll *r)
{
	AUTO(meeting_done) struct meeting m = {0};
	struct cal_occurrence o;
	if (!r->uid || client_meet_get(v->c, r->room_id, r->uid, &m, NULL) ||
	    cal_find(&m.event, cal_is_single(&m.event) ? NULL : r->recurrence_id, roll_view_now(v),
		     &o, NULL))
		return false;
	return o.cancelled || o.end_ms <= roll_view_now(v);
}

/* Until it is there, or `ms` are over. *ret_over: there will be none, as the lesson has ended. */
static int follow_second(struct waiting *w, int64_t ms, bool *ret_over, struct err *err)
{
	int64_t end = clock_mono_ms() + ms, left = ms;
	int rc = 0;
	*ret_over = lesson_is_over(w->v, w->first);
	while (rc >= 0 && left > 0 && !w->second_id && !*ret_over) {
		w->meeting_changed = false;
		/* What came while the following began is told by nobody: now and then it is looked for. */
		rc = follow(w, left < LOOK_MS ? left : LOOK_MS, on_start, err);
		*ret_over = rc >= 0 && !w->second_id && lesson_is_over(w->v, w->first);
		left = end - clock_mono_ms();
	}
	return rc;
}

/* The second call, which the server opens; else we do, unless `limit_ms` (0: none) are over before its time. *ret_id is
 * owned by the caller; NULL without an error: the lesson was over before, and there is none. */
static int wait_for_second(struct client *c, const struct roll *r, int64_t second_ms,
			   int64_t limit_ms, char **ret_id, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	int rc = roll_view_load(c, r->room_id, r->id, 0, 0, &v, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *told = json_object();
	struct waiting w = {.v = &v, .first = r, .told = told};
	bool over, ours = !roll_second_is_scheduled(c, r);
	int64_t ms = second_ms - roll_view_now(&v) + (ours ? 0 : LAST_MS);
	bool limited = limit_ms && limit_ms < ms;
	rc = follow_second(&w, limited ? limit_ms : ms, &over, err);
	*ret_id = w.second_id;
	if (over) {
		/* Whoever of the staff ended it cannot take back what another one's server keeps. */
		roll_unschedule(c, r, true);
		return 0;
	}
	if (rc >= 0 && !*ret_id && !limited)
		rc = roll_open_second(c, r, ret_id, err);
	if (rc >= 0 && !*ret_id)
		rc = err_set(err, ERR_PENDING, _("the second call has not come"));
	return rc < 0 ? rc : 0;
}

/* Of a limit that ends then (0: none); never 0 for what has passed. */
static int64_t left_of(int64_t end)
{
	int64_t left = end - clock_mono_ms();
	return !end ? 0 : left > 1 ? left : 1;
}

int client_roll_wait(struct client *c, const struct roll *r, int64_t second_ms, int64_t limit_ms,
		     client_row_fn *fn, void *arg, struct err *err)
{
	AUTO(roll_done) struct roll second = {0};
	AUTO_FREE char *id = NULL;
	struct err e = {0};
	int64_t end = limit_ms ? clock_mono_ms() + limit_ms : 0;
	int first = wait_one(c, r, limit_ms, fn, arg, &e), rc;
	if (first == ERR_CONFLICT) /* cancelled, or a double: its second call is not to come */
		roll_unschedule(c, r, true);
	if (!second_ms || (first && first != ERR_PENDING)) {
		if (first && err)
			*err = e;
		return first;
	}
	rc = wait_for_second(c, r, second_ms, left_of(end), &id, err);
	if (!rc && id)
		rc = client_roll_find(c, r->room_id, id, &second, err);
	if (!rc && id)
		rc = wait_one(c, &second, left_of(end), fn, arg, err);
	if (!rc && first && err)
		*err = e;
	return rc ? rc : first;
}
