#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WAIT_MS 120000

/* -- The kernel's answers, as this test wishes them ------------------------ */

static int fail_errno;	  /* for each datagram that begins with '!' */
static int segment_errno; /* for each message that holds several */
static int segment_port;  /* only for those that go there; 0: for all */
static unsigned messages;

static bool fails(const struct iovec *iov)
{
	return fail_errno && *(const char *)iov->iov_base == '!';
}

#ifdef __linux__
static bool refuses(const struct msghdr *m)
{
	const struct sockaddr_in *to = m->msg_name;
	return segment_errno && m->msg_iovlen > 1 &&
	       (!segment_port || ntohs(to->sin_port) == segment_port);
}

int sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	unsigned good = 0;
	if (refuses(&m[0].msg_hdr)) {
		errno = segment_errno;
		return -1;
	}
	while (good < n && !fails(m[good].msg_hdr.msg_iov) && !refuses(&m[good].msg_hdr))
		good++;
	if (good == 0) {
		errno = fail_errno;
		return -1;
	}
	messages += good;
	return (int)syscall(SYS_sendmmsg, fd, m, good, flags);
}
#endif

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t len)
{
	struct iovec iov = {(void *)(uintptr_t)p, n};
	struct msghdr m = {
		.msg_name = (void *)(uintptr_t)to,
		.msg_namelen = len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	if (fails(&iov)) {
		errno = fail_errno;
		return -1;
	}
	return sendmsg(fd, &m, flags);
}

/* -- Ends ------------------------------------------------------------------ */

struct end {
	struct loop *loop;
	struct udp *udp;
	size_t n, calls, want;
	struct udp_packet last;
	uint8_t data[UDP_DATAGRAM_MAX];
	bool echo;
};

static void on_packets(void *arg, const struct udp_packet *p, size_t n)
{
	struct end *e = arg;
	e->calls++;
	for (size_t i = 0; i < n; i++) {
		e->n++;
		e->last = p[i];
		memcpy(e->data, p[i].data, p[i].n);
		if (e->echo)
			udp_send(e->udp, &p[i].from, &p[i].to, p[i].data, p[i].n);
	}
	if (e->n >= e->want)
		loop_stop(e->loop);
}

static void on_late(void *arg)
{
	fail_msg("%s", (const char *)arg);
}

static void run_until(struct end *e, size_t want, const char *what)
{
	struct loop_timer *late = loop_timer_new(e->loop, on_late, (void *)(uintptr_t)what);
	loop_timer_start(late, WAIT_MS, 0);
	e->want = want;
	if (e->n < want)
		loop_run(e->loop);
	assert_true(e->n >= want);
	loop_timer_free(late);
}

static struct net_addr addr(const char *ip, uint16_t port)
{
	struct net_addr a;
	assert_true(net_addr_parse(span_of(ip), port, &a));
	return a;
}

static void end_open(struct end *e, struct loop *l, const char *ip)
{
	struct udp_options o = {.bind = addr(ip, 0)};
	*e = (struct end){.loop = l};
	assert_int_equal(udp_open(l, &o, on_packets, e, &e->udp, NULL), 0);
	assert_true(udp_local(e->udp)->port != 0);
}

/* -- Tests ----------------------------------------------------------------- */

/* `server` listens everywhere; it is spoken to at `spoken` and answers from there. */
static void check_reply(const char *server, const char *client, const char *spoken)
{
	long before = mem_live();
	struct loop *l = loop_new();
	struct end s, c;
	end_open(&s, l, server);
	end_open(&c, l, client);
	s.echo = true;
	s.want = SIZE_MAX;
	struct net_addr to = addr(spoken, udp_local(s.udp)->port);
	udp_send(c.udp, &to, NULL, "hello", 5);
	run_until(&c, 1, "no answer came");
	assert_int_equal(c.last.n, 5);
	assert_memory_equal(c.data, "hello", 5);
	assert_true(net_addr_eq(&s.last.from, udp_local(c.udp)));
	if (os_udp_knows_local()) {
		assert_true(net_addr_eq(&s.last.to, &to));
		assert_true(net_addr_eq(&c.last.from, &to));
	}
	udp_free(s.udp);
	udp_free(c.udp);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

static bool has_ipv6(void)
{
	struct net_addr all[NET_INTERFACES_MAX];
	struct net_addr one = addr("::1", 0);
	size_t n = net_interfaces(all, NET_INTERFACES_MAX, true);
	for (size_t i = 0; i < n; i++)
		if (net_addr_eq(&all[i], &one))
			return true;
	return false;
}

static void test_reply_from_the_address_spoken_to(void **state)
{
	(void)state;
	check_reply("0.0.0.0", "127.0.0.1", "127.0.0.1");
	check_reply("0.0.0.0", "127.0.0.1", "127.0.0.2");
	check_reply("127.0.0.2", "127.0.0.1", "127.0.0.2");
}

static void test_both_families_on_one_socket(void **state)
{
	(void)state;
	if (!has_ipv6())
		skip();
	check_reply("::", "::1", "::1");
	check_reply("::", "127.0.0.1", "127.0.0.2");
	check_reply("::1", "::1", "::1");
}

static void test_any_family(void **state)
{
	long before = mem_live();
	(void)state;
	struct loop *l = loop_new();
	struct end s = {.loop = l}, c;
	struct udp_options any = {0};
	assert_int_equal(udp_open(l, &any, on_packets, &s, &s.udp, NULL), 0);
	end_open(&c, l, "127.0.0.1");
	struct net_addr to = addr("127.0.0.1", udp_local(s.udp)->port);
	udp_send(c.udp, &to, NULL, "x", 1);
	run_until(&s, 1, "nothing came to any family");
	assert_int_equal(s.last.from.family, 4);
	udp_free(s.udp);
	udp_free(c.udp);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

/* What is sent within one callback goes out together, in order, and all of it. */
static void test_many_at_once(void **state)
{
	long before = mem_live();
	(void)state;
	enum { MANY = 3 * UDP_BATCH + 5 };
	struct loop *l = loop_new();
	struct end s, c;
	struct udp_stats st;
	end_open(&s, l, "127.0.0.1");
	end_open(&c, l, "127.0.0.1");
	for (unsigned i = 0; i < MANY; i++)
		udp_send(c.udp, udp_local(s.udp), NULL, &i, sizeof(i));
	udp_stats(c.udp, &st);
	assert_int_equal(st.sent, 3 * UDP_BATCH);
	run_until(&s, MANY, "not all arrived");
	unsigned last;
	memcpy(&last, s.data, sizeof(last));
	assert_int_equal(last, MANY - 1);
	assert_true(s.calls < MANY / 2);
	udp_stats(s.udp, &st);
	assert_int_equal(st.received, MANY);
	udp_free(s.udp);
	udp_free(c.udp);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

/* Lengths of datagrams to two places in turn, and in how many messages they go out joined. */
static const struct {
	size_t n[12];
	unsigned messages;
} joins[] = {
	{{100, 100, 100, 100}, 1},  {{100, 100, 60, 100}, 2}, /* a shorter one is the last */
	{{60, 100, 100}, 2},	    {{90, 80, 70}, 2},	      {{1200, 1200, 1200, 1}, 1},
	{{100, 100, 0, 50, 50}, 2}, /* 0: from here on to the other place */
	{{0, 40, 40, 40}, 1},
};

struct heap {
	struct loop *loop;
	size_t n, want;
	size_t lengths[12];
	uint8_t first[12];
};

static void on_heap(void *arg, const struct udp_packet *p, size_t n)
{
	struct heap *h = arg;
	for (size_t i = 0; i < n; i++) {
		assert_true(h->n < ARRAY_LEN(h->lengths));
		h->first[h->n] = p[i].data[0];
		h->lengths[h->n++] = p[i].n;
	}
	if (h->n == h->want)
		loop_stop(h->loop);
}

/* What was queued arrives as it was, each by itself, in order, joined on the way or not. */
static void check_join(struct loop *l, struct udp *from, size_t k, bool joined)
{
	static uint8_t data[1200];
	struct heap at[2] = {{.loop = l}, {.loop = l}};
	struct udp *to[2];
	struct udp_options o = {.bind = addr("127.0.0.1", 0)};
	for (int i = 0; i < 2; i++)
		assert_int_equal(udp_open(l, &o, on_heap, &at[i], &to[i], NULL), 0);
	int where = 0;
	for (size_t i = 0; i < 12; i++) {
		if (!joins[k].n[i]) {
			where = 1;
			continue;
		}
		data[0] = (uint8_t)i;
		at[where].want++;
		udp_send(from, udp_local(to[where]), NULL, data, joins[k].n[i]);
	}
	messages = 0;
	udp_flush(from);
	if (os_udp_knows_local()) /* not the portable fallback */
		assert_int_equal(messages, joined ? joins[k].messages : at[0].want + at[1].want);
	for (int i = 0; i < 2; i++) {
		if (at[i].n < at[i].want)
			loop_run(l);
		assert_int_equal(at[i].n, at[i].want);
		for (size_t j = 0; j < at[i].n; j++)
			assert_int_equal(at[i].lengths[j], joins[k].n[at[i].first[j]]);
		for (size_t j = 1; j < at[i].n; j++)
			assert_true(at[i].first[j] > at[i].first[j - 1]);
		udp_free(to[i]);
	}
}

static void test_join(void **state)
{
	long before = mem_live();
	struct loop *l = loop_new();
	struct end s;
	struct udp *plain, *joining;
	struct udp_options o = {.bind = addr("127.0.0.1", 0)};
	struct udp_stats st;
	(void)state;
	assert_int_equal(udp_open(l, &o, on_packets, &s, &plain, NULL), 0);
	o.join = true;
	assert_int_equal(udp_open(l, &o, on_packets, &s, &joining, NULL), 0);
	for (size_t k = 0; k < ARRAY_LEN(joins); k++) {
		check_join(l, plain, k, false);
		check_join(l, joining, k, true);
	}
	/* Where it is refused to all, each goes by itself, for good, and none is lost. */
	segment_errno = EIO;
	for (size_t k = 0; k < ARRAY_LEN(joins); k++)
		check_join(l, joining, k, false);
	segment_errno = 0;
	check_join(l, joining, 0, false);
	udp_stats(joining, &st);
	assert_int_equal(st.unreachable + st.send_dropped + st.too_long, 0);
	udp_free(plain);
	udp_free(joining);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

static void burst(struct udp *from, const struct net_addr *to)
{
	for (int i = 0; i < 4; i++)
		udp_send(from, to, NULL, "datagram", 8);
	messages = 0;
	udp_flush(from);
}

/* One whom nothing joined reaches, or nothing at all, takes it from nobody else. */
static void test_join_refused_by_one(void **state)
{
	long before = mem_live();
	struct loop *l = loop_new();
	struct end bad, good;
	struct udp *from;
	struct udp_options o = {.bind = addr("127.0.0.1", 0), .join = true};
	struct udp_stats st;
	(void)state;
	end_open(&bad, l, "127.0.0.1");
	end_open(&good, l, "127.0.0.1");
	assert_int_equal(udp_open(l, &o, on_packets, &good, &from, NULL), 0);
	segment_errno = EMSGSIZE;
	segment_port = udp_local(bad.udp)->port;
	for (int i = 0; i < 8; i++) {
		burst(from, udp_local(bad.udp));
		if (os_udp_knows_local())
			assert_int_equal(messages, 4);
		if (i % 4 == 0)
			burst(from, udp_local(good.udp));
		if (os_udp_knows_local())
			assert_int_equal(messages, i % 4 ? 4 : 1);
	}
	for (int i = 1; i < 9; i++) {
		struct net_addr nowhere = addr("127.0.0.1", 0);
		nowhere.ip[3] = (uint8_t)i;
		burst(from, &nowhere);
	}
	burst(from, udp_local(good.udp));
	if (os_udp_knows_local())
		assert_int_equal(messages, 1);
	segment_errno = segment_port = 0;
	run_until(&bad, 8 * 4, "singly");
	run_until(&good, 3 * 4, "as one");
	udp_stats(from, &st);
	assert_int_equal(st.unreachable, 8 * 4);
	assert_int_equal(st.sent, 11 * 4);
	udp_free(bad.udp);
	udp_free(good.udp);
	udp_free(from);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

static void test_full_buffers(void **state)
{
	long before = mem_live();
	(void)state;
	struct loop *l = loop_new();
	struct end s, c;
	struct udp_stats st;
	end_open(&s, l, "127.0.0.1");
	end_open(&c, l, "127.0.0.1");
	fail_errno = EAGAIN; /* the socket's buffer: what is left is dropped */
	for (int i = 0; i < 5; i++)
		udp_send(c.udp, udp_local(s.udp), NULL, i == 2 ? "!" : "x", 1);
	udp_flush(c.udp);
	udp_stats(c.udp, &st);
	assert_int_equal(st.sent, 2);
	assert_int_equal(st.send_dropped, 3);
	fail_errno = ENOBUFS; /* the interface's: one is dropped */
	for (int i = 0; i < 3; i++)
		udp_send(c.udp, udp_local(s.udp), NULL, i == 1 ? "!" : "x", 1);
	udp_flush(c.udp);
	udp_stats(c.udp, &st);
	assert_int_equal(st.sent, 4);
	assert_int_equal(st.send_dropped, 4);
	run_until(&s, 4, "what was sent did not arrive");
	udp_free(s.udp);
	udp_free(c.udp);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

#ifdef __linux__
/* More than the receiver's buffer holds: what arrived and what was dropped make up the whole. */
static void test_receiver_too_slow(void **state)
{
	(void)state;
	enum { MANY = 2000 };
	static const uint8_t data[1000];
	struct loop *l = loop_new();
	struct end s = {.loop = l}, c;
	struct udp_options small = {.bind = addr("127.0.0.1", 0), .buffer_bytes = 4096};
	struct udp_stats st;
	assert_int_equal(udp_open(l, &small, on_packets, &s, &s.udp, NULL), 0);
	end_open(&c, l, "127.0.0.1");
	for (int i = 0; i < MANY; i++)
		udp_send(c.udp, udp_local(s.udp), NULL, data, sizeof(data));
	udp_flush(c.udp);
	run_until(&s, 1, "nothing arrived");
	/* The kernel tells with what arrives next. */
	size_t had = s.n;
	udp_send(c.udp, udp_local(s.udp), NULL, data, sizeof(data));
	run_until(&s, had + 1, "nothing arrived afterwards");
	udp_stats(s.udp, &st);
	if (st.receive_dropped) /* the portable fallback does not tell */
		assert_int_equal(st.received + st.receive_dropped, MANY + 1);
	assert_true(st.received < MANY);
	udp_free(s.udp);
	udp_free(c.udp);
	loop_free(l);
}
#endif

static void test_too_long(void **state)
{
	(void)state;
	static const uint8_t data[UDP_DATAGRAM_MAX + 1];
	struct loop *l = loop_new();
	struct end s, c;
	struct udp_stats st;
	end_open(&s, l, "127.0.0.1");
	end_open(&c, l, "127.0.0.1");
	udp_send(c.udp, udp_local(s.udp), NULL, data, sizeof(data));
	udp_stats(c.udp, &st);
	assert_int_equal(st.too_long, 1);
	/* From a sender that knows no such limit. */
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_storage sa;
	socklen_t len = net_addr_to_sockaddr(udp_local(s.udp), 4, &sa);
	assert_true(sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&sa, len) > 0);
	close(fd);
	udp_send(c.udp, udp_local(s.udp), NULL, data, UDP_DATAGRAM_MAX);
	run_until(&s, 1, "the longest that is allowed did not arrive");
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.n, UDP_DATAGRAM_MAX);
	udp_stats(s.udp, &st);
	assert_int_equal(st.too_long, 1);
	udp_free(s.udp);
	udp_free(c.udp);
	loop_free(l);
}

static void test_errors(void **state)
{
	long before = mem_live();
	(void)state;
	struct loop *l = loop_new();
	struct end s;
	struct udp *u = NULL;
	struct err err = {0};
	struct udp_stats st;
	end_open(&s, l, "127.0.0.1");
	struct udp_options o = {.bind = *udp_local(s.udp)};
	assert_int_equal(udp_open(l, &o, on_packets, &s, &u, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.msg, "in use"));
	o.bind = addr("192.0.2.1", 0);
	assert_int_equal(udp_open(l, &o, on_packets, &s, &u, &err), ERR_NOT_FOUND);
	assert_null(u);
	/* IPv6 from an IPv4 socket, and an address that is none. */
	struct net_addr six = addr("::1", 9), none = {0};
	udp_send(s.udp, &six, NULL, "x", 1);
	udp_send(s.udp, &none, NULL, "x", 1);
	fail_errno = ENETUNREACH;
	udp_send(s.udp, udp_local(s.udp), NULL, "!", 1);
	udp_send(s.udp, udp_local(s.udp), NULL, "x", 1);
	run_until(&s, 1, "one after an unreachable one did not arrive");
	udp_stats(s.udp, &st);
	assert_int_equal(st.unreachable, 3);
	assert_int_equal(st.sent, 1);
	udp_free(s.udp);
	udp_free(NULL);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

/* What is queued goes out when the socket is freed, wherever the loop is. */
static void test_free_sends(void **state)
{
	long before = mem_live();
	(void)state;
	struct loop *l = loop_new();
	struct end s, c;
	end_open(&s, l, "127.0.0.1");
	end_open(&c, l, "127.0.0.1");
	udp_send(c.udp, udp_local(s.udp), NULL, "bye", 3);
	udp_free(c.udp);
	run_until(&s, 1, "the last word did not arrive");
	udp_free(s.udp);
	loop_free(l);
	assert_int_equal(mem_live(), before);
}

static void test_interfaces(void **state)
{
	(void)state;
	struct net_addr all[NET_INTERFACES_MAX], some[NET_INTERFACES_MAX];
	size_t n = net_interfaces(all, NET_INTERFACES_MAX, true);
	size_t m = net_interfaces(some, NET_INTERFACES_MAX, false);
	bool loopback = false;
	assert_true(n >= 1 && m >= 1 && m <= n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(all[i].port, 0);
		assert_false(all[i].family == 6 && net_addr_is_link_local(&all[i]));
		/* Loopback ones last. */
		assert_true(!loopback || net_addr_is_loopback(&all[i]));
		loopback = net_addr_is_loopback(&all[i]);
	}
	assert_true(loopback);
	assert_memory_equal(all, some, sizeof(all[0]));
	assert_int_equal(net_interfaces(all, 1, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply_from_the_address_spoken_to),
		cmocka_unit_test(test_both_families_on_one_socket),
		cmocka_unit_test(test_any_family),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_refused_by_one),
		cmocka_unit_test(test_full_buffers),
#ifdef __linux__
		cmocka_unit_test(test_receiver_too_slow),
#endif
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_free_sends),
		cmocka_unit_test(test_interfaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
