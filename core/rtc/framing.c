#include "core/rtc/framing.h"

#include "core/base/mem.h"
#include "core/rtc/bytes.h"

#include <string.h>

#define HEAD_MAX 4 /* of both kinds: no more is needed to know the length */
#define STUN_HEAD_BYTES 20
#define ROOM (FRAMING_MAX + HEAD_MAX)

void framing_init(struct framing *f, enum framing_kind kind)
{
	*f = (struct framing){.kind = kind};
}

void framing_done(struct framing *f)
{
	mem_free(take(&f->part));
	f->n = 0;
}

void framing_head(uint8_t ret[FRAMING_HEAD], size_t n)
{
	put16(ret, (uint16_t)n);
}

static size_t head_bytes(const struct framing *f)
{
	return f->kind == FRAMING_RFC4571 ? FRAMING_HEAD : HEAD_MAX;
}

/* How long the frame is that begins at `p`, of which the head is there; 0: it is none. */
static size_t frame_bytes(const struct framing *f, const uint8_t *p)
{
	size_t n;
	if (f->kind == FRAMING_RFC4571)
		n = FRAMING_HEAD + (size_t)get16(p);
	else if ((p[0] & 0xc0) == 0)
		n = STUN_HEAD_BYTES + (size_t)get16(p + 2);
	else if ((p[0] & 0xc0) == 0x40)
		n = HEAD_MAX + (((size_t)get16(p + 2) + 3) & ~(size_t)3);
	else
		n = 0;
	return n > ROOM ? 0 : n;
}

static bool give(const struct framing *f, const uint8_t *p, size_t n, framing_fn *fn, void *arg)
{
	if (f->kind == FRAMING_RFC4571)
		return n == FRAMING_HEAD || fn(arg, p + FRAMING_HEAD, n - FRAMING_HEAD);
	/* The padding of ChannelData is not part of it. */
	if ((p[0] & 0xc0) == 0x40)
		n = HEAD_MAX + (size_t)get16(p + 2);
	return fn(arg, p, n);
}

/* Of what begins in `part`: take what it lacks. How much was taken; *ret_n: a whole frame. */
static size_t fill(struct framing *f, const uint8_t *p, size_t n, size_t *ret_n)
{
	size_t head = head_bytes(f), used = 0;
	*ret_n = 0;
	while (f->n < head && used < n)
		f->part[f->n++] = p[used++];
	if (f->n < head)
		return used;
	size_t whole = frame_bytes(f, f->part);
	if (!whole) {
		*ret_n = SIZE_MAX;
		return used;
	}
	size_t more = whole - f->n < n - used ? whole - f->n : n - used;
	memcpy(f->part + f->n, p + used, more);
	f->n += more;
	*ret_n = f->n == whole ? whole : 0;
	return used + more;
}

static void keep(struct framing *f, const uint8_t *p, size_t n)
{
	f->part = mem_alloc(ROOM);
	memcpy(f->part, p, n);
	f->n = n;
}

/* Finish what is half there. 1: go on, 0: over, -1: broken. */
static int finish(struct framing *f, const uint8_t **p, size_t *n, framing_fn *fn, void *arg)
{
	size_t whole, used = fill(f, *p, *n, &whole);
	*p += used;
	*n -= used;
	if (whole == SIZE_MAX)
		return -1;
	if (!whole)
		return 0;
	const struct framing kind = {.kind = f->kind};
	uint8_t *frame = take(&f->part);
	f->n = 0;
	bool more = give(&kind, frame, whole, fn, arg);
	mem_free(frame);
	return more ? 1 : 0;
}

bool framing_feed(struct framing *f, const uint8_t *p, size_t n, framing_fn *fn, void *arg)
{
	if (f->part) {
		int rc = finish(f, &p, &n, fn, arg);
		if (rc <= 0)
			return rc == 0;
	}
	while (n) {
		size_t whole = n < head_bytes(f) ? 0 : frame_bytes(f, p);
		if (n >= head_bytes(f) && !whole)
			return false;
		if (!whole || whole > n) {
			keep(f, p, n);
			return true;
		}
		if (!give(f, p, whole, fn, arg))
			return true;
		p += whole;
		n -= whole;
	}
	return true;
}
