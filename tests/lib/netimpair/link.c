#include "tests/lib/netimpair/link.h"

#include "core/base/mem.h"

#include <string.h>

struct waiting {
	int64_t due;
	uint64_t order; /* what is due at once leaves in the order in which it came */
	uint8_t *p;
	size_t n;
};

struct link {
	struct impair impair;
	bool cut;
	int64_t free_ns; /* when the wire is free again, with a limited rate */
	int64_t last_due;
	uint64_t order;
	struct waiting heap[LINK_WAITING_MAX];
	size_t n;
	uint8_t *given;
	struct link_stats stats;
};

struct link *link_new(uint64_t seed, const struct impair_spec *spec)
{
	struct link *l = NEW(struct link);
	impair_init(&l->impair, seed, spec);
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->heap[i].p);
	mem_free(l->given);
	mem_free(l);
}

void link_set(struct link *l, const struct impair_spec *spec)
{
	impair_set(&l->impair, spec);
}

void link_begin(struct link *l, uint64_t seed)
{
	struct impair_spec spec = l->impair.spec;
	impair_init(&l->impair, seed, &spec);
	l->stats = (struct link_stats){0};
}

void link_cut(struct link *l, bool on)
{
	l->cut = on;
}

/* -- The heap ------------------------------------------------------------------ */

static bool before(const struct waiting *a, const struct waiting *b)
{
	return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void swap(struct waiting *a, struct waiting *b)
{
	struct waiting t = *a;
	*a = *b;
	*b = t;
}

static void push(struct link *l, int64_t due, const uint8_t *p, size_t n)
{
	size_t i = l->n++;
	l->heap[i] = (struct waiting){due, l->order++, mem_alloc(n), n};
	memcpy(l->heap[i].p, p, n);
	for (; i && before(&l->heap[i], &l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&l->heap[i], &l->heap[(i - 1) / 2]);
}

static void pop(struct link *l)
{
	l->heap[0] = l->heap[--l->n];
	for (size_t i = 0, next; (next = 2 * i + 1) < l->n; i = next) {
		if (next + 1 < l->n && before(&l->heap[next + 1], &l->heap[next]))
			next++;
		if (!before(&l->heap[next], &l->heap[i]))
			return;
		swap(&l->heap[i], &l->heap[next]);
	}
}

/* -- In ------------------------------------------------------------------------ */

static bool is_cut(const struct link *l, int64_t since_ns)
{
	const struct impair_spec *s = &l->impair.spec;
	bool cut = l->cut;
	for (size_t i = 0; i < s->cuts_n; i++)
		cut |= since_ns / 1000000 >= s->cuts[i].from_ms &&
		       since_ns / 1000000 < s->cuts[i].until_ms;
	return cut;
}

/* Over the wire, if it has a limit: when its last bit is through; -1: the queue is full. */
static int64_t through(struct link *l, int64_t since_ns, size_t n)
{
	const struct impair_spec *s = &l->impair.spec;
	if (s->rate_kbit <= 0)
		return since_ns;
	int64_t from = l->free_ns > since_ns ? l->free_ns : since_ns;
	if ((double)(from - since_ns) > s->queue_ms * 1e6)
		return -1;
	l->free_ns = from + (int64_t)((double)n * 8 * 1e6 / s->rate_kbit);
	return l->free_ns;
}

static void send_on(struct link *l, int64_t at, const struct impair_fate *f, const uint8_t *p,
		    size_t n)
{
	uint8_t turned[65536];
	int64_t due = at + (int64_t)(f->delay_ms * 1e6);
	if (f->corrupted && n <= sizeof(turned)) {
		memcpy(turned, p, n);
		impair_corrupt(turned, n, f->bit);
		p = turned;
	}
	/* A queue keeps the order; only who is held back is overtaken. */
	if (!f->reordered) {
		due = due > l->last_due ? due : l->last_due;
		l->last_due = due;
	}
	push(l, due, p, n);
	if (f->duplicated)
		push(l, due, p, n);
}

void link_put(struct link *l, int64_t since_ns, const uint8_t *p, size_t n)
{
	struct link_stats *st = &l->stats;
	struct impair_fate f;
	enum impair_kind kind = impair_kind_of(p, n);
	/* Numbers count on through cuts, so that they do not shift what comes after. */
	impair_next(&l->impair, kind, &f);
	st->packets++;
	st->bytes += n;
	st->rtp += kind == IMPAIR_RTP;
	if (is_cut(l, since_ns)) {
		st->cut++;
		return;
	}
	int64_t at = through(l, since_ns, n);
	if (at < 0 || l->n + 2 > LINK_WAITING_MAX) {
		st->queue++;
		return;
	}
	if (f.lost) {
		st->lost++;
		st->rtp_lost += kind == IMPAIR_RTP;
		return;
	}
	st->duplicated += f.duplicated;
	st->corrupted += f.corrupted;
	st->reordered += f.reordered;
	send_on(l, at, &f, p, n);
}

/* -- Out ----------------------------------------------------------------------- */

int64_t link_due(const struct link *l)
{
	return l->n ? l->heap[0].due : INT64_MAX;
}

size_t link_get(struct link *l, int64_t since_ns, const uint8_t **ret)
{
	if (!l->n || l->heap[0].due > since_ns)
		return 0;
	size_t n = l->heap[0].n;
	mem_free(l->given);
	*ret = l->given = l->heap[0].p;
	pop(l);
	l->stats.out++;
	return n;
}

void link_stats(const struct link *l, struct link_stats *ret)
{
	*ret = l->stats;
}
