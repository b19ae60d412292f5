#include "core/call/pack.h"

#include <string.h>

#define CODE 3u	      /* of the TOC byte: how many frames */
#define VARYING 0x80u /* of the byte after it: each tells its length */
#define LENGTH_ONE_BYTE 252

bool pack_add(struct pack *p, struct span packet)
{
	const uint8_t *b = (const uint8_t *)packet.p;
	/* A single frame: code 0. */
	if (!packet.n || (b[0] & CODE) || p->n == PACK_FRAMES || (p->n && p->toc != b[0]) ||
	    p->bytes + packet.n - 1 > PACK_BYTES_MAX)
		return false;
	p->toc = b[0];
	p->sizes[p->n++] = packet.n - 1;
	memcpy(p->data + p->bytes, b + 1, packet.n - 1);
	p->bytes += packet.n - 1;
	return true;
}

/* RFC 6716 3.2.1 */
static size_t put_length(uint8_t *ret, size_t n)
{
	if (n < LENGTH_ONE_BYTE) {
		ret[0] = (uint8_t)n;
		return 1;
	}
	ret[0] = (uint8_t)(LENGTH_ONE_BYTE + (n & 3));
	ret[1] = (uint8_t)((n - ret[0]) / 4);
	return 2;
}

size_t pack_take(struct pack *p, uint8_t *ret)
{
	size_t n = 0;
	if (!p->n)
		return 0;
	ret[n++] = (uint8_t)(p->toc | (p->n > 1 ? CODE : 0));
	if (p->n > 1)
		ret[n++] = (uint8_t)(VARYING | p->n);
	for (size_t i = 0; i + 1 < p->n; i++)
		n += put_length(ret + n, p->sizes[i]);
	memcpy(ret + n, p->data, p->bytes);
	n += p->bytes;
	p->n = p->bytes = 0;
	return n;
}
