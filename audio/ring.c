#include "audio/ring.h"

#include "core/base/mem.h"

static size_t power_of_two(size_t n)
{
	size_t p = 2;
	while (p < n)
		p *= 2;
	return p;
}

void ring_init(struct ring *r, size_t samples)
{
	size_t size = power_of_two(samples);
	r->samples = mem_alloc(size * sizeof(*r->samples));
	r->mask = size - 1;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
}

void ring_done(struct ring *r)
{
	mem_free(r->samples);
	r->samples = NULL;
}

size_t ring_fill(const struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	return atomic_load_explicit(&r->head, memory_order_acquire) - tail;
}

size_t ring_room(const struct ring *r)
{
	return r->mask + 1 - ring_fill(r);
}

size_t ring_write(struct ring *r, const int16_t *pcm, size_t n)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t room = r->mask + 1 - (head - atomic_load_explicit(&r->tail, memory_order_acquire));
	n = n < room ? n : room;
	size_t at = head & r->mask, first = r->mask + 1 - at;
	first = first < n ? first : n;
	memcpy(r->samples + at, pcm, first * sizeof(*pcm));
	memcpy(r->samples, pcm + first, (n - first) * sizeof(*pcm));
	atomic_store_explicit(&r->head, head + n, memory_order_release);
	return n;
}

size_t ring_read(struct ring *r, int16_t *pcm, size_t n)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t fill = atomic_load_explicit(&r->head, memory_order_acquire) - tail;
	n = n < fill ? n : fill;
	size_t at = tail & r->mask, first = r->mask + 1 - at;
	first = first < n ? first : n;
	if (pcm) {
		memcpy(pcm, r->samples + at, first * sizeof(*pcm));
		memcpy(pcm + first, r->samples, (n - first) * sizeof(*pcm));
	}
	atomic_store_explicit(&r->tail, tail + n, memory_order_release);
	return n;
}

void ring_bytes_init(struct ring_bytes *r, size_t bytes)
{
	size_t size = power_of_two(bytes);
	r->p = mem_alloc(size);
	r->mask = size - 1;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
}

void ring_bytes_done(struct ring_bytes *r)
{
	mem_free(r->p);
	r->p = NULL;
}

static void copy_in(struct ring_bytes *r, size_t head, const void *p, size_t n)
{
	size_t at = head & r->mask, first = r->mask + 1 - at;
	first = first < n ? first : n;
	if (first)
		memcpy(r->p + at, p, first);
	if (n > first)
		memcpy(r->p, (const char *)p + first, n - first);
}

static void copy_out(const struct ring_bytes *r, size_t tail, void *p, size_t n)
{
	size_t at = tail & r->mask, first = r->mask + 1 - at;
	first = first < n ? first : n;
	memcpy(p, r->p + at, first);
	memcpy((char *)p + first, r->p, n - first);
}

bool ring_bytes_put(struct ring_bytes *r, const void *a, size_t na, const void *b, size_t nb)
{
	uint16_t size = (uint16_t)(na + nb);
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t room = r->mask + 1 - (head - atomic_load_explicit(&r->tail, memory_order_acquire));
	if (na + nb == 0 || na + nb > RING_MESSAGE_MAX || room < sizeof(size) + size)
		return false;
	copy_in(r, head, &size, sizeof(size));
	copy_in(r, head + sizeof(size), a, na);
	copy_in(r, head + sizeof(size) + na, b, nb);
	atomic_store_explicit(&r->head, head + sizeof(size) + size, memory_order_release);
	return true;
}

size_t ring_bytes_get(struct ring_bytes *r, void *p)
{
	uint16_t size;
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	if (atomic_load_explicit(&r->head, memory_order_acquire) == tail)
		return 0;
	copy_out(r, tail, &size, sizeof(size));
	copy_out(r, tail + sizeof(size), p, size);
	atomic_store_explicit(&r->tail, tail + sizeof(size) + size, memory_order_release);
	return size;
}
