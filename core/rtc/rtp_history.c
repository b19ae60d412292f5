#include "core/rtc/rtp_history.h"

#include "core/base/mem.h"

#include <string.h>

struct slot {
	uint8_t *p;
	uint32_t size;
	uint16_t n; /* 0: empty */
	uint16_t seq;
	int64_t resent; /* INT64_MIN: never */
};

struct rtp_history {
	size_t mask;
	size_t bytes;
	struct slot slots[];
};

struct rtp_history *rtp_history_new(size_t slots)
{
	size_t n = 1;
	while (n < slots && n < RTP_HISTORY_MAX)
		n *= 2;
	struct rtp_history *h = mem_alloc(sizeof(*h) + n * sizeof(h->slots[0]));
	h->mask = n - 1;
	return h;
}

void rtp_history_drop(struct rtp_history *h)
{
	for (size_t i = 0; i <= h->mask; i++) {
		mem_free(h->slots[i].p);
		h->slots[i] = (struct slot){0};
	}
	h->bytes = 0;
}

void rtp_history_free(struct rtp_history *h)
{
	if (!h)
		return;
	rtp_history_drop(h);
	mem_free(h);
}

void rtp_history_add(struct rtp_history *h, uint16_t seq, const void *p, size_t n)
{
	struct slot *s = &h->slots[seq & h->mask];
	if (!n || n > UINT16_MAX)
		return;
	if (n > s->size) {
		/* Speech packets differ a little: grow in steps. */
		size_t size = (n + 63) & ~(size_t)63;
		s->p = mem_realloc(s->p, size);
		h->bytes += size - s->size;
		s->size = (uint32_t)size;
	}
	memcpy(s->p, p, n);
	s->n = (uint16_t)n;
	s->seq = seq;
	s->resent = INT64_MIN;
}

struct span rtp_history_get(struct rtp_history *h, int64_t now, uint16_t seq)
{
	struct slot *s = &h->slots[seq & h->mask];
	if (!s->n || s->seq != seq ||
	    (s->resent != INT64_MIN && now - s->resent < RTP_RESEND_AGAIN_MS))
		return (struct span){NULL, 0};
	s->resent = now;
	return (struct span){(const char *)s->p, s->n};
}

size_t rtp_history_bytes(const struct rtp_history *h)
{
	return h->bytes;
}
