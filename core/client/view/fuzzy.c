#include "core/client/view/fuzzy.h"

#include <string.h>

#define TEXT_MAX 160 /* code points of a text that are looked at */

enum points { HIT = 16, WORD = 10, FIRST = 6, RUN = 8, SKIP = 1, SKIPS_MAX = 6, NONE = -100000 };

void fuzzy_init(struct fuzzy *f, struct span pattern)
{
	struct fold all[2 * FUZZY_PATTERN];
	size_t n = fold_text(pattern, all, 2 * FUZZY_PATTERN);
	f->n = 0;
	for (size_t i = 0; i < n && f->n < FUZZY_PATTERN; i++)
		if (all[i].cp > ' ')
			f->cp[f->n++] = all[i];
}

static bool is_subsequence(const struct fuzzy *f, const struct fold *t, size_t n)
{
	size_t at = 0;
	for (size_t i = 0; i < n && at < f->n; i++)
		at += t[i].cp == f->cp[at].cp;
	return at == f->n;
}

static int bonus(const struct fold *t, size_t i)
{
	if (i == 0)
		return WORD + FIRST;
	return fold_is_word(t[i].cp) && !fold_is_word(t[i - 1].cp) ? WORD : 0;
}

/* Best score of the pattern's first `k` letters with the last of them at text i; from which place
 * the one before it was. */
struct grid {
	int score[FUZZY_PATTERN][TEXT_MAX];
	uint8_t from[FUZZY_PATTERN][TEXT_MAX];
};

static void fill_row(const struct fuzzy *f, struct grid *g, size_t k, const struct fold *t,
		     size_t n)
{
	int best = NONE; /* of the row above, further left, less what is skipped */
	size_t best_at = 0;
	for (size_t i = 0; i < n; i++) {
		g->score[k][i] = NONE;
		if (k > 0 && i > 1 && g->score[k - 1][i - 2] - SKIP > best) {
			best = g->score[k - 1][i - 2] - SKIP;
			best_at = i - 2;
		}
		if (t[i].cp == f->cp[k].cp && k == 0)
			g->score[k][i] =
				HIT + bonus(t, i) - (int)(i < SKIPS_MAX ? i : SKIPS_MAX) * SKIP;
		else if (t[i].cp == f->cp[k].cp && i > 0) {
			int run = g->score[k - 1][i - 1] + RUN;
			g->from[k][i] = (uint8_t)(run >= best ? i - 1 : best_at);
			g->score[k][i] = (run >= best ? run : best) + HIT + bonus(t, i);
		}
		best -= best > NONE ? SKIP : 0;
	}
}

static void tell_hits(const struct fuzzy *f, const struct grid *g, size_t end, const struct fold *t,
		      uint8_t hits[FUZZY_HITS])
{
	uint32_t at[FUZZY_PATTERN];
	size_t n = 0;
	for (size_t k = f->n; k-- > 0;) {
		at[k] = t[end].at;
		if (k > 0)
			end = g->from[k][end];
	}
	for (size_t k = 0; k < f->n; k++)
		if (at[k] < 255 && (!n || hits[n - 1] != at[k]))
			hits[n++] = (uint8_t)at[k];
	hits[n] = 255;
}

int fuzzy_score(const struct fuzzy *f, struct span text, uint8_t hits[FUZZY_HITS])
{
	struct fold t[TEXT_MAX];
	struct grid g;
	size_t end = 0;
	if (hits)
		hits[0] = 255;
	if (!f->n)
		return 1;
	size_t n = fold_text(text, t, TEXT_MAX);
	if (!n || !is_subsequence(f, t, n))
		return 0;
	g.score[f->n - 1][0] = NONE;
	for (size_t k = 0; k < f->n; k++)
		fill_row(f, &g, k, t, n);
	for (size_t i = 1; i < n; i++)
		if (g.score[f->n - 1][i] > g.score[f->n - 1][end])
			end = i;
	if (hits)
		tell_hits(f, &g, end, t, hits);
	/* Of two texts that fit alike the shorter is meant. */
	int score = 4 * g.score[f->n - 1][end] - (int)(n < 100 ? n : 100) / 4;
	return score > 1 ? score : 1;
}
