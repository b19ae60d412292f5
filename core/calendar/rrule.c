#include "core/calendar/rrule.h"

#include "core/base/mem.h"
#include "core/calendar/wall.h"

/* Days that a period has: [first, end), counted from 1970. */
struct period {
	int64_t first, end;
	int year, month; /**< of the first day */
};

/* What is asked of a day of a year or month. */
struct day {
	int64_t number;
	int year, month, day;
	int weekday, year_day;
	int month_size, year_size;
};

static struct day day_of(int64_t number)
{
	struct cal_time t;
	wall_split(number * WALL_DAY, &t);
	int64_t new_year = wall_day(t.year, 1, 1);
	return (struct day){.number = number,
			    .year = t.year,
			    .month = t.month,
			    .day = t.day,
			    .weekday = wall_weekday(number),
			    .year_day = (int)(number - new_year) + 1,
			    .month_size = wall_days_in_month(t.year, t.month),
			    .year_size = (int)(wall_day(t.year + 1, 1, 1) - new_year)};
}

static bool bit(const uint64_t *words, int i)
{
	return words[i / 64] >> (i % 64) & 1;
}

static bool any(const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i])
			return true;
	return false;
}

static bool year_day_fits(const struct rrule *r, const struct day *d)
{
	return bit(r->year_days, d->year_day) || bit(r->year_ends, d->year_size - d->year_day + 1);
}

static bool month_day_fits(const struct rrule *r, const struct day *d)
{
	return r->month_days >> d->day & 1 || r->month_ends >> (d->month_size - d->day + 1) & 1;
}

/* First day of the week that holds most days of January 1's (week 1: four days at least). */
static int64_t first_week(int year, int week_start)
{
	int64_t new_year = wall_day(year, 1, 1);
	int into = (wall_weekday(new_year) - week_start + 7) % 7;
	return new_year - into + (into > 3 ? 7 : 0);
}

static bool week_fits(const struct rrule *r, const struct day *d)
{
	int64_t begins = d->number - (d->weekday - r->week_start + 7) % 7;
	struct cal_time middle; /* its year is the week's */
	wall_split((begins + 3) * WALL_DAY, &middle);
	int64_t first = first_week(middle.year, r->week_start);
	int no = (int)((begins - first) / 7) + 1;
	int weeks = (int)((first_week(middle.year + 1, r->week_start) - first) / 7);
	return r->week_nos >> no & 1 || r->week_ends >> (weeks - no + 1) & 1;
}

/* BYDAY: numbers count within the month, in yearly rules without BYMONTH within the year. */
static bool weekday_fits(const struct rrule *r, const struct day *d)
{
	bool in_year = r->freq == RRULE_YEARLY && !r->months;
	int from_front = in_year ? d->year_day : d->day;
	int from_end = (in_year ? d->year_size : d->month_size) - from_front;
	int nth = (from_front - 1) / 7 + 1, back = -(from_end / 7 + 1);
	for (size_t i = 0; i < r->n_days; i++)
		if (r->days[i].weekday == d->weekday &&
		    (!r->days[i].nth || r->days[i].nth == nth || r->days[i].nth == back))
			return true;
	return false;
}

static bool day_fits(const struct rrule *r, const struct day *d)
{
	return (!r->months || r->months >> d->month & 1) &&
	       (!(r->month_days || r->month_ends) || month_day_fits(r, d)) &&
	       (!(r->week_nos || r->week_ends) || week_fits(r, d)) &&
	       (!(any(r->year_days, 6) || any(r->year_ends, 6)) || year_day_fits(r, d)) &&
	       (!r->n_days || weekday_fits(r, d));
}

/* What the rule leaves open is the start's (3.3.10). */
static struct rrule completed(const struct rrule *rule, const struct day *start)
{
	struct rrule r = *rule;
	bool weeks = r.week_nos || r.week_ends;
	bool named = r.n_days || r.month_days || r.month_ends || any(r.year_days, 6) ||
		     any(r.year_ends, 6);
	if (!named && (r.freq == RRULE_WEEKLY || (weeks && r.freq == RRULE_YEARLY))) {
		r.days[0].weekday = (int8_t)start->weekday;
		r.days[0].nth = 0;
		r.n_days = 1;
	} else if (!named && r.freq >= RRULE_MONTHLY) {
		r.month_days = 1u << start->day;
		if (r.freq == RRULE_YEARLY && !r.months)
			r.months = 1u << start->month;
	}
	return r;
}

static struct period period_of(const struct rrule *r, const struct day *start, int64_t n)
{
	struct period p = {.year = start->year, .month = start->month};
	int64_t steps = n * r->interval;
	if (r->freq == RRULE_YEARLY) {
		p.year += (int)steps;
		p.first = wall_day(p.year, 1, 1);
		p.end = wall_day(p.year + 1, 1, 1);
	} else if (r->freq == RRULE_MONTHLY) {
		int64_t months = start->month - 1 + steps;
		p.year += (int)(months / 12);
		p.month = (int)(months % 12) + 1;
		p.first = wall_day(p.year, p.month, 1);
		p.end = wall_day(p.year, p.month + 1, 1);
	} else if (r->freq == RRULE_WEEKLY) {
		p.first = start->number - (start->weekday - r->week_start + 7) % 7 + 7 * steps;
		p.end = p.first + 7;
	} else {
		p.first = start->number + steps;
		p.end = p.first + 1;
	}
	return p;
}

static void add(struct rrule_walk *w, int64_t wall)
{
	if ((w->n & (w->n - 1)) == 0) /* full at each power of two */
		w->set = mem_realloc_array(w->set, w->n ? w->n * 2 : 1, sizeof(*w->set));
	w->set[w->n++] = wall;
}

static void add_times(struct rrule_walk *w, const struct rrule *r, int64_t day)
{
	int start = (int)(((w->start % WALL_DAY) + WALL_DAY) % WALL_DAY);
	uint64_t hours = r->hours ? r->hours : (uint64_t)1 << (start / 3600);
	uint64_t minutes = r->minutes ? r->minutes : (uint64_t)1 << (start / 60 % 60);
	uint64_t seconds = r->seconds ? r->seconds : (uint64_t)1 << (start % 60);
	for (int h = 0; h < 24; h++)
		for (int m = 0; m < 60 && hours >> h & 1; m++)
			for (int s = 0; s < 60 && minutes >> m & 1; s++)
				if (seconds >> s & 1)
					add(w, day * WALL_DAY + h * 3600 + m * 60 + s);
}

/* Keep of the period's set what BYSETPOS names. */
static void pick_positions(struct rrule_walk *w, const struct rrule *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->n; i++) {
		bool wanted = false;
		for (size_t k = 0; k < r->n_positions; k++)
			wanted |= r->positions[k] == (int)i + 1 ||
				  r->positions[k] == (int)i - (int)w->n;
		if (wanted)
			w->set[kept++] = w->set[i];
	}
	w->n = kept;
}

/* Fill the set from the next period; false when it lies beyond all years. */
static bool next_period(struct rrule_walk *w)
{
	int64_t start_day = w->start / WALL_DAY - (w->start % WALL_DAY < 0);
	struct day start = day_of(start_day);
	struct rrule r = completed(w->rule, &start);
	struct period p = period_of(&r, &start, w->period++);
	w->n = w->at = 0;
	if (p.year > CAL_YEAR_MAX || p.first > wall_day(CAL_YEAR_MAX, 12, 31))
		return false;
	for (int64_t number = p.first; number < p.end; number++) {
		struct day d = day_of(number);
		if (day_fits(&r, &d))
			add_times(w, &r, number);
	}
	if (r.n_positions)
		pick_positions(w, &r);
	return true;
}

void rrule_walk_init(struct rrule_walk *w, const struct rrule *rule, const struct cal_time *start)
{
	*w = (struct rrule_walk){.rule = rule, .start = wall_of(start)};
}

void rrule_walk_done(struct rrule_walk *w)
{
	mem_free(w->set);
	*w = (struct rrule_walk){.over = true};
}

void rrule_walk_skip(struct rrule_walk *w, int64_t wall)
{
	const struct rrule *r = w->rule;
	int64_t first = w->start / WALL_DAY - (w->start % WALL_DAY < 0);
	int64_t last = wall / WALL_DAY - (wall % WALL_DAY < 0), units = last - first;
	if (r->end == RRULE_COUNT || units <= 0)
		return;
	struct day from = day_of(first), to = day_of(last);
	if (r->freq == RRULE_YEARLY)
		units = to.year - from.year;
	else if (r->freq == RRULE_MONTHLY)
		units = 12LL * (to.year - from.year) + to.month - from.month;
	else if (r->freq == RRULE_WEEKLY)
		units /= 7;
	/* One before, as weeks of a year may begin in the year before. */
	int64_t period = units / r->interval - 1;
	w->period = period > 0 ? period : 0;
}

static bool ended(const struct rrule_walk *w, int64_t wall)
{
	const struct rrule *r = w->rule;
	if (r->end == RRULE_COUNT)
		return w->yielded >= r->count;
	return (r->end == RRULE_UNTIL_WALL || r->end == RRULE_UNTIL_DAY) && wall > r->until;
}

bool rrule_walk_next(struct rrule_walk *w, int64_t *ret)
{
	while (!w->over) {
		while (w->at < w->n) {
			int64_t wall = w->set[w->at++];
			if (wall < w->start)
				continue;
			w->over = ended(w, wall);
			if (w->over)
				return false;
			w->yielded++;
			*ret = wall;
			return true;
		}
		w->over = !next_period(w);
	}
	return false;
}
