#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/rtc/peer_priv.h"

#include <string.h>

#define COMPOUND_MAX 1100
#define REPORT_BYTES 24
#define ACTIVE_MS 5000 /* a sender that was silent for longer sends no more SR */

static uint64_t ntp_now(const struct peer *p, int64_t now)
{
	return rtp_ntp_of_ms(now + p->ntp_offset_ms);
}

int peer_send_rtcp(struct peer *p, int64_t now, const void *rtcp, size_t n)
{
	uint8_t packet[PEER_PACKET_ROOM];
	(void)now;
	if (!p->out)
		return ERR_PENDING;
	if (n < 8 || n > RTP_PACKET_MAX || !rtcp_valid(rtcp, n))
		return ERR_INVALID;
	memcpy(packet, rtcp, n);
	if (srtp_stream_protect_rtcp(p->out, packet, &n, sizeof(packet)) != SRTP_OK)
		return ERR_FAILED;
	p->stats.rtcp_sent++;
	peer_transmit(p, packet, n);
	return 0;
}

static uint32_t report_ssrc(const struct peer *p)
{
	return p->senders_n ? p->senders[0]->ssrc : p->own_ssrc;
}

static void finish(struct peer *p, int64_t now, struct rtcp_out *o, uint32_t ssrc)
{
	rtcp_put_cname(o, ssrc, span_of(p->cname));
	size_t n = rtcp_out_end(o);
	if (n)
		peer_send_rtcp(p, now, o->p, n);
	rtcp_out_init(o, o->p, o->size);
}

void peer_send_bye(struct peer *p, int64_t now, const uint32_t *ssrc, size_t n)
{
	uint8_t buf[COMPOUND_MAX];
	struct rtcp_out o;
	rtcp_out_init(&o, buf, sizeof(buf));
	rtcp_put_rr(&o, ssrc[0], NULL, 0);
	rtcp_put_cname(&o, ssrc[0], span_of(p->cname));
	rtcp_put_bye(&o, ssrc, n);
	size_t len = rtcp_out_end(&o);
	if (len)
		peer_send_rtcp(p, now, buf, len);
}

static void sr_of(const struct peer *p, int64_t now, const struct peer_sender *s,
		  struct rtcp_sr *ret)
{
	*ret = (struct rtcp_sr){
		.ssrc = s->ssrc,
		.ntp = ntp_now(p, now),
		.timestamp = s->timestamp + (uint32_t)((now - s->sent) * s->rate_hz / 1000),
		.packets = s->packets,
		.bytes = s->bytes,
	};
}

/* Blocks about whoever was heard since the last time. */
static size_t blocks(struct peer *p, int64_t now, struct rtcp_report *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < p->receivers_n; i++) {
		struct peer_receiver *rx = p->receivers[i];
		if (!rx->fresh)
			continue;
		rx->fresh = false;
		rtp_receiver_report(&rx->r, now, &ret[n]);
		uint8_t further = (uint8_t)(rx->further_loss * 255);
		if (further > ret[n].fraction_lost)
			ret[n].fraction_lost = further;
		n++;
	}
	return n;
}

static void send_reports(struct peer *p, int64_t now)
{
	struct rtcp_report all[PEER_RECEIVERS_MAX];
	uint8_t buf[COMPOUND_MAX];
	struct rtcp_out o;
	size_t n = blocks(p, now, all), done = 0;
	uint32_t first = 0;
	rtcp_out_init(&o, buf, sizeof(buf) - 100);
	for (size_t i = 0; i < p->senders_n; i++) {
		struct peer_sender *s = p->senders[i];
		struct rtcp_sr sr;
		if (s->sent == INT64_MIN || now - s->sent > ACTIVE_MS)
			continue;
		if (o.n && o.n + 28 + REPORT_BYTES > o.size)
			finish(p, now, &o, first);
		size_t k = !o.n ? n - done : 0;
		k = k > RTCP_REPORTS_MAX ? RTCP_REPORTS_MAX : k;
		first = o.n ? first : s->ssrc;
		sr_of(p, now, s, &sr);
		rtcp_put_sr(&o, &sr, all + done, k);
		done += k;
	}
	if (o.n)
		finish(p, now, &o, first);
	while (done < n) {
		size_t k = n - done > RTCP_REPORTS_MAX ? RTCP_REPORTS_MAX : n - done;
		rtcp_put_rr(&o, report_ssrc(p), all + done, k);
		done += k;
		finish(p, now, &o, report_ssrc(p));
	}
}

void peer_send_nacks(struct peer *p, int64_t now, struct peer_receiver *rx)
{
	const struct rtp_nack_way way = {peer_rtt_ms(p), p->patience_ms};
	uint16_t seq[RTP_NACK_MAX];
	uint8_t buf[COMPOUND_MAX];
	struct rtcp_out o;
	if (!rx->nack || !p->out || rtp_receiver_deadline(&rx->r) > now)
		return;
	size_t n = rtp_receiver_nacks(&rx->r, now, &way, seq, RTP_NACK_MAX);
	if (!n)
		return;
	p->stats.nacked += n;
	rtcp_out_init(&o, buf, sizeof(buf));
	rtcp_put_rr(&o, report_ssrc(p), NULL, 0);
	rtcp_put_cname(&o, report_ssrc(p), span_of(p->cname));
	rtcp_put_nack(&o, report_ssrc(p), rx->r.ssrc, seq, n);
	n = rtcp_out_end(&o);
	if (n)
		peer_send_rtcp(p, now, buf, n);
}

static int64_t report_interval(void)
{
	uint8_t r;
	crypto_random(&r, sizeof(r));
	return PEER_REPORT_MS * 4 / 5 + r * (PEER_REPORT_MS * 2 / 5) / 256;
}

void peer_report_tick(struct peer *p, int64_t now)
{
	if (!p->out || p->closed)
		return;
	for (size_t i = 0; i < p->receivers_n; i++)
		peer_send_nacks(p, now, p->receivers[i]);
	if (now >= p->next_report) {
		p->next_report = now + report_interval();
		send_reports(p, now);
	}
}

int64_t peer_report_deadline(const struct peer *p)
{
	if (!p->out || p->closed)
		return INT64_MAX;
	int64_t at = p->next_report;
	for (size_t i = 0; i < p->receivers_n; i++) {
		if (!p->receivers[i]->nack)
			continue;
		int64_t d = rtp_receiver_deadline(&p->receivers[i]->r);
		at = d < at ? d : at;
	}
	return at;
}

static void on_reports(struct peer *p, int64_t now, const struct rtcp *r)
{
	struct rtcp_report b;
	for (size_t i = 0; rtcp_report(r, i, &b); i++) {
		struct peer_sender *s = peer_sender_find(p, b.ssrc);
		if (!s)
			continue;
		int rtt = rtcp_rtt_ms(&b, ntp_now(p, now));
		if (rtt >= 0)
			p->stats.rtt_ms = rtt;
		p->stats.remote_loss = s->loss = b.fraction_lost / 256.0;
		s->reported = now;
	}
}

static bool may_resend(struct peer *p, int64_t now)
{
	p->resends += (double)(now - p->resends_at) * PEER_RESEND_PER_S / 1000;
	p->resends_at = now;
	if (p->resends > PEER_RESEND_BURST)
		p->resends = PEER_RESEND_BURST;
	if (p->resends < 1)
		return false;
	p->resends--;
	return true;
}

static void on_nack(struct peer *p, int64_t now, const struct rtcp *r)
{
	uint16_t seq[RTCP_NACKS_MAX];
	uint32_t ssrc;
	int n = rtcp_nack(r, &ssrc, seq, RTCP_NACKS_MAX);
	struct peer_sender *s = n > 0 ? peer_sender_find(p, ssrc) : NULL;
	if (!s || !s->history)
		return;
	for (int i = 0; i < n; i++) {
		struct span packet = rtp_history_get(s->history, now, seq[i]);
		if (!packet.n)
			continue;
		if (!may_resend(p, now))
			return;
		p->stats.resent++;
		peer_transmit(p, packet.p, packet.n);
	}
}

static void on_bye(struct peer *p, const struct rtcp *r)
{
	uint32_t ssrc;
	for (size_t i = 0; rtcp_bye(r, i, &ssrc); i++) {
		peer_remove_receiver(p, ssrc);
		if (p->cfg.calls.bye)
			p->cfg.calls.bye(p->cfg.arg, p, ssrc);
	}
}

void peer_on_rtcp(struct peer *p, int64_t now, const void *data, size_t n)
{
	uint8_t packet[PEER_PACKET_ROOM];
	struct rtcp r;
	struct rtcp_sr sr;
	if (!p->in || n > sizeof(packet)) {
		peer_count_unexpected(p);
		return;
	}
	memcpy(packet, data, n);
	enum srtp_result e = srtp_stream_unprotect_rtcp(p->in, packet, &n);
	if (e != SRTP_OK || !rtcp_valid(packet, n)) {
		peer_count_bad(p, e);
		return;
	}
	p->stats.rtcp_received++;
	p->stats.bytes_received += n;
	struct span rest = {(char *)packet, n};
	while (rtcp_next(&rest, &r)) {
		struct peer_receiver *rx = rtcp_sr(&r, &sr) ? peer_receiver_find(p, sr.ssrc) : NULL;
		if (rx)
			rtp_receiver_sr(&rx->r, now, &sr);
		on_reports(p, now, &r);
		on_nack(p, now, &r);
		on_bye(p, &r);
		if (p->cfg.calls.rtcp)
			p->cfg.calls.rtcp(p->cfg.arg, p, now, &r);
	}
}

void peer_close(struct peer *p, int64_t now)
{
	uint32_t ssrc[31];
	size_t n = 0;
	if (p->closed)
		return;
	for (size_t i = 0; i < p->senders_n && n < ARRAY_LEN(ssrc); i++)
		if (p->senders[i]->sent != INT64_MIN)
			ssrc[n++] = p->senders[i]->ssrc;
	if (n)
		peer_send_bye(p, now, ssrc, n);
	if (p->dtls)
		dtls_close(p->dtls);
	p->closed = true;
	peer_update(p, now);
}
