/* A full agent of ICE on a network of the test's own (fakenet.h). */
#ifndef MUSTER_TESTS_ICE_AGENT_H
#define MUSTER_TESTS_ICE_AGENT_H

#include "core/rtc/ice.h"
#include "tests/lib/fakenet.h"

struct agent {
	struct fakenet *net;
	struct fakenet_node node;
	struct ice *ice;
	struct agent *peer; /* candidates trickle to it */
	int states[8];
	size_t paths, gathered;
	bool hide_host; /* tells server-reflexive candidates only */
};

/** On the network, without an address yet; its `ice` is freed by the test. */
void agent_make(struct agent *a, struct fakenet *net, bool controlling, uint64_t tie_breaker);
void agent_base(struct agent *a, const char *ip, uint16_t port);
/** Gather on its addresses, and at the network's STUN server where it has one. */
void agent_start(struct agent *a);
/** `to` learns the credentials of `of`. */
void agent_introduce(struct agent *to, struct agent *of);
/** `to` learns every candidate that `from` has. */
void agent_tell_all(struct agent *from, struct agent *to);

#endif
