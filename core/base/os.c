/* What every POSIX system answers the same way. */
#include "core/base/os.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

static int64_t us(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

int64_t os_cpu_us(void)
{
	struct rusage u;
	if (getrusage(RUSAGE_SELF, &u) != 0)
		return 0;
	return us(u.ru_utime) + us(u.ru_stime);
}

int64_t os_disk_free(const char *path)
{
	struct statvfs v;
	if (statvfs(path, &v) != 0)
		return -1;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

long os_raise_nofile(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 256;
	if (r.rlim_cur < r.rlim_max) {
		struct rlimit more = {r.rlim_max, r.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			r = more;
	}
	return r.rlim_cur > 1u << 30 ? 1 << 30 : (long)r.rlim_cur;
}

const char *os_name(void)
{
	static char name[128];
	struct utsname u;
	if (name[0] == '\0' && uname(&u) == 0)
		snprintf(name, sizeof(name), "%.30s %.60s %.30s", u.sysname, u.release, u.machine);
	return name[0] ? name : "POSIX";
}
