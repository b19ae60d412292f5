/* The portable fallback: less is known, nothing else changes. */
#include "core/base/os.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

int64_t os_rss_bytes(void)
{
	return 0;
}

int os_exchange(const char *a, const char *b)
{
	(void)a;
	(void)b;
	errno = ENOSYS;
	return -1;
}

void os_harden(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
}

void os_background_thread(void)
{
}

void os_foreground_thread(void)
{
}

int os_clock_synced(void)
{
	return -1;
}

int os_may_sleep(void)
{
	return -1;
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

/* -- Datagrams: singly, from the kernel's choice of addresses -------------- */

bool os_udp_knows_waited(void)
{
	return false;
}

bool os_udp_knows_local(void)
{
	return false;
}

void os_udp_prepare(int fd, int family)
{
	(void)fd;
	(void)family;
}

static int recv_one(int fd, struct os_datagram *d)
{
	struct sockaddr_storage from;
	struct iovec iov = {d->data, d->n};
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_name = &from,
		.msg_namelen = sizeof(from),
	};
	ssize_t n = recvmsg(fd, &m, 0);
	if (n < 0)
		return -errno;
	d->n = (size_t)n;
	d->truncated = m.msg_flags & MSG_TRUNC;
	d->peer = net_addr_from_sockaddr((struct sockaddr *)&from);
	d->local = (struct net_addr){0};
	return 1;
}

int os_udp_recv(int fd, struct os_datagram *d, size_t max, uint32_t *ret_dropped)
{
	size_t n = 0;
	(void)ret_dropped;
	while (n < max) {
		int rc = recv_one(fd, &d[n]);
		if (rc < 0)
			return n ? (int)n : rc;
		n++;
	}
	return (int)n;
}

int os_udp_send(int fd, int family, struct os_join *join, const struct os_datagram *d, size_t n)
{
	(void)join;
	for (size_t i = 0; i < n; i++) {
		struct sockaddr_storage to;
		socklen_t len = net_addr_to_sockaddr(&d[i].peer, family, &to);
		if (sendto(fd, d[i].data, d[i].n, 0, (struct sockaddr *)&to, len) < 0)
			return i ? (int)i : -errno;
	}
	return (int)n;
}

int os_net_news_open(void)
{
	return -1;
}

bool os_net_news_read(int fd)
{
	(void)fd;
	return false;
}
