/* The TURN client against a server that is made of answers, on a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/rtc/stun.h"
#include "core/rtc/turn.h"
#include "core/rtc/turn_uri.h"
#include "tests/lib/balance.h"

#include <string.h>

#define USER "1700000000:ann"
#define PASSWORD "pass"
#define REALM "school"
#define REQUESTED_FAMILY 0x0017
#define ADDITIONAL_FAMILY 0x8000

struct world {
	struct turn *turn;
	int64_t now;
	const char *nonce; /* what the server wants to see */
	bool silent;
	int refuse;	 /* error for CreatePermission; 0: none */
	int refuse_bind; /* for ChannelBind */
	uint32_t lifetime_s;
	bool forge; /* answers are signed with another key */
	size_t requests[16], channel_data, indications;
	uint8_t last[2000]; /* what came for a peer */
	size_t last_n;
	struct net_addr last_to;
	unsigned channel;
	bool no_six;	    /* as coturn says so */
	bool both, no_four; /* it relays from IPv6, too, or only */
	bool puzzled;	    /* it takes one question at a time */
	bool up, failed;
	int code;
	struct net_addr relayed, relayed6, mapped, from;
	uint8_t got[2000];
	size_t got_n;
};

static struct net_addr address(const char *ip, uint16_t port)
{
	struct net_addr a;
	assert_true(net_addr_parse(span_of(ip), port, &a));
	return a;
}

static void key_of(uint8_t key[16])
{
	assert_true(stun_long_term_key(SPAN_LIT(USER), SPAN_LIT(REALM), SPAN_LIT(PASSWORD), key));
}

static void give(struct world *w, struct stun_out *m)
{
	uint8_t out[STUN_MESSAGE_MAX], key[16];
	key_of(key);
	key[0] ^= w->forge;
	if (m->cls == STUN_SUCCESS)
		m->password = (struct span){(const char *)key, sizeof(key)};
	size_t n = stun_write(m, out);
	assert_true(n > 0);
	turn_receive(w->turn, w->now, out, n);
}

static void challenge(struct world *w, const struct stun *m, int error)
{
	struct stun_out r = {.cls = STUN_ERROR,
			     .method = m->method,
			     .tid = m->tid,
			     .error = error,
			     .realm = SPAN_LIT(REALM),
			     .nonce = span_of(w->nonce)};
	give(w, &r);
}

/* For addresses of IPv6, by this attribute? */
static bool asks(const struct stun *m, unsigned kind)
{
	const uint8_t *p = (const uint8_t *)m->raw.p;
	for (size_t at = 20; at + 8 <= m->raw.n;
	     at += 4 + (((p[at + 2] << 8 | p[at + 3]) + 3) & ~3))
		if ((unsigned)(p[at] << 8 | p[at + 1]) == kind)
			return p[at + 4] == 2;
	return false;
}

static void agree(struct world *w, const struct stun *m)
{
	struct stun_out r = {.cls = STUN_SUCCESS, .method = m->method, .tid = m->tid};
	if (m->method == TURN_ALLOCATE || m->method == TURN_REFRESH) {
		r.has_lifetime = true;
		r.lifetime_s = w->lifetime_s;
	}
	if (m->method == TURN_ALLOCATE)
		r.mapped = address("198.51.100.7", 4000);
	give(w, &r);
}

/* By what was asked for: one address, or two. */
static void allocate(struct world *w, const struct stun *m)
{
	struct stun_out r = {.cls = STUN_SUCCESS,
			     .method = TURN_ALLOCATE,
			     .tid = m->tid,
			     .has_lifetime = true,
			     .lifetime_s = w->lifetime_s,
			     .mapped = address("198.51.100.7", 4000)};
	bool six = asks(m, REQUESTED_FAMILY);
	if (w->puzzled && asks(m, ADDITIONAL_FAMILY)) {
		challenge(w, m, STUN_BAD_REQUEST);
		return;
	}
	if (w->no_four && !six) {
		challenge(w, m, TURN_FAMILY_NOT_SUPPORTED);
		return;
	}
	if (!six)
		r.relayed[0] = address("203.0.113.9", 5000);
	if (six || (w->both && asks(m, ADDITIONAL_FAMILY)))
		r.relayed[1] = address("2001:db8::9", 5001);
	else if (w->no_six)
		r.relayed[1] = address("0.0.0.0", 0);
	give(w, &r);
}

static bool is_signed(const struct world *w, const struct stun *m, const struct stun_turn *a)
{
	uint8_t key[16];
	key_of(key);
	return span_eq_str(m->username, USER) && span_eq_str(a->realm, REALM) &&
	       span_eq_str(a->nonce, w->nonce) &&
	       stun_check_integrity(m, (struct span){(const char *)key, sizeof(key)});
}

static void on_send(void *arg, const void *p, size_t n)
{
	struct world *w = arg;
	const uint8_t *u = p;
	struct stun m;
	struct stun_turn a;
	if ((u[0] & 0xc0) == 0x40) {
		w->channel_data++;
		w->channel = (unsigned)(u[0] << 8 | u[1]);
		w->last_n = (size_t)(u[2] << 8 | u[3]);
		memcpy(w->last, u + 4, w->last_n);
		return;
	}
	assert_true(stun_parse(p, n, &m));
	assert_true(stun_turn_parse(&m, &a));
	if (m.cls == STUN_INDICATION) {
		assert_int_equal(m.method, TURN_SEND);
		w->indications++;
		w->last_to = a.peer;
		w->last_n = a.data.n;
		memcpy(w->last, a.data.p, a.data.n);
		return;
	}
	w->requests[m.method]++;
	if (w->silent)
		return;
	if (!m.integrity_at)
		challenge(w, &m, STUN_UNAUTHENTICATED);
	else if (!is_signed(w, &m, &a))
		challenge(w, &m, STUN_STALE_NONCE);
	else if (m.method == TURN_CREATE_PERMISSION && w->refuse)
		challenge(w, &m, w->refuse);
	else if (m.method == TURN_CHANNEL_BIND && w->refuse_bind)
		challenge(w, &m, w->refuse_bind);
	else if (m.method == TURN_ALLOCATE)
		allocate(w, &m);
	else
		agree(w, &m);
}

static void on_up(void *arg, const struct net_addr *relayed, const struct net_addr *mapped)
{
	struct world *w = arg;
	w->up = true;
	*(relayed->family == 6 ? &w->relayed6 : &w->relayed) = *relayed;
	w->mapped = *mapped;
}

static void on_data(void *arg, const struct net_addr *from, const void *p, size_t n)
{
	struct world *w = arg;
	w->from = *from;
	w->got_n = n;
	memcpy(w->got, p, n);
}

static void on_failed(void *arg, const struct err *why)
{
	struct world *w = arg;
	w->failed = true;
	w->code = why->code;
}

static void begin(struct world *w)
{
	struct turn_config c = {.username = USER,
				.password = PASSWORD,
				.calls = {on_send, on_up, on_data, on_failed},
				.arg = w};
	if (!w->lifetime_s)
		w->lifetime_s = 600;
	if (!w->nonce)
		w->nonce = "first";
	w->turn = turn_new(&c);
	turn_start(w->turn, w->now);
}

static void pass(struct world *w, int64_t ms)
{
	int64_t until = w->now + ms;
	while (turn_deadline(w->turn) <= until) {
		w->now = turn_deadline(w->turn) > w->now ? turn_deadline(w->turn) : w->now;
		turn_tick(w->turn, w->now);
	}
	w->now = until;
}

static const uint8_t check[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
static const uint8_t rtp[20] = {0x80, 111};

static void test_relay(void **state)
{
	struct world w = {0};
	struct net_addr peer = address("192.0.2.5", 7000);
	(void)state;
	begin(&w);
	assert_true(w.up);
	assert_int_equal(w.requests[TURN_ALLOCATE], 2);
	struct net_addr relayed = address("203.0.113.9", 5000);
	assert_true(net_addr_eq(&w.relayed, &relayed));
	assert_int_equal(w.mapped.port, 4000);
	/* The first one waits for the permission, and is not lost. */
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	assert_int_equal(w.requests[TURN_CREATE_PERMISSION], 1);
	assert_int_equal(w.indications, 1);
	assert_true(net_addr_eq(&w.last_to, &peer));
	assert_memory_equal(w.last, check, sizeof(check));
	/* Sound gets a channel. */
	turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
	assert_int_equal(w.requests[TURN_CHANNEL_BIND], 1);
	turn_send(w.turn, w.now, &peer, rtp, 19);
	assert_int_equal(w.channel_data, 1);
	assert_int_equal(w.last_n, 19);
	/* What comes back, either way. */
	uint8_t data[8] = {(uint8_t)(w.channel >> 8), (uint8_t)w.channel, 0, 3, 'a', 'b', 'c', 0};
	turn_receive(w.turn, w.now, data, sizeof(data));
	assert_int_equal(w.got_n, 3);
	assert_true(net_addr_eq(&w.from, &peer));
	struct net_addr other = address("192.0.2.6", 7000);
	struct stun_out m = {.cls = STUN_INDICATION,
			     .method = TURN_DATA,
			     .tid = stun_tid_new(),
			     .peer = other,
			     .data = SPAN_LIT("hello")};
	give(&w, &m);
	assert_int_equal(w.got_n, 5);
	assert_true(net_addr_eq(&w.from, &other));
	/* A length that lies, a channel that is nobody's. */
	w.got_n = 0;
	data[3] = 5;
	turn_receive(w.turn, w.now, data, sizeof(data));
	data[3] = 3;
	data[1]++;
	turn_receive(w.turn, w.now, data, sizeof(data));
	assert_int_equal(w.got_n, 0);
	turn_free(w.turn);
}

/* A server that has both kinds of addresses relays from both, to peers of either. */
static void test_families(void **state)
{
	struct net_addr four = address("192.0.2.5", 7000), six = address("2001:db8::5", 7000);
	(void)state;
	for (int only = 0; only < 2; only++) {
		struct world w = {.both = true, .no_four = only};
		begin(&w);
		assert_true(w.up);
		assert_int_equal(w.relayed.port, only ? 0 : 5000);
		assert_int_equal(w.relayed6.port, 5001);
		turn_send(w.turn, w.now, &six, check, sizeof(check));
		assert_int_equal(w.indications, 1);
		assert_true(net_addr_eq(&w.last_to, &six));
		/* Nothing is asked for what nobody relays. */
		turn_send(w.turn, w.now, &four, check, sizeof(check));
		assert_int_equal(w.indications, only ? 1 : 2);
		assert_int_equal(w.requests[TURN_CREATE_PERMISSION], only ? 1 : 2);
		turn_free(w.turn);
	}
	/* A server with one has that one, as ever. */
	struct world w = {.no_six = true};
	begin(&w);
	assert_int_equal(w.relayed.port, 5000);
	assert_int_equal(w.relayed6.port, 0);
	turn_free(w.turn);
	w = (struct world){.puzzled = true};
	begin(&w);
	assert_int_equal(w.relayed.port, 5000);
	turn_send(w.turn, w.now, &six, check, sizeof(check));
	assert_int_equal(w.requests[TURN_CREATE_PERMISSION], 0);
	turn_free(w.turn);
}

/* An hour: everything is renewed in time, with nonces that change. */
static void test_renewal(void **state)
{
	static const char *const nonces[] = {"one", "two", "three", "four"};
	struct world w = {0};
	struct net_addr peer = address("192.0.2.5", 7000);
	(void)state;
	begin(&w);
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
	for (int i = 0; i < 60; i++) {
		size_t refreshed = w.requests[TURN_REFRESH], bound = w.requests[TURN_CHANNEL_BIND];
		w.nonce = nonces[i % 4];
		pass(&w, 600000);
		assert_true(w.requests[TURN_REFRESH] > refreshed);
		assert_true(w.requests[TURN_CHANNEL_BIND] >= bound + 2);
	}
	assert_false(w.failed);
	turn_close(w.turn, w.now);
	turn_free(w.turn);
}

static void test_refused(void **state)
{
	struct world w = {.silent = true};
	struct net_addr peer = address("192.0.2.5", 7000);
	(void)state;
	begin(&w);
	pass(&w, 60000);
	assert_true(w.failed);
	assert_int_equal(w.requests[TURN_ALLOCATE], 7);
	turn_free(w.turn);
	/* Who cannot sign is not the server. */
	w = (struct world){.forge = true};
	begin(&w);
	assert_false(w.up);
	turn_free(w.turn);
	/* A peer that the server will not speak to. */
	w = (struct world){.refuse = 403};
	begin(&w);
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	assert_int_equal(w.requests[TURN_CREATE_PERMISSION], 1);
	assert_int_equal(w.indications, 0);
	assert_false(w.failed);
	/* It may think otherwise later. */
	pass(&w, 6000);
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	assert_int_equal(w.requests[TURN_CREATE_PERMISSION], 2);
	assert_int_equal(w.indications, 0);
	w.refuse = 0;
	pass(&w, 6000);
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	assert_int_equal(w.indications, 1);
	/* It forgets us. */
	w.silent = true;
	pass(&w, 700000);
	assert_true(w.failed);
	turn_free(w.turn);
}

/* The server is away, or unwilling, when a permission is to be renewed. */
static void test_renewal_fails(void **state)
{
	struct net_addr peer = address("192.0.2.5", 7000), other = address("192.0.2.6", 7000);
	(void)state;
	for (int error = 0; error <= 500; error += 500) {
		struct world w = {0};
		begin(&w);
		turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
		turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
		turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
		assert_int_equal(w.channel_data, 1);
		unsigned channel = w.channel;
		pass(&w, 239000);
		w.silent = !error;
		w.refuse_bind = error;
		pass(&w, 61000);
		w.silent = false;
		w.refuse_bind = 0;
		/* The permission is over by now: it is asked for anew, and only then sent to. */
		w.channel_data = w.indications = w.requests[TURN_CREATE_PERMISSION] = 0;
		turn_send(w.turn, w.now, &peer, check, sizeof(check));
		assert_int_equal(w.requests[TURN_CREATE_PERMISSION], 1);
		assert_int_equal(w.indications, 1);
		assert_memory_equal(w.last, check, sizeof(check));
		/* The channel, which the server may know still, is nobody else's. */
		for (uint16_t i = 1; i <= 3 * TURN_PEERS_MAX; i++) {
			other.port = i;
			turn_send(w.turn, w.now++, &other, rtp, sizeof(rtp));
			turn_send(w.turn, w.now++, &other, rtp, sizeof(rtp));
			assert_true(w.channel != channel || !w.channel_data);
			w.channel_data = 0;
		}
		uint8_t data[8] = {(uint8_t)(channel >> 8), (uint8_t)channel, 0, 4};
		w.got_n = 0;
		turn_receive(w.turn, w.now, data, sizeof(data));
		assert_int_equal(w.got_n, 4);
		assert_true(net_addr_eq(&w.from, &peer));
		turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
		turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
		/* Once it was refused, it goes on without. */
		assert_int_equal(w.channel_data, error ? 0 : 1);
		assert_true(error || w.channel == channel);
		assert_false(w.failed);
		turn_free(w.turn);
	}
}

/* No channels there: asked once, and it goes on without, for hours. */
static void test_no_channels(void **state)
{
	struct world w = {.refuse_bind = 486};
	struct net_addr peer = address("192.0.2.5", 7000);
	(void)state;
	begin(&w);
	for (size_t i = 1; i < 200; i++) {
		turn_send(w.turn, w.now, &peer, rtp, sizeof(rtp));
		assert_int_equal(w.indications, i);
		pass(&w, 60000);
	}
	assert_int_equal(w.requests[TURN_CHANNEL_BIND], 1);
	assert_int_equal(w.channel_data, 0);
	turn_free(w.turn);
}

/* A server that began anew knows of no allocation (RFC 8656 5): another one is to be asked for. */
static void test_forgotten(void **state)
{
	struct world w = {0};
	struct net_addr peer = address("192.0.2.5", 7000);
	(void)state;
	begin(&w);
	turn_send(w.turn, w.now, &peer, check, sizeof(check));
	assert_false(w.failed);
	w.refuse = 437;
	pass(&w, 241000);
	assert_true(w.failed);
	assert_int_equal(w.code, ERR_NETWORK);
	turn_free(w.turn);
}

static void test_many_peers(void **state)
{
	struct world w = {0};
	(void)state;
	begin(&w);
	for (uint16_t i = 1; i <= 3 * TURN_PEERS_MAX; i++) {
		struct net_addr peer = address("192.0.2.5", i);
		turn_send(w.turn, w.now++, &peer, check, sizeof(check));
		assert_true(net_addr_eq(&w.last_to, &peer));
	}
	turn_free(w.turn);
}

static void test_uris(void **state)
{
	struct turn_uri u;
	(void)state;
	assert_int_equal(turn_uri_parse(SPAN_LIT("turn:turn.example"), &u, NULL), 0);
	assert_true(u.relay && u.way == TURN_UDP && u.port == 3478);
	assert_string_equal(u.host, "turn.example");
	assert_int_equal(turn_uri_parse(SPAN_LIT("turns:turn.example?transport=tcp"), &u, NULL), 0);
	assert_true(u.way == TURN_TLS && u.port == 5349);
	assert_int_equal(turn_uri_parse(SPAN_LIT("turn:[2001:db8::1]:80?transport=tcp"), &u, NULL),
			 0);
	assert_true(u.way == TURN_TCP && u.port == 80);
	assert_string_equal(u.host, "2001:db8::1");
	assert_int_equal(turn_uri_parse(SPAN_LIT("stun:x:1"), &u, NULL), 0);
	assert_false(u.relay);
	assert_int_equal(turn_uri_parse(SPAN_LIT("turns:x?transport=udp"), &u, NULL),
			 ERR_UNSUPPORTED);
	static const char *const bad[] = {"",		"turn:",
					  "turn:x:0",	"turn:x:70000",
					  "turn:x:1y",	"turn:[::1",
					  "http://x",	"turn:x?transport=x",
					  "turn:a b",	"turn:x/y",
					  "turn:[::1]x"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(turn_uri_parse(span_of(bad[i]), &u, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BALANCED(test_relay),	      BALANCED(test_renewal),	  BALANCED(test_refused),
		BALANCED(test_renewal_fails), BALANCED(test_no_channels), BALANCED(test_forgotten),
		BALANCED(test_many_peers),    BALANCED(test_families),	  BALANCED(test_uris),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
