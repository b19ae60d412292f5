/*
 * Time. Tests replace both clocks through clock_fake_set.
 */
#ifndef MUSTER_BASE_CLOCK_H
#define MUSTER_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** Milliseconds since 1970-01-01 UTC. Any thread. */
int64_t clock_wall_ms(void);
/** Milliseconds of a clock that never goes back. Any thread. */
int64_t clock_mono_ms(void);
/** Nanoseconds of the same clock, for measuring. */
int64_t clock_mono_ns(void);

/** Tests: both clocks return these values until clock_fake_clear. */
void clock_fake_set(int64_t wall_ms, int64_t mono_ms);
void clock_fake_clear(void);

#endif
