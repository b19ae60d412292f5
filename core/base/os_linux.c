#include "core/base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
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

int os_exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2u /* RENAME_EXCHANGE */);
}

void os_harden(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	if (MAY_HIDE)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void os_background_thread(void)
{
	/* IOPRIO_CLASS_BE, the lowest of its eight levels; glibc has no name for the call. */
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
	syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 7);
}

void os_foreground_thread(void)
{
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -10);
}

int os_clock_synced(void)
{
	struct timex t = {0};
	int state = adjtimex(&t); /* modes 0: only asks */
	if (state < 0)
		return -1;
	return state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

/* Does a file in `dir` fit? */
static bool any_file(const char *dir, bool (*fits)(const char *dir, const char *name))
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;
	while (d && !found && (e = readdir(d)) != NULL)
		found = e->d_name[0] != '.' && fits(dir, e->d_name);
	if (d)
		closedir(d);
	return found;
}

static bool is_there(const char *dir, const char *name)
{
	(void)dir;
	(void)name;
	return true;
}

static bool is_battery(const char *dir, const char *name)
{
	(void)dir;
	return !strncmp(name, "BAT", 3);
}

/* systemd's note of one who holds something off. */
static bool holds_sleep_off(const char *dir, const char *name)
{
	char path[300], line[400];
	bool what = false, blocks = false;
	snprintf(path, sizeof(path), "%s/%.200s", dir, name);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		what |= !strncmp(line, "WHAT=", 5) && strstr(line, "sleep");
		blocks |= !strncmp(line, "MODE=block", 10);
	}
	if (f)
		fclose(f);
	return what && blocks;
}

int os_may_sleep(void)
{
	bool laptop = any_file("/proc/acpi/button/lid", is_there) ||
		      any_file("/sys/class/power_supply", is_battery);
	return laptop && !any_file("/run/systemd/inhibit", holds_sleep_off);
}

long os_peer_uid(int fd)
{
	struct ucred c;
	socklen_t n = sizeof(c);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0 || n != sizeof(c))
		return -1;
	return (long)c.uid;
}

/* -- Datagrams ------------------------------------------------------------- */

#define BATCH 64
#define SEGMENTS_BYTES_MAX 60000 /* sent as one: an IP packet, its head left out */

#define REFUSALS_MAX 3 /* places in a row that take no segments: then the system takes none */

#define WAITED_MAX_MS 10000 /* more was no waiting: the clock was set */

/* Room for where a datagram came to, when, and how many were dropped before it. */
union control {
	struct cmsghdr align;
	char in[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)) +
		CMSG_SPACE(sizeof(struct timespec))];
};

/* What one call of sendmmsg needs. */
struct outgoing {
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage to[BATCH];
	union control control[BATCH];
	size_t run[BATCH];
};

bool os_udp_knows_waited(void)
{
	return true;
}

bool os_udp_knows_local(void)
{
	return true;
}

void os_udp_prepare(int fd, int family)
{
	int on = 1;
	if (family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static int waited_ms(const struct timespec *came, const struct timespec *now)
{
	int64_t ms = (now->tv_sec - came->tv_sec) * (int64_t)1000 +
		     (now->tv_nsec - came->tv_nsec) / 1000000;
	return ms < 0 || ms > WAITED_MAX_MS ? 0 : (int)ms;
}

static void read_control(struct msghdr *m, const struct timespec *now, struct os_datagram *d,
			 uint32_t *dropped)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			d->local = net_addr_make(4, &info.ipi_spec_dst, 0);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			d->local = net_addr_make(6, &info.ipi6_addr, 0);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(dropped, CMSG_DATA(c), sizeof(*dropped));
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec came;
			memcpy(&came, CMSG_DATA(c), sizeof(came));
			d->waited_ms = waited_ms(&came, now);
		}
	}
}

int os_udp_recv(int fd, struct os_datagram *d, size_t max, uint32_t *ret_dropped)
{
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union control control[BATCH];
	struct timespec now;
	size_t want = max < BATCH ? max : BATCH;
	memset(m, 0, want * sizeof(m[0]));
	for (size_t i = 0; i < want; i++) {
		iov[i] = (struct iovec){d[i].data, d[i].n};
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
		m[i].msg_hdr.msg_name = &from[i];
		m[i].msg_hdr.msg_namelen = sizeof(from[i]);
		m[i].msg_hdr.msg_control = &control[i];
		m[i].msg_hdr.msg_controllen = sizeof(control[i]);
	}
	int n = recvmmsg(fd, m, (unsigned)want, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < n; i++) {
		d[i].n = m[i].msg_len;
		d[i].truncated = m[i].msg_hdr.msg_flags & MSG_TRUNC;
		d[i].peer = net_addr_from_sockaddr((struct sockaddr *)&from[i]);
		d[i].local = (struct net_addr){0};
		d[i].waited_ms = 0;
		read_control(&m[i].msg_hdr, &now, &d[i], ret_dropped);
	}
	return n;
}

/* Name the address that a datagram leaves from. On a socket of both kinds IPv4
 * ones are named as mapped addresses. */
static void write_control(struct msghdr *m, int family, const struct net_addr *local,
			  union control *c)
{
	struct sockaddr_storage sa;
	if (!net_addr_to_sockaddr(local, family, &sa))
		return;
	memset(c, 0, sizeof(*c));
	m->msg_control = c;
	m->msg_controllen = sizeof(*c);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	if (family == 6) {
		struct in6_pktinfo info = {.ipi6_addr = ((struct sockaddr_in6 *)&sa)->sin6_addr};
		h->cmsg_level = IPPROTO_IPV6;
		h->cmsg_type = IPV6_PKTINFO;
		h->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(h), &info, sizeof(info));
		m->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in_pktinfo info = {.ipi_spec_dst = ((struct sockaddr_in *)&sa)->sin_addr};
		h->cmsg_level = IPPROTO_IP;
		h->cmsg_type = IP_PKTINFO;
		h->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(h), &info, sizeof(info));
		m->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

/* How many of them go as one: all but the last have one length (udp(7), UDP_SEGMENT). */
static size_t run_of(const struct os_datagram *d, size_t n)
{
	size_t k = 1, bytes = d[0].n;
	while (k < n && d[k].n && d[k].n <= d[0].n && bytes + d[k].n <= SEGMENTS_BYTES_MAX &&
	       net_addr_eq(&d[k].peer, &d[0].peer) && net_addr_eq(&d[k].local, &d[0].local)) {
		bytes += d[k].n;
		if (d[k++].n < d[0].n)
			break;
	}
	return k;
}

static void write_segment(struct msghdr *m, uint16_t bytes, union control *c)
{
	size_t at = m->msg_control ? m->msg_controllen : 0;
	struct cmsghdr h = {
		.cmsg_level = SOL_UDP,
		.cmsg_type = UDP_SEGMENT,
		.cmsg_len = CMSG_LEN(sizeof(bytes)),
	};
	memset(c->in + at, 0, CMSG_SPACE(sizeof(bytes)));
	memcpy(c->in + at, &h, sizeof(h));
	memcpy(c->in + at + CMSG_LEN(0), &bytes, sizeof(bytes));
	m->msg_control = c;
	m->msg_controllen = at + CMSG_SPACE(sizeof(bytes));
}

/* One message for each run; how many datagrams it holds into `ret_run`. */
static size_t make_messages(int family, bool join, const struct os_datagram *d, size_t n,
			    struct outgoing *o)
{
	size_t k = 0;
	for (size_t i = 0; i < n; k++) {
		struct msghdr *h = &o->m[k].msg_hdr;
		size_t run = join ? run_of(d + i, n - i) : 1;
		for (size_t j = i; j < i + run; j++)
			o->iov[j] = (struct iovec){d[j].data, d[j].n};
		*h = (struct msghdr){.msg_name = &o->to[k],
				     .msg_iov = &o->iov[i],
				     .msg_iovlen = run};
		h->msg_namelen = net_addr_to_sockaddr(&d[i].peer, family, &o->to[k]);
		if (d[i].local.family)
			write_control(h, family, &d[i].local, &o->control[k]);
		if (run > 1)
			write_segment(h, (uint16_t)d[i].n, &o->control[k]);
		o->run[k] = run;
		i += run;
	}
	return k;
}

/* No segments here, or not on the way there: tunnels, too small an MTU. */
static bool refuses_segments(int errnum)
{
	return errnum == EIO || errnum == EINVAL || errnum == EMSGSIZE || errnum == EOPNOTSUPP ||
	       errnum == ENOPROTOOPT;
}

/* Went singly what may not go as one: is it that place's way, or the system? */
static void note_refusal(struct os_join *join, const struct net_addr *by, int errnum)
{
	if (join->refused && net_addr_eq(&join->by, by))
		return;
	join->by = *by;
	join->refused++;
	if (join->refused >= REFUSALS_MAX || errnum == EOPNOTSUPP || errnum == ENOPROTOOPT)
		join->on = false;
}

/* How many datagrams went, or -errno. */
static int send_messages(int fd, struct outgoing *o, size_t k, struct os_join *join)
{
	int sent = sendmmsg(fd, o->m, (unsigned)k, MSG_DONTWAIT | MSG_NOSIGNAL);
	size_t all = 0;
	if (sent < 0)
		return -errno;
	for (int i = 0; i < sent; i++) {
		all += o->run[i];
		if (o->run[i] > 1)
			join->refused = 0;
	}
	return (int)all;
}

int os_udp_send(int fd, int family, struct os_join *join, const struct os_datagram *d, size_t n)
{
	struct outgoing o;
	struct os_join never = {0};
	if (!n)
		return 0;
	if (!join)
		join = &never;
	if (n > BATCH)
		n = BATCH;
	size_t k = make_messages(family, join->on, d, n, &o);
	size_t run = o.run[0];
	int joined = send_messages(fd, &o, k, join);
	if (run == 1 || joined > 0 || !refuses_segments(-joined))
		return joined;
	k = make_messages(family, false, d, run, &o);
	int singly = send_messages(fd, &o, k, join);
	/* What is refused either way says nothing of segments. */
	if (singly > 0)
		note_refusal(join, &d->peer, -joined);
	return singly;
}

/* -- Addresses ---------------------------------------------------------------- */

int os_net_news_open(void)
{
	struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What it says is not looked at, nor that some of it was lost. */
bool os_net_news_read(int fd)
{
	char buf[8192];
	bool some = false;
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			return some;
		if (n == 0)
			return some;
		some = true;
	}
}
