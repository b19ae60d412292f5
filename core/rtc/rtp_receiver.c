#include "core/rtc/rtp_receiver.h"

#include "core/rtc/rtp.h"

#include <string.h>

#define MAX_DROPOUT 3000
#define SEEN_BITS 256
#define PACKET_MS_MAX 120 /* of Opus */

void rtp_receiver_init(struct rtp_receiver *r, uint32_t ssrc, unsigned rate_hz)
{
	*r = (struct rtp_receiver){
		.ssrc = ssrc,
		.rate_hz = rate_hz ? rate_hz : 48000,
		.reordered = INT64_MIN,
		.rtt_ms = -1,
		.answer_ms = -1,
	};
}

static bool seen(const struct rtp_receiver *r, uint16_t seq)
{
	return r->seen[seq % SEEN_BITS / 64] >> (seq % 64) & 1;
}

static void mark(struct rtp_receiver *r, uint16_t seq, bool on)
{
	uint64_t bit = (uint64_t)1 << (seq % 64);
	if (on)
		r->seen[seq % SEEN_BITS / 64] |= bit;
	else
		r->seen[seq % SEEN_BITS / 64] &= ~bit;
}

static void start(struct rtp_receiver *r, uint16_t seq, uint32_t timestamp)
{
	r->started = true;
	r->max_seq = seq;
	r->max_timestamp = timestamp;
	r->base_seq = seq;
	r->bad_seq = (uint16_t)(seq - 1);
	r->cycles = 0;
	r->received = r->duplicates = 0;
	r->received_prior = r->expected_prior = 0;
	r->missing_n = 0;
	memset(r->seen, 0, sizeof(r->seen));
}

static void missing_drop(struct rtp_receiver *r, size_t i)
{
	memmove(&r->missing[i], &r->missing[i + 1], (r->missing_n - i - 1) * sizeof(r->missing[0]));
	r->missing_n--;
}

static void missing_add(struct rtp_receiver *r, int64_t now, uint16_t seq, int64_t late_ms)
{
	if (r->missing_n == RTP_NACK_MAX)
		missing_drop(r, 0);
	bool wait = r->reordered != INT64_MIN && now - r->reordered < RTP_NACK_REMEMBER_MS;
	r->missing[r->missing_n++] = (struct rtp_missing){
		.seq = seq,
		.since = now - late_ms,
		.due = now + (wait ? RTP_NACK_WAIT_MS : 0),
	};
}

/* It came by itself, sooner than an answer can: it was not lost but overtaken. */
static bool overtaken(const struct rtp_receiver *r, int64_t now, const struct rtp_missing *m)
{
	return !m->tries || (m->tries == 1 && r->rtt_ms > 0 && now - m->asked < r->rtt_ms / 2);
}

/* Of a packet that was asked for once (who knows which question a second answers). */
static void answered(struct rtp_receiver *r, int64_t now, const struct rtp_missing *m)
{
	int took = (int)(now - m->asked);
	if (m->tries != 1)
		return;
	r->answer_ms = r->answer_ms < 0 ? took : r->answer_ms + (took - r->answer_ms) / 4;
	r->answered = now;
}

static void missing_found(struct rtp_receiver *r, int64_t now, uint16_t seq)
{
	for (size_t i = 0; i < r->missing_n; i++) {
		if (r->missing[i].seq == seq) {
			if (overtaken(r, now, &r->missing[i]))
				r->reordered = now;
			else
				answered(r, now, &r->missing[i]);
			missing_drop(r, i);
			return;
		}
	}
}

/* The newest so far: what lies between is missing. */
static void advance(struct rtp_receiver *r, int64_t now, uint16_t seq, uint16_t delta,
		    uint32_t timestamp)
{
	int64_t packet_ms =
		(int64_t)(timestamp - r->max_timestamp) * 1000 / (int64_t)r->rate_hz / delta;
	packet_ms = packet_ms > PACKET_MS_MAX ? PACKET_MS_MAX : packet_ms;
	/* However long the hole: nobody makes us count it through. */
	uint16_t hole = delta > SEEN_BITS ? SEEN_BITS : delta;
	for (uint16_t s = (uint16_t)(seq - hole + 1); s != seq; s++) {
		mark(r, s, false);
		/* Only the last of a long hole are worth asking for. */
		if ((uint16_t)(seq - s) <= RTP_NACK_MAX)
			missing_add(r, now, s, packet_ms * ((uint16_t)(seq - s) - 1));
	}
	if ((uint16_t)(r->max_seq + delta) < r->max_seq)
		r->cycles += 65536;
	r->max_seq = seq;
	r->max_timestamp = timestamp;
	mark(r, seq, true);
}

static void jitter(struct rtp_receiver *r, int64_t now, uint32_t timestamp)
{
	uint32_t arrival = (uint32_t)(uint64_t)(now * (int64_t)r->rate_hz / 1000);
	uint32_t transit = arrival - timestamp;
	int32_t d = (int32_t)(transit - r->transit);
	bool first = r->received <= 1;
	r->transit = transit;
	if (first)
		return;
	r->jitter += ((d < 0 ? -(double)d : (double)d) - r->jitter) / 16;
}

bool rtp_receiver_add(struct rtp_receiver *r, int64_t now, uint16_t seq, uint32_t timestamp)
{
	if (!r->started) {
		start(r, seq, timestamp);
		mark(r, seq, true);
	}
	uint16_t delta = (uint16_t)(seq - r->max_seq);
	r->late = delta > 0x8000;
	if (delta && delta < MAX_DROPOUT) {
		advance(r, now, seq, delta, timestamp);
	} else if (delta && (uint16_t)-delta >= SEEN_BITS) {
		/* A big jump counts only when the next packet follows it. */
		if (seq != r->bad_seq) {
			r->bad_seq = (uint16_t)(seq + 1);
			return false;
		}
		start(r, seq, timestamp);
		r->late = false;
		mark(r, seq, true);
	} else if (delta || r->received) {
		if (seen(r, seq)) {
			r->duplicates++;
			return false;
		}
		/* Older than the first one we counted from. */
		uint32_t whole = r->cycles + r->max_seq - (uint16_t)-delta;
		if ((int32_t)(whole - r->base_seq) < 0)
			r->base_seq = whole;
		mark(r, seq, true);
		missing_found(r, now, seq);
	}
	r->received++;
	r->last_packet_ms = now;
	if (!r->late)
		jitter(r, now, timestamp);
	return true;
}

void rtp_receiver_sr(struct rtp_receiver *r, int64_t now, const struct rtcp_sr *sr)
{
	r->has_sr = true;
	r->last_sr = (uint32_t)(sr->ntp >> 16);
	r->last_sr_ms = now;
	r->sr_ntp = sr->ntp;
	r->sr_timestamp = sr->timestamp;
}

static uint32_t expected(const struct rtp_receiver *r)
{
	return r->started ? r->cycles + r->max_seq - r->base_seq + 1 : 0;
}

int64_t rtp_receiver_lost(const struct rtp_receiver *r)
{
	return (int64_t)expected(r) - (int64_t)r->received;
}

void rtp_receiver_report(struct rtp_receiver *r, int64_t now, struct rtcp_report *ret)
{
	uint32_t want = expected(r), want_now = want - r->expected_prior;
	uint32_t got_now = (uint32_t)r->received - r->received_prior;
	int64_t lost_now = (int64_t)want_now - (int64_t)got_now, lost = rtp_receiver_lost(r);
	r->expected_prior = want;
	r->received_prior = (uint32_t)r->received;
	int64_t fraction = want_now && lost_now > 0 ? lost_now * 256 / want_now : 0;
	*ret = (struct rtcp_report){
		.ssrc = r->ssrc,
		.fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction),
		.lost = lost > 0x7fffff	   ? 0x7fffff
			: lost < -0x800000 ? -0x800000
					   : (int32_t)lost,
		.max_seq = r->cycles + r->max_seq,
		.jitter = (uint32_t)r->jitter,
	};
	if (r->has_sr) {
		/* Our clock has steps of a millisecond: rather a step too little than an answer
		 * that was sent before its question, which LiveKit throws away. */
		int64_t delay = now - r->last_sr_ms - 1;
		ret->last_sr = r->last_sr;
		ret->delay_last_sr = delay > 0 ? (uint32_t)(delay * 65536 / 1000) : 0;
	}
}

/* Could it still be there in time, were it asked for now? */
static bool worth_asking(const struct rtp_missing *m, int64_t now, int rtt_ms, int patience_ms)
{
	return m->tries < RTP_NACK_TRIES && now - m->since + rtt_ms <= patience_ms;
}

size_t rtp_receiver_nacks(struct rtp_receiver *r, int64_t now, const struct rtp_nack_way *way,
			  uint16_t *ret, size_t max)
{
	bool told = r->answer_ms >= 0 && now - r->answered < RTP_NACK_REMEMBER_MS;
	int rtt_ms = way->rtt_ms >= 0 ? way->rtt_ms : told ? r->answer_ms : RTP_NACK_RTT_MS;
	size_t n = 0;
	r->rtt_ms = way->rtt_ms >= 0 || told ? rtt_ms : -1;
	for (size_t i = 0; i < r->missing_n && n < max;) {
		struct rtp_missing *m = &r->missing[i];
		if (m->due > now) {
			i++;
			continue;
		}
		if (!worth_asking(m, now, rtt_ms, way->patience_ms)) {
			missing_drop(r, i);
			continue;
		}
		m->tries++;
		m->asked = now;
		/* The answer, and some time for the way to be slower than it was. */
		m->due = now + rtt_ms + rtt_ms / 4 + 10;
		ret[n++] = m->seq;
		i++;
	}
	return n;
}

int64_t rtp_receiver_deadline(const struct rtp_receiver *r)
{
	int64_t at = INT64_MAX;
	for (size_t i = 0; i < r->missing_n; i++)
		if (r->missing[i].due < at)
			at = r->missing[i].due;
	return at;
}

double rtp_receiver_jitter_ms(const struct rtp_receiver *r)
{
	return r->jitter * 1000 / r->rate_hz;
}
