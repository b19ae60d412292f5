#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/rtc/demux.h"
#include "tests/lib/crowd_priv.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE 16
#define READ_BYTES 2048
#define SOCKET_BUFFER (256 << 10)

void crowd_link_raw(const struct crowd_link *l, const struct net_addr *to, const void *p, size_t n)
{
	const struct os_datagram d = {.peer = *to, .data = (uint8_t *)p, .n = n};
	os_udp_send(l->fd, 4, NULL, &d, 1);
}

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct crowd_link *l = arg;
	enum demux_kind kind = n <= CROWD_KEPT ? demux(p, n) : DEMUX_NONE;
	(void)base;
	if (kind == DEMUX_RTP) {
		l->kept_n = n;
		memcpy(l->kept, p, n);
	} else if (kind == DEMUX_STUN) {
		l->check_n = n;
		memcpy(l->check, p, n);
	}
	crowd_link_raw(l, to, p, n);
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	struct crowd_link *l = arg;
	(void)p;
	(void)now;
	(void)raw;
	crowd_person_hear(l->person, r);
}

static void on_readable(void *arg)
{
	static uint8_t room[READ_AT_ONCE][READ_BYTES];
	struct crowd_link *l = arg;
	struct os_datagram d[READ_AT_ONCE];
	uint32_t drops = l->drops;
	for (int i = 0; i < READ_AT_ONCE; i++)
		d[i] = (struct os_datagram){.data = room[i], .n = READ_BYTES};
	int n = os_udp_recv(l->fd, d, READ_AT_ONCE, &drops);
	int64_t now = clock_mono_ms();
	l->person->crowd->own_drops += drops - l->drops;
	l->drops = drops;
	for (int i = 0; i < n; i++) {
		l->server = d[i].peer;
		peer_receive(l->peer, now, 0, &d[i].peer, d[i].data, d[i].n);
	}
}

static bool open_socket(struct crowd_link *l)
{
	struct sockaddr_storage sa;
	struct net_addr any = {.family = 4, .ip = {127, 0, 0, 1}};
	int room = SOCKET_BUFFER;
	socklen_t n = net_addr_to_sockaddr(&any, 4, &sa);
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&sa, n))
		return false;
	n = sizeof(sa);
	if (getsockname(l->fd, (struct sockaddr *)&sa, &n))
		return false;
	l->local = net_addr_from_sockaddr((struct sockaddr *)&sa);
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	os_udp_prepare(l->fd, 4);
	l->watch = loop_watch_new(l->person->crowd->loop, l->fd, on_readable, l);
	return l->watch != NULL;
}

bool crowd_link_open(struct crowd_link *l, struct crowd_person *p, bool publisher)
{
	int64_t now = clock_mono_ms();
	struct err err = {0};
	struct peer_config pc = {
		.controlling = true,
		.cert = p->crowd->cert,
		.calls = {.send = on_send, .rtp = on_rtp},
		.arg = l,
	};
	/* The server offers what we hear: where it is no lite agent, it is the controlling one. */
	pc.controlling = publisher || p->whep;
	l->person = p;
	l->publisher = publisher;
	if (!open_socket(l) || !(l->peer = peer_new(&pc, &err)) ||
	    peer_add_base(l->peer, now, 0, &l->local, &err)) {
		crowd_fail(p->crowd, "%s: no connection: %s", p->identity,
			   err.msg[0] ? err.msg : "no socket");
		return false;
	}
	peer_gather(l->peer, now);
	return true;
}

void crowd_link_close(struct crowd_link *l)
{
	peer_free(l->peer);
	loop_watch_free(l->watch);
	if (l->fd >= 0)
		close(l->fd);
	while (l->pending_n)
		mem_free(l->pending[--l->pending_n]);
	*l = (struct crowd_link){.fd = -1};
}

bool crowd_link_up(const struct crowd_link *l)
{
	return l->peer && peer_state(l->peer) == PEER_CONNECTED;
}

static void add_candidate(struct crowd_link *l, struct span line)
{
	/* Those that we cannot use (TCP, IPv6 on this socket) are skipped. */
	peer_add_candidate(l->peer, clock_mono_ms(), line, NULL);
}

void crowd_link_formats(struct crowd_link *l, const struct sdp *s)
{
	for (size_t i = 0; i < s->media_n; i++) {
		const struct sdp_codec *opus = sdp_codec(&s->media[i], "opus", 48000);
		if (opus)
			peer_receive_format(l->peer, opus->pt, 48000, opus->nack);
	}
}

static void add_json(struct crowd_link *l, const char *init)
{
	struct lk_candidate c;
	if (lk_candidate_parse(span_of(init), &c, NULL))
		return;
	add_candidate(l, span_of(c.candidate));
	lk_candidate_done(&c);
}

void crowd_link_trickle(struct crowd_link *l, const char *init)
{
	if (l->has_remote)
		add_json(l, init);
	else if (l->pending_n < CROWD_PENDING_MAX)
		l->pending[l->pending_n++] = mem_strdup(init);
}

int crowd_link_remote(struct crowd_link *l, const struct sdp *s, enum sdp_setup ours,
		      struct err *err)
{
	const struct sdp_transport *t = sdp_transport(s);
	bool client;
	if (!t)
		return err_set(err, ERR_PROTOCOL, "the server's description has no transport");
	int rc = peer_dtls_role(ours, t->setup, &client, err);
	if (!rc)
		rc = peer_set_remote(l->peer, clock_mono_ms(), t, client, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < s->media_n; i++) {
		for (size_t k = 0; k < s->media[i].candidates_n; k++)
			add_candidate(l, s->media[i].candidates[k]);
		if (s->media[i].candidates_end)
			add_candidate(l, SPAN_LIT(""));
	}
	l->has_remote = true;
	for (size_t i = 0; i < l->pending_n; i++) {
		add_json(l, l->pending[i]);
		mem_free(l->pending[i]);
	}
	l->pending_n = 0;
	return 0;
}
