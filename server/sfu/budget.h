/*
 * How much somebody may use: so much at once, and so much a second in the
 * long run. Pure; a value.
 */
#ifndef MUSTER_SERVER_SFU_BUDGET_H
#define MUSTER_SERVER_SFU_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/** Zeroed: full at the first use. */
struct budget {
	bool used;
	double have;
	int64_t at;
};

/** Take `n` of it. False: there is not enough, and nothing is taken. */
bool budget_take(struct budget *b, int64_t now, double n, double per_s, double most);

#endif
