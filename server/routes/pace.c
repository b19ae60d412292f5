#include "server/routes/pace.h"

#include "core/base/clock.h"
#include "server/sync/hub.h"

/*
 * Each event takes up an equal part of a second; what was taken up so far may
 * reach PACE_BURST_S into the future.
 */
bool pace_allows(struct rq *rq)
{
	int rate = rq->srv->config->events_per_second;
	struct hub_user *u = rate ? hub_user(rq->srv->hub, rq->who.user_nid) : NULL;
	int64_t now = clock_mono_ns(), part = rate ? 1000000000 / rate : 0;
	if (!u)
		return true;
	if (u->events_until_ns < now)
		u->events_until_ns = now;
	int64_t over = u->events_until_ns + part - now - PACE_BURST_S * (int64_t)1000000000;
	if (over > 0) {
		rq_limited(rq, (int)(over / 1000000) + 1);
		return false;
	}
	u->events_until_ns += part;
	return true;
}
