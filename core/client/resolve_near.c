#include "core/client/resolve_near.h"

#include "core/base/fold.h"
#include "core/base/mem.h"
#include "core/base/near.h"
#include "core/store/rooms.h"

#include <string.h>

#define NAMES 3
#define SCORE_NONE 100

struct near {
	int score; /* the smaller, the more alike */
	char *name;
};

struct search {
	struct span typed; /* folded */
	struct near best[NAMES];
	size_t n;
};

/* 0: begins with it; 1: holds it; else 1 and how many slips apart. */
static int score_of(struct span typed, struct span name)
{
	if (typed.n < 2)
		return SCORE_NONE;
	if (name.n >= typed.n && memcmp(name.p, typed.p, typed.n) == 0)
		return 0;
	if (memmem(name.p, name.n, typed.p, typed.n))
		return 1;
	int slips = near_distance(typed, name), allowed = typed.n <= 4 ? 1 : 2;
	return slips <= allowed ? 1 + slips : SCORE_NONE;
}

static void put(struct search *x, int score, const char *name)
{
	size_t at = x->n;
	while (at > 0 && x->best[at - 1].score > score)
		at--;
	if (at == NAMES)
		return;
	if (x->n == NAMES)
		mem_free(x->best[--x->n].name);
	memmove(&x->best[at + 1], &x->best[at], (x->n - at) * sizeof(*x->best));
	x->best[at] = (struct near){score, mem_strdup(name)};
	x->n++;
}

static void consider(struct search *x, const char *name)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	fold_put(&b, span_of(name));
	int score = score_of(x->typed, buf_span(&b));
	if (score < SCORE_NONE)
		put(x, score, name);
}

static char *listed(struct search *x)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < x->n; i++) {
		buf_printf(&b, "%s\"%s\"", i ? ", " : "", x->best[i].name);
		mem_free(x->best[i].name);
	}
	return x->n ? mem_strdup(buf_str(&b)) : NULL;
}

char *resolve_near(struct store *s, const char *typed)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	fold_put(&b, span_trim(span_of(typed)));
	struct search x = {.typed = buf_span(&b)};
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (store_room_get(s, *p, &r) && r.display)
			consider(&x, r.display);
	}
	return listed(&x);
}
