/*
 * STUN messages: what parses is written again from its parts and must read
 * the same; a lite server and a full agent take any bytes.
 */
#include "core/base/mem.h"
#include "core/rtc/ice.h"
#include "core/rtc/ice_lite.h"
#include "core/rtc/stun.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void no_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	(void)arg;
	(void)base;
	(void)to;
	demand(stun_looks_like(p, n));
}

static void again(const struct stun *m)
{
	uint8_t out[STUN_MESSAGE_MAX];
	struct stun back;
	struct stun_out w = {
		.cls = m->cls,
		.tid = m->tid,
		.username = m->username,
		.mapped = m->mapped,
		.error = m->error,
		.use_candidate = m->use_candidate,
		.priority = m->priority,
		.controlling = m->controlling,
		.controlled = m->controlled,
		.tie_breaker = m->tie_breaker,
		.password = SPAN_LIT("password"),
	};
	size_t n = stun_write(&w, out);
	demand(n && stun_parse(out, n, &back));
	demand(back.cls == m->cls && stun_tid_eq(&back.tid, &m->tid));
	demand(span_eq(back.username, m->username) && back.error == m->error);
	demand(net_addr_eq(&back.mapped, &m->mapped) && back.priority == m->priority);
	demand(back.use_candidate == m->use_candidate && back.tie_breaker == m->tie_breaker);
	demand(back.has_fingerprint && stun_check_integrity(&back, SPAN_LIT("password")));
	demand(!stun_check_integrity(&back, SPAN_LIT("passwore")));
}

static void agents(const uint8_t *data, size_t size, const struct net_addr *from)
{
	struct ice_config c = {.send = no_send};
	struct ice *ice = ice_new(&c);
	struct ice_lite *t = ice_lite_new();
	struct ice_lite_session *s = ice_lite_add(t, NULL);
	struct ice_lite_result r;
	struct ice_candidate candidate;
	ice_add_base(ice, 0, 0, from, NULL);
	ice_set_remote(ice, 0, SPAN_LIT("abcd"), SPAN_LIT("0123456789012345678901"), false, NULL);
	demand(!ice_receive(ice, 1, 0, from, data, size));
	if (ice_candidate_parse((struct span){(const char *)data, size}, &candidate, NULL) == 0)
		ice_add_remote(ice, 1, &candidate, NULL);
	ice_tick(ice, 2);
	ice_lite_receive(t, 1, 0, from, data, size, &r);
	demand(!r.session && !r.reply_n);
	ice_lite_remove(t, s);
	ice_lite_free(t);
	ice_free(ice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stun m;
	struct net_addr from = net_addr_make(4, "\x7f\0\0\1", 5000);
	if (stun_parse(data, size, &m)) {
		demand(m.raw.n == size && m.unknown_n <= STUN_UNKNOWN_MAX);
		if (m.method == STUN_BINDING)
			again(&m);
		stun_check_integrity(&m, SPAN_LIT("VOkJxbRl1RmTxUk/WvJxBt"));
	}
	agents(data, size, &from);
	return 0;
}
