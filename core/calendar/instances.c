#include "core/calendar/instances.h"

#include "core/base/mem.h"
#include "core/calendar/wall.h"

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* Unix ms of `n` times, sorted. */
static int sorted_ms(const struct instances *it, const struct cal_time *t, size_t n, int64_t **ret,
		     struct err *err)
{
	*ret = mem_realloc_array(NULL, n + 1, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		int rc = tz_time_ms(it->zone, &t[i], &(*ret)[i], err);
		if (rc)
			return rc;
	}
	qsort(*ret, n, sizeof(**ret), by_number);
	return 0;
}

static int open_rule(struct instances *it, struct err *err)
{
	int rc = 0;
	it->repeats = it->event->rrule != NULL;
	if (it->repeats)
		rc = rrule_parse(span_of(it->event->rrule), &it->rule, err);
	if (!rc)
		rrule_walk_init(&it->walk, &it->rule, &it->event->start);
	return rc;
}

int instances_open(struct instances *it, const struct cal_event *e, struct err *err)
{
	*it = (struct instances){.event = e, .n_exdates = e->n_exdates, .n_rdates = e->n_rdates};
	int rc = wall_check(&e->start, err);
	if (!rc)
		rc = tz_open(e->start.zone, &it->zone, err);
	if (!rc)
		rc = open_rule(it, err);
	if (!rc)
		rc = sorted_ms(it, e->exdates, e->n_exdates, &it->exdates, err);
	if (!rc)
		rc = sorted_ms(it, e->rdates, e->n_rdates, &it->rdates, err);
	for (size_t i = 0; !rc && i < it->n_rdates; i++)
		it->rdates[i] = tz_to_wall(it->zone, it->rdates[i] / 1000);
	if (rc)
		instances_done(it);
	return rc;
}

void instances_done(struct instances *it)
{
	rrule_walk_done(&it->walk);
	tz_free(it->zone);
	mem_free(it->rdates);
	mem_free(it->exdates);
	*it = (struct instances){.event = NULL};
}

void instances_skip(struct instances *it, int64_t ms)
{
	int64_t wall;
	if (!it->repeats || ms / 1000 < it->walk.start ||
	    ms / 1000 > wall_day(CAL_YEAR_MAX, 12, 31) * WALL_DAY)
		return;
	wall = tz_to_wall(it->zone, ms / 1000);
	rrule_walk_skip(&it->walk, wall);
	while (it->rdate < it->n_rdates && it->rdates[it->rdate] < wall - WALL_DAY)
		it->rdate++;
}

/* The start alone, or what the rule has. */
static bool rule_next(struct instances *it, int64_t *ret)
{
	if (it->repeats) /* an UNTIL by the wall clock is the walk's own affair */
		return rrule_walk_next(&it->walk, ret) &&
		       (it->rule.end != RRULE_UNTIL_UTC ||
			tz_from_wall(it->zone, *ret) <= it->rule.until);
	if (it->walk.over)
		return false;
	it->walk.over = true;
	*ret = it->walk.start;
	return true;
}

/* The earlier of the rule's next and RDATE's next. */
static bool merged(struct instances *it, int64_t *ret)
{
	if (!it->has_ahead)
		it->has_ahead = rule_next(it, &it->ahead);
	bool rdate = it->rdate < it->n_rdates;
	if (!it->has_ahead && !rdate)
		return false;
	if (rdate && (!it->has_ahead || it->rdates[it->rdate] <= it->ahead)) {
		*ret = it->rdates[it->rdate++];
	} else {
		*ret = it->ahead;
		it->has_ahead = false;
	}
	return true;
}

bool instances_excluded(const struct instances *it, int64_t wall, int64_t ms)
{
	const struct cal_event *e = it->event;
	if (bsearch(&ms, it->exdates, it->n_exdates, sizeof(ms), by_number))
		return true;
	/* Some programs name the day alone though the meeting has an hour. */
	for (size_t i = 0; i < e->n_exdates && !e->start.date_only; i++)
		if (e->exdates[i].date_only &&
		    wall_of(&e->exdates[i]) == wall - (wall % WALL_DAY + WALL_DAY) % WALL_DAY)
			return true;
	return false;
}

bool instances_next(struct instances *it, int64_t *ret_wall, int64_t *ret_ms)
{
	int64_t wall;
	while (merged(it, &wall)) {
		if (it->has_last && wall == it->last)
			continue;
		int64_t ms = tz_from_wall(it->zone, wall) * 1000;
		it->last = wall;
		it->has_last = true;
		if (instances_excluded(it, wall, ms))
			continue;
		*ret_wall = wall;
		*ret_ms = ms;
		return true;
	}
	return false;
}

int64_t instances_end_ms(const struct instances *it, int64_t wall, int64_t ms, int64_t duration_ms)
{
	if (!it->event->start.date_only)
		return ms + duration_ms;
	return tz_from_wall(it->zone, wall + duration_ms / 1000) * 1000; /* whole days */
}
