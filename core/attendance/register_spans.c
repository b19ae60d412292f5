#include "core/attendance/register_spans.h"

#include "core/base/mem.h"

#include <stdlib.h>

void reg_periods_done(struct periods *p)
{
	mem_free(p->v);
	*p = (struct periods){0};
}

void reg_periods_copy(const struct periods *p, struct periods *ret)
{
	*ret = (struct periods){.n = p->n, .size = p->n};
	if (p->n)
		ret->v = mem_dup(p->v, p->n * sizeof(*p->v));
}

void reg_periods_add(struct periods *p, struct period v)
{
	if (v.from >= v.to)
		return;
	if (p->n == p->size) {
		p->size = p->size ? p->size * 2 : 4;
		p->v = mem_realloc_array(p->v, p->size, sizeof(*p->v));
	}
	p->v[p->n++] = v;
}

void reg_periods_put(struct periods *p, int64_t from, int64_t to)
{
	reg_periods_add(p, (struct period){.from = from, .to = to});
}

static int by_from(const void *a, const void *b)
{
	const struct period *x = a, *y = b;
	return (x->from > y->from) - (x->from < y->from);
}

/* `b` begins within or at the end of `a`. */
static void take_over(struct period *a, const struct period *b)
{
	if (b->to > a->to) {
		int64_t from = a->from;
		*a = *b;
		a->from = from;
	} else if (b->to == a->to) {
		a->inferred &= b->inferred;
		a->stopped |= b->stopped;
		if (b->by < a->by)
			a->by = b->by;
	}
}

void reg_periods_join(struct periods *p)
{
	size_t n = 0;
	if (p->n < 2)
		return;
	qsort(p->v, p->n, sizeof(*p->v), by_from);
	for (size_t i = 1; i < p->n; i++) {
		if (p->v[i].from <= p->v[n].to)
			take_over(&p->v[n], &p->v[i]);
		else
			p->v[++n] = p->v[i];
	}
	p->n = n + 1;
}

void reg_periods_clip(struct periods *p, int64_t from, int64_t to)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct period v = p->v[i];
		v.from = v.from < from ? from : v.from;
		v.to = v.to > to ? to : v.to;
		if (v.from < v.to)
			p->v[n++] = v;
	}
	p->n = n;
}

void reg_periods_subtract(struct periods *p, const struct periods *less)
{
	struct periods left = {0};
	size_t j = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct period v = p->v[i];
		while (j < less->n && less->v[j].to <= v.from)
			j++;
		for (size_t k = j; k < less->n && less->v[k].from < v.to; k++) {
			reg_periods_put(&left, v.from, less->v[k].from);
			v.from = less->v[k].to > v.from ? less->v[k].to : v.from;
		}
		reg_periods_add(&left, v);
	}
	reg_periods_done(p);
	*p = left;
}

int64_t reg_periods_within(const struct periods *p, int64_t from, int64_t to)
{
	int64_t sum = 0;
	for (size_t i = 0; i < p->n && p->v[i].from < to; i++) {
		int64_t a = p->v[i].from < from ? from : p->v[i].from;
		int64_t b = p->v[i].to > to ? to : p->v[i].to;
		sum += a < b ? b - a : 0;
	}
	return sum;
}

void reg_periods_bridge(struct periods *p, int64_t most_ms, const struct periods *aside,
			size_t *ret_count, int64_t *ret_ms)
{
	size_t n = 0;
	*ret_count = 0;
	*ret_ms = 0;
	for (size_t i = 1; i < p->n; i++) {
		int64_t from = p->v[n].to, to = p->v[i].from;
		int64_t gap = to - from - reg_periods_within(aside, from, to);
		if (gap > most_ms) {
			p->v[++n] = p->v[i];
			continue;
		}
		*ret_count += gap > 0;
		*ret_ms += gap;
		from = p->v[n].from;
		p->v[n] = p->v[i];
		p->v[n].from = from;
	}
	p->n = p->n ? n + 1 : 0;
}

int64_t reg_periods_length(const struct periods *p)
{
	int64_t sum = 0;
	for (size_t i = 0; i < p->n; i++)
		sum += p->v[i].to - p->v[i].from;
	return sum;
}

int64_t reg_periods_common(const struct periods *a, const struct periods *b)
{
	int64_t sum = 0;
	for (size_t i = 0; i < a->n; i++)
		sum += reg_periods_within(b, a->v[i].from, a->v[i].to);
	return sum;
}

bool reg_periods_hold(const struct periods *p, int64_t t)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].from <= t && t < p->v[i].to)
			return true;
	return false;
}

bool reg_periods_ends(const struct periods *a, const struct periods *b, int64_t *ret_first,
		      int64_t *ret_last)
{
	bool any = false;
	for (size_t i = 0; i < a->n; i++) {
		for (size_t j = 0; j < b->n; j++) {
			int64_t from = a->v[i].from > b->v[j].from ? a->v[i].from : b->v[j].from;
			int64_t to = a->v[i].to < b->v[j].to ? a->v[i].to : b->v[j].to;
			if (from >= to)
				continue;
			*ret_first = any ? *ret_first : from;
			*ret_last = to;
			any = true;
		}
	}
	return any;
}
