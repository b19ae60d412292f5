#include "core/rtc/ice.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/ice_priv.h"

#include <string.h>

#define DONE_WAIT_MS 5000 /* for checks of the peer once its candidates are all known */

void ice_tell(struct ice *ice, enum ice_event_kind kind, const struct ice_candidate *c)
{
	struct ice_event e = {kind, c};
	if (ice->cfg.event)
		ice->cfg.event(ice->cfg.arg, &e);
}

void ice_set_state(struct ice *ice, enum ice_state s)
{
	if (ice->state == s)
		return;
	ice->state = s;
	ice_tell(ice, ICE_EVENT_STATE, NULL);
}

/* `n` random characters of the ice-char alphabet. */
static void random_text(char *ret, size_t n)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t raw[32];
	crypto_random(raw, n);
	for (size_t i = 0; i < n; i++)
		ret[i] = alphabet[raw[i] & 63];
	ret[n] = '\0';
}

void ice_creds_new(struct ice_creds *c)
{
	random_text(c->ufrag, 8);
	random_text(c->pwd, 24);
}

struct ice *ice_new(const struct ice_config *c)
{
	struct ice *ice = NEW(struct ice);
	ice->cfg = *c;
	ice->controlling = c->controlling;
	ice->tie_breaker = c->tie_breaker;
	if (!ice->tie_breaker)
		crypto_random(&ice->tie_breaker, sizeof(ice->tie_breaker));
	ice_creds_new(&ice->local);
	ice->selected = ice->nominating = -1;
	ice->first_valid = ice->stalled = INT64_MAX;
	ice->next_check = INT64_MIN;
	ice->used = ice->heard = INT64_MIN;
	ice->next_better = ice->better_since = INT64_MAX;
	return ice;
}

void ice_free(struct ice *ice)
{
	if (!ice)
		return;
	mem_wipe(ice, sizeof(*ice));
	mem_free(ice);
}

const char *ice_ufrag(const struct ice *ice)
{
	return ice->local.ufrag;
}

const char *ice_pwd(const struct ice *ice)
{
	return ice->local.pwd;
}

void ice_remove_base(struct ice *ice, int64_t now, int base)
{
	int b = ice_base_find(ice, base);
	if (b < 0)
		return;
	bool lost = ice->selected >= 0 && ice->pairs[ice->selected].base == (unsigned)b;
	for (int i = 0; i < (int)ice->pairs_n; i++)
		if (ice->pairs[i].base == (unsigned)b)
			ice_pair_failed(ice, now, i);
	ice->bases[b].gone = true;
	if (ice->old_path && ice->old_base == base)
		ice->old_path = false;
	if (lost) {
		ice->selected = -1;
		ice->doubt = false;
		ice_pair_revive(ice);
		ice->first_valid = INT64_MAX;
		ice_set_state(ice, ICE_CHECKING);
	}
}

static void keep_old_path(struct ice *ice, int64_t now)
{
	if (ice->selected < 0)
		return;
	const struct ice_pair *p = &ice->pairs[ice->selected];
	ice->old_path = true;
	ice->old_base = ice->bases[p->base].id;
	ice->old_to = ice->remotes[p->remote].addr;
	ice->old_until = now + ICE_CONSENT_EXPIRE_MS;
}

void ice_restart(struct ice *ice, int64_t now)
{
	keep_old_path(ice, now);
	ice->previous = ice->local;
	ice_creds_new(&ice->local);
	ice->remote = (struct ice_creds){{0}, {0}};
	ice->remote_done = false;
	ice->pairs_n = ice->remotes_n = 0;
	ice_gather_forget_gone(ice);
	ice->selected = ice->nominating = -1;
	ice->first_valid = ice->stalled = INT64_MAX;
	ice->doubt = false;
	ice_set_state(ice, ICE_CHECKING);
}

/* ice-char of RFC 8839, between the lengths it allows. */
static bool valid_text(struct span s, size_t min, size_t max)
{
	if (s.n < min || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      strchr("+/-_=", c)))
			return false;
	}
	return true;
}

int ice_set_remote(struct ice *ice, int64_t now, struct span ufrag, struct span pwd, bool lite,
		   struct err *err)
{
	if (!valid_text(ufrag, 4, ICE_UFRAG_MAX) || !valid_text(pwd, 22, ICE_PWD_MAX))
		return err_set(err, ERR_PROTOCOL, _("the peer's ICE credentials are malformed"));
	if (span_eq_str(ufrag, ice->remote.ufrag) && span_eq_str(pwd, ice->remote.pwd))
		return 0;
	if (ice->remote.ufrag[0])
		ice_restart(ice, now);
	memcpy(ice->remote.ufrag, ufrag.p, ufrag.n);
	ice->remote.ufrag[ufrag.n] = '\0';
	memcpy(ice->remote.pwd, pwd.p, pwd.n);
	ice->remote.pwd[pwd.n] = '\0';
	ice->remote_lite = lite;
	/* A lite agent never controls (RFC 8445 6.1.1). */
	if (lite)
		ice_set_controlling(ice, true);
	return 0;
}

int ice_add_remote(struct ice *ice, int64_t now, const struct ice_candidate *c, struct err *err)
{
	(void)now;
	int r = ice_remote_find(ice, &c->addr, c->transport != ICE_UDP);
	if (c->transport == ICE_TCP_ACTIVE || c->transport == ICE_TCP_SO)
		return 0;
	if (r >= 0) {
		/* Learnt from a check before it was told: now it has its real type. */
		if (ice->remotes[r].type == ICE_PRFLX) {
			ice->remotes[r] = *c;
			ice_pair_reprioritise(ice);
		}
		return 0;
	}
	if (ice->remotes_n == ICE_REMOTE_MAX)
		return err_set(err, ERR_TOO_LARGE, _("the peer has more than %d ICE candidates"),
			       ICE_REMOTE_MAX);
	ice->remotes[ice->remotes_n++] = *c;
	ice_pair_all(ice);
	return 0;
}

void ice_remote_done(struct ice *ice)
{
	ice->remote_done = true;
}

void ice_set_controlling(struct ice *ice, bool controlling)
{
	if (ice->controlling == controlling)
		return;
	ice->controlling = controlling;
	ice->nominating = -1;
	ice_pair_reprioritise(ice);
}

bool ice_controlling(const struct ice *ice)
{
	return ice->controlling;
}

static bool busy(const struct ice *ice)
{
	if (ice_pair_pending(ice) || ice_pair_nominee_deadline(ice) != INT64_MAX)
		return true;
	for (size_t i = 0; i < ice->pairs_n; i++)
		if (ice->pairs[i].tx.active)
			return true;
	return false;
}

static int64_t fail_wait(const struct ice *ice)
{
	return ice->remote_done ? DONE_WAIT_MS : ICE_FAIL_WAIT_MS;
}

static void check_stalled(struct ice *ice, int64_t now)
{
	if (ice->selected >= 0 || busy(ice)) {
		ice->stalled = INT64_MAX;
		return;
	}
	if (ice->stalled == INT64_MAX)
		ice->stalled = now;
	if (now >= ice->stalled + fail_wait(ice))
		ice_set_state(ice, ICE_FAILED);
}

void ice_tick(struct ice *ice, int64_t now)
{
	ice_gather_tick(ice, now);
	if (ice->old_path && now >= ice->old_until)
		ice->old_path = false;
	if (ice->state == ICE_FAILED || !ice->remote.ufrag[0])
		return;
	ice_pair_improve(ice, now);
	ice_check_tick(ice, now);
	int i = ice_pair_nominee(ice, now);
	if (i >= 0)
		ice_check_start(ice, now, i, true);
	ice_consent_tick(ice, now);
	if (ice->state != ICE_FAILED)
		check_stalled(ice, now);
}

int64_t ice_deadline(const struct ice *ice)
{
	int64_t at = ice_gather_deadline(ice);
	if (ice->old_path && ice->old_until < at)
		at = ice->old_until;
	if (ice->state == ICE_FAILED || !ice->remote.ufrag[0])
		return at;
	int64_t more[] = {
		ice_check_deadline(ice),
		ice_pair_nominee_deadline(ice),
		ice_pair_improve_deadline(ice),
		ice_consent_deadline(ice),
		/* INT64_MIN: the clock of the first stall is yet to be started. */
		ice->selected >= 0 || busy(ice) ? INT64_MAX
		: ice->stalled == INT64_MAX	? INT64_MIN
						: ice->stalled + fail_wait(ice),
	};
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (more[i] < at)
			at = more[i];
	return at;
}

enum ice_state ice_state(const struct ice *ice)
{
	return ice->state;
}

bool ice_path(const struct ice *ice, int *ret_base, struct net_addr *ret_to)
{
	if (ice->selected >= 0) {
		const struct ice_pair *p = &ice->pairs[ice->selected];
		*ret_base = ice->bases[p->base].id;
		*ret_to = ice->remotes[p->remote].addr;
		return true;
	}
	if (!ice->old_path || ice->state == ICE_FAILED)
		return false;
	*ret_base = ice->old_base;
	*ret_to = ice->old_to;
	return true;
}

bool ice_knows(const struct ice *ice, int base, const struct net_addr *from)
{
	if (ice->old_path && ice->old_base == base && net_addr_eq(&ice->old_to, from))
		return true;
	for (size_t i = 0; i < ice->pairs_n; i++) {
		const struct ice_pair *p = &ice->pairs[i];
		if (ice->bases[p->base].id == base &&
		    net_addr_eq(&ice->remotes[p->remote].addr, from))
			return true;
	}
	return false;
}

bool ice_wants_detour(const struct ice *ice)
{
	if (!ice->remote.ufrag[0] || ice->state == ICE_FAILED)
		return false;
	return ice->selected < 0 || ice->doubt || ice->state == ICE_DISCONNECTED;
}

bool ice_on_detour(const struct ice *ice, int *ret_base)
{
	if (ice->selected < 0)
		return false;
	const struct ice_base *b = &ice->bases[ice->pairs[ice->selected].base];
	*ret_base = b->id;
	return ice_base_is_detour(b);
}

size_t ice_remote_count(const struct ice *ice)
{
	return ice->remotes_n;
}

const struct ice_candidate *ice_remote(const struct ice *ice, size_t i)
{
	return i < ice->remotes_n ? &ice->remotes[i] : NULL;
}

void ice_stats(const struct ice *ice, struct ice_stats *ret)
{
	*ret = ice->stats;
	ret->rtt_ms = -1;
	if (ice->selected < 0)
		return;
	const struct ice_pair *p = &ice->pairs[ice->selected];
	ret->rtt_ms = p->rtt_ms;
	ret->local_type = ice->bases[p->base].relay ? ICE_RELAY : ICE_HOST;
	ret->tcp = ice->bases[p->base].stream;
	for (size_t i = 0; i < ice->locals_n; i++)
		if (net_addr_eq(&ice->locals[i].related, &ice->bases[p->base].addr))
			ret->local_type = ICE_SRFLX;
	ret->remote_type = ice->remotes[p->remote].type;
}
