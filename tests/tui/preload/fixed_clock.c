/*
 * Loaded before the C library (LD_PRELOAD): the time of day stands still at TEST_WALL seconds since
 * 1970, so that a screen shows the same lesson whenever it is looked at. The clock that never goes back goes on.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t wall(void)
{
	const char *s = getenv("TEST_WALL");
	return s ? (time_t)strtoll(s, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
		return (int)syscall(SYS_clock_gettime, id, ret);
	*ret = (struct timespec){.tv_sec = wall()};
	return 0;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	(void)zone;
	*ret = (struct timeval){.tv_sec = wall()};
	return 0;
}

time_t time(time_t *ret)
{
	time_t now = wall();
	if (ret)
		*ret = now;
	return now;
}
