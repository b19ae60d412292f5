#include "core/call/relay.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/resolve.h"
#include "core/base/tcp.h"
#include "core/base/udp.h"
#include "core/call/detour_priv.h"
#include "core/rtc/framing.h"
#include "core/rtc/turn.h"

#define CONNECT_MS 8000

struct relay {
	struct loop *loop;
	struct turn_uri uri;
	char *ca_file;
	struct relay_handler h;
	void *arg;
	struct resolve *resolve;
	struct net_addr server;
	struct udp *udp;
	struct tcp *tcp;
	struct framing in;
	struct turn *turn;
	struct loop_timer *due;
	int64_t connecting_until; /* INT64_MAX: connected */
	bool failed;
};

/* -- Time --------------------------------------------------------------------------- */

static void settle(struct relay *r)
{
	int64_t now = clock_mono_ms(), at = turn_deadline(r->turn);
	at = r->connecting_until < at ? r->connecting_until : at;
	if (r->failed)
		at = INT64_MIN;
	if (at == INT64_MAX)
		loop_timer_stop(r->due);
	else
		loop_timer_start(r->due, at > now ? (uint64_t)(at - now) : 0, 0);
}

/* Told from a turn of its own: nobody expects to be freed where this is found out. */
static void fail(struct relay *r, const struct err *why)
{
	log_debug("call: TURN server %s: %s", r->uri.host, why->msg);
	r->failed = true;
	settle(r);
}

static void on_due(void *arg)
{
	struct relay *r = arg;
	struct err err = {0};
	int64_t now = clock_mono_ms();
	if (r->failed) {
		r->h.failed(r->arg);
		return;
	}
	if (now >= r->connecting_until) {
		err_set(&err, ERR_NETWORK, _("it does not answer"));
		r->connecting_until = INT64_MAX;
		fail(r, &err);
		return;
	}
	turn_tick(r->turn, now);
	settle(r);
}

/* -- To and from the server ------------------------------------------------------------ */

static void on_turn_send(void *arg, const void *p, size_t n)
{
	struct relay *r = arg;
	if (r->udp)
		udp_send(r->udp, &r->server, NULL, p, n);
	else if (r->tcp)
		tcp_send(r->tcp, p, n);
}

static void on_turn_up(void *arg, const struct net_addr *relayed, const struct net_addr *mapped)
{
	struct relay *r = arg;
	char text[NET_ADDR_TEXT];
	log_debug("call: TURN server %s relays from %s", r->uri.host, net_addr_text(relayed, text));
	r->h.up(r->arg, relayed, mapped);
}

static void on_turn_data(void *arg, const struct net_addr *from, const void *p, size_t n)
{
	struct relay *r = arg;
	r->h.received(r->arg, from, p, n);
}

static void on_turn_failed(void *arg, const struct err *why)
{
	fail(arg, why);
}

static void on_datagrams(void *arg, const struct udp_packet *p, size_t n)
{
	struct relay *r = arg;
	for (size_t i = 0; i < n; i++)
		if (net_addr_eq(&p[i].from, &r->server))
			turn_receive(r->turn, clock_mono_ms(), p[i].data, p[i].n);
	settle(r);
}

static bool on_frame(void *arg, const uint8_t *p, size_t n)
{
	struct relay *r = arg;
	turn_receive(r->turn, clock_mono_ms(), p, n);
	return true;
}

static void on_bytes(void *arg, const uint8_t *p, size_t n)
{
	struct relay *r = arg;
	struct err err = {0};
	if (framing_feed(&r->in, p, n, on_frame, r)) {
		settle(r);
		return;
	}
	err_set(&err, ERR_PROTOCOL, _("what it sends is not TURN"));
	fail(r, &err);
}

static void start(struct relay *r)
{
	r->connecting_until = INT64_MAX;
	turn_start(r->turn, clock_mono_ms());
	settle(r);
}

static void on_opened(void *arg)
{
	start(arg);
}

static void on_closed(void *arg, const struct err *why)
{
	fail(arg, why);
}

/* -- Beginning and end ------------------------------------------------------------------ */

static int connect_to(struct relay *r, struct err *err)
{
	static const struct tcp_handler told = {on_opened, on_bytes, on_closed};
	struct tcp_options o = {
		.to = r->server,
		.tls_name = r->uri.way == TURN_TLS ? r->uri.host : NULL,
		.ca_file = r->ca_file,
		.backlog_max = DETOUR_BACKLOG,
	};
	struct udp_options u = {.bind = {.family = r->server.family}};
	if (r->uri.way != TURN_UDP)
		return tcp_connect(r->loop, &o, &told, r, &r->tcp, err);
	int rc = udp_open(r->loop, &u, on_datagrams, r, &r->udp, err);
	if (!rc)
		start(r);
	return rc;
}

static void on_resolved(void *arg, const struct net_addr *list, size_t n, const struct err *why)
{
	struct relay *r = arg;
	struct err err = {0};
	r->resolve = NULL;
	if (!n) {
		fail(r, why);
		return;
	}
	r->server = list[0];
	if (connect_to(r, &err))
		fail(r, &err);
}

struct relay *relay_new(struct loop *l, const struct turn_server *server, const char *ca_file,
			const struct relay_handler *h, void *arg)
{
	struct relay *r = NEW(struct relay);
	struct turn_config c = {
		.username = server->username,
		.password = server->password,
		.stream = server->uri.way != TURN_UDP,
		.calls = {on_turn_send, on_turn_up, on_turn_data, on_turn_failed},
		.arg = r,
	};
	r->loop = l;
	r->uri = server->uri;
	r->ca_file = mem_strdup(ca_file);
	r->h = *h;
	r->arg = arg;
	r->turn = turn_new(&c);
	r->due = loop_timer_new(l, on_due, r);
	framing_init(&r->in, FRAMING_TURN);
	r->connecting_until = clock_mono_ms() + CONNECT_MS;
	r->resolve = resolve_new(l, r->uri.host, r->uri.port, on_resolved, r);
	settle(r);
	return r;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	turn_close(r->turn, clock_mono_ms());
	resolve_cancel(r->resolve);
	udp_free(r->udp);
	tcp_free(r->tcp);
	framing_done(&r->in);
	turn_free(r->turn);
	loop_timer_free(r->due);
	mem_free(r->ca_file);
	mem_free(r);
}

void relay_send(struct relay *r, const struct net_addr *to, const void *p, size_t n)
{
	turn_send(r->turn, clock_mono_ms(), to, p, n);
	settle(r);
}
