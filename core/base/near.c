#include "core/base/near.h"

#include <ctype.h>

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int min3(int a, int b, int c)
{
	int m = a < b ? a : b;
	return m < c ? m : c;
}

/* Optimal string alignment; words are short, so three rows on the stack do. */
int near_distance(struct span a, struct span b)
{
	int rows[3][NEAR_WORD_MAX + 1];
	if (a.n > NEAR_WORD_MAX || b.n > NEAR_WORD_MAX)
		return NEAR_WORD_MAX;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= a.n; i++) {
		int *now = rows[i % 3], *prev = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		now[0] = (int)i;
		for (size_t j = 1; j <= b.n; j++) {
			int cost = same(a.p[i - 1], b.p[j - 1]) ? 0 : 1;
			now[j] = min3(prev[j] + 1, now[j - 1] + 1, prev[j - 1] + cost);
			bool swap = i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) &&
				    same(a.p[i - 2], b.p[j - 1]);
			if (swap && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return rows[a.n % 3][b.n];
}
