#include "server/sfu/tcp.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/tcp.h"
#include "core/rtc/framing.h"
#include "core/rtc/ice_lite.h"
#include "server/sfu/internal.h"

#include <limits.h>

#define SWEEP_MS 1000
#define FILES_PART 4	 /* of the files that this process may open */
#define STRANGERS_PART 4 /* of the connections */
#define GENERATIONS ((INT_MAX - ICE_LITE_STREAM_BASE) / SFU_TCP_MAX)

struct conn {
	struct sfu_tcp *owner;
	struct tcp *tcp;
	struct framing in;
	struct net_addr from;
	int base;
	int64_t opened;
	int64_t proved;		  /* last packet that was somebody's; INT64_MIN: none yet */
	const struct peer *whose; /* ... and whose: to compare only, they may be gone */
};

struct sfu_tcp {
	struct sfu_engine *engine;
	struct loop *loop;
	struct tcp_listener *listener;
	struct loop_timer *sweep;
	struct conn *conns[SFU_TCP_MAX];
	int generation[SFU_TCP_MAX];
	int most; /* connections, and those of them that have proved nothing */
	size_t most_strangers;
	size_t conns_n, strangers_n;
	struct sfu_tcp_stats stats;
};

/* -- Connections --------------------------------------------------------------- */

static struct conn *find(const struct sfu_tcp *t, int base)
{
	struct conn *c = t->conns[(base - ICE_LITE_STREAM_BASE) % SFU_TCP_MAX];
	return c && c->base == base ? c : NULL;
}

static void drop(struct conn *c)
{
	struct sfu_tcp *t = c->owner;
	t->conns[(c->base - ICE_LITE_STREAM_BASE) % SFU_TCP_MAX] = NULL;
	t->conns_n--;
	if (c->proved == INT64_MIN) {
		t->strangers_n--;
		t->stats.refused++;
	}
	tcp_free(c->tcp);
	framing_done(&c->in);
	mem_free(c);
	if (!t->conns_n)
		loop_timer_stop(t->sweep);
}

/* Who has waited longest without a proof makes room for others who want to come in. */
static void drop_a_stranger(struct sfu_tcp *t)
{
	struct conn *oldest = NULL;
	for (int i = 0; i < t->most; i++) {
		struct conn *c = t->conns[i];
		if (c && c->proved == INT64_MIN && (!oldest || c->opened < oldest->opened))
			oldest = c;
	}
	if (oldest)
		drop(oldest);
}

/*
 * It is this peer's. One person may not take the places of all: of more than ICE keeps addresses
 * of, the one that was silent longest goes. Never the one that is being read from.
 */
static void claim(struct conn *c, const struct peer *p)
{
	struct sfu_tcp *t = c->owner;
	struct conn *oldest = NULL;
	int others = 0;
	if (c->whose == p)
		return;
	c->whose = p;
	for (int i = 0; i < t->most; i++) {
		struct conn *o = t->conns[i];
		if (!o || o == c || o->whose != p)
			continue;
		others++;
		if (!oldest || o->proved < oldest->proved)
			oldest = o;
	}
	if (others < SFU_TCP_EACH_MAX)
		return;
	t->stats.refused++;
	drop(oldest);
}

static void sweep(void *arg)
{
	struct sfu_tcp *t = arg;
	int64_t now = clock_mono_ms();
	for (int i = 0; i < t->most; i++) {
		struct conn *c = t->conns[i];
		if (c && (c->proved == INT64_MIN ? now - c->opened >= SFU_TCP_PROVE_MS
						 : now - c->proved >= SFU_TCP_SILENT_MS))
			drop(c);
	}
}

/* -- What comes ------------------------------------------------------------------ */

struct feeding {
	struct sfu_tcp *t;
	int base;
	int64_t now;
};

static bool on_frame(void *arg, const uint8_t *p, size_t n)
{
	const struct feeding *f = arg;
	struct conn *c = find(f->t, f->base);
	if (!c)
		return false;
	const struct peer *whose =
		peer_mux_receive(f->t->engine->mux, f->now, c->base, &c->from, p, n);
	if (whose) {
		f->t->strangers_n -= c->proved == INT64_MIN;
		c->proved = f->now;
		claim(c, whose);
	}
	return true;
}

static void on_received(void *arg, const uint8_t *p, size_t n)
{
	struct conn *c = arg;
	struct feeding f = {c->owner, c->base, clock_mono_ms()};
	bool fine = framing_feed(&c->in, p, n, on_frame, &f);
	if (!fine)
		drop(c);
	sfu_engine_settle(f.t->engine, f.now);
}

static void on_closed(void *arg, const struct err *why)
{
	(void)why;
	drop(arg);
}

static int free_slot(const struct sfu_tcp *t)
{
	for (int i = 0; i < t->most; i++)
		if (!t->conns[i] && t->generation[i] < GENERATIONS)
			return i;
	return -1;
}

static void on_accept(void *arg, struct tcp *tcp)
{
	static const struct tcp_handler told = {.received = on_received, .closed = on_closed};
	struct sfu_tcp *t = arg;
	if (t->strangers_n >= t->most_strangers || t->conns_n >= (size_t)t->most)
		drop_a_stranger(t);
	int i = free_slot(t);
	if (i < 0) {
		t->stats.refused++;
		tcp_free(tcp);
		return;
	}
	struct conn *c = NEW(struct conn);
	c->owner = t;
	c->tcp = tcp;
	c->from = tcp_peer(tcp);
	/* Never the same number twice: what is on its way to an old connection is lost. */
	c->base = ICE_LITE_STREAM_BASE + t->generation[i]++ * SFU_TCP_MAX + i;
	c->opened = clock_mono_ms();
	c->proved = INT64_MIN;
	framing_init(&c->in, FRAMING_RFC4571);
	t->conns[i] = c;
	t->strangers_n++;
	if (!t->conns_n++)
		loop_timer_start(t->sweep, SWEEP_MS, SWEEP_MS);
	tcp_handle(tcp, &told, c, SFU_TCP_BACKLOG);
}

/* -- What goes --------------------------------------------------------------------- */

void sfu_tcp_send(struct sfu_tcp *t, int base, const void *p, size_t n)
{
	struct conn *c = t ? find(t, base) : NULL;
	uint8_t head[FRAMING_HEAD];
	if (!c || n > FRAMING_MAX)
		return;
	framing_head(head, n);
	if (!tcp_send2(c->tcp, head, sizeof(head), p, n))
		t->stats.dropped++;
}

/* -- Beginning and end --------------------------------------------------------------- */

int sfu_tcp_most(void)
{
	long part = os_raise_nofile() / FILES_PART;
	return part > SFU_TCP_MAX ? SFU_TCP_MAX : (int)part;
}

struct sfu_tcp *sfu_tcp_open(struct sfu_engine *e, struct loop *l, const struct net_addr *bound,
			     int most, struct err *err)
{
	struct sfu_tcp *t = NEW(struct sfu_tcp);
	size_t strangers = (size_t)most / STRANGERS_PART + 1;
	t->most = most;
	t->most_strangers = strangers < SFU_TCP_STRANGERS_MAX ? strangers : SFU_TCP_STRANGERS_MAX;
	t->engine = e;
	t->loop = l;
	if (tcp_listen(l, bound, on_accept, t, &t->listener, err)) {
		mem_free(t);
		return NULL;
	}
	t->sweep = loop_timer_new(l, sweep, t);
	return t;
}

void sfu_tcp_close(struct sfu_tcp *t)
{
	if (!t)
		return;
	tcp_listener_free(t->listener);
	for (int i = 0; i < t->most; i++)
		if (t->conns[i])
			drop(t->conns[i]);
	loop_timer_free(t->sweep);
	mem_free(t);
}

void sfu_tcp_stats(const struct sfu_tcp *t, struct sfu_tcp_stats *ret)
{
	*ret = (struct sfu_tcp_stats){0};
	if (!t)
		return;
	*ret = t->stats;
	ret->connections = t->conns_n;
}
