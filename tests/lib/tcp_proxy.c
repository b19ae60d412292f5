#include "tests/lib/tcp_proxy.h"

#include "core/base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 32

struct tcp_proxy {
	pthread_t thread;
	int to_port, port, listener;
	int bell[2];
	atomic_bool ending, refuse, cut;
	atomic_int count;
	/* The thread's: even and odd are the two ends of a connection. */
	int fds[2 * PAIRS_MAX];
	size_t fds_n;
};

static void die(const char *what)
{
	perror(what);
	abort();
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void reset(int fd)
{
	struct linger hard = {1, 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void drop(struct tcp_proxy *p, size_t i)
{
	reset(p->fds[i]);
	reset(p->fds[i ^ 1]);
	p->fds_n -= 2;
	p->fds[i & ~1u] = p->fds[p->fds_n];
	p->fds[i | 1] = p->fds[p->fds_n + 1];
}

static void take_one(struct tcp_proxy *p)
{
	struct sockaddr_in to = loopback(p->to_port);
	int fd = accept(p->listener, NULL, NULL);
	if (fd < 0)
		return;
	atomic_fetch_add(&p->count, 1);
	int other = socket(AF_INET, SOCK_STREAM, 0);
	if (atomic_load(&p->refuse) || p->fds_n == 2 * PAIRS_MAX ||
	    connect(other, (struct sockaddr *)&to, sizeof(to)) != 0) {
		reset(fd);
		close(other);
		return;
	}
	p->fds[p->fds_n++] = fd;
	p->fds[p->fds_n++] = other;
}

static bool pass(struct tcp_proxy *p, size_t i)
{
	char b[65536];
	ssize_t n = read(p->fds[i], b, sizeof(b));
	for (ssize_t done = 0; done < n;) {
		ssize_t k = send(p->fds[i ^ 1], b + done, (size_t)(n - done), MSG_NOSIGNAL);
		if (k <= 0)
			return false;
		done += k;
	}
	return n > 0;
}

static void *run(void *arg)
{
	struct tcp_proxy *p = arg;
	while (!atomic_load(&p->ending)) {
		struct pollfd all[2 + 2 * PAIRS_MAX] = {{.fd = p->bell[0], .events = POLLIN},
							{.fd = p->listener, .events = POLLIN}};
		size_t n = p->fds_n;
		char rung[64];
		for (size_t i = 0; i < n; i++)
			all[2 + i] = (struct pollfd){.fd = p->fds[i], .events = POLLIN};
		if (poll(all, 2 + n, -1) < 0)
			continue;
		if (all[0].revents && read(p->bell[0], rung, sizeof(rung)) < 0)
			die("read");
		if (atomic_exchange(&p->cut, false)) {
			while (p->fds_n)
				drop(p, 0);
			continue;
		}
		/* From behind: what is dropped is replaced by the last pair. */
		for (size_t i = n; i-- > 0;)
			if (all[2 + i].revents && i < p->fds_n && !pass(p, i))
				drop(p, i);
		if (all[1].revents)
			take_one(p);
	}
	while (p->fds_n)
		drop(p, 0);
	return NULL;
}

static void ring(struct tcp_proxy *p)
{
	if (write(p->bell[1], "x", 1) != 1)
		die("write");
}

struct tcp_proxy *tcp_proxy_start(int to_port)
{
	struct tcp_proxy *p = NEW(struct tcp_proxy);
	struct sockaddr_in at = loopback(0);
	socklen_t n = sizeof(at);
	p->to_port = to_port;
	p->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (pipe(p->bell) || bind(p->listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(p->listener, 16) || getsockname(p->listener, (struct sockaddr *)&at, &n))
		die("tcp_proxy");
	p->port = ntohs(at.sin_port);
	if (pthread_create(&p->thread, NULL, run, p))
		die("thread");
	return p;
}

void tcp_proxy_stop(struct tcp_proxy *p)
{
	atomic_store(&p->ending, true);
	ring(p);
	pthread_join(p->thread, NULL);
	close(p->listener);
	close(p->bell[0]);
	close(p->bell[1]);
	mem_free(p);
}

int tcp_proxy_port(const struct tcp_proxy *p)
{
	return p->port;
}

void tcp_proxy_cut(struct tcp_proxy *p)
{
	atomic_store(&p->cut, true);
	ring(p);
}

void tcp_proxy_refuse(struct tcp_proxy *p, bool refuse)
{
	atomic_store(&p->refuse, refuse);
}

int tcp_proxy_count(const struct tcp_proxy *p)
{
	return atomic_load(&p->count);
}
