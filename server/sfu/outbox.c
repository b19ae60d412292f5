#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

struct sfu_blob *sfu_blob_new(struct span data)
{
	struct sfu_blob *b = mem_alloc(sizeof(*b) + data.n);
	atomic_init(&b->refs, 1);
	b->n = data.n;
	if (data.n)
		memcpy(b->p, data.p, data.n);
	return b;
}

struct sfu_blob *sfu_blob_ref(struct sfu_blob *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void sfu_blob_unref(struct sfu_blob *b)
{
	if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		mem_free(b);
}

bool sfu_outbox_put(struct sfu_outbox *b, struct sfu_out *o)
{
	struct sfu_out *newest = atomic_load_explicit(&b->newest, memory_order_relaxed);
	do
		o->next = newest;
	while (!atomic_compare_exchange_weak_explicit(&b->newest, &newest, o, memory_order_release,
						      memory_order_relaxed));
	/* `o` is the loop's by now. */
	return !newest;
}

struct sfu_out *sfu_outbox_take(struct sfu_outbox *b)
{
	struct sfu_out *o = atomic_exchange_explicit(&b->newest, NULL, memory_order_acquire);
	struct sfu_out *oldest = NULL;
	while (o) {
		struct sfu_out *next = o->next;
		o->next = oldest;
		oldest = o;
		o = next;
	}
	return oldest;
}

void sfu_out_free(struct sfu_out *o)
{
	sfu_blob_unref(o->blob);
	mem_free(o->room);
	mem_free(o->identity);
	mem_free(o);
}
