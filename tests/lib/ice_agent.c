#include "tests/lib/ice_agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"

static void on_send(void *arg, int base, const struct net_addr *to, const void *p, size_t n)
{
	struct agent *a = arg;
	fakenet_send(a->net, &a->node, base, to, p, n);
}

static void on_event(void *arg, const struct ice_event *e)
{
	struct agent *a = arg;
	AUTO(buf_done) struct buf b = BUF_INIT(500);
	struct ice_candidate c;
	if (e->kind == ICE_EVENT_STATE)
		a->states[ice_state(a->ice)]++;
	a->paths += e->kind == ICE_EVENT_PATH;
	a->gathered += e->kind == ICE_EVENT_GATHERED;
	if (e->kind != ICE_EVENT_CANDIDATE || !a->peer ||
	    (a->hide_host && e->candidate->type == ICE_HOST))
		return;
	ice_candidate_put(&b, e->candidate);
	assert_int_equal(ice_candidate_parse(buf_span(&b), &c, NULL), 0);
	assert_int_equal(ice_add_remote(a->peer->ice, a->net->now, &c, NULL), 0);
}

static int64_t on_deadline(void *arg)
{
	return ice_deadline(((struct agent *)arg)->ice);
}

static void on_tick(void *arg, int64_t now)
{
	ice_tick(((struct agent *)arg)->ice, now);
}

static void on_receive(void *arg, int64_t now, int base, const struct net_addr *from, const void *p,
		       size_t n)
{
	ice_receive(((struct agent *)arg)->ice, now, base, from, p, n);
}

void agent_make(struct agent *a, struct fakenet *net, bool controlling, uint64_t tie_breaker)
{
	*a = (struct agent){.net = net};
	struct ice_config c = {.controlling = controlling,
			       .tie_breaker = tie_breaker,
			       .send = on_send,
			       .event = on_event,
			       .arg = a};
	a->ice = ice_new(&c);
	a->node = (struct fakenet_node){.arg = a,
					.deadline = on_deadline,
					.tick = on_tick,
					.receive = on_receive};
	fakenet_add(net, &a->node);
}

void agent_base(struct agent *a, const char *ip, uint16_t port)
{
	a->node.base[a->node.bases_n++] = fakenet_addr(ip, port);
}

void agent_start(struct agent *a)
{
	for (size_t i = 0; i < a->node.bases_n; i++)
		assert_int_equal(ice_add_base(a->ice, a->net->now, (int)i, &a->node.base[i], NULL),
				 0);
	if (a->net->stun.family)
		ice_add_server(a->ice, &a->net->stun, NULL);
	ice_gather(a->ice, a->net->now);
}

void agent_introduce(struct agent *to, struct agent *of)
{
	assert_int_equal(ice_set_remote(to->ice, to->net->now, span_of(ice_ufrag(of->ice)),
					span_of(ice_pwd(of->ice)), false, NULL),
			 0);
}

void agent_tell_all(struct agent *from, struct agent *to)
{
	for (size_t i = 0; i < ice_local_count(from->ice); i++)
		ice_add_remote(to->ice, to->net->now, ice_local(from->ice, i), NULL);
}
