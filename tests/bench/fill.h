/* A cache of invented rooms for the benches: replies of a server, applied as the client does. */
#ifndef MUSTER_BENCH_FILL_H
#define MUSTER_BENCH_FILL_H

#include "core/base/buf.h"
#include "core/store/store.h"

#define OWN "@me:x"

struct bench {
	struct store *s;
	char path[64];
	int syncs, event;
};

void bench_open(struct bench *b);
void bench_close(struct bench *b);

/** Of the processor, so that a busy machine tells much the same. */
int64_t cpu_ns(void);
/** A number from the environment. */
int setting(const char *name, int otherwise);
/** Ends the program when rc is not 0. */
void must(int rc, const struct err *err);

/** Append an event with a comma behind it, and a room of rooms.join named "!rI:x". */
void put_say(struct bench *b, struct buf *t, int who, const char *text);
void put_room(struct bench *b, struct buf *t, int i, int people, int messages);
/** Apply a reply whose rooms.join holds these rooms. */
void sync_text(struct bench *b, const char *rooms);

/** Print what each of `times` took; returns cpu_ns. */
int64_t told(const char *what, int64_t from_ns, int times);

#endif
