#include "core/rtc/livekit/arena.h"

#include "core/base/mem.h"

#include <stdalign.h>

struct arena_piece {
	struct arena_piece *next;
	alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > a->left || a->left - n < sizeof(struct arena_piece)) {
		a->over = true;
		return NULL;
	}
	a->left -= n + sizeof(struct arena_piece);
	struct arena_piece *p = mem_alloc(sizeof(*p) + n);
	p->next = a->pieces;
	a->pieces = p;
	return p->data;
}

static void *allocate(void *arg, size_t n)
{
	return arena_alloc(arg, n);
}

static void release(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

void arena_init(struct arena *a, size_t budget)
{
	*a = (struct arena){.allocator = {allocate, release, a}, .left = budget};
}

void arena_done(struct arena *a)
{
	while (a->pieces) {
		struct arena_piece *p = a->pieces;
		a->pieces = p->next;
		mem_free(p);
	}
}
