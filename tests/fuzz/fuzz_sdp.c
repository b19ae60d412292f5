/*
 * SDP: an answer to whatever offer parses is valid SDP with the same
 * sections, and what was written reads the same again.
 */
#include "core/rtc/sdp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static bool send(void *arg, const struct sdp_media *offered, struct sdp_send *ret)
{
	(void)arg;
	(void)offered;
	*ret = (struct sdp_send){7, SPAN_LIT("c"), SPAN_LIT("s"), SPAN_LIT("t")};
	return true;
}

static void same(const struct sdp *a, const struct sdp *b)
{
	demand(a->media_n == b->media_n);
	for (size_t i = 0; i < a->media_n; i++) {
		const struct sdp_media *x = &a->media[i], *y = &b->media[i];
		demand(x->kind == y->kind && x->port == y->port && span_eq(x->mid, y->mid));
		demand(x->kind == SDP_APPLICATION || x->direction == y->direction);
		if (!x->port && !x->bundle_only)
			continue;
		demand(x->codecs_n == y->codecs_n && x->extmaps_n == y->extmaps_n);
		demand(x->ssrcs_n == y->ssrcs_n && x->candidates_n == y->candidates_n);
	}
}

/* Written and read again; a value with a control character is refused. */
static void round_trip(const struct sdp *s)
{
	struct buf text = BUF_INIT(4u << 20);
	struct sdp back;
	if (sdp_write(s, &text, NULL) == 0 && text.n <= SDP_BYTES_MAX) {
		demand(sdp_parse(buf_span(&text), &back, NULL) == 0);
		same(s, &back);
		sdp_done(&back);
	}
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdp offer, answer;
	struct sdp_answer_how how = {
		.transport = {SPAN_LIT("ufrag"), SPAN_LIT("pwdpwdpwdpwdpwdpwdpwdp"),
			      SPAN_LIT("sha-256"), SPAN_LIT("AA"), SDP_SETUP_NONE, false, true},
		.send = send,
		.with_mid_ext = true,
	};
	if (sdp_parse((struct span){(const char *)data, size}, &offer, NULL))
		return 0;
	round_trip(&offer);
	if (sdp_answer(&offer, &how, &answer, NULL) == 0) {
		demand(sdp_check_answer(&offer, &answer, NULL) == 0);
		for (size_t i = 0; i < answer.media_n; i++) {
			int theirs = offer.media[i].direction, ours = answer.media[i].direction;
			demand(!(ours & SDP_SENDONLY) || (theirs & SDP_RECVONLY));
			demand(!(ours & SDP_RECVONLY) || (theirs & SDP_SENDONLY));
		}
		round_trip(&answer);
		sdp_done(&answer);
	}
	sdp_done(&offer);
	return 0;
}
