#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/sfu/session.h"

#include <limits.h>
#include <string.h>

void sfu_sid(const char *prefix, char ret[SFU_SID])
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
	uint8_t raw[12];
	crypto_random(raw, sizeof(raw));
	size_t n = strlen(prefix);
	memcpy(ret, prefix, n);
	for (size_t i = 0; i < sizeof(raw) && n + 1 < SFU_SID; i++)
		ret[n++] = letters[raw[i] % (sizeof(letters) - 1)];
	ret[n] = '\0';
}

/* -- Peers ----------------------------------------------------------------- */

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct sfu_link *l = arg;
	sfu_net_send(&l->person->engine->net, base, to, p, n);
}

static void on_state(void *arg, struct peer *p)
{
	struct sfu_link *l = arg;
	(void)p;
	l->person->engine->link_changed = true;
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	(void)p;
	(void)raw;
	sfu_forward(arg, now, r);
}

struct peer *sfu_engine_peer(struct sfu_engine *e, struct sfu_link *link)
{
	struct err err;
	struct peer_config c = {
		.mux = e->mux,
		.cert = e->cert,
		.calls = {.send = on_send, .state = on_state},
		.arg = link,
		.cname = e->cname,
	};
	if (link->publisher)
		c.calls.rtp = on_rtp;
	struct peer *p = peer_new(&c, &err);
	if (!p)
		log_error("%s", err.msg);
	return p;
}

static void on_datagrams(void *arg, const struct udp_packet *p, size_t n)
{
	struct sfu_engine *e = arg;
	int64_t now = clock_mono_ms();
	sfu_fan_out_begin(e);
	for (size_t i = 0; i < n; i++) {
		e->stale = p[i].waited_ms > e->stale_ms;
		peer_mux_receive(e->mux, now, sfu_net_base(&e->net, &p[i].to), &p[i].from,
				 p[i].data, p[i].n);
	}
	e->stale = false;
	sfu_fan_out_end(e, now);
	sfu_engine_settle(e, now);
}

/* -- Time ------------------------------------------------------------------ */

static void tick_link(struct sfu_link *l, int64_t now)
{
	if (l->peer && peer_deadline(l->peer) <= now)
		peer_tick(l->peer, now);
}

static void tick_person(struct sfu_person *p, int64_t now)
{
	tick_link(&p->pub.link, now);
	tick_link(&p->sub.link, now);
	sfu_offer_tick(p, now);
}

static void tick_room(struct sfu_room *r, int64_t now, bool look)
{
	size_t share = r->people_n / SFU_OFFERS_TICKS + 1;
	r->offers_left = share > SFU_OFFERS_A_TICK ? share : SFU_OFFERS_A_TICK;
	for (struct sfu_person *p = r->people, *next; p; p = next) {
		next = p->next;
		tick_person(p, now);
		if (look)
			sfu_person_look(p, now);
	}
	sfu_room_tick(r, now);
}

void sfu_engine_tick(void *arg)
{
	struct sfu_engine *e = arg;
	int64_t now = clock_mono_ms();
	bool look = now >= e->look_at;
	if (look)
		e->look_at = now + SFU_LOOK_MS;
	for (struct sfu_room *r = e->rooms, *next; r; r = next) {
		next = r->next;
		tick_room(r, now, look);
		if (!r->people && now - r->empty_since >= SFU_ROOM_EMPTY_MS)
			sfu_room_free(r);
	}
	if (now - e->net.looked >= SFU_INTERFACES_MS)
		sfu_net_look(&e->net, now);
	sfu_engine_settle(e, now);
	if (!e->rooms) {
		e->ticking = false;
		loop_timer_stop(e->timer);
	}
}

void sfu_engine_awake(struct sfu_engine *e)
{
	if (e->ticking)
		return;
	e->ticking = true;
	sfu_net_look(&e->net, clock_mono_ms());
	loop_timer_start(e->timer, SFU_TICK_MS, SFU_TICK_MS);
}

static void settle_links(struct sfu_engine *e, int64_t now)
{
	e->link_changed = false;
	for (struct sfu_room *r = e->rooms; r; r = r->next) {
		for (struct sfu_person *p = r->people, *next; p; p = next) {
			next = p->next;
			sfu_person_settle(p, now);
		}
	}
}

static void settle_tracks(struct sfu_engine *e, int64_t now)
{
	e->track_wanted = false;
	for (struct sfu_room *r = e->rooms; r; r = r->next)
		for (int i = 0; i < r->loudest.n; i++) {
			struct loudest_voice *v = r->loudest.slots[i];
			struct sfu_track *t = v ? CONTAINER_OF(v, struct sfu_track, voice) : NULL;
			if (t && t->wanted)
				sfu_subscribe_wanted(t, now);
		}
}

void sfu_engine_settle(struct sfu_engine *e, int64_t now)
{
	if (e->link_changed)
		settle_links(e, now);
	if (e->track_wanted)
		settle_tracks(e, now);
	while (e->ended) {
		struct sfu_person *p = e->ended;
		e->ended = p->next;
		sfu_person_free(p);
	}
}

static enum sfu_way way_of(const struct sfu_person *p)
{
	return !p->session ? SFU_BY_SIGNAL : p->session->speaks ? SFU_BY_WHIP : SFU_BY_WHEP;
}

void sfu_engine_presence(struct sfu_engine *e, const struct sfu_person *p, bool present,
			 int64_t at_ms, const char *reason)
{
	struct sfu_out *o = NEW(struct sfu_out);
	*o = (struct sfu_out){
		.kind = SFU_OUT_PRESENCE,
		.room = mem_strdup(p->room->name),
		.identity = mem_strdup(p->info.identity),
		.present = present,
		.way = way_of(p),
		.reason = reason,
		.at_ms = at_ms,
	};
	sfu_engine_put(e, o);
}

/* -- Beginning and end ------------------------------------------------------- */

static void engine_free(struct sfu_engine *e)
{
	loop_timer_free(e->timer);
	sfu_net_close(&e->net);
	peer_mux_free(e->mux);
	dtls_cert_unref(e->cert);
	mem_free(e->key);
	mem_free_secret(e->secret);
	mem_free(e);
}

void sfu_engine_open(void *arg)
{
	struct sfu_engine_start *s = arg;
	struct sfu_engine *e = NEW(struct sfu_engine);
	os_foreground_thread();
	e->front = s->front;
	e->loop = s->loop;
	e->key = mem_strdup(s->opt->key);
	e->secret = mem_strdup(s->opt->secret);
	e->loudest = s->opt->loudest > 0 ? s->opt->loudest : SFU_LOUDEST;
	e->turn = s->opt->turn;
	e->stale_ms = s->opt->stale_ms ? s->opt->stale_ms : SFU_STALE_MS;
	if (e->stale_ms < 0)
		e->stale_ms = INT_MAX;
	e->mux = peer_mux_new();
	e->timer = loop_timer_new(e->loop, sfu_engine_tick, e);
	sfu_sid("", e->cname);
	crypto_random(e->trailer, sizeof(e->trailer));
	e->cert = dtls_cert_new(&s->err);
	s->rc = e->cert ? sfu_net_open(&e->net, e->loop, s->opt, on_datagrams, e, &s->err)
			: s->err.code;
	if (s->rc) {
		engine_free(e);
		return;
	}
	s->front->engine = e;
	s->front->udp_port = e->net.bound.port;
}

void sfu_engine_stop(void *arg)
{
	struct sfu_engine *e = arg;
	int64_t now = clock_mono_ms();
	while (e->rooms) {
		struct sfu_room *r = e->rooms;
		while (r->people) {
			/* The server comes back in most cases: clients try for a while. */
			sfu_person_dismiss(r->people, now, LK_SERVER_SHUTDOWN, LK_LEAVE_RECONNECT);
			sfu_person_end(r->people, now, LK_SERVER_SHUTDOWN, "closed");
		}
		sfu_room_free(r);
	}
	sfu_engine_settle(e, now);
	engine_free(e);
}
