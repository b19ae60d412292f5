/* The portable fallback: less is known, nothing else changes. */
#include "core/base/os.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

int64_t os_rss_bytes(void)
{
	return 0;
}

void os_trim_heap(void)
{
}

void os_harden(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
}

long os_peer_uid(int fd)
{
#if defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__APPLE__)
	uid_t uid;
	gid_t gid;
	return getpeereid(fd, &uid, &gid) == 0 ? (long)uid : -1;
#else
	(void)fd;
	return -1;
#endif
}
