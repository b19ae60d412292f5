#include "core/base/clock.h"

#include <stdatomic.h>
#include <time.h>

static atomic_bool fake;
static atomic_int_fast64_t fake_wall, fake_mono;

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_wall_ms(void)
{
	if (atomic_load_explicit(&fake, memory_order_relaxed))
		return atomic_load(&fake_wall);
	return now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

int64_t clock_mono_ns(void)
{
	if (atomic_load_explicit(&fake, memory_order_relaxed))
		return atomic_load(&fake_mono) * 1000000;
	return now_ns(CLOCK_MONOTONIC);
}

void clock_fake_set(int64_t wall_ms, int64_t mono_ms)
{
	atomic_store(&fake_wall, wall_ms);
	atomic_store(&fake_mono, mono_ms);
	atomic_store(&fake, true);
}

void clock_fake_clear(void)
{
	atomic_store(&fake, false);
}
