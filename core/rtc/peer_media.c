#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/peer_priv.h"

#include <string.h>

struct peer_sender *peer_sender_find(const struct peer *p, uint32_t ssrc)
{
	for (size_t i = 0; i < p->senders_n; i++)
		if (p->senders[i]->ssrc == ssrc)
			return p->senders[i];
	return NULL;
}

struct peer_receiver *peer_receiver_find(const struct peer *p, uint32_t ssrc)
{
	for (size_t i = 0; i < p->receivers_n; i++)
		if (p->receivers[i]->r.ssrc == ssrc)
			return p->receivers[i];
	return NULL;
}

int peer_add_sender(struct peer *p, uint32_t ssrc, unsigned rate_hz, size_t history,
		    struct err *err)
{
	if (peer_sender_find(p, ssrc))
		return err_set(err, ERR_CONFLICT, _("this SSRC sends already"));
	if (p->senders_n == PEER_SENDERS_MAX)
		return err_set(err, ERR_TOO_LARGE, _("more than %d tracks to one peer"),
			       PEER_SENDERS_MAX);
	struct peer_sender *s = NEW(struct peer_sender);
	*s = (struct peer_sender){.ssrc = ssrc,
				  .rate_hz = rate_hz,
				  .sent = INT64_MIN,
				  .reported = INT64_MIN};
	if (history)
		s->history = rtp_history_new(history);
	p->senders[p->senders_n++] = s;
	return 0;
}

void peer_remove_sender(struct peer *p, int64_t now, uint32_t ssrc)
{
	for (size_t i = 0; i < p->senders_n; i++) {
		struct peer_sender *s = p->senders[i];
		if (s->ssrc != ssrc)
			continue;
		if (s->sent != INT64_MIN)
			peer_send_bye(p, now, &ssrc, 1);
		if (p->out)
			srtp_stream_forget(p->out, ssrc);
		rtp_history_free(s->history);
		mem_free(s);
		p->senders[i] = p->senders[--p->senders_n];
		return;
	}
}

void peer_receive_format(struct peer *p, uint8_t pt, unsigned rate_hz, bool nack)
{
	p->formats[pt & 127] = (struct peer_format){rate_hz, nack};
}

void peer_patience(struct peer *p, int ms)
{
	p->patience_ms = ms;
}

void peer_rtt_hint(struct peer *p, int ms)
{
	p->rtt_hint_ms = ms;
}

void peer_further_loss(struct peer *p, uint32_t ssrc, double loss)
{
	struct peer_receiver *rx = peer_receiver_find(p, ssrc);
	if (rx)
		rx->further_loss = loss < 0 ? 0 : loss > 1 ? 1 : loss;
}

void peer_transmit(struct peer *p, const void *data, size_t n)
{
	int base;
	struct net_addr to;
	if (!peer_path(p, &base, &to))
		return;
	p->stats.bytes_sent += n;
	p->cfg.calls.send(p->cfg.arg, base, &to, data, n);
}

/* `packet` has room for PEER_PACKET_ROOM bytes and holds plain RTP. */
static int send_plain(struct peer *p, int64_t now, struct peer_sender *s, const struct rtp *r,
		      uint8_t *packet, size_t n)
{
	uint32_t payload_n = (uint32_t)r->payload.n;
	uint32_t timestamp = r->timestamp;
	uint16_t seq = r->seq;
	if (srtp_stream_protect(p->out, packet, &n, PEER_PACKET_ROOM) != SRTP_OK)
		return ERR_FAILED;
	s->packets++;
	s->bytes += payload_n;
	s->timestamp = timestamp;
	s->sent = now;
	p->stats.rtp_sent++;
	if (s->history)
		rtp_history_add(s->history, seq, packet, n);
	if (p->ice)
		ice_note_data(p->ice, now, false);
	peer_transmit(p, packet, n);
	return 0;
}

static bool ready(const struct peer *p)
{
	return p->out && (p->state == PEER_CONNECTED || p->state == PEER_DISCONNECTED);
}

int peer_send_raw(struct peer *p, int64_t now, const void *raw, size_t n)
{
	uint8_t packet[PEER_PACKET_ROOM];
	struct rtp r;
	if (!ready(p))
		return ERR_PENDING;
	if (n > RTP_PACKET_MAX || !rtp_parse(raw, n, &r))
		return ERR_INVALID;
	struct peer_sender *s = peer_sender_find(p, r.ssrc);
	if (!s)
		return ERR_NOT_FOUND;
	memcpy(packet, raw, n);
	return send_plain(p, now, s, &r, packet, n);
}

struct peer_sender *peer_sender(struct peer *p, uint32_t ssrc)
{
	return peer_sender_find(p, ssrc);
}

double peer_sender_loss(const struct peer_sender *s, int64_t since)
{
	return s->reported >= since ? s->loss : -1;
}

void peer_forget_sent(struct peer_sender *s)
{
	if (s->history)
		rtp_history_drop(s->history);
}

int peer_forward(struct peer *p, int64_t now, struct peer_sender *s, const struct rtp *r,
		 struct span raw, uint16_t seq, bool marker)
{
	uint8_t packet[PEER_PACKET_ROOM];
	struct rtp out = *r;
	if (!ready(p))
		return ERR_PENDING;
	if (raw.n > RTP_PACKET_MAX)
		return ERR_TOO_LARGE;
	memcpy(packet, raw.p, raw.n);
	packet[1] = (uint8_t)((packet[1] & 0x7f) | (marker ? 0x80 : 0));
	rtp_rewrite(packet, r->pt, seq, r->timestamp, s->ssrc);
	out.seq = seq;
	return send_plain(p, now, s, &out, packet, raw.n);
}

int peer_send(struct peer *p, int64_t now, const struct rtp_out *r)
{
	uint8_t packet[PEER_PACKET_ROOM];
	struct peer_sender *s = peer_sender_find(p, r->ssrc);
	struct rtp plain = {.seq = r->seq, .timestamp = r->timestamp, .payload = r->payload};
	if (!s)
		return ERR_NOT_FOUND;
	if (!ready(p))
		return ERR_PENDING;
	size_t n = rtp_write(r, packet, RTP_PACKET_MAX);
	return n ? send_plain(p, now, s, &plain, packet, n) : ERR_TOO_LARGE;
}

/* Tracks come and go, and not everybody says BYE. */
static void forget_oldest(struct peer *p)
{
	const struct rtp_receiver *oldest = &p->receivers[0]->r;
	for (size_t i = 1; i < p->receivers_n; i++)
		if (p->receivers[i]->r.last_packet_ms < oldest->last_packet_ms)
			oldest = &p->receivers[i]->r;
	peer_remove_receiver(p, oldest->ssrc);
}

static struct peer_receiver *receiver_of(struct peer *p, const struct rtp *r)
{
	struct peer_receiver *e = peer_receiver_find(p, r->ssrc);
	if (e)
		return e;
	if (p->receivers_n == PEER_RECEIVERS_MAX)
		forget_oldest(p);
	const struct peer_format *f = &p->formats[r->pt];
	e = NEW(struct peer_receiver);
	rtp_receiver_init(&e->r, r->ssrc, f->rate_hz);
	e->nack = f->nack;
	p->receivers[p->receivers_n++] = e;
	return e;
}

static bool ended_again(const struct peer *p, size_t slot)
{
	for (size_t i = 0; i < PEER_ENDED_MAX; i++)
		if (i != slot && p->ended[i] == p->ended[slot])
			return true;
	return false;
}

/*
 * A replay window lives as long as its key (RFC 3711 3.3.2), or somebody could
 * send old packets of a track that ended as those of a new one. For hours of
 * tracks there is no room: the oldest windows go.
 */
static void retire(struct peer *p, uint32_t ssrc)
{
	size_t slot = p->ended_n++ % PEER_ENDED_MAX;
	if (p->ended_n > PEER_ENDED_MAX && p->in && !ended_again(p, slot) &&
	    !peer_receiver_find(p, p->ended[slot]))
		srtp_stream_forget(p->in, p->ended[slot]);
	p->ended[slot] = ssrc;
}

void peer_remove_receiver(struct peer *p, uint32_t ssrc)
{
	for (size_t i = 0; i < p->receivers_n; i++) {
		if (p->receivers[i]->r.ssrc == ssrc) {
			p->stats.lost += rtp_receiver_lost(&p->receivers[i]->r);
			mem_free(p->receivers[i]);
			p->receivers[i] = p->receivers[--p->receivers_n];
			retire(p, ssrc);
			return;
		}
	}
}

void peer_count_bad(struct peer *p, enum srtp_result r)
{
	struct peer_refused none = {0}, *all = p->cfg.mux ? &p->cfg.mux->refused : &none;
	if (r == SRTP_BAD_AUTH) {
		p->stats.bad_auth++;
		all->forged++;
	} else if (r == SRTP_REPLAYED) {
		p->stats.replayed++;
		all->replayed++;
	} else {
		p->stats.malformed++;
		all->malformed++;
	}
}

void peer_on_rtp(struct peer *p, int64_t now, const void *data, size_t n)
{
	uint8_t packet[PEER_PACKET_ROOM];
	struct rtp r;
	if (!p->in || p->state == PEER_CLOSED || n > sizeof(packet)) {
		peer_count_unexpected(p);
		return;
	}
	memcpy(packet, data, n);
	enum srtp_result e = srtp_stream_unprotect(p->in, packet, &n);
	if (e != SRTP_OK || !rtp_parse(packet, n, &r)) {
		peer_count_bad(p, e);
		return;
	}
	struct peer_receiver *rx = receiver_of(p, &r);
	p->stats.rtp_received++;
	p->stats.bytes_received += n;
	rx->fresh = true;
	bool good = rtp_receiver_add(&rx->r, now, r.seq, r.timestamp);
	/* What is missing is asked for now: a tick is as long as the way back is worth. */
	peer_send_nacks(p, now, rx);
	if (good && p->cfg.calls.rtp)
		p->cfg.calls.rtp(p->cfg.arg, p, now, &r, (struct span){(char *)packet, n});
}
