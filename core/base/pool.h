/*
 * Memory for many small things that go together: taken piece by piece,
 * released at once. No cap: for what this process makes of texts that were
 * capped when they came in.
 */
#ifndef MUSTER_BASE_POOL_H
#define MUSTER_BASE_POOL_H

#include "core/base/text.h"

struct pool_piece;
/** A zeroed struct is an empty pool. */
struct pool {
	struct pool_piece *pieces;
	size_t left; /**< of the piece taken last */
};

/** Zeroed, aligned for anything. */
void *pool_alloc(struct pool *p, size_t n);
/** A terminated copy; NULL when s.p is NULL. */
char *pool_dup(struct pool *p, struct span s);
/** The sanitised form. Not to be given to text_done. */
struct term_text pool_text(struct pool *p, struct span raw, enum text_mode mode);
/** Release everything; the pool is empty then. */
void pool_done(struct pool *p);

#define POOL_NEW(p, type) ((type *)pool_alloc((p), sizeof(type)))

#endif
