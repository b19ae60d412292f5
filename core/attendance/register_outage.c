/* Time that counts for nobody and against nobody (register.h, "Not tracked"). */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>

/* An end of somebody's being there, with what came before and after it. */
struct loss {
	int64_t t, from; /* of the period that ended */
	int64_t back;	 /* when they come again; INT64_MAX: never */
	uint32_t user;
	bool stopped;
};

struct search {
	struct view *w;
	const struct call_person *people;
	struct loss *losses; /* by time */
	size_t n_losses;
	int64_t *begins; /* of all periods, sorted */
	uint32_t *who;	 /* began then */
	size_t n_begins;
	struct periods found;
};

struct begin {
	int64_t t;
	uint32_t user;
};

static int by_loss(const void *a, const void *b)
{
	const struct loss *x = a, *y = b;
	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return x->user < y->user ? -1 : x->user > y->user;
}

static int by_begin(const void *a, const void *b)
{
	const struct begin *x = a, *y = b;
	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return x->user < y->user ? -1 : x->user > y->user;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void collect(struct search *s, size_t n)
{
	size_t total = 0, j = 0;
	for (size_t i = 0; i < n; i++)
		total += s->people[i].there.n;
	AUTO_FREE struct begin *b = mem_realloc_array(NULL, total + 1, sizeof(*b));
	s->losses = mem_realloc_array(NULL, total + 1, sizeof(*s->losses));
	s->begins = mem_realloc_array(NULL, total + 1, sizeof(*s->begins));
	s->who = mem_realloc_array(NULL, total + 1, sizeof(*s->who));
	for (size_t i = 0; i < n; i++) {
		const struct periods *p = &s->people[i].there;
		for (size_t k = 0; k < p->n; k++) {
			int64_t back = k + 1 < p->n ? p->v[k + 1].from : INT64_MAX;
			b[j++] = (struct begin){p->v[k].from, (uint32_t)i};
			if (p->v[k].to < s->w->end)
				s->losses[s->n_losses++] =
					(struct loss){p->v[k].to, p->v[k].from, back, (uint32_t)i,
						      p->v[k].stopped};
		}
	}
	if (s->n_losses)
		qsort(s->losses, s->n_losses, sizeof(*s->losses), by_loss);
	qsort(b, j, sizeof(*b), by_begin);
	for (size_t i = 0; i < j; i++) {
		s->begins[i] = b[i].t;
		s->who[i] = b[i].user;
	}
	s->n_begins = j;
}

static void found(struct search *s, int64_t from, int64_t to, size_t people, const char *why)
{
	int64_t a = from < s->w->start ? s->w->start : from, b = to > s->w->end ? s->w->end : to;
	reg_periods_put(&s->found, from, to);
	if (a < b)
		reg_view_note(s->w, json_pack("{s:s,s:I,s:I,s:I,s:s}", "code", "outage", "from",
					      (json_int_t)a, "to", (json_int_t)b, "people",
					      (json_int_t)people, "why", why));
}

/* -- Most people were lost ------------------------------------------------------------------- */

/* First index whose number is at least `t`. */
static size_t lower(const int64_t *v, size_t n, int64_t t)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (v[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* People present just before the time of losses[i]: who came before it and had not gone before it. */
static size_t present_before(const struct search *s, size_t i)
{
	int64_t t = s->losses[i].t;
	while (i > 0 && s->losses[i - 1].t == t)
		i--;
	return lower(s->begins, s->n_begins, t) - i;
}

/* When more than half of the `n` that were lost have come back; INT64_MAX: they have not. */
static int64_t half_back(const int64_t *back, size_t n, int64_t t0)
{
	AUTO_FREE int64_t *v = mem_dup(back, n * sizeof(*v));
	qsort(v, n, sizeof(*v), by_number);
	int64_t t = v[n / 2];
	return t <= t0 + OUTAGE_BACK_MS ? t : INT64_MAX;
}

static void try_most(struct search *s, size_t i, int64_t *back)
{
	int64_t t0 = s->losses[i].t;
	size_t lost = 0;
	for (size_t j = i; j < s->n_losses && s->losses[j].t <= t0 + OUTAGE_WINDOW_MS; j++)
		if (s->losses[j].from < t0)
			back[lost++] = s->losses[j].back;
	if (lost < OUTAGE_PEOPLE || 2 * lost <= present_before(s, i))
		return;
	int64_t to = half_back(back, lost, t0);
	if (to != INT64_MAX)
		found(s, t0, to, lost, "most");
}

static void find_most(struct search *s)
{
	AUTO_FREE int64_t *back = mem_realloc_array(NULL, s->n_losses + 1, sizeof(*back));
	int64_t done = INT64_MIN;
	for (size_t i = 0; i < s->n_losses; i++) {
		bool same = i > 0 && s->losses[i - 1].t == s->losses[i].t;
		if (same || s->losses[i].t < s->w->start || s->losses[i].t < done)
			continue;
		size_t before = s->found.n;
		try_most(s, i, back);
		if (s->found.n > before)
			done = s->found.v[before].to;
	}
}

/* -- The server stopped ------------------------------------------------------------------------- */

/* When the `need`th different person has come after `t`. */
static int64_t arrivals(const struct search *s, int64_t t, size_t need)
{
	JSON_AUTO json_t *seen = json_object();
	for (size_t i = lower(s->begins, s->n_begins, t + 1); i < s->n_begins; i++) {
		json_object_set_new(seen, s->w->in->users->v[s->who[i]], json_true());
		if (json_object_size(seen) == need)
			return s->begins[i];
	}
	return s->w->end;
}

/* People whom a stop cut off from losses[i] on. */
static size_t cut_off(const struct search *s, size_t i)
{
	JSON_AUTO json_t *people = json_object();
	int64_t last = s->losses[i].t + OUTAGE_WINDOW_MS;
	for (; i < s->n_losses && s->losses[i].t <= last; i++)
		if (s->losses[i].stopped)
			json_object_set_new(people, s->w->in->users->v[s->losses[i].user],
					    json_true());
	return json_object_size(people);
}

static void find_stops(struct search *s)
{
	int64_t done = INT64_MIN;
	for (size_t i = 0; i < s->n_losses; i++) {
		int64_t t0 = s->losses[i].t;
		if (!s->losses[i].stopped || t0 < done)
			continue;
		size_t lost = cut_off(s, i);
		done = arrivals(s, t0, t0 < s->w->start ? 1 : lost / 2 + 1);
		found(s, t0, done, lost, "server");
	}
}

void reg_outages_find(struct view *w, const struct call_person *v, size_t n)
{
	struct search s = {.w = w, .people = v};
	collect(&s, n);
	find_stops(&s);
	find_most(&s);
	reg_periods_join(&s.found);
	w->outages = s.found;
	mem_free(s.losses);
	mem_free(s.begins);
	mem_free(s.who);
}
