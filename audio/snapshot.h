/*
 * A small struct that one thread publishes and others may look at: what they
 * see is whole, and the publisher never waits.
 */
#ifndef MUSTER_AUDIO_SNAPSHOT_H
#define MUSTER_AUDIO_SNAPSHOT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_WORDS 40

struct snapshot {
	atomic_uint turn; /* odd while it is written */
	atomic_uint_fast64_t words[SNAPSHOT_WORDS];
};

/** Publish `n` bytes, at most SNAPSHOT_WORDS * 8. One thread. */
void snapshot_put(struct snapshot *s, const void *p, size_t n);
/** The last published. Any thread. */
void snapshot_get(const struct snapshot *s, void *p, size_t n);

#endif
