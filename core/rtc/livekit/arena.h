/*
 * Private to this folder: memory for generated structs while one message is
 * read or written. Has a budget, so that a small hostile message cannot ask
 * for a lot; everything is released at once.
 */
#ifndef MUSTER_RTC_LIVEKIT_ARENA_H
#define MUSTER_RTC_LIVEKIT_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

struct arena_piece;
struct arena {
	ProtobufCAllocator
		allocator; /**< for protobuf-c: NULL over the budget, free does nothing */
	struct arena_piece *pieces;
	size_t left;
	bool over; /**< something was refused */
};

void arena_init(struct arena *a, size_t budget);
void arena_done(struct arena *a);
/** Zeroed; NULL over the budget. */
void *arena_alloc(struct arena *a, size_t n);

#endif
