#include "server/sync/nidmap.h"

#include "core/base/mem.h"

static size_t slot_of(const struct nidmap *m, int64_t key)
{
	uint64_t h = (uint64_t)key * 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 32) & (m->size - 1);
}

static struct nidmap_slot *find(const struct nidmap *m, int64_t key)
{
	for (size_t at = slot_of(m, key);; at = (at + 1) & (m->size - 1)) {
		struct nidmap_slot *s = &m->slots[at];
		if (s->key == key || !s->key)
			return s;
	}
}

void *nidmap_get(const struct nidmap *m, int64_t key)
{
	return m->size && key ? find(m, key)->value : NULL;
}

static void grow(struct nidmap *m)
{
	struct nidmap old = *m;
	m->size = old.size ? old.size * 2 : 8;
	m->slots = mem_alloc(m->size * sizeof(*m->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].key)
			*find(m, old.slots[i].key) = old.slots[i];
	mem_free(old.slots);
}

void nidmap_put(struct nidmap *m, int64_t key, void *value)
{
	if (m->count + 1 > m->size / 4 * 3)
		grow(m);
	struct nidmap_slot *s = find(m, key);
	m->count += !s->key;
	s->key = key;
	s->value = value;
}

/* Linear probing: what follows the hole moves up, so no tombstones are needed. */
static void close_hole(struct nidmap *m, size_t hole)
{
	size_t mask = m->size - 1;
	for (size_t at = (hole + 1) & mask; m->slots[at].key; at = (at + 1) & mask) {
		size_t home = slot_of(m, m->slots[at].key);
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		m->slots[hole] = m->slots[at];
		hole = at;
	}
	m->slots[hole] = (struct nidmap_slot){0, NULL};
}

void *nidmap_remove(struct nidmap *m, int64_t key)
{
	if (!m->size)
		return NULL;
	struct nidmap_slot *s = find(m, key);
	void *value = s->value;
	if (!s->key)
		return NULL;
	m->count--;
	close_hole(m, (size_t)(s - m->slots));
	return value;
}

void nidmap_done(struct nidmap *m)
{
	mem_free(m->slots);
	*m = (struct nidmap){NULL, 0, 0};
}

void *nidmap_next(const struct nidmap *m, size_t *at)
{
	while (*at < m->size) {
		const struct nidmap_slot *s = &m->slots[(*at)++];
		if (s->key)
			return s->value;
	}
	return NULL;
}
