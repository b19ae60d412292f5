#include "core/base/os.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAY_HIDE 0 /* the leak checker traces its own process */
#elif defined(__has_feature)
#define MAY_HIDE (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define MAY_HIDE 1
#endif

int64_t os_rss_bytes(void)
{
	char text[128];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	long long total, resident;
	if (sscanf(text, "%lld %lld", &total, &resident) != 2)
		return 0;
	return resident * sysconf(_SC_PAGESIZE);
}

void os_trim_heap(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void os_harden(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	if (MAY_HIDE)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

long os_peer_uid(int fd)
{
	struct ucred c;
	socklen_t n = sizeof(c);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0 || n != sizeof(c))
		return -1;
	return (long)c.uid;
}
