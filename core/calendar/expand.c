/* Occurrences of a series with what was changed of single ones. */
#include "core/base/buf.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/instances.h"
#include "core/calendar/wall.h"

#include <ctype.h>
#include <string.h>

/* No date is longer, wherever clocks are changed in it. */
#define LONGEST_MS (CAL_DURATION_MAX_MS + 2 * WALL_DAY * 1000)

/* An override with its times as numbers. */
struct changed {
	const struct cal_override *o;
	int64_t id_ms, start_ms, end_ms;
};

/* Of one that was ended early: where it stands in the series, by its clock. */
struct ended {
	int64_t wall, at_ms;
};

struct expansion {
	struct instances it;
	struct changed *changed; /* by start */
	size_t n_changed, at;
	struct ended *ended; /* by wall */
	int64_t from_ms, to_ms;
	size_t left;
	cal_occurrence_fn *fn;
	void *arg;
};

static int by_start(const void *a, const void *b)
{
	const struct changed *x = a, *y = b;
	return x->start_ms < y->start_ms ? -1 : x->start_ms > y->start_ms;
}

static int one_changed(const struct instances *it, const struct cal_override *o,
		       struct changed *ret, struct err *err)
{
	ret->o = o;
	int rc = tz_time_ms(it->zone, &o->recurrence_id, &ret->id_ms, err);
	if (!rc)
		rc = tz_time_ms(it->zone, &o->start, &ret->start_ms, err);
	if (!rc)
		ret->end_ms =
			instances_end_ms(it, wall_of(&o->start), ret->start_ms, o->duration_ms);
	return rc;
}

static int load_changed(struct expansion *x, struct err *err)
{
	const struct cal_event *e = x->it.event;
	int rc = 0;
	x->changed = mem_realloc_array(NULL, e->n_overrides + 1, sizeof(*x->changed));
	for (size_t i = 0; i < e->n_overrides && !rc; i++)
		rc = one_changed(&x->it, &e->overrides[i], &x->changed[x->n_changed++], err);
	if (!rc)
		qsort(x->changed, x->n_changed, sizeof(*x->changed), by_start);
	return rc;
}

static int by_wall(const void *a, const void *b)
{
	const struct ended *x = a, *y = b;
	return x->wall < y->wall ? -1 : x->wall > y->wall;
}

static void load_ended(struct expansion *x)
{
	const struct cal_event *e = x->it.event;
	x->ended = mem_realloc_array(NULL, e->n_ended + 1, sizeof(*x->ended));
	for (size_t i = 0; i < e->n_ended; i++)
		x->ended[i] =
			(struct ended){wall_of(&e->ended[i].recurrence_id), e->ended[i].at_ms};
	qsort(x->ended, e->n_ended, sizeof(*x->ended), by_wall);
}

static int open_expansion(struct expansion *x, const struct cal_event *e, struct err *err)
{
	int rc = instances_open(&x->it, e, err);
	if (rc)
		return rc;
	load_ended(x);
	return load_changed(x, err);
}

static void close_expansion(struct expansion *x)
{
	instances_done(&x->it);
	mem_free(x->changed);
	mem_free(x->ended);
}

static const struct changed *changed_of(const struct expansion *x, int64_t id_ms)
{
	for (size_t i = 0; i < x->n_changed; i++)
		if (x->changed[i].id_ms == id_ms)
			return &x->changed[i];
	return NULL;
}

/* The recurrence id as the series has it: its wall clock, its zone. */
static struct cal_time id_time(const struct instances *it, int64_t wall)
{
	struct cal_time t = it->event->start;
	wall_split(wall, &t);
	return t;
}

/* Not when it was moved or lengthened since, so that the time lies outside of it. */
static void apply_ended(const struct expansion *x, int64_t wall, struct cal_occurrence *o)
{
	const struct ended key = {.wall = wall};
	const struct ended *e = bsearch(&key, x->ended, x->it.event->n_ended, sizeof(key), by_wall);
	o->planned_end_ms = o->end_ms;
	if (e && e->at_ms > o->start_ms && e->at_ms < o->end_ms)
		o->end_ms = e->at_ms;
}

static struct cal_occurrence plain(const struct expansion *x, int64_t wall, int64_t ms)
{
	const struct cal_era said = cal_era_at(x->it.event, ms);
	struct cal_occurrence o = {
		.recurrence_id = id_time(&x->it, wall),
		.start_ms = ms,
		.end_ms = instances_end_ms(&x->it, wall, ms, said.duration_ms),
		.title = said.title,
		.description = said.description,
		.location = said.location,
		.cancelled = said.cancelled,
	};
	apply_ended(x, wall, &o);
	return o;
}

/* An empty one takes the series' away. */
static const char *text_of(const char *own, const char *of_series)
{
	return !own ? of_series : *own ? own : NULL;
}

static struct cal_occurrence altered(const struct expansion *x, const struct changed *c)
{
	const struct cal_era said = cal_era_at(x->it.event, c->start_ms);
	int64_t wall = tz_to_wall(x->it.zone, c->id_ms / 1000);
	struct cal_occurrence o = plain(x, wall, c->id_ms);
	o.moved = o.start_ms != c->start_ms || o.planned_end_ms != c->end_ms;
	o.start_ms = c->start_ms;
	o.end_ms = c->end_ms;
	o.title = text_of(c->o->title, said.title);
	o.description = text_of(c->o->description, said.description);
	o.location = text_of(c->o->location, said.location);
	o.cancelled = c->o->cancelled || (said.cancelled && !c->o->confirmed);
	apply_ended(x, wall, &o);
	return o;
}

/* The series' date at that time, as it is. */
static struct cal_occurrence date_at(const struct expansion *x, int64_t wall, int64_t ms)
{
	const struct changed *c = changed_of(x, ms);
	return c ? altered(x, c) : plain(x, wall, ms);
}

/* Give out what overlaps; *ret_over once `max` were. */
static int give(struct expansion *x, const struct cal_occurrence *o, bool *ret_over)
{
	bool overlaps =
		o->start_ms < x->to_ms &&
		(o->end_ms > x->from_ms || (o->end_ms == o->start_ms && o->start_ms >= x->from_ms));
	if (!overlaps)
		return 0;
	x->left--;
	*ret_over = x->left == 0;
	return x->fn(o, x->arg);
}

/* The changed ones that begin before `ms`. */
static int give_changed(struct expansion *x, int64_t ms, bool *over)
{
	int rc = 0;
	while (!rc && !*over && x->at < x->n_changed && x->changed[x->at].start_ms <= ms) {
		const struct changed *c = &x->changed[x->at++];
		if (instances_excluded(&x->it, tz_to_wall(x->it.zone, c->id_ms / 1000), c->id_ms))
			continue;
		struct cal_occurrence o = altered(x, c);
		rc = give(x, &o, over);
	}
	return rc;
}

static int give_all(struct expansion *x)
{
	bool over = false;
	int rc = 0;
	int64_t wall, ms;
	while (!rc && !over && instances_next(&x->it, &wall, &ms) && ms < x->to_ms) {
		if (changed_of(x, ms))
			continue;
		rc = give_changed(x, ms, &over);
		struct cal_occurrence o = plain(x, wall, ms);
		if (!rc && !over)
			rc = give(x, &o, &over);
	}
	return rc || over ? rc : give_changed(x, INT64_MAX, &over);
}

int cal_expand(const struct cal_event *e, int64_t from_ms, int64_t to_ms, size_t max,
	       cal_occurrence_fn *fn, void *arg, struct err *err)
{
	struct expansion x = {.from_ms = from_ms,
			      .to_ms = to_ms,
			      .left = max,
			      .fn = fn,
			      .arg = arg};
	if (!max || max > CAL_OCCURRENCES_MAX)
		x.left = CAL_OCCURRENCES_MAX;
	int rc = open_expansion(&x, e, err);
	if (!rc && from_ms > INT64_MIN + LONGEST_MS)
		instances_skip(&x.it, from_ms - LONGEST_MS);
	if (!rc)
		rc = give_all(&x);
	close_expansion(&x);
	return rc;
}

bool cal_starts_right(const struct cal_event *e, int64_t *ret_first)
{
	struct instances it;
	int64_t wall, ms;
	bool right = false;
	struct cal_event bare = *e;
	bare.n_exdates = bare.n_rdates = 0;
	if (instances_open(&it, &bare, NULL))
		return false;
	if (instances_next(&it, &wall, &ms)) {
		*ret_first = ms;
		right = wall == wall_of(&e->start);
	}
	instances_done(&it);
	return right;
}

static bool is_endless(const struct instances *it)
{
	return it->repeats && it->rule.end == RRULE_FOREVER;
}

/* The last end of those that begin not long before `from_ms` and later, and of the changed ones. */
static int last_end_from(const struct cal_event *e, int64_t from_ms, int64_t *ret_ms, bool *ret_any,
			 struct err *err)
{
	struct expansion x = {.fn = NULL};
	int64_t wall, ms;
	int rc = open_expansion(&x, e, err);
	if (!rc)
		instances_skip(&x.it, from_ms);
	*ret_any = false;
	*ret_ms = INT64_MIN;
	while (!rc && instances_next(&x.it, &wall, &ms)) {
		struct cal_occurrence o = date_at(&x, wall, ms);
		*ret_ms = o.end_ms > *ret_ms ? o.end_ms : *ret_ms;
		*ret_any = true;
	}
	for (size_t i = 0; !rc && i < x.n_changed; i++) {
		const struct changed *c = &x.changed[i];
		if (instances_excluded(&x.it, tz_to_wall(x.it.zone, c->id_ms / 1000), c->id_ms))
			continue;
		struct cal_occurrence o = altered(&x, c);
		*ret_ms = o.end_ms > *ret_ms ? o.end_ms : *ret_ms;
	}
	close_expansion(&x);
	return rc;
}

/* Until when the rule goes; INT64_MIN: it has to be counted. */
static int64_t until_of(const struct cal_event *e, bool *ret_endless)
{
	struct instances it;
	if (instances_open(&it, e, NULL))
		return INT64_MIN;
	bool until = it.repeats && it.rule.end != RRULE_FOREVER && it.rule.end != RRULE_COUNT;
	int64_t ms = until ? it.rule.until * 1000 : INT64_MIN;
	*ret_endless = is_endless(&it);
	instances_done(&it);
	return ms;
}

int cal_last_end(const struct cal_event *e, int64_t *ret_ms, struct err *err)
{
	static const int years[] = {1, 20};
	bool endless = false, any = false;
	int64_t until = until_of(e, &endless);
	int rc = 0;
	if (endless) {
		*ret_ms = INT64_MAX;
		return 0;
	}
	/* The end of a long series needs not all of it. */
	for (size_t i = 0; i < ARRAY_LEN(years) && until != INT64_MIN && !rc && !any; i++)
		rc = last_end_from(e, until - years[i] * 366 * WALL_DAY * 1000, ret_ms, &any, err);
	return rc || any ? rc : last_end_from(e, INT64_MIN, ret_ms, &any, err);
}

/* -- What a person means ------------------------------------------------- */

#define LISTED 5

struct dates {
	struct buf text;
	const char *zone;
	int n;
};

static int list_date(const struct cal_occurrence *o, void *arg)
{
	struct dates *d = arg;
	buf_printf(&d->text, "%s%04d-%02d-%02d", d->n++ ? ", " : "", o->recurrence_id.year,
		   o->recurrence_id.month, o->recurrence_id.day);
	return 0;
}

/* The next dates, or those of the last year that it took place. */
static int several(const struct cal_event *e, int64_t now_ms, struct err *err)
{
	struct dates d = {.text = BUF_INIT(256)};
	int64_t last;
	int rc = cal_expand(e, now_ms, INT64_MAX, LISTED, list_date, &d, err);
	if (!rc && !d.n && !(rc = cal_last_end(e, &last, err)))
		rc = cal_expand(e, last - 366 * WALL_DAY * 1000, INT64_MAX, LISTED, list_date, &d,
				err);
	if (!rc) {
		rc = err_set(err, ERR_USAGE, _("\"%.80s\" has several dates: %s"),
			     e->title ? e->title : e->uid, buf_str(&d.text));
		err_hint(err, _("say which one: %.120s@DATE"), e->uid);
	}
	buf_done(&d.text);
	return rc;
}

/* "2026-03-01 09:00" as the head of a stamp: "20260301T0900". */
static bool stamp_head(const char *when, char ret[CAL_STAMP_SIZE])
{
	size_t n = 0;
	for (const char *p = when; *p; p++) {
		bool digit = isdigit((unsigned char)*p) != 0,
		     t = *p == 'T' || *p == 't' || *p == ' ';
		if (*p == '-' || *p == ':')
			continue;
		if (!(digit && n != 8) && !(t && n == 8))
			return false;
		if (n + 1 >= CAL_STAMP_SIZE)
			return false;
		ret[n++] = t ? 'T' : *p;
	}
	ret[n] = '\0';
	return n == 8 || n == 13 || n == 15;
}

struct find {
	const char *head;
	struct cal_occurrence found;
	int n;
};

static void match(struct find *f, const struct cal_time *t, const struct cal_occurrence *o)
{
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(t, stamp);
	if (strncmp(stamp, f->head, strlen(f->head)) != 0)
		return;
	f->found = *o;
	f->n++;
}

static void match_dates(struct expansion *x, struct find *f, int64_t day)
{
	int64_t wall, ms;
	instances_skip(&x->it, (day - 2 * WALL_DAY) * 1000);
	while (instances_next(&x->it, &wall, &ms) && wall < day + WALL_DAY) {
		if (wall < day)
			continue;
		struct cal_occurrence o = date_at(x, wall, ms);
		match(f, &o.recurrence_id, &o);
	}
}

static void match_moved(struct expansion *x, struct find *f)
{
	for (size_t i = 0; i < x->n_changed; i++) {
		struct cal_occurrence o = altered(x, &x->changed[i]);
		struct cal_time now = id_time(&x->it, tz_to_wall(x->it.zone, o.start_ms / 1000));
		match(f, &now, &o);
	}
}

static int found_none(const struct cal_event *e, const char *when, int64_t now_ms, struct err *err)
{
	struct err hint = {.code = 0};
	several(e, now_ms, &hint);
	err_set(err, ERR_NOT_FOUND, _("\"%.80s\" has no date %.40s"), e->title ? e->title : e->uid,
		when);
	err_hint(err, "%s", hint.msg);
	return ERR_NOT_FOUND;
}

static int find_date(struct expansion *x, const char *when, int64_t now_ms,
		     struct cal_occurrence *ret, struct err *err)
{
	char head[CAL_STAMP_SIZE];
	struct find f = {.head = head};
	struct cal_time day;
	if (!stamp_head(when, head) ||
	    cal_stamp_parse(span_head(span_of(head), 8), "", &day, NULL)) {
		err_set(err, ERR_USAGE, _("\"%.40s\" is no date"), when);
		err_hint(err, _("write for example 2026-03-01 or 2026-03-01T09:00"));
		return ERR_USAGE;
	}
	match_dates(x, &f, wall_of(&day));
	if (!f.n)
		match_moved(x, &f);
	if (!f.n)
		return found_none(x->it.event, when, now_ms, err);
	if (f.n > 1) {
		err_set(err, ERR_USAGE, _("there are several on %.40s"), when);
		err_hint(err, _("add the time, as in 2026-03-01T09:00"));
		return ERR_USAGE;
	}
	*ret = f.found;
	return 0;
}

int cal_find(const struct cal_event *e, const char *when, int64_t now_ms,
	     struct cal_occurrence *ret, struct err *err)
{
	struct expansion x = {.fn = NULL};
	int64_t wall, ms;
	if (!when && (e->rrule || e->n_rdates))
		return several(e, now_ms, err);
	int rc = open_expansion(&x, e, err);
	if (!rc && when) {
		rc = find_date(&x, when, now_ms, ret, err);
	} else if (!rc && instances_next(&x.it, &wall, &ms)) {
		*ret = date_at(&x, wall, ms);
	} else if (!rc) {
		rc = err_set(err, ERR_NOT_FOUND, _("this meeting has no date"));
	}
	close_expansion(&x);
	return rc;
}
