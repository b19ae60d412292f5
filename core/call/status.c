/* How a session goes. */
#include "core/call/session_priv.h"

static enum call_way way_of(struct pc *pc)
{
	struct ice_stats st;
	if (!pc || !pc_up(pc))
		return CALL_WAY_NONE;
	ice_stats(peer_ice(pc_peer(pc)), &st);
	return st.local_type == ICE_RELAY ? CALL_WAY_RELAY : st.tcp ? CALL_WAY_TCP : CALL_WAY_UDP;
}

static enum call_way worse(enum call_way a, enum call_way b)
{
	return a > b ? a : b;
}

void session_status(struct call_session *s, struct call_status *ret)
{
	struct peer_stats st;
	if (s->last.state == CALL_ENDED) {
		*ret = s->last;
		return;
	}
	*ret = (struct call_status){
		.state = s->told,
		.muted = s->muted,
		.publishing = s->pub.state == PUBLISH_DONE,
		.people = s->people.n,
		.rtt_ms = -1,
		.reconnects = s->reconnects,
		.loss_in = s->sub.loss,
		.protects = s->pub.loss,
		.way = worse(way_of(s->pub.pc), way_of(s->sub.pc)),
	};
	subscriber_status(s, ret);
	if (s->pub.pc) {
		peer_stats(pc_peer(s->pub.pc), &st);
		ret->rtt_ms = st.rtt_ms;
		ret->loss_out = st.remote_loss;
		ret->packets_out = (int64_t)st.rtp_sent;
	}
	if (s->sub.pc) {
		peer_stats(pc_peer(s->sub.pc), &st);
		ret->packets_in = (int64_t)st.rtp_received;
		ret->lost_in = st.lost;
		ret->jitter_ms = st.jitter_ms;
		ret->rtt_ms = ret->rtt_ms < 0 ? st.rtt_ms : ret->rtt_ms;
	}
	audio_engine_state(sound_engine(s->sound), &ret->sound);
}
