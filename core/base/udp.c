#include "core/base/udp.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define READS_AT_ONCE 8 /* batches; then the loop's other work has its turn */

struct slot {
	uint8_t data[UDP_DATAGRAM_MAX];
};

struct udp {
	struct loop *loop;
	uv_poll_t poll;
	int fd;
	int family; /* 4 or 6: the socket's */
	struct net_addr local;
	udp_receive_fn *fn;
	void *arg;
	bool receiving;
	bool flush_due; /* loop_defer holds this object */
	bool closed;
	struct os_join join;
	uint32_t dropped; /* the kernel's count, as last told */
	struct udp_stats stats;
	size_t queued;
	struct os_datagram out[UDP_BATCH];
	struct slot *out_data, *in_data;
};

/* -- Opening --------------------------------------------------------------- */

static bool any_ip(const struct net_addr *a)
{
	static const uint8_t zero[16];
	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static void set_options(int fd, int family, const struct udp_options *o)
{
	int only = !any_ip(&o->bind);
	if (family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (o->buffer_bytes > 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &o->buffer_bytes, sizeof(int));
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &o->buffer_bytes, sizeof(int));
	}
	os_udp_prepare(fd, family);
}

/* A bound socket, or -errno. */
static int open_socket(const struct udp_options *o, int family)
{
	struct net_addr want = o->bind;
	struct sockaddr_storage sa;
	want.family = (uint8_t)family;
	socklen_t n = net_addr_to_sockaddr(&want, family, &sa);
	int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return -errno;
	set_options(fd, family, o);
	if (bind(fd, (struct sockaddr *)&sa, n) != 0) {
		int e = errno;
		close(fd);
		return -e;
	}
	return fd;
}

static int explain(const struct udp_options *o, int errnum, struct err *err)
{
	char text[NET_ADDR_TEXT];
	if (errnum == EADDRINUSE)
		return err_set(err, ERR_CONFLICT,
			       _("UDP port %u is in use already: choose another one"),
			       (unsigned)o->bind.port);
	if (errnum == EADDRNOTAVAIL)
		return err_set(err, ERR_NOT_FOUND, _("this host has no address %s"),
			       net_addr_ip_text(&o->bind, text));
	return err_errno(err, errnum, _("cannot open a UDP socket on port %u"),
			 (unsigned)o->bind.port);
}

static void on_poll(uv_poll_t *handle, int status, int events);

static void start(struct udp *u)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	if (getsockname(u->fd, (struct sockaddr *)&sa, &n) == 0)
		u->local = net_addr_from_sockaddr((struct sockaddr *)&sa);
	u->out_data = mem_alloc(UDP_BATCH * sizeof(struct slot));
	u->in_data = mem_alloc(UDP_BATCH * sizeof(struct slot));
	/* uv_poll_init also makes the socket non-blocking. */
	uv_poll_init(loop_uv(u->loop), &u->poll, u->fd);
	uv_poll_start(&u->poll, UV_READABLE, on_poll);
}

int udp_open(struct loop *l, const struct udp_options *o, udp_receive_fn *fn, void *arg,
	     struct udp **ret, struct err *err)
{
	loop_assert_owner(l);
	int family = o->bind.family ? o->bind.family : 6;
	int fd = open_socket(o, family);
	/* A host may have been built or started without IPv6. */
	if (fd < 0 && !o->bind.family && fd != -EADDRINUSE) {
		family = 4;
		fd = open_socket(o, family);
	}
	if (fd < 0)
		return explain(o, -fd, err);
	struct udp *u = NEW(struct udp);
	u->loop = l;
	u->fd = fd;
	u->family = family;
	u->join.on = o->join;
	u->fn = fn;
	u->arg = arg;
	start(u);
	*ret = u;
	return 0;
}

static void release(struct udp *u)
{
	if (!u->closed || u->flush_due)
		return;
	mem_free(u->out_data);
	mem_free(u->in_data);
	mem_free(u);
}

static void on_closed(uv_handle_t *handle)
{
	struct udp *u = CONTAINER_OF((uv_poll_t *)handle, struct udp, poll);
	u->closed = true;
	release(u);
}

void udp_free(struct udp *u)
{
	if (!u)
		return;
	loop_assert_owner(u->loop);
	if (u->receiving)
		abort(); /* the packets being told of are its own */
	udp_flush(u);
	uv_poll_stop(&u->poll);
	close(u->fd);
	u->fd = -1;
	uv_close((uv_handle_t *)&u->poll, on_closed);
}

const struct net_addr *udp_local(const struct udp *u)
{
	return &u->local;
}

void udp_stats(const struct udp *u, struct udp_stats *ret)
{
	*ret = u->stats;
}

/* -- Receiving ------------------------------------------------------------- */

static size_t accept_batch(struct udp *u, const struct os_datagram *d, size_t n,
			   struct udp_packet *ret)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (d[i].truncated) {
			u->stats.too_long++;
			continue;
		}
		struct udp_packet *p = &ret[kept++];
		*p = (struct udp_packet){d[i].peer, d[i].local, d[i].data, d[i].n, d[i].waited_ms};
		if (!p->to.family)
			p->to = u->local;
		p->to.port = u->local.port;
	}
	u->stats.received += kept;
	return kept;
}

/* True while there may be more. */
static bool receive_batch(struct udp *u)
{
	struct os_datagram d[UDP_BATCH];
	struct udp_packet p[UDP_BATCH];
	uint32_t dropped = u->dropped;
	for (size_t i = 0; i < UDP_BATCH; i++)
		d[i] = (struct os_datagram){.data = u->in_data[i].data, .n = UDP_DATAGRAM_MAX};
	int n = os_udp_recv(u->fd, d, UDP_BATCH, &dropped);
	if (n <= 0)
		return n == -EINTR;
	u->stats.receive_dropped += dropped - u->dropped;
	u->dropped = dropped;
	size_t kept = accept_batch(u, d, (size_t)n, p);
	u->receiving = true;
	if (kept)
		u->fn(u->arg, p, kept);
	u->receiving = false;
	return n == UDP_BATCH;
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct udp *u = CONTAINER_OF(handle, struct udp, poll);
	(void)status; /* an error waiting at the socket is fetched, and over, by reading */
	(void)events;
	for (int i = 0; i < READS_AT_ONCE && receive_batch(u); i++)
		;
}

/* -- Sending --------------------------------------------------------------- */

void udp_flush(struct udp *u)
{
	size_t at = 0;
	while (at < u->queued) {
		int n = os_udp_send(u->fd, u->family, &u->join, u->out + at, u->queued - at);
		if (n > 0) {
			u->stats.sent += (uint64_t)n;
			at += (size_t)n;
		} else if (n == -EAGAIN || n == -EWOULDBLOCK) {
			u->stats.send_dropped += u->queued - at;
			break;
		} else if (n != -EINTR) {
			if (n == -ENOBUFS)
				u->stats.send_dropped++;
			else if (n == -EMSGSIZE)
				u->stats.too_long++;
			else
				u->stats.unreachable++;
			at++;
		}
	}
	u->queued = 0;
}

static void on_defer(void *arg)
{
	struct udp *u = arg;
	u->flush_due = false;
	if (u->fd >= 0)
		udp_flush(u);
	release(u);
}

void udp_send(struct udp *u, const struct net_addr *to, const struct net_addr *source,
	      const void *data, size_t n)
{
	loop_assert_owner(u->loop);
	if (n > UDP_DATAGRAM_MAX) {
		u->stats.too_long++;
		return;
	}
	if (!to->family || (u->family == 4 && to->family != 4)) {
		u->stats.unreachable++;
		return;
	}
	struct os_datagram *d = &u->out[u->queued];
	*d = (struct os_datagram){.peer = *to, .data = u->out_data[u->queued].data, .n = n};
	if (source)
		d->local = *source;
	memcpy(d->data, data, n);
	if (++u->queued == UDP_BATCH)
		udp_flush(u);
	if (u->queued && !u->flush_due) {
		u->flush_due = true;
		loop_defer(u->loop, on_defer, u);
	}
}

/* -- Interfaces ------------------------------------------------------------ */

static bool known(const struct net_addr *list, size_t n, const struct net_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (net_addr_eq(&list[i], a))
			return true;
	return false;
}

static size_t add_interfaces(const struct ifaddrs *all, bool loopback, struct net_addr *ret,
			     size_t n, size_t max)
{
	for (const struct ifaddrs *i = all; i && n < max; i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
			continue;
		struct net_addr a = net_addr_from_sockaddr(i->ifa_addr);
		a.port = 0;
		if (!a.family || net_addr_is_loopback(&a) != loopback || known(ret, n, &a))
			continue;
		if (a.family == 6 && net_addr_is_link_local(&a))
			continue;
		ret[n++] = a;
	}
	return n;
}

size_t net_interfaces(struct net_addr *ret, size_t max, bool with_loopback)
{
	struct ifaddrs *all;
	if (getifaddrs(&all) != 0)
		return 0;
	size_t n = add_interfaces(all, false, ret, 0, max);
	if (with_loopback || n == 0)
		n = add_interfaces(all, true, ret, n, max);
	freeifaddrs(all);
	return n;
}
