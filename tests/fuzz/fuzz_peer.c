/*
 * Datagrams of all kinds into two real peer connections: a client, and a peer
 * behind a server's port beside a second one that has not come yet. The input
 * says at which moment it begins (nothing done, in the middle of connecting,
 * media flowing), then what happens: bytes from right and wrong addresses, own
 * datagrams again with bits changed, RTP and RTCP that carry the right keys,
 * time, loss, restarts. Besides not crashing: whoever has no keys cannot end a
 * call, and no packet is heard twice.
 *
 * All that is random (keys too) follows from the input.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/mem.h"
#include "core/rtc/peer.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define QUEUE 256
#define DATAGRAM_MAX 1600
#define KEPT 16
#define OPS_MAX 200
#define HEARD 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t now_ms;

/* OpenSSL reads the time of its DTLS timer here. */
int gettimeofday(struct timeval *tv, void *tz)
{
	(void)tz;
	int64_t ms = 1700000000000 + now_ms;
	tv->tv_sec = ms / 1000;
	tv->tv_usec = ms % 1000 * 1000;
	return 0;
}

static void demand(bool ok)
{
	if (!ok)
		abort();
}

/* -- Chance that is none ---------------------------------------------------- */

static uint64_t chance;

static int chance_bytes(unsigned char *p, int n)
{
	for (int i = 0; i < n; i++) {
		chance = chance * 6364136223846793005u + 1442695040888963407u;
		p[i] = (unsigned char)(chance >> 40);
	}
	return 1;
}

static int chance_status(void)
{
	return 1;
}

static const RAND_METHOD chance_method = {
	.bytes = chance_bytes,
	.pseudorand = chance_bytes,
	.status = chance_status,
};

/* -- A network of two ------------------------------------------------------- */

struct datagram {
	struct net_addr from;
	bool to_server;
	size_t n;
	uint8_t p[DATAGRAM_MAX];
};

struct world {
	struct net_addr client_addr, server_addr, stranger;
	struct peer_mux *mux;
	struct peer *client, *server, *absent;
	struct datagram queue[QUEUE], kept[KEPT];
	size_t queue_n, kept_n;
	unsigned lose; /* so many of the next are lost */
	bool keyless;  /* only who has no keys has acted: the call must go on */
	bool raw_sent;
	bool heard[HEARD];
	uint16_t seq;
};

static struct world w;
static struct dtls_cert *cert_a, *cert_b;

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	bool to_server = net_addr_eq(to, &w.server_addr);
	struct datagram *d = &w.queue[w.queue_n];
	(void)arg;
	demand(base == 0 && n > 0 && n <= 1400);
	if (w.lose) {
		w.lose--;
		return;
	}
	if (w.queue_n == QUEUE || (!to_server && !net_addr_eq(to, &w.client_addr)))
		return;
	d->from = to_server ? w.client_addr : w.server_addr;
	d->to_server = to_server;
	d->n = n;
	memcpy(d->p, p, n);
	w.kept[w.kept_n++ % KEPT] = *d;
	w.queue_n++;
}

/* What we say ourselves carries its number; it may be heard once. */
static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	(void)arg;
	(void)now;
	demand(p == w.server || p == w.client);
	demand(raw.n >= r->header_n + r->payload.n);
	/* What the client sends as it is may be any number again. */
	if (w.raw_sent || p != w.server || r->ssrc != 77 || r->pt != 111)
		return;
	demand(r->seq < HEARD && !w.heard[r->seq]);
	w.heard[r->seq] = true;
}

static void deliver(const struct datagram *d, const struct net_addr *from)
{
	if (d->to_server)
		peer_mux_receive(w.mux, now_ms, 0, from, d->p, d->n);
	else
		peer_receive(w.client, now_ms, 0, from, d->p, d->n);
}

static void pump(void)
{
	static struct datagram d;
	for (int i = 0; w.queue_n && i < 2 * QUEUE; i++) {
		d = w.queue[0];
		w.queue_n--;
		memmove(w.queue, w.queue + 1, w.queue_n * sizeof(d));
		deliver(&d, &d.from);
	}
}

static void pass(int ms)
{
	struct peer *all[] = {w.client, w.server, w.absent};
	for (int i = 0; i < ms; i += 10) {
		now_ms += 10;
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			if (peer_deadline(all[k]) <= now_ms)
				peer_tick(all[k], now_ms);
		pump();
	}
}

static struct peer *make_peer(bool lite, struct dtls_cert *cert)
{
	struct peer_config c = {
		.mux = lite ? w.mux : NULL,
		.controlling = !lite,
		.cert = cert,
		.calls = {.send = on_send, .rtp = on_rtp},
	};
	struct peer *p = peer_new(&c, NULL);
	demand(p);
	peer_receive_format(p, 111, 48000, true);
	return p;
}

static void make_world(void)
{
	struct sdp_transport a, b;
	memset(&w, 0, sizeof(w));
	now_ms = 1000;
	demand(net_addr_parse(SPAN_LIT("192.0.2.1"), 5000, &w.client_addr));
	demand(net_addr_parse(SPAN_LIT("192.0.2.2"), 7000, &w.server_addr));
	demand(net_addr_parse(SPAN_LIT("192.0.2.3"), 9000, &w.stranger));
	w.mux = peer_mux_new();
	w.client = make_peer(false, cert_a);
	w.server = make_peer(true, cert_b);
	w.absent = make_peer(true, cert_b);
	demand(peer_add_base(w.client, now_ms, 0, &w.client_addr, NULL) == 0);
	peer_gather(w.client, now_ms);
	demand(peer_add_sender(w.client, 77, 48000, 64, NULL) == 0);
	demand(peer_add_sender(w.server, 88, 48000, 64, NULL) == 0);
	peer_transport(w.client, &a);
	peer_transport(w.server, &b);
	demand(peer_set_remote(w.server, now_ms, &a, true, NULL) == 0);
	demand(peer_set_remote(w.absent, now_ms, &a, true, NULL) == 0);
	demand(peer_set_remote(w.client, now_ms, &b, false, NULL) == 0);
	struct span line = SPAN_LIT("candidate:1 1 udp 2130706431 192.0.2.2 7000 typ host");
	demand(peer_add_candidate(w.client, now_ms, line, NULL) == 0);
}

static void end_world(void)
{
	peer_free(w.client);
	peer_free(w.server);
	peer_free(w.absent);
	peer_mux_free(w.mux);
}

/* -- What may happen ---------------------------------------------------------- */

static bool connected(void)
{
	return peer_state(w.client) == PEER_CONNECTED && peer_state(w.server) == PEER_CONNECTED;
}

static void say(void)
{
	struct rtp_out r = {.pt = 111,
			    .seq = w.seq,
			    .timestamp = w.seq * 960u,
			    .ssrc = 77,
			    .payload = SPAN_LIT("sound")};
	if (w.seq + 1 < HEARD && peer_send(w.client, now_ms, &r) == 0)
		w.seq++;
	pump();
}

static void throw(bool to_server, const struct net_addr *from, struct span bytes)
{
	static struct datagram d;
	d.to_server = to_server;
	d.n = bytes.n;
	memcpy(d.p, bytes.p, bytes.n);
	deliver(&d, from);
	pump();
}

/* One that was really sent, once more, with these bits turned. */
static void again(struct span bytes)
{
	static struct datagram d;
	if (!w.kept_n || !bytes.n)
		return;
	size_t have = w.kept_n < KEPT ? w.kept_n : KEPT;
	d = w.kept[(uint8_t)bytes.p[0] % have];
	for (size_t i = 1; i + 1 < bytes.n; i += 2)
		d.p[(uint8_t)bytes.p[i] % d.n] ^= (uint8_t)bytes.p[i + 1];
	if (bytes.n % 2 == 0)
		d.n = 1 + (uint8_t)bytes.p[bytes.n - 1] % d.n;
	deliver(&d, &d.from);
	pump();
}

static void happen(unsigned op, struct span bytes)
{
	unsigned first = bytes.n ? (uint8_t)bytes.p[0] : 0;
	switch (op % 13) {
	case 0:
		throw(true, &w.client_addr, bytes);
		break;
	case 1:
		throw(false, &w.server_addr, bytes);
		break;
	case 2:
		throw(true, &w.stranger, bytes);
		break;
	case 3:
		throw(false, &w.stranger, bytes);
		break;
	case 4:
		again(bytes);
		break;
	case 5:
		pass((int)(first % 64) * 10);
		break;
	case 6:
		say();
		break;
	case 7:
		w.lose = first % 8;
		break;
	/* From here on: what only they can do who are in the call. */
	case 8:
		w.keyless = false;
		w.raw_sent = true;
		peer_send_raw(w.client, now_ms, bytes.p, bytes.n);
		pump();
		break;
	case 9:
		w.keyless = false;
		peer_send_rtcp(w.client, now_ms, bytes.p, bytes.n);
		pump();
		break;
	case 10:
		w.keyless = false;
		peer_send_rtcp(w.server, now_ms, bytes.p, bytes.n);
		pump();
		break;
	case 11:
		w.keyless = false;
		peer_restart(first % 2 ? w.client : w.server, now_ms);
		break;
	default:
		w.keyless = false;
		if (first % 4 == 0)
			peer_close(first % 8 ? w.client : w.server, now_ms);
		pump();
		break;
	}
}

/* Loss is over; then the next words are heard. */
static void still_there(void)
{
	uint16_t before = w.seq;
	w.lose = 0;
	pass(3000);
	demand(connected());
	say();
	demand(w.seq == before + 1 && w.heard[before]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!cert_a) {
		RAND_set_rand_method(&chance_method);
		cert_a = dtls_cert_new(NULL);
		cert_b = dtls_cert_new(NULL);
		demand(cert_a && cert_b);
	}
	if (size < 2)
		return 0;
	chance = data[0];
	unsigned stage = data[1] % 4;
	make_world();
	/* Checks go out at once; the handshake takes some round trips. */
	if (stage == 1)
		pass(20);
	if (stage == 2) {
		w.lose = data[0] % 4;
		pass(400);
	}
	if (stage == 3) {
		pass(2000);
		demand(connected());
		say();
		w.keyless = true;
	}
	const uint8_t *p = data + 2, *end = data + size;
	for (int i = 0; i < OPS_MAX && end - p >= 2; i++) {
		unsigned op = p[0];
		size_t n = (size_t)p[1] * (op & 128 ? 8 : 1);
		p += 2;
		n = n < (size_t)(end - p) ? n : (size_t)(end - p);
		n = n < DATAGRAM_MAX ? n : DATAGRAM_MAX;
		happen(op & 127, (struct span){(const char *)p, n});
		p += n;
	}
	if (w.keyless)
		still_there();
	end_world();
	return 0;
}
