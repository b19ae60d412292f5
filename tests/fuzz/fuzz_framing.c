/* Streams of datagrams, cut anywhere: the same comes out as from the whole. */
#include "core/rtc/framing.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	size_t n, bytes;
	uint32_t hash;
};

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static bool on_frame(void *arg, const uint8_t *p, size_t n)
{
	struct sum *s = arg;
	demand(n && n <= FRAMING_MAX + 4);
	s->n++;
	s->bytes += n;
	for (size_t i = 0; i < n; i++)
		s->hash = s->hash * 31 + p[i];
	s->hash = s->hash * 31 + 7;
	return true;
}

static bool feed(enum framing_kind kind, const uint8_t *p, size_t n, size_t cut, struct sum *ret)
{
	struct framing f;
	bool ok = true;
	framing_init(&f, kind);
	*ret = (struct sum){0};
	for (size_t at = 0; ok && at < n; at += cut)
		ok = framing_feed(&f, p + at, n - at < cut ? n - at : cut, on_frame, ret);
	framing_done(&f);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t cut = 1 + data[0];
	enum framing_kind kind = data[1] & 1 ? FRAMING_TURN : FRAMING_RFC4571;
	struct sum whole, parts;
	bool a = feed(kind, data + 2, size - 2, size, &whole);
	bool b = feed(kind, data + 2, size - 2, cut, &parts);
	demand(a == b);
	demand(whole.n == parts.n && whole.bytes == parts.bytes && whole.hash == parts.hash);
	return 0;
}
