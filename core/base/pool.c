#include "core/base/pool.h"

#include "core/base/mem.h"

#include <stdalign.h>
#include <string.h>

#define PIECE 1000
#define ALIGN alignof(max_align_t)

struct pool_piece {
	struct pool_piece *next;
	size_t size;
	alignas(max_align_t) char data[];
};

void *pool_alloc(struct pool *p, size_t n)
{
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (!p->pieces || n > p->left) {
		size_t size = n > PIECE ? n : PIECE / ALIGN * ALIGN;
		struct pool_piece *piece = mem_alloc(sizeof(*piece) + size);
		piece->next = p->pieces;
		piece->size = p->left = size;
		p->pieces = piece;
	}
	char *at = p->pieces->data + (p->pieces->size - p->left);
	p->left -= n;
	return at;
}

char *pool_dup(struct pool *p, struct span s)
{
	if (!s.p)
		return NULL;
	char *copy = pool_alloc(p, s.n + 1);
	memcpy(copy, s.p, s.n);
	return copy;
}

struct term_text pool_text(struct pool *p, struct span raw, enum text_mode mode)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	text_put(&b, raw, mode);
	return (struct term_text){pool_dup(p, (struct span){buf_str(&b), b.n}), b.n};
}

void pool_done(struct pool *p)
{
	while (p->pieces) {
		struct pool_piece *piece = p->pieces;
		p->pieces = piece->next;
		mem_free(piece);
	}
	*p = (struct pool){NULL, 0};
}
