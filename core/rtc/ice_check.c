#include "core/base/crypto.h"
#include "core/rtc/ice_priv.h"

#include <string.h>

/* Unanswered checks of the path are sent again so soon, and so often until it is in doubt. */
#define AGAIN_MIN_MS 150
#define AGAIN_DOUBT_MS 500
#define UNANSWERED_MAX 4
#define UNANSWERED_MIN 3 /* before silence is told of */

/* Doubling stops here: a dead pair is known after ten seconds, not forty. */
#define RTO_MAX_MS 1600

void ice_tx_begin(struct ice_tx *tx, int64_t now, int64_t rto_ms)
{
	*tx = (struct ice_tx){.active = true, .tid = stun_tid_new(), .rto_ms = rto_ms, .next = now};
}

bool ice_tx_due(struct ice_tx *tx, int64_t now)
{
	if (tx->sends == ICE_SENDS_MAX)
		return false;
	tx->sends++;
	tx->sent = now;
	tx->next = now + tx->rto_ms;
	tx->rto_ms = tx->rto_ms * 2 > RTO_MAX_MS ? RTO_MAX_MS : tx->rto_ms * 2;
	return true;
}

static int64_t first_rto(const struct ice *ice)
{
	int64_t n = 0;
	for (size_t i = 0; i < ice->pairs_n; i++)
		n += ice->pairs[i].state == ICE_WAITING || ice->pairs[i].state == ICE_PROGRESS;
	return n * ICE_PACE_MS > ICE_RTO_MIN_MS ? n * ICE_PACE_MS : ICE_RTO_MIN_MS;
}

static void send_request(struct ice *ice, const struct ice_pair *p, const struct stun_tid *tid,
			 bool use_candidate)
{
	const struct ice_base *b = &ice->bases[p->base];
	char username[STUN_USERNAME_MAX + 1];
	uint8_t out[STUN_MESSAGE_MAX];
	int n = snprintf(username, sizeof(username), "%s:%s", ice->remote.ufrag, ice->local.ufrag);
	struct stun_out m = {
		.cls = STUN_REQUEST,
		.tid = *tid,
		.username = {username, (size_t)n},
		.priority = ice_base_is_detour(b)
				    ? b->priority
				    : ice_priority(ICE_PRFLX, b->priority >> 8 & 0xffff),
		.controlling = ice->controlling,
		.controlled = !ice->controlling,
		.tie_breaker = ice->tie_breaker,
		.use_candidate = use_candidate && ice->controlling,
		.password = span_of(ice->remote.pwd),
	};
	size_t len = stun_write(&m, out);
	if (!len)
		return;
	ice->stats.checks_sent++;
	ice->cfg.send(ice->cfg.arg, b->id, &ice->remotes[p->remote].addr, out, len);
}

void ice_check_start(struct ice *ice, int64_t now, int i, bool use_candidate)
{
	struct ice_pair *p = &ice->pairs[i];
	struct ice_tx *tx = &p->tx;
	/* A triggered check on top of one under way is the same request once more. */
	if (!tx->active || tx->use_candidate != use_candidate ||
	    tx->as_controlling != ice->controlling) {
		ice_tx_begin(tx, now, first_rto(ice));
		tx->use_candidate = use_candidate;
		tx->as_controlling = ice->controlling;
	}
	if (p->state != ICE_SUCCEEDED)
		p->state = ICE_PROGRESS;
	if (use_candidate)
		ice->nominating = i;
	if (ice->state == ICE_NEW)
		ice_set_state(ice, ICE_CHECKING);
	if (ice_tx_due(tx, now))
		send_request(ice, p, &tx->tid, use_candidate);
}

void ice_check_tick(struct ice *ice, int64_t now)
{
	for (int i = 0; i < (int)ice->pairs_n; i++) {
		struct ice_pair *p = &ice->pairs[i];
		if (!p->tx.active || p->tx.next > now)
			continue;
		if (ice_tx_due(&p->tx, now))
			send_request(ice, p, &p->tx.tid, p->tx.use_candidate);
		else
			ice_pair_failed(ice, now, i);
	}
	if (ice->next_check > now)
		return;
	int i = ice_pair_next(ice);
	if (i >= 0) {
		ice->next_check = now + ICE_PACE_MS;
		ice_check_start(ice, now, i, i == ice->nominating);
	}
}

int64_t ice_check_deadline(const struct ice *ice)
{
	int64_t at = ice_pair_pending(ice) ? ice->next_check : INT64_MAX;
	for (size_t i = 0; i < ice->pairs_n; i++)
		if (ice->pairs[i].tx.active && ice->pairs[i].tx.next < at)
			at = ice->pairs[i].tx.next;
	return at;
}

static int64_t consent_interval(void)
{
	uint16_t r;
	crypto_random(&r, sizeof(r));
	return ICE_CONSENT_MS * 4 / 5 + (int64_t)r * (ICE_CONSENT_MS * 2 / 5) / 65536;
}

static bool since(int64_t at, int64_t now, int64_t ms)
{
	return at != INT64_MIN && now - at < ms;
}

/* A path that carries sound is looked at more often than consent alone needs. */
static int64_t consent_wait(const struct ice *ice, int64_t now)
{
	return !ice->cfg.calm && since(ice->used, now, 2 * ICE_BUSY_MS) ? ICE_BUSY_MS
									: consent_interval();
}

void ice_consent_soon(struct ice *ice, int64_t now)
{
	memset(ice->consents, 0, sizeof(ice->consents));
	ice->unanswered = 0;
	ice->next_consent = now + consent_wait(ice, now);
}

void ice_note_data(struct ice *ice, int64_t now, bool heard)
{
	ice->used = now;
	if (heard)
		ice->heard = now;
	if (ice->selected >= 0 && !ice->cfg.calm && ice->next_consent > now + ICE_BUSY_MS)
		ice->next_consent = now + ICE_BUSY_MS;
}

/* Until a check is sent again that is not answered. */
static int64_t again_wait(const struct ice *ice)
{
	int rtt = ice->pairs[ice->selected].rtt_ms;
	int64_t ms = rtt < 0 ? AGAIN_MIN_MS : 2 * (int64_t)rtt + 50;
	if (ice->doubt)
		return AGAIN_DOUBT_MS > ms ? AGAIN_DOUBT_MS : ms;
	return ms < AGAIN_MIN_MS ? AGAIN_MIN_MS : ms > ICE_CONSENT_MS ? ICE_CONSENT_MS : ms;
}

/* True when nothing is to be asked yet: what was heard of late says enough. */
static bool put_off(struct ice *ice, int64_t now)
{
	int64_t answered = ice->pairs[ice->selected].answered;
	if (ice->unanswered || now - answered >= ICE_CONSENT_MS ||
	    !since(ice->heard, now, ICE_BUSY_MS / 2))
		return false;
	int64_t quiet = ice->heard + ICE_BUSY_MS / 2, due = answered + ICE_CONSENT_MS;
	ice->next_consent = quiet < due ? quiet : due;
	return true;
}

static void doubt(struct ice *ice)
{
	if (ice->doubt)
		return;
	ice->doubt = true;
	if (ice->state == ICE_CONNECTED)
		ice_pair_revive(ice);
}

static void send_consent(struct ice *ice, int64_t now)
{
	unsigned at = ice->consent_at++ % ICE_CONSENTS;
	ice->consents[at].tid = stun_tid_new();
	ice->consents[at].sent = now;
	ice->next_consent = now + again_wait(ice);
	if (ice->unanswered++ >= UNANSWERED_MAX)
		doubt(ice);
	/*
	 * Naming the pair again keeps it selected at the other side when a NAT
	 * gives us another address there.
	 */
	send_request(ice, &ice->pairs[ice->selected], &ice->consents[at].tid, true);
}

/* Who was held up, or asleep, has asked for nothing that could have been answered. */
static bool may_disconnect(const struct ice *ice)
{
	return ice->state == ICE_CONNECTED && ice->unanswered >= UNANSWERED_MIN;
}

void ice_consent_tick(struct ice *ice, int64_t now)
{
	if (ice->selected < 0)
		return;
	int64_t silent = now - ice->pairs[ice->selected].answered;
	if (silent >= ICE_CONSENT_EXPIRE_MS) {
		ice->selected = -1;
		ice_set_state(ice, ICE_FAILED);
		return;
	}
	if (silent >= ICE_DISCONNECT_MS && may_disconnect(ice)) {
		ice_pair_revive(ice);
		ice_set_state(ice, ICE_DISCONNECTED);
	}
	if (now >= ice->next_consent && !put_off(ice, now))
		send_consent(ice, now);
}

int64_t ice_consent_deadline(const struct ice *ice)
{
	if (ice->selected < 0)
		return INT64_MAX;
	int64_t answered = ice->pairs[ice->selected].answered;
	int64_t silence =
		answered + (may_disconnect(ice) ? ICE_DISCONNECT_MS : ICE_CONSENT_EXPIRE_MS);
	return silence < ice->next_consent ? silence : ice->next_consent;
}

static void switch_role(struct ice *ice, bool controlling)
{
	if (ice->controlling == controlling)
		return;
	ice->controlling = controlling;
	ice->nominating = -1;
	ice->stats.role_conflicts++;
	ice_pair_reprioritise(ice);
}

/* RFC 8445 7.3.1.1. False: answer 487. */
static bool settle_role(struct ice *ice, const struct stun *m)
{
	bool larger = ice->tie_breaker >= m->tie_breaker;
	if (ice->controlling && m->controlling) {
		if (larger)
			return false;
		switch_role(ice, false);
	} else if (!ice->controlling && m->controlled) {
		if (!larger)
			return false;
		switch_role(ice, true);
	}
	return true;
}

static void reply(struct ice *ice, int base, const struct net_addr *to, const struct stun *m,
		  int error, struct span password)
{
	uint8_t out[STUN_MESSAGE_MAX];
	struct stun_out r = {
		.cls = error ? STUN_ERROR : STUN_SUCCESS,
		.tid = m->tid,
		.error = error,
		.password = password,
	};
	if (!error)
		r.mapped = *to;
	if (error == STUN_UNKNOWN_ATTRIBUTE) {
		r.unknown = m->unknown;
		r.unknown_n = m->unknown_n;
	}
	size_t n = stun_write(&r, out);
	if (n)
		ice->cfg.send(ice->cfg.arg, base, to, out, n);
}

/* A peer-reflexive candidate, unless it is known; -1: no room. */
static int learn_remote(struct ice *ice, const struct net_addr *from, bool tcp,
			const struct stun *m)
{
	int r = ice_remote_find(ice, from, tcp);
	if (r >= 0 || ice->remotes_n == ICE_REMOTE_MAX)
		return r;
	r = (int)ice->remotes_n++;
	struct ice_candidate *c = &ice->remotes[r];
	*c = (struct ice_candidate){.component = 1,
				    .priority = m->priority,
				    .addr = *from,
				    .type = ICE_PRFLX,
				    .transport = tcp ? ICE_TCP_PASSIVE : ICE_UDP};
	snprintf(c->foundation, sizeof(c->foundation), "prflx%d", r);
	return r;
}

static void trigger(struct ice *ice, int64_t now, int base, const struct net_addr *from,
		    const struct stun *m)
{
	int b = ice_base_find(ice, base);
	int r = b < 0 ? -1 : learn_remote(ice, from, ice->bases[b].stream, m);
	int i = r < 0 ? -1 : ice_pair_find(ice, (unsigned)b, (unsigned)r, true);
	if (i < 0)
		return;
	struct ice_pair *p = &ice->pairs[i];
	bool name = m->use_candidate && !ice->controlling;
	if (name) {
		p->nominate = true;
		p->named = now;
	}
	if (p->state == ICE_SUCCEEDED) {
		if (name)
			ice_pair_named(ice, now, i);
	} else if (p->state == ICE_PROGRESS) {
		if (!p->triggered)
			p->triggered = ++ice->trigger_seq;
	} else {
		ice_pair_trigger(ice, i);
	}
}

static bool username_is(const struct stun *m, const char *ufrag)
{
	size_t n = strlen(ufrag);
	return n && m->username.n > n && memcmp(m->username.p, ufrag, n) == 0 &&
	       m->username.p[n] == ':';
}

static bool receive_request(struct ice *ice, int64_t now, int base, const struct net_addr *from,
			    const struct stun *m)
{
	bool current = username_is(m, ice->local.ufrag);
	if (!current && !username_is(m, ice->previous.ufrag))
		return false;
	struct span pwd = span_of(current ? ice->local.pwd : ice->previous.pwd);
	if (!stun_check_integrity(m, pwd)) {
		ice->stats.bad_integrity++;
		return false;
	}
	ice->stats.checks_received++;
	if (m->unknown_n) {
		reply(ice, base, from, m, STUN_UNKNOWN_ATTRIBUTE, pwd);
		return true;
	}
	if (current && !settle_role(ice, m)) {
		reply(ice, base, from, m, STUN_ROLE_CONFLICT, pwd);
		return true;
	}
	reply(ice, base, from, m, 0, pwd);
	if (current)
		trigger(ice, now, base, from, m);
	return true;
}

/* The answer must come back the way the request went (RFC 8445 7.2.5.2.1). */
static bool symmetric(const struct ice *ice, const struct ice_pair *p, int base,
		      const struct net_addr *from)
{
	return ice->bases[p->base].id == base && net_addr_eq(&ice->remotes[p->remote].addr, from);
}

static void answered_check(struct ice *ice, int64_t now, int i, bool right_way,
			   const struct stun *m)
{
	struct ice_pair *p = &ice->pairs[i];
	bool as_controlling = p->tx.as_controlling;
	p->tx.active = false;
	if (m->cls == STUN_ERROR && m->error == STUN_ROLE_CONFLICT) {
		switch_role(ice, !as_controlling);
		ice_pair_trigger(ice, i);
		return;
	}
	if (m->cls == STUN_ERROR || !right_way) {
		ice_pair_failed(ice, now, i);
		return;
	}
	if (p->tx.sends == 1)
		p->rtt_ms = (int)(now - p->tx.sent);
	ice_pair_succeeded(ice, now, i);
}

static bool answered_consent(struct ice *ice, int64_t now, int base, const struct net_addr *from,
			     const struct stun *m)
{
	struct ice_pair *p = ice->selected >= 0 ? &ice->pairs[ice->selected] : NULL;
	if (!p || !symmetric(ice, p, base, from) ||
	    !stun_check_integrity(m, span_of(ice->remote.pwd)))
		return false;
	for (unsigned i = 0; i < ICE_CONSENTS; i++) {
		if (!ice->consents[i].sent || !stun_tid_eq(&ice->consents[i].tid, &m->tid))
			continue;
		p->rtt_ms = (int)(now - ice->consents[i].sent);
		ice->consents[i].sent = 0;
		if (m->cls == STUN_ERROR && m->error == STUN_ROLE_CONFLICT)
			switch_role(ice, !ice->controlling);
		if (m->cls != STUN_SUCCESS)
			return true;
		p->answered = now;
		ice->unanswered = 0;
		ice->doubt = false;
		ice->next_consent = now + consent_wait(ice, now);
		ice->stats.consents++;
		if (ice->state == ICE_DISCONNECTED)
			ice_set_state(ice, ICE_CONNECTED);
		return true;
	}
	return false;
}

static bool receive_response(struct ice *ice, int64_t now, int base, const struct net_addr *from,
			     const struct stun *m)
{
	for (int i = 0; i < (int)ice->pairs_n; i++) {
		struct ice_pair *p = &ice->pairs[i];
		if (!p->tx.active || !stun_tid_eq(&p->tx.tid, &m->tid))
			continue;
		if (!stun_check_integrity(m, span_of(ice->remote.pwd))) {
			ice->stats.bad_integrity++;
			return false;
		}
		answered_check(ice, now, i, symmetric(ice, p, base, from), m);
		return true;
	}
	return answered_consent(ice, now, base, from, m) ||
	       ice_gather_answer(ice, now, base, from, m);
}

bool ice_receive(struct ice *ice, int64_t now, int base, const struct net_addr *from, const void *p,
		 size_t n)
{
	struct stun m;
	if (ice->state == ICE_FAILED || !stun_parse(p, n, &m) || m.method != STUN_BINDING)
		return false;
	switch (m.cls) {
	case STUN_REQUEST:
		return receive_request(ice, now, base, from, &m);
	case STUN_INDICATION:
		return ice_knows(ice, base, from);
	default:
		return receive_response(ice, now, base, from, &m);
	}
}
