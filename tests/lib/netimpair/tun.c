#include "tests/lib/netimpair/tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_in(struct sockaddr *ret, const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	inet_pton(AF_INET, text, &a.sin_addr);
	memcpy(ret, &a, sizeof(a));
}

static int up(int s, const char *name, int mtu)
{
	struct ifreq r = {.ifr_mtu = mtu};
	memcpy(r.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (mtu && ioctl(s, SIOCSIFMTU, &r))
		return -1;
	if (ioctl(s, SIOCGIFFLAGS, &r))
		return -1;
	r.ifr_flags |= IFF_UP | IFF_RUNNING;
	return ioctl(s, SIOCSIFFLAGS, &r);
}

static int address4(int s, const struct tun_side *t)
{
	struct ifreq r = {0};
	char text[32];
	memcpy(r.ifr_name, t->name, strnlen(t->name, IFNAMSIZ - 1));
	snprintf(text, sizeof(text), "10.77.%d.%d", t->number, t->host);
	set_in(&r.ifr_addr, text);
	if (ioctl(s, SIOCSIFADDR, &r))
		return -1;
	set_in(&r.ifr_netmask, "255.255.255.0");
	return ioctl(s, SIOCSIFNETMASK, &r);
}

/* A kernel without IPv6 is no failure. */
static int address6(const struct tun_side *t)
{
	struct ifreq r = {0};
	struct in6_ifreq a = {.ifr6_prefixlen = 64};
	char text[64];
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	if (s < 0)
		return 0;
	memcpy(r.ifr_name, t->name, strnlen(t->name, IFNAMSIZ - 1));
	snprintf(text, sizeof(text), "fd77:%d::%d", t->number, t->host);
	inet_pton(AF_INET6, text, &a.ifr6_addr);
	int rc = ioctl(s, SIOCGIFINDEX, &r);
	a.ifr6_ifindex = r.ifr_ifindex;
	rc = rc ? rc : ioctl(s, SIOCSIFADDR, &a);
	close(s);
	return rc;
}

static int configure(const struct tun_side *t, const char **what)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = -1;
	if (s < 0)
		*what = "a socket";
	else if (address4(s, t))
		*what = "its IPv4 address";
	else if (up(s, t->name, t->mtu))
		*what = "bringing it up";
	else if (address6(t))
		*what = "its IPv6 address";
	else
		rc = 0;
	int errnum = errno;
	if (s >= 0)
		close(s);
	errno = errnum;
	return rc;
}

int tun_open(const struct tun_side *t, const char **what)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		*what = "/dev/net/tun";
		return -1;
	}
	memcpy(r.ifr_name, t->name, strnlen(t->name, IFNAMSIZ - 1));
	if (ioctl(fd, TUNSETIFF, &r)) {
		*what = "the TUN device";
	} else if (configure(t, what) == 0) {
		return fd;
	}
	int errnum = errno;
	close(fd);
	errno = errnum;
	return -1;
}

/* Holds a namespace without doing anything. */
static pid_t hold(void)
{
	pid_t us = getpid(), pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != us)
		_exit(0);
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	for (;;)
		pause();
}

static int enter_far(const char *path, const char **what)
{
	*what = "a network namespace";
	if (!path)
		return unshare(CLONE_NEWNET);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : setns(fd, CLONE_NEWNET), errnum = errno;
	if (fd >= 0)
		close(fd);
	errno = errnum;
	return rc;
}

static int open_there(const struct tun_side *t, bool own, pid_t *ret_holder, const char **what)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = s < 0 || !own ? 0 : up(s, "lo", 0);
	if (s >= 0)
		close(s);
	if (rc) {
		*what = "its loopback";
		return -1;
	}
	int fd = tun_open(t, what);
	if (fd >= 0 && own)
		*ret_holder = hold();
	return fd;
}

int tun_open_far(const struct tun_side *t, const char *path, pid_t *ret_holder, const char **what)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1;
	if (here < 0 || enter_far(path, what))
		return -1;
	fd = open_there(t, !path, ret_holder, what);
	int errnum = errno;
	if (setns(here, CLONE_NEWNET)) {
		*what = "the way back from its namespace";
		return -1;
	}
	close(here);
	errno = errnum;
	return fd;
}
