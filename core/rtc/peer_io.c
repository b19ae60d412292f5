#include "core/base/mem.h"
#include "core/rtc/demux.h"
#include "core/rtc/peer_priv.h"

void peer_count_unexpected(struct peer *p)
{
	p->stats.unexpected++;
	if (p->cfg.mux)
		p->cfg.mux->refused.unexpected++;
}

static void input_dtls(struct peer *p, int64_t now, const void *data, size_t n)
{
	uint64_t before = p->dtls ? dtls_ignored(p->dtls) : 0;
	if (!p->dtls)
		return;
	dtls_receive(p->dtls, now, data, n);
	if (dtls_ignored(p->dtls) != before)
		peer_count_unexpected(p);
}

/* What is not STUN, from an address that is this peer's. */
static void input(struct peer *p, int64_t now, int base, const struct net_addr *from,
		  enum demux_kind kind, const void *data, size_t n)
{
	switch (kind) {
	case DEMUX_DTLS:
		p->dtls_base = base;
		p->dtls_from = *from;
		input_dtls(p, now, data, n);
		break;
	case DEMUX_RTP:
		peer_on_rtp(p, now, data, n);
		break;
	case DEMUX_RTCP:
		peer_on_rtcp(p, now, data, n);
		break;
	default:
		peer_count_unexpected(p);
		break;
	}
}

void peer_receive(struct peer *p, int64_t now, int base, const struct net_addr *from,
		  const void *data, size_t n)
{
	enum demux_kind kind = demux(data, n);
	if (kind == DEMUX_STUN) {
		ice_receive(p->ice, now, base, from, data, n);
		/* An answer may let the next check or the nomination go at once. */
		if (ice_deadline(p->ice) <= now)
			ice_tick(p->ice, now);
	} else if (ice_knows(p->ice, base, from)) {
		ice_note_data(p->ice, now, true);
		input(p, now, base, from, kind, data, n);
	} else {
		p->stats.unexpected++;
	}
	peer_update(p, now);
}

void peer_tick(struct peer *p, int64_t now)
{
	if (p->ice)
		ice_tick(p->ice, now);
	if (p->dtls)
		dtls_tick(p->dtls, now);
	peer_report_tick(p, now);
	peer_update(p, now);
}

/* When silence of a lite peer changes its state. */
static int64_t silence_deadline(const struct peer *p)
{
	int64_t last = ice_lite_last_check(p->lite);
	if (!p->has_remote || p->state == PEER_FAILED || p->state == PEER_CLOSED)
		return INT64_MAX;
	if (last == INT64_MIN)
		return p->started + 2 * ICE_LITE_EXPIRE_MS;
	return last + (p->state == PEER_DISCONNECTED ? ICE_LITE_EXPIRE_MS : PEER_LITE_SILENT_MS);
}

int64_t peer_deadline(const struct peer *p)
{
	int64_t at[] = {
		p->closed ? INT64_MAX
		: p->ice  ? ice_deadline(p->ice)
			  : silence_deadline(p),
		p->dtls && !p->closed ? dtls_deadline(p->dtls) : INT64_MAX,
		peer_report_deadline(p),
	};
	int64_t min = INT64_MAX;
	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		min = at[i] < min ? at[i] : min;
	return min;
}

struct peer_mux *peer_mux_new(void)
{
	struct peer_mux *m = NEW(struct peer_mux);
	m->table = ice_lite_new();
	return m;
}

void peer_mux_free(struct peer_mux *m)
{
	if (!m)
		return;
	ice_lite_free(m->table);
	mem_free(m);
}

static struct peer *mux_stun(struct peer_mux *m, int64_t now, int base, const struct net_addr *from,
			     const void *data, size_t n)
{
	struct ice_lite_result r;
	ice_lite_receive(m->table, now, base, from, data, n, &r);
	if (!r.session)
		return NULL;
	struct peer *p = ice_lite_arg(r.session);
	if (r.reply_n && !p->closed)
		p->cfg.calls.send(p->cfg.arg, base, from, r.reply, r.reply_n);
	return p;
}

struct peer *peer_mux_receive(struct peer_mux *m, int64_t now, int base,
			      const struct net_addr *from, const void *data, size_t n)
{
	enum demux_kind kind = demux(data, n);
	struct peer *p;
	if (kind == DEMUX_STUN) {
		p = mux_stun(m, now, base, from, data, n);
	} else {
		struct ice_lite_session *s = ice_lite_find(m->table, base, from);
		p = s ? ice_lite_arg(s) : NULL;
		if (p)
			input(p, now, base, from, kind, data, n);
	}
	if (p)
		peer_update(p, now);
	else
		m->refused.strangers++;
	return p;
}

void peer_mux_refused(const struct peer_mux *m, struct peer_refused *ret)
{
	*ret = m->refused;
}
