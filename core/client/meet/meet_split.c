/*
 * A series that goes on at another time. Dates that have begun stay as they are and are named as they were: marks,
 * contests and seals hang on their ids. They stand beside the rule from then on, which begins with the first date
 * that is still to come.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"

#include <stdlib.h>
#include <string.h>

#define NONE INT64_MIN
#define COUNT_ANY 9999 /* as good as no end */

struct meet_split {
	struct cal_event *e;
	int64_t now_ms;
	struct cal_time *past; /* ids of dates that have begun */
	size_t n;
	int64_t last;	 /* by its clock: the last of them where the series has it */
	int64_t skipped; /* dates of the rule that have begun, those that were taken out as well */
	int64_t next;	 /* by its clock: the rule's first date that is still to come, or NONE */
};

/* -- Clocks --------------------------------------------------------------- */

int64_t meet_wall_ms(const struct cal_time *t)
{
	struct cal_time utc = *t;
	int64_t ms = 0;
	memcpy(utc.zone, "UTC", 4);
	cal_time_ms(&utc, &ms, NULL);
	return ms;
}

void meet_shift(struct cal_time *t, int64_t by_ms, const char *zone)
{
	bool date_only = t->date_only;
	cal_time_at(meet_wall_ms(t) + by_ms, "UTC", t, NULL);
	t->date_only = date_only;
	snprintf(t->zone, sizeof(t->zone), "%s", zone);
}

/* The same moment as clocks of that zone show it. */
static void to_zone(struct cal_time *t, const char *zone)
{
	bool date_only = t->date_only;
	int64_t ms;
	if (strcmp(t->zone, zone) == 0)
		return;
	if (date_only)
		meet_shift(t, 0, zone);
	else if (!cal_time_ms(t, &ms, NULL))
		cal_time_at(ms, zone, t, NULL);
}

/* -- What has begun ------------------------------------------------------- */

static void put_past(struct meet_split *s, const struct cal_time *id)
{
	s->past = mem_realloc_array(s->past, s->n + 1, sizeof(*s->past));
	s->past[s->n++] = *id;
}

static int take_past(const struct cal_occurrence *o, void *arg)
{
	struct meet_split *s = arg;
	if (o->start_ms >= s->now_ms)
		return 1;
	put_past(s, &o->recurrence_id);
	s->last = meet_wall_ms(&o->recurrence_id);
	return 0;
}

static int take_rule(const struct cal_occurrence *o, void *arg)
{
	struct meet_split *s = arg;
	if (o->start_ms < s->now_ms) {
		s->skipped++;
		return 0;
	}
	s->next = meet_wall_ms(&o->recurrence_id);
	return 1;
}

/* Dates of the rule alone. */
static int walk_rule(const struct cal_event *e, struct meet_split *s, struct err *err)
{
	struct cal_event bare = *e;
	bare.n_overrides = bare.n_exdates = bare.n_rdates = 0;
	int rc = cal_expand(&bare, INT64_MIN, INT64_MAX, 0, take_rule, s, err);
	return rc < 0 ? rc : 0;
}

int meet_split_find(struct cal_event *e, int64_t now_ms, struct meet_split **ret, struct err *err)
{
	struct meet_split *s = NEW(struct meet_split);
	struct cal_event plain = *e;
	*s = (struct meet_split){.e = e, .now_ms = now_ms, .last = NONE, .next = NONE};
	plain.n_overrides = 0;
	int rc = cal_expand(&plain, INT64_MIN, INT64_MAX, 0, take_past, s, err);
	if (rc >= 0)
		rc = walk_rule(e, s, err);
	*ret = s;
	return rc < 0 ? rc : 0;
}

void meet_split_free(struct meet_split *s)
{
	if (s)
		mem_free(s->past);
	mem_free(s);
}

bool meet_split_has_past(const struct meet_split *s)
{
	return s && s->n > 0;
}

/* -- The rule from then on ------------------------------------------------ */

static char *with_count(const char *rule, int64_t less, int64_t count)
{
	const char *at = rule ? strstr(rule, "COUNT=") : NULL;
	char *end;
	if (!at)
		return mem_strdup(rule);
	at += strlen("COUNT=");
	int64_t n = strtoll(at, &end, 10);
	return mem_printf("%.*s%lld%s", (int)(at - rule), rule,
			  (long long)(count ? count : n - less), end);
}

/* Whoever names the series' first day means that it would have been so from then on. */
static int from_first_day(const struct meet_split *s, const struct cal_time *start, int64_t *ret,
			  struct err *err)
{
	struct cal_event e = *s->e;
	struct meet_split found = {.now_ms = s->now_ms, .next = NONE};
	e.start = *start;
	e.rrule = with_count(e.rrule, 0, COUNT_ANY);
	int rc = walk_rule(&e, &found, err);
	mem_free(e.rrule);
	*ret = found.next;
	return rc;
}

static int over(struct err *err)
{
	err_set(err, ERR_USAGE, _("all dates of this series have begun or are over"));
	err_hint(err, _("muster meet schedule makes a new one, muster meet change MEETING@DATE "
			"moves one date"));
	return ERR_USAGE;
}

/* Where the rule begins, by its clock. */
static int find_next(const struct meet_split *s, const struct cal_time *start, int64_t *ret,
		     struct err *err)
{
	int64_t ms, by = meet_wall_ms(start) - meet_wall_ms(&s->e->start);
	int rc = cal_time_ms(start, &ms, err);
	*ret = NONE;
	if (!rc && ms >= s->now_ms)
		*ret = meet_wall_ms(start);
	else if (!rc && s->next != NONE && by > -DAY_MS)
		*ret = s->next + by;
	else if (!rc && s->next != NONE)
		rc = from_first_day(s, start, ret, err);
	return rc || *ret != NONE ? rc : over(err);
}

/* -- Single dates --------------------------------------------------------- */

static bool is_past(const struct meet_split *s, const struct cal_time *id)
{
	return meet_wall_ms(id) <= s->last;
}

static void put_exdate(struct cal_event *e, const struct cal_time *t)
{
	e->exdates = mem_realloc_array(e->exdates, e->n_exdates + 1, sizeof(*e->exdates));
	e->exdates[e->n_exdates++] = *t;
}

static void move_exdates(struct meet_split *s, int64_t by_ms, const char *zone)
{
	struct cal_event *e = s->e;
	size_t kept = 0, n = e->n_exdates;
	for (size_t i = 0; i < n; i++) {
		struct cal_time t = e->exdates[i];
		if (is_past(s, &t)) /* the rule has it no more */
			continue;
		meet_shift(&t, by_ms, zone);
		e->exdates[kept++] = t;
	}
	e->n_exdates = kept;
}

/* One that was brought forward and has begun: it is named as before, and the rule has no other in its place. */
static bool has_begun(struct meet_split *s, const struct cal_override *o, int64_t by_ms,
		      const char *zone)
{
	int64_t ms;
	if (is_past(s, &o->recurrence_id))
		return true;
	if (o->cancelled || cal_time_ms(&o->start, &ms, NULL) || ms >= s->now_ms)
		return false;
	struct cal_time out = o->recurrence_id;
	put_past(s, &o->recurrence_id);
	meet_shift(&out, by_ms, zone);
	if (by_ms)
		put_exdate(s->e, &out);
	return true;
}

static void move_override(struct meet_split *s, struct cal_override *o, int64_t by_ms,
			  const char *zone)
{
	if (has_begun(s, o, by_ms, zone)) {
		to_zone(&o->start, zone);
		by_ms = 0;
	} else if (o->cancelled || meet_wall_ms(&o->start) == meet_wall_ms(&o->recurrence_id)) {
		/* It stands where it would have been, or was given another title alone. */
		meet_shift(&o->start, by_ms, zone);
	}
	meet_shift(&o->recurrence_id, by_ms, zone);
}

/* The dates that have begun, and those beside the rule that are to come. */
static void move_rdates(struct meet_split *s, int64_t by_ms, const char *zone)
{
	struct cal_event *e = s->e;
	struct cal_time *all = mem_realloc_array(NULL, s->n + e->n_rdates + 1, sizeof(*all));
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		all[n] = s->past[i];
		meet_shift(&all[n++], 0, zone);
	}
	for (size_t i = 0; i < e->n_rdates; i++)
		if (!is_past(s, &e->rdates[i])) {
			all[n] = e->rdates[i];
			meet_shift(&all[n++], by_ms, zone);
		}
	mem_free(e->rdates);
	e->rdates = all;
	e->n_rdates = n;
}

/* Their ids are clocks of the series' zone: in another one they took place at another hour than those say. */
static void keep_moments(struct meet_split *s, const char *zone)
{
	for (size_t i = 0; strcmp(s->e->start.zone, zone) != 0 && i < s->n; i++) {
		struct cal_override o = {.recurrence_id = s->past[i], .start = s->past[i]};
		int64_t ms;
		if (cal_override_of(s->e, &o.recurrence_id))
			continue;
		if (cal_time_ms(&o.start, &ms, NULL))
			continue;
		o.duration_ms = cal_era_at(s->e, ms).duration_ms;
		to_zone(&o.start, zone);
		meet_shift(&o.recurrence_id, 0, zone);
		cal_override_put(s->e, &o);
	}
}

static void move_dates(struct meet_split *s, int64_t by_ms, const char *zone)
{
	struct cal_event *e = s->e;
	move_exdates(s, by_ms, zone);
	for (size_t i = 0; i < e->n_overrides; i++)
		move_override(s, &e->overrides[i], by_ms, zone);
	move_rdates(s, by_ms, zone);
	keep_moments(s, zone);
	for (size_t i = 0; i < e->n_ended; i++) {
		struct cal_time *id = &e->ended[i].recurrence_id;
		meet_shift(id, is_past(s, id) ? 0 : by_ms, zone);
	}
}

/* Does the series still have just the dates that have begun? */
static bool same_past(const struct meet_split *a, const struct meet_split *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (meet_wall_ms(&a->past[i]) != meet_wall_ms(&b->past[i]))
			return false;
	return a->n == b->n;
}

int meet_split_rule(struct meet_split *s, struct err *err)
{
	struct cal_event *e = s->e;
	struct meet_split *now = NULL;
	char zone[CAL_ZONE_MAX];
	int rc = meet_split_find(e, s->now_ms, &now, err);
	/* One that ends before now has no rest to begin anew. */
	if (!rc && now->next != NONE && !same_past(s, now)) {
		memcpy(zone, e->start.zone, sizeof(zone));
		move_dates(s, 0, zone);
		meet_shift(&e->start, now->next - meet_wall_ms(&e->start), zone);
		char *rule = with_count(e->rrule, now->skipped, 0);
		mem_free(e->rrule);
		e->rrule = rule;
	}
	meet_split_free(now);
	return rc;
}

int meet_split_move(struct meet_split *s, const struct cal_time *start, bool new_rule,
		    struct err *err)
{
	struct cal_event *e = s->e;
	int64_t next;
	int rc = find_next(s, start, &next, err);
	if (!rc && s->next == NONE && !new_rule)
		rc = over(err);
	if (rc)
		return rc;
	move_dates(s, s->next == NONE ? 0 : next - s->next, start->zone);
	meet_shift(&e->start, next - meet_wall_ms(&e->start), start->zone);
	if (!new_rule) {
		char *rule = with_count(e->rrule, s->skipped, 0);
		mem_free(e->rrule);
		e->rrule = rule;
	}
	return 0;
}
