/*
 * RTP, RTCP and their telling apart: whatever parses stays inside its bytes,
 * and receivers keep their invariants whatever numbers come.
 */
#include "core/rtc/demux.h"
#include "core/rtc/rtcp.h"
#include "core/rtc/rtp.h"
#include "core/rtc/rtp_receiver.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void inside(struct span s, const uint8_t *data, size_t size)
{
	const uint8_t *p = (const uint8_t *)s.p;
	demand(!p || (p >= data && p + s.n <= data + size));
}

static void check_rtp(const uint8_t *data, size_t size)
{
	struct rtp r;
	if (!rtp_parse(data, size, &r))
		return;
	demand(r.header_n + r.payload.n + r.padding_n == size);
	inside(r.payload, data, size);
	for (unsigned id = 0; id < 256; id++)
		inside(rtp_ext(&r, id), data, size);
	bool voice;
	unsigned level;
	if (rtp_level(&r, 1, &voice, &level))
		demand(level <= 127);
}

static void check_rtcp(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct rtcp r;
	while (rtcp_next(&rest, &r)) {
		struct rtcp_sr sr;
		struct rtcp_report b;
		uint16_t seq[RTCP_NACKS_MAX];
		uint32_t ssrc;
		inside(r.body, data, size);
		rtcp_sr(&r, &sr);
		rtcp_report_from(&r, &ssrc);
		for (size_t i = 0; rtcp_report(&r, i, &b); i++)
			demand(i < RTCP_REPORTS_MAX);
		demand(rtcp_nack(&r, &ssrc, seq, RTCP_NACKS_MAX) <= RTCP_NACKS_MAX);
		for (size_t i = 0; rtcp_bye(&r, i, &ssrc); i++)
			demand(i < 31);
		inside(rtcp_cname(&r, &ssrc), data, size);
	}
	demand(!rtcp_valid(data, size) || size >= 4);
}

/* Every two bytes a sequence number. */
static void check_receiver(const uint8_t *data, size_t size)
{
	struct rtp_receiver r;
	struct rtcp_report b;
	uint16_t nacks[RTP_NACK_MAX];
	int64_t now = 0;
	rtp_receiver_init(&r, 1, 48000);
	for (size_t i = 0; i + 2 <= size; i += 2) {
		uint16_t seq = (uint16_t)(data[i] << 8 | data[i + 1]);
		if (rtp_receiver_add(&r, now, seq, (uint32_t)seq * 960 * (data[i] % 7)))
			demand(!rtp_receiver_add(&r, now, seq,
						 (uint32_t)seq * 960 * (data[i] % 7)) ||
			       !r.started);
		demand(r.missing_n <= RTP_NACK_MAX);
		demand(rtp_receiver_lost(&r) >= 0);
		const struct rtp_nack_way way = {(int)(data[i] % 128) - 1, data[i + 1]};
		demand(rtp_receiver_nacks(&r, now, &way, nacks, RTP_NACK_MAX) <= RTP_NACK_MAX);
		now += data[i] % 40;
	}
	rtp_receiver_report(&r, now, &b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	demux(data, size);
	check_rtp(data, size);
	check_rtcp(data, size);
	check_receiver(data, size);
	return 0;
}
