#include "core/call/detour.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/call/detour_priv.h"

#define LEND_AGAIN_MS 5000 /* after a server could not be used */

struct detour *detour_new(struct loop *l, const struct detour_options *o,
			  const struct detour_handler *h, void *arg)
{
	struct detour *d = NEW(struct detour);
	d->loop = l;
	d->o = *o;
	d->h = *h;
	d->arg = arg;
	d->next_id = DETOUR_BASE;
	return d;
}

/* -- Connections of ICE over TCP ---------------------------------------------------- */

static void stream_free(struct stream *s)
{
	tcp_free(s->tcp);
	framing_done(&s->in);
	mem_free(s);
}

static void drop_stream(struct detour *d, size_t i)
{
	struct stream *s = d->streams[i];
	d->streams[i] = d->streams[--d->streams_n];
	if (s->open)
		d->h.closed(d->arg, s->id);
	stream_free(s);
}

static bool drop_that(struct stream *s)
{
	struct detour *d = s->d;
	for (size_t i = 0; i < d->streams_n; i++) {
		if (d->streams[i] != s)
			continue;
		drop_stream(d, i);
		return true;
	}
	return false;
}

static void on_opened(void *arg)
{
	struct stream *s = arg;
	struct net_addr local = tcp_local(s->tcp);
	char text[NET_ADDR_TEXT];
	log_debug("call: a TCP connection to %s is open", net_addr_text(&s->to, text));
	s->open = true;
	s->d->h.stream(s->d->arg, s->id, &local, &s->to);
}

static bool on_frame(void *arg, const uint8_t *p, size_t n)
{
	struct stream *s = arg;
	s->d->h.received(s->d->arg, s->id, &s->to, p, n);
	return true;
}

static void on_received(void *arg, const uint8_t *p, size_t n)
{
	struct stream *s = arg;
	if (!framing_feed(&s->in, p, n, on_frame, s))
		drop_that(s);
}

static void on_closed(void *arg, const struct err *why)
{
	struct stream *s = arg;
	char text[NET_ADDR_TEXT];
	log_debug("call: TCP to %s: %s", net_addr_text(&s->to, text), why->msg);
	drop_that(s);
}

static bool has_stream(const struct detour *d, const struct net_addr *to)
{
	for (size_t i = 0; i < d->streams_n; i++)
		if (net_addr_eq(&d->streams[i]->to, to))
			return true;
	return false;
}

static void open_stream(struct detour *d, const struct net_addr *to)
{
	static const struct tcp_handler told = {on_opened, on_received, on_closed};
	struct tcp_options o = {.to = *to, .backlog_max = DETOUR_BACKLOG};
	struct err err = {0};
	struct stream *s = NEW(struct stream);
	s->d = d;
	s->to = *to;
	framing_init(&s->in, FRAMING_RFC4571);
	if (tcp_connect(d->loop, &o, &told, s, &s->tcp, &err)) {
		log_debug("call: %s", err.msg);
		stream_free(s);
		return;
	}
	s->id = d->next_id++;
	d->streams[d->streams_n++] = s;
}

static bool send_stream(struct detour *d, int base, const void *p, size_t n)
{
	uint8_t head[FRAMING_HEAD];
	for (size_t i = 0; i < d->streams_n; i++) {
		if (d->streams[i]->id != base)
			continue;
		framing_head(head, n);
		tcp_send2(d->streams[i]->tcp, head, sizeof(head), p, n);
		return true;
	}
	return false;
}

/* -- Relays ------------------------------------------------------------------------- */

static void give_back(struct lent *l)
{
	struct detour *d = l->d;
	relay_free(take(&l->relay));
	for (size_t i = 0; i < ARRAY_LEN(l->base); i++) {
		if (!l->base[i].up)
			continue;
		l->base[i].up = false;
		d->h.closed(d->arg, l->base[i].id);
	}
}

static bool has_base(const struct lent *l, int base)
{
	for (size_t i = 0; i < ARRAY_LEN(l->base); i++)
		if (l->base[i].up && l->base[i].id == base)
			return true;
	return false;
}

/* What costs the server least comes first. */
static unsigned preference(const struct lent *l)
{
	size_t i = (size_t)(l - l->d->lent);
	return 3 - (unsigned)l->d->o.servers->list[i].uri.way;
}

static void on_up(void *arg, const struct net_addr *relayed, const struct net_addr *mapped)
{
	struct lent *l = arg;
	size_t i = relayed->family == 6;
	l->base[i].up = true;
	l->base[i].id = l->d->next_id++;
	l->d->h.relay(l->d->arg, l->base[i].id, relayed, mapped, preference(l));
}

static void on_relayed(void *arg, const struct net_addr *from, const void *p, size_t n)
{
	const struct lent *l = arg;
	size_t i = from->family == 6;
	if (l->base[i].up)
		l->d->h.received(l->d->arg, l->base[i].id, from, p, n);
}

static void on_failed(void *arg)
{
	struct lent *l = arg;
	l->again = clock_mono_ms() + LEND_AGAIN_MS;
	give_back(l);
}

static void borrow(struct detour *d)
{
	static const struct relay_handler told = {on_up, on_relayed, on_failed};
	const struct turn_servers *s = d->o.servers;
	int64_t now = clock_mono_ms();
	for (size_t i = 0; s && i < s->n; i++) {
		struct lent *l = &d->lent[i];
		if (!s->list[i].uri.relay || l->relay || now < l->again)
			continue;
		l->d = d;
		l->relay = relay_new(d->loop, &s->list[i], d->o.ca_file, &told, l);
	}
}

/* -- All of them -------------------------------------------------------------------- */

void detour_open(struct detour *d, const struct net_addr *passive, size_t n)
{
	for (size_t i = 0; i < n && d->streams_n < DETOUR_STREAMS_MAX; i++)
		if (!has_stream(d, &passive[i]))
			open_stream(d, &passive[i]);
	borrow(d);
}

void detour_keep(struct detour *d, int base)
{
	for (size_t i = d->streams_n; i-- > 0;)
		if (d->streams[i]->id != base)
			drop_stream(d, i);
	for (size_t i = 0; i < TURN_SERVERS_MAX; i++)
		if (d->lent[i].relay && !has_base(&d->lent[i], base))
			give_back(&d->lent[i]);
}

void detour_send(struct detour *d, int base, const struct net_addr *to, const void *p, size_t n)
{
	if (n > FRAMING_MAX || send_stream(d, base, p, n))
		return;
	for (size_t i = 0; i < TURN_SERVERS_MAX; i++)
		if (has_base(&d->lent[i], base))
			relay_send(d->lent[i].relay, to, p, n);
}

bool detour_is_relay(const struct detour *d, int base)
{
	for (size_t i = 0; i < TURN_SERVERS_MAX; i++)
		if (has_base(&d->lent[i], base))
			return true;
	return false;
}

void detour_free(struct detour *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->streams_n; i++)
		stream_free(d->streams[i]);
	for (size_t i = 0; i < TURN_SERVERS_MAX; i++)
		relay_free(d->lent[i].relay);
	mem_free(d);
}
