#include "audio/snapshot.h"

#include <stdlib.h>
#include <string.h>

void snapshot_put(struct snapshot *s, const void *p, size_t n)
{
	unsigned turn = atomic_load_explicit(&s->turn, memory_order_relaxed);
	if (n > sizeof(uint64_t) * SNAPSHOT_WORDS)
		abort();
	atomic_store(&s->turn, turn + 1);
	for (size_t at = 0; at < n; at += sizeof(uint64_t)) {
		uint64_t word = 0;
		memcpy(&word, (const char *)p + at, n - at < sizeof(word) ? n - at : sizeof(word));
		atomic_store(&s->words[at / sizeof(word)], word);
	}
	atomic_store(&s->turn, turn + 2);
}

void snapshot_get(const struct snapshot *s, void *p, size_t n)
{
	unsigned before, after;
	do {
		before = atomic_load(&s->turn);
		for (size_t at = 0; at < n; at += sizeof(uint64_t)) {
			uint64_t word = atomic_load(&s->words[at / sizeof(word)]);
			memcpy((char *)p + at, &word,
			       n - at < sizeof(word) ? n - at : sizeof(word));
		}
		after = atomic_load(&s->turn);
	} while (before != after || before % 2);
}
