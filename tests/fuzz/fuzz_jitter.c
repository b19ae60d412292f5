/*
 * A stream of packets as a hostile sender would make it. Input: records of
 * what (1 byte), seq (2), timestamp (4), size (1) and so many bytes of payload.
 */
#include "audio/jitter.h"
#include "core/base/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void pull(struct jitter *j, int64_t now_ns, int64_t *last_played)
{
	struct jitter_stats s;
	struct jitter_piece p;
	for (int got = 0; got < AUDIO_TICK_SAMPLES; got += p.samples) {
		jitter_get(j, now_ns, &p);
		demand(p.samples > 0 && p.samples <= 5760);
		demand((p.kind == JITTER_PACKET || p.kind == JITTER_FEC) == (p.payload.n > 0));
	}
	jitter_stats(j, &s);
	demand(s.held >= 0 && s.held <= JITTER_SLOTS);
	demand(s.target_ms >= JITTER_TARGET_MIN_MS && s.target_ms <= JITTER_TARGET_MAX_MS);
	demand(s.played + s.late + s.dropped + s.duplicate + s.held == s.received);
	demand(s.played >= *last_played);
	*last_played = s.played;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jitter *j = jitter_new();
	int64_t now = 0, played = 0;
	while (size >= 8) {
		size_t n = data[7] < size - 8 ? data[7] : size - 8;
		struct jitter_packet p = {
			.seq = (uint16_t)(data[1] << 8 | data[2]),
			.timestamp = (uint32_t)data[3] << 24 | (uint32_t)data[4] << 16 |
				     (uint32_t)data[5] << 8 | data[6],
			.arrival_ns = now,
			.payload = {(const char *)data + 8, n},
		};
		jitter_put(j, &p);
		/* How long until the next: the low bits in ticks, the highest a long pause. */
		for (int ticks = data[0] & 7; ticks > 0; ticks--, now += AUDIO_TICK_NS)
			pull(j, now, &played);
		if (data[0] & 128)
			now += (int64_t)3600 * 1000000000;
		data += 8 + n;
		size -= 8 + n;
	}
	pull(j, now, &played);
	jitter_free(j);
	return 0;
}
