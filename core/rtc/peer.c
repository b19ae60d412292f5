#include "core/rtc/peer.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/peer_priv.h"

#include <string.h>

static void on_ice_send(void *arg, int base, const struct net_addr *to, const void *data, size_t n)
{
	struct peer *p = arg;
	p->cfg.calls.send(p->cfg.arg, base, to, data, n);
}

static void on_ice_event(void *arg, const struct ice_event *e)
{
	struct peer *p = arg;
	if ((e->kind == ICE_EVENT_CANDIDATE || e->kind == ICE_EVENT_GATHERED) &&
	    p->cfg.calls.candidate)
		p->cfg.calls.candidate(p->cfg.arg, p, e->candidate);
}

static void on_dtls_send(void *arg, const void *data, size_t n)
{
	struct peer *p = arg;
	int base;
	struct net_addr to;
	if (peer_path(p, &base, &to))
		p->cfg.calls.send(p->cfg.arg, base, &to, data, n);
	else if (p->dtls_from.family)
		p->cfg.calls.send(p->cfg.arg, p->dtls_base, &p->dtls_from, data, n);
}

struct peer *peer_new(const struct peer_config *c, struct err *err)
{
	if (!c->cert || !c->calls.send) {
		err_set(err, ERR_INVALID, _("a peer needs a certificate and a way to send"));
		return NULL;
	}
	struct peer *p = NEW(struct peer);
	uint8_t raw[8];
	p->cfg = *c;
	p->cfg.cert = dtls_cert_ref(c->cert);
	crypto_random(raw, sizeof(raw));
	hex_put(p->cname, raw, sizeof(raw));
	if (c->cname)
		snprintf(p->cname, sizeof(p->cname), "%s", c->cname);
	p->cfg.cname = p->cname;
	crypto_random(&p->own_ssrc, sizeof(p->own_ssrc));
	p->ntp_offset_ms = clock_wall_ms() - clock_mono_ms();
	p->next_report = INT64_MAX;
	p->resends = PEER_RESEND_BURST;
	p->stats.rtt_ms = p->rtt_hint_ms = -1;
	p->patience_ms = RTP_NACK_PATIENCE_MS;
	if (c->mux) {
		p->lite = ice_lite_add(c->mux->table, p);
	} else {
		struct ice_config ic = {
			.controlling = c->controlling,
			.calm = c->calm,
			.send = on_ice_send,
			.event = on_ice_event,
			.arg = p,
		};
		p->ice = ice_new(&ic);
	}
	return p;
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	ice_free(p->ice);
	if (p->lite)
		ice_lite_remove(p->cfg.mux->table, p->lite);
	dtls_free(p->dtls);
	dtls_cert_unref(p->cfg.cert);
	srtp_stream_free(p->out);
	srtp_stream_free(p->in);
	for (size_t i = 0; i < p->senders_n; i++) {
		rtp_history_free(p->senders[i]->history);
		mem_free(p->senders[i]);
	}
	for (size_t i = 0; i < p->receivers_n; i++)
		mem_free(p->receivers[i]);
	mem_free(p);
}

void peer_transport(const struct peer *p, struct sdp_transport *ret)
{
	*ret = (struct sdp_transport){
		.ufrag = span_of(p->lite ? ice_lite_ufrag(p->lite) : ice_ufrag(p->ice)),
		.pwd = span_of(p->lite ? ice_lite_pwd(p->lite) : ice_pwd(p->ice)),
		.fingerprint_hash = SPAN_LIT("sha-256"),
		.fingerprint = span_of(dtls_cert_fingerprint(p->cfg.cert)),
		.lite = p->lite != NULL,
		.trickle = true,
	};
}

int peer_dtls_role(enum sdp_setup ours, enum sdp_setup theirs, bool *ret_client, struct err *err)
{
	if (ours == SDP_ACTIVE && (theirs == SDP_PASSIVE || theirs == SDP_ACTPASS))
		*ret_client = true;
	else if (ours == SDP_PASSIVE && (theirs == SDP_ACTIVE || theirs == SDP_ACTPASS))
		*ret_client = false;
	else if (ours == SDP_ACTPASS && (theirs == SDP_ACTIVE || theirs == SDP_PASSIVE))
		*ret_client = theirs == SDP_PASSIVE;
	else
		return err_set(err, ERR_PROTOCOL,
			       _("the two sides do not agree on their DTLS roles (a=setup)"));
	return 0;
}

static int start_dtls(struct peer *p, const struct sdp_transport *remote, bool client,
		      struct err *err)
{
	if (p->dtls) {
		/* A media session keeps its keys for life: ICE may restart, not DTLS. */
		if (!span_case_eq_str(remote->fingerprint, p->fingerprint))
			return err_set(err, ERR_UNSUPPORTED,
				       _("the peer's certificate changed during the call"));
		return 0;
	}
	struct dtls *d = dtls_new(p->cfg.cert, client, on_dtls_send, p, err);
	if (!d)
		return err ? err->code : ERR_FAILED;
	int rc = dtls_set_fingerprint(d, remote->fingerprint_hash, remote->fingerprint, err);
	if (rc) {
		dtls_free(d);
		return rc;
	}
	snprintf(p->fingerprint, sizeof(p->fingerprint), "%.*s", SPAN_ARG(remote->fingerprint));
	p->dtls = d;
	p->dtls_client = client;
	return 0;
}

static int set_remote_lite(struct peer *p, const struct sdp_transport *remote, struct err *err)
{
	if (remote->lite)
		return err_set(err, ERR_UNSUPPORTED,
			       _("the peer is ICE-lite, as this server is: nobody would connect"));
	if (!remote->ufrag.n || remote->ufrag.n > ICE_UFRAG_MAX)
		return err_set(err, ERR_PROTOCOL, _("the peer's ICE credentials are malformed"));
	bool changed = !span_eq_str(remote->ufrag, p->remote_ufrag);
	if (changed && p->remote_ufrag[0] && !p->restarted)
		ice_lite_restart(p->cfg.mux->table, p->lite);
	p->restarted = false;
	memcpy(p->remote_ufrag, remote->ufrag.p, remote->ufrag.n);
	p->remote_ufrag[remote->ufrag.n] = '\0';
	ice_lite_set_remote(p->lite, remote->ufrag);
	return 0;
}

int peer_set_remote(struct peer *p, int64_t now, const struct sdp_transport *remote,
		    bool dtls_client, struct err *err)
{
	int rc = start_dtls(p, remote, dtls_client, err);
	if (!rc)
		rc = p->lite ? set_remote_lite(p, remote, err)
			     : ice_set_remote(p->ice, now, remote->ufrag, remote->pwd, remote->lite,
					      err);
	if (rc)
		return rc;
	p->has_remote = true;
	p->started = now;
	peer_update(p, now);
	return 0;
}

int peer_add_base(struct peer *p, int64_t now, int base, const struct net_addr *a, struct err *err)
{
	return ice_add_base(p->ice, now, base, a, err);
}

void peer_remove_base(struct peer *p, int64_t now, int base)
{
	ice_remove_base(p->ice, now, base);
	peer_update(p, now);
}

int peer_add_server(struct peer *p, const struct net_addr *stun_server, struct err *err)
{
	return ice_add_server(p->ice, stun_server, err);
}

void peer_gather(struct peer *p, int64_t now)
{
	ice_gather(p->ice, now);
}

int peer_add_candidate(struct peer *p, int64_t now, struct span line, struct err *err)
{
	struct ice_candidate c;
	/* A lite agent learns addresses from checks. */
	if (p->lite)
		return 0;
	if (!span_trim(line).n) {
		ice_remote_done(p->ice);
		return 0;
	}
	int rc = ice_candidate_parse(line, &c, err);
	if (rc)
		return rc == ERR_UNSUPPORTED ? 0 : rc;
	return ice_add_remote(p->ice, now, &c, err);
}

struct ice *peer_ice(struct peer *p)
{
	return p->ice;
}

void peer_restart(struct peer *p, int64_t now)
{
	if (p->lite) {
		ice_lite_restart(p->cfg.mux->table, p->lite);
		p->restarted = true;
	} else {
		ice_restart(p->ice, now);
	}
	peer_update(p, now);
}

bool peer_path(const struct peer *p, int *ret_base, struct net_addr *ret_to)
{
	return p->lite ? ice_lite_path(p->lite, ret_base, ret_to)
		       : ice_path(p->ice, ret_base, ret_to);
}

/* DTLS begins when there is a way, the server side as soon as it knows whom to expect. */
static void maybe_start(struct peer *p, int64_t now)
{
	int base;
	struct net_addr to;
	if (p->dtls && dtls_state(p->dtls) == DTLS_NEW &&
	    (!p->dtls_client || peer_path(p, &base, &to)))
		dtls_start(p->dtls, now);
}

static void take_keys(struct peer *p, int64_t now)
{
	struct srtp_keys keys;
	struct err err;
	/* What failed once fails again. */
	if (p->out || p->error[0] || !p->dtls || dtls_state(p->dtls) != DTLS_CONNECTED)
		return;
	if (dtls_keys(p->dtls, &keys, &err) ||
	    !(p->in = srtp_stream_new(keys.suite, &keys.receive, false, &err)) ||
	    !(p->out = srtp_stream_new(keys.suite, &keys.send, true, &err)))
		snprintf(p->error, sizeof(p->error), "%s", err.msg);
	mem_wipe(&keys, sizeof(keys));
	p->next_report = now + PEER_REPORT_MS / 2;
}

/* How well the way is: the last word is ICE's, or that of the checks that reach us. */
static enum peer_state path_state(const struct peer *p, int64_t now)
{
	int base;
	struct net_addr to;
	if (p->ice) {
		if (ice_state(p->ice) == ICE_FAILED)
			return PEER_FAILED;
		if (!peer_path(p, &base, &to))
			return PEER_CONNECTING;
		return ice_state(p->ice) == ICE_DISCONNECTED ? PEER_DISCONNECTED : PEER_CONNECTED;
	}
	int64_t last = ice_lite_last_check(p->lite);
	if (last == INT64_MIN)
		return now - p->started >= 2 * ICE_LITE_EXPIRE_MS ? PEER_FAILED : PEER_CONNECTING;
	return now - last >= ICE_LITE_EXPIRE_MS	   ? PEER_FAILED
	       : now - last >= PEER_LITE_SILENT_MS ? PEER_DISCONNECTED
						   : PEER_CONNECTED;
}

static enum peer_state state_now(struct peer *p, int64_t now)
{
	if (p->closed)
		return PEER_CLOSED;
	if (!p->has_remote)
		return PEER_NEW;
	enum dtls_state d = dtls_state(p->dtls);
	if (d == DTLS_CLOSED)
		return PEER_CLOSED;
	if (d == DTLS_FAILED)
		snprintf(p->error, sizeof(p->error), "%s", dtls_error(p->dtls));
	if (p->error[0])
		return PEER_FAILED;
	enum peer_state s = path_state(p, now);
	return s == PEER_CONNECTED && !p->out ? PEER_CONNECTING : s;
}

void peer_update(struct peer *p, int64_t now)
{
	maybe_start(p, now);
	take_keys(p, now);
	enum peer_state s = state_now(p, now);
	if (s == p->state)
		return;
	p->state = s;
	if (p->cfg.calls.state)
		p->cfg.calls.state(p->cfg.arg, p);
}

enum peer_state peer_state(const struct peer *p)
{
	return p->state;
}

int64_t peer_last_check(const struct peer *p)
{
	return p->lite ? ice_lite_last_check(p->lite) : INT64_MIN;
}

const char *peer_error(const struct peer *p)
{
	if (p->state != PEER_FAILED)
		return "";
	return p->error[0] ? p->error : _("no network path to the other side works");
}

int peer_rtt_ms(const struct peer *p)
{
	struct ice_stats ice = {.rtt_ms = -1};
	if (p->stats.rtt_ms >= 0)
		return p->stats.rtt_ms;
	if (p->ice)
		ice_stats(p->ice, &ice);
	return ice.rtt_ms >= 0 ? ice.rtt_ms : p->rtt_hint_ms;
}

void peer_stats(const struct peer *p, struct peer_stats *ret)
{
	*ret = p->stats;
	for (size_t i = 0; i < p->receivers_n; i++) {
		const struct rtp_receiver *r = &p->receivers[i]->r;
		double jitter = rtp_receiver_jitter_ms(r);
		ret->jitter_ms = jitter > ret->jitter_ms ? jitter : ret->jitter_ms;
		ret->lost += rtp_receiver_lost(r);
	}
	ret->rtt_ms = peer_rtt_ms(p);
}
