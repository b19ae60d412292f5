#include "core/call/pc.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/rtc/livekit/candidate.h"

#include <string.h>

#define CANDIDATES_BYTES_MAX 8192
#define DETOUR_WAIT_MS 600   /* UDP is given so long before anything else is tried */
#define DETOUR_AGAIN_MS 2000 /* between attempts, while nothing works */
#define DETOUR_IDLE_MS 10000 /* then those that are not needed are closed */

struct pc {
	struct loop *loop;
	struct pc_handler h;
	void *arg;
	struct peer *peer;
	struct net *net;
	struct detour *detour;
	struct loop_timer *due, *turn, *look_around;
	bool wants_detour; /* as of the last look */
	const enum pc_block *block;
	int64_t due_at;
	enum peer_state told_state;
	bool told_up;
	char remote_ufrag[ICE_UFRAG_MAX + 1];
	struct lk_candidate pending[PC_PENDING_MAX];
	size_t pending_n;
	struct buf lines; /* candidates of ours */
	struct span spans[ICE_LOCAL_MAX];
};

/* -- The peer's callbacks --------------------------------------------------- */

static bool is_blocked(const struct pc *pc, enum pc_block what)
{
	return pc->block && (*pc->block == what || *pc->block == PC_BLOCK_DIRECT);
}

static bool gets_through(const struct pc *pc, int base)
{
	if (base < DETOUR_BASE)
		return !is_blocked(pc, PC_BLOCK_UDP);
	return !is_blocked(pc, PC_BLOCK_TCP) || detour_is_relay(pc->detour, base);
}

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct pc *pc = arg;
	if (!gets_through(pc, base))
		return;
	if (base >= DETOUR_BASE)
		detour_send(pc->detour, base, to, p, n);
	else
		net_send(pc->net, base, to, p, n);
}

static void on_rtp(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw)
{
	struct pc *pc = arg;
	(void)p;
	(void)now;
	(void)raw;
	if (pc->h.rtp)
		pc->h.rtp(pc->arg, r, clock_mono_ns());
}

/* -- Time ------------------------------------------------------------------- */

static void on_turn(void *arg)
{
	struct pc *pc = arg;
	enum peer_state state = pc_state(pc);
	bool up = pc_up(pc);
	if (state == pc->told_state && up == pc->told_up)
		return;
	pc->told_state = state;
	pc->told_up = up;
	pc->h.changed(pc->arg); /* may free `pc` */
}

/* UDP seems not to get through, or does again: open detours, or close them, after a while. */
static void settle_detours(struct pc *pc)
{
	const struct ice *ice = peer_ice(pc->peer);
	bool wants = ice_wants_detour(ice);
	if (wants == pc->wants_detour)
		return;
	pc->wants_detour = wants;
	/* A path that was there and is silent has had its time. */
	loop_timer_start(pc->look_around,
			 !wants				   ? DETOUR_IDLE_MS
			 : ice_state(ice) == ICE_CONNECTED ? 0
							   : DETOUR_WAIT_MS,
			 0);
}

static void settle(struct pc *pc, int64_t now)
{
	settle_detours(pc);
	int64_t at = peer_deadline(pc->peer);
	if (pc_state(pc) != pc->told_state || pc_up(pc) != pc->told_up)
		loop_timer_start(pc->turn, 0, 0);
	if (at == pc->due_at)
		return;
	pc->due_at = at;
	if (at == INT64_MAX)
		loop_timer_stop(pc->due);
	else
		loop_timer_start(pc->due, at > now ? (uint64_t)(at - now) : 0, 0);
}

static void on_due(void *arg)
{
	struct pc *pc = arg;
	int64_t now = clock_mono_ms();
	pc->due_at = INT64_MAX;
	peer_tick(pc->peer, now);
	settle(pc, now);
}

static void open_detours(struct pc *pc)
{
	const struct ice *ice = peer_ice(pc->peer);
	struct net_addr passive[ICE_REMOTE_MAX];
	size_t n = 0;
	for (size_t i = 0; i < ice_remote_count(ice); i++) {
		const struct ice_candidate *c = ice_remote(ice, i);
		if (c->transport == ICE_TCP_PASSIVE && c->type != ICE_PRFLX)
			passive[n++] = c->addr;
	}
	if (is_blocked(pc, PC_BLOCK_TCP))
		n = 0;
	detour_open(pc->detour, passive, n);
}

static void on_look_around(void *arg)
{
	struct pc *pc = arg;
	int base = -1;
	if (pc->wants_detour) {
		open_detours(pc);
		loop_timer_start(pc->look_around, DETOUR_AGAIN_MS, 0);
		return;
	}
	bool on_one = ice_on_detour(peer_ice(pc->peer), &base);
	detour_keep(pc->detour, on_one ? base : -1);
	settle(pc, clock_mono_ms());
}

void pc_touch(struct pc *pc)
{
	settle(pc, clock_mono_ms());
}

/* -- Sockets ---------------------------------------------------------------- */

static void on_received(void *arg, int base, const struct udp_packet *p, size_t n)
{
	struct pc *pc = arg;
	int64_t now = clock_mono_ms();
	for (size_t i = 0; i < n && gets_through(pc, base); i++)
		peer_receive(pc->peer, now, base, &p[i].from, p[i].data, p[i].n);
	settle(pc, now);
}

static void on_detour_received(void *arg, int base, const struct net_addr *from, const void *p,
			       size_t n)
{
	struct pc *pc = arg;
	int64_t now = clock_mono_ms();
	if (!gets_through(pc, base))
		return;
	peer_receive(pc->peer, now, base, from, p, n);
	settle(pc, now);
}

/* A base more: its checks go at once. */
static void detour_added(struct pc *pc, int rc, const struct err *err)
{
	int64_t now = clock_mono_ms();
	if (rc)
		log_debug("call: %s", err->msg);
	peer_tick(pc->peer, now);
	settle(pc, now);
}

static void on_stream(void *arg, int base, const struct net_addr *local,
		      const struct net_addr *peer)
{
	struct pc *pc = arg;
	struct err err = {0};
	detour_added(pc,
		     ice_add_stream(peer_ice(pc->peer), clock_mono_ms(), base, local, peer, &err),
		     &err);
}

static void on_relay(void *arg, int base, const struct net_addr *relayed,
		     const struct net_addr *mapped, unsigned preference)
{
	struct pc *pc = arg;
	struct err err = {0};
	detour_added(pc,
		     ice_add_relay(peer_ice(pc->peer), clock_mono_ms(), base, relayed, mapped,
				   preference, &err),
		     &err);
}

static void on_detour_closed(void *arg, int base)
{
	struct pc *pc = arg;
	peer_remove_base(pc->peer, clock_mono_ms(), base);
	pc_touch(pc);
}

static void on_added(void *arg, int base, const struct net_addr *local)
{
	struct pc *pc = arg;
	struct err err;
	if (peer_add_base(pc->peer, clock_mono_ms(), base, local, &err))
		log_debug("call: %s", err.msg);
}

static void on_removed(void *arg, int base)
{
	struct pc *pc = arg;
	peer_remove_base(pc->peer, clock_mono_ms(), base);
}

bool pc_refresh(struct pc *pc)
{
	bool was_up = pc_up(pc);
	net_refresh(pc->net);
	pc_touch(pc);
	return was_up && !pc_up(pc);
}

/* -- Making and ending ------------------------------------------------------ */

struct pc *pc_new(const struct pc_options *o, const struct pc_handler *h, void *arg,
		  struct err *err)
{
	static const struct net_handler on_net = {on_received, on_added, on_removed};
	static const struct detour_handler on_detour = {on_detour_received, on_stream, on_relay,
							on_detour_closed};
	struct pc *pc = NEW(struct pc);
	struct peer_config c = {
		.controlling = o->controlling,
		.calm = o->calm,
		.cert = o->cert,
		.calls = {.send = on_send, .rtp = on_rtp},
		.arg = pc,
		.cname = o->cname,
	};
	pc->loop = o->loop;
	pc->h = *h;
	pc->arg = arg;
	pc->due_at = INT64_MAX;
	buf_init(&pc->lines, CANDIDATES_BYTES_MAX);
	pc->due = loop_timer_new(o->loop, on_due, pc);
	pc->turn = loop_timer_new(o->loop, on_turn, pc);
	pc->look_around = loop_timer_new(o->loop, on_look_around, pc);
	pc->block = o->block;
	pc->detour = detour_new(o->loop, &o->detour, &on_detour, pc);
	pc->net = net_new(o->loop, &o->net, &on_net, pc);
	pc->peer = peer_new(&c, err);
	if (!pc->peer) {
		pc_free(pc);
		return NULL;
	}
	pc_refresh(pc);
	if (!net_bases(pc->net)) {
		err_set(err, ERR_NETWORK,
			_("this host has no address that a call could use: is "
			  "the network up?"));
		pc_free(pc);
		return NULL;
	}
	peer_gather(pc->peer, clock_mono_ms());
	return pc;
}

static void forget_pending(struct pc *pc)
{
	for (size_t i = 0; i < pc->pending_n; i++)
		lk_candidate_done(&pc->pending[i]);
	pc->pending_n = 0;
}

void pc_free(struct pc *pc)
{
	if (!pc)
		return;
	forget_pending(pc);
	peer_free(pc->peer);
	net_free(pc->net);
	detour_free(pc->detour);
	loop_timer_free(pc->look_around);
	loop_timer_free(pc->due);
	loop_timer_free(pc->turn);
	buf_done(&pc->lines);
	mem_free(pc);
}

void pc_close(struct pc *pc)
{
	peer_close(pc->peer, clock_mono_ms());
	pc_touch(pc);
}

struct peer *pc_peer(struct pc *pc)
{
	return pc->peer;
}

enum peer_state pc_state(const struct pc *pc)
{
	return peer_state(pc->peer);
}

bool pc_up(const struct pc *pc)
{
	return peer_state(pc->peer) == PEER_CONNECTED &&
	       ice_state(peer_ice(pc->peer)) == ICE_CONNECTED;
}

const char *pc_remote_ufrag(const struct pc *pc)
{
	return pc->remote_ufrag;
}

void pc_restart(struct pc *pc)
{
	peer_restart(pc->peer, clock_mono_ms());
	pc->remote_ufrag[0] = '\0';
	pc_touch(pc);
}

/* -- Descriptions ------------------------------------------------------------ */

void pc_describe(struct pc *pc, struct sdp_transport *ret, const struct span **ret_candidates,
		 size_t *ret_n)
{
	const struct ice *ice = peer_ice(pc->peer);
	size_t ends[ICE_LOCAL_MAX], n = ice_local_count(ice), from = 0;
	buf_clear(&pc->lines);
	for (size_t i = 0; i < n; i++) {
		ice_candidate_put(&pc->lines, ice_local(ice, i));
		ends[i] = pc->lines.n;
	}
	for (size_t i = 0; i < n; i++) {
		pc->spans[i] = (struct span){pc->lines.p + from, ends[i] - from};
		from = ends[i];
	}
	peer_transport(pc->peer, ret);
	*ret_candidates = pc->spans;
	*ret_n = n;
}

static void add_candidate(struct pc *pc, struct span line)
{
	struct err err;
	if (peer_add_candidate(pc->peer, clock_mono_ms(), line, &err))
		log_debug("call: candidate \"%.*s\": %s", SPAN_ARG(line), err.msg);
}

/* Those that were sent for these credentials; others are of a restart that is over. */
static void add_pending(struct pc *pc)
{
	for (size_t i = 0; i < pc->pending_n; i++) {
		const struct lk_candidate *c = &pc->pending[i];
		if (!c->ufrag[0] || strcmp(c->ufrag, pc->remote_ufrag) == 0)
			add_candidate(pc, span_of(c->candidate));
	}
	forget_pending(pc);
}

int pc_set_remote(struct pc *pc, const struct sdp *remote, bool dtls_client, struct err *err)
{
	const struct sdp_transport *t = sdp_transport(remote);
	int64_t now = clock_mono_ms();
	if (!t)
		return err_set(err, ERR_PROTOCOL, _("the server's description has no transport"));
	int rc = peer_set_remote(pc->peer, now, t, dtls_client, err);
	if (rc)
		return rc;
	snprintf(pc->remote_ufrag, sizeof(pc->remote_ufrag), "%.*s", SPAN_ARG(t->ufrag));
	for (size_t i = 0; i < remote->media_n; i++) {
		const struct sdp_media *m = &remote->media[i];
		for (size_t k = 0; k < m->candidates_n; k++)
			add_candidate(pc, m->candidates[k]);
		if (m->candidates_end)
			add_candidate(pc, SPAN_LIT(""));
	}
	add_pending(pc);
	settle(pc, now);
	return 0;
}

void pc_trickle(struct pc *pc, const char *candidate_init)
{
	struct lk_candidate c;
	struct err err;
	if (lk_candidate_parse(span_of(candidate_init), &c, &err)) {
		log_debug("call: %s", err.msg);
		return;
	}
	bool now = pc->remote_ufrag[0] && (!c.ufrag[0] || strcmp(c.ufrag, pc->remote_ufrag) == 0);
	if (!now && pc->pending_n < PC_PENDING_MAX) {
		pc->pending[pc->pending_n++] = c;
		return;
	}
	if (now)
		add_candidate(pc, span_of(c.candidate));
	lk_candidate_done(&c);
	pc_touch(pc);
}
