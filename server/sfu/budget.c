#include "server/sfu/budget.h"

bool budget_take(struct budget *b, int64_t now, double n, double per_s, double most)
{
	double have = b->used ? b->have + per_s * (double)(now - b->at) / 1000 : most;
	*b = (struct budget){true, have > most ? most : have, now};
	if (b->have < n)
		return false;
	b->have -= n;
	return true;
}
