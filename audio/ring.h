/*
 * Lock-free ring of samples for one producer and one consumer thread. The
 * only thing a sound card's callback touches: no call here allocates, locks,
 * logs or makes a system call (but ring_init and ring_done).
 */
#ifndef MUSTER_AUDIO_RING_H
#define MUSTER_AUDIO_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	int16_t *samples;
	size_t mask;
	_Alignas(64) atomic_size_t head; /* written by the producer */
	_Alignas(64) atomic_size_t tail; /* written by the consumer */
};

/** Room for at least `samples` samples (rounded up to a power of two). */
void ring_init(struct ring *r, size_t samples);
void ring_done(struct ring *r);
/** Samples that could be read now. Either thread (the other side may add or take meanwhile). */
size_t ring_fill(const struct ring *r);
size_t ring_room(const struct ring *r);
/** Append up to `n`; returns how many fitted. Producer. */
size_t ring_write(struct ring *r, const int16_t *pcm, size_t n);
/** Take up to `n`; returns how many there were. `pcm` NULL throws them away. Consumer. */
size_t ring_read(struct ring *r, int16_t *pcm, size_t n);

/**
 * The same for messages of bytes, each at most `RING_MESSAGE_MAX`: whole or
 * not at all.
 */
#define RING_MESSAGE_MAX 2048
struct ring_bytes {
	uint8_t *p;
	size_t mask;
	_Alignas(64) atomic_size_t head;
	_Alignas(64) atomic_size_t tail;
};
void ring_bytes_init(struct ring_bytes *r, size_t bytes);
void ring_bytes_done(struct ring_bytes *r);
/** Append one message made of two parts; false (nothing written) when there is no room. Producer. */
bool ring_bytes_put(struct ring_bytes *r, const void *a, size_t na, const void *b, size_t nb);
/** Take one message into `p` (RING_MESSAGE_MAX bytes); its size, 0 when empty. Consumer. */
size_t ring_bytes_get(struct ring_bytes *r, void *p);

#endif
