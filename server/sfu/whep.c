#include "core/base/crypto.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/session.h"

#include <stdio.h>
#include <string.h>

static const char *const extensions[] = {NULL};

/* Can it be served? Opus, and the player receives in it. */
static bool is_for_hearing(const struct sdp *offer, const struct sdp_media *m)
{
	return m->kind == SDP_AUDIO && (m->port || m->bundle_only) && m->rtcp_mux &&
	       (m->direction & SDP_RECVONLY) && sdp_codec(m, "opus", 48000) &&
	       (m->bundled || !offer->has_bundle);
}

struct hearing {
	struct sfu_session *s;
	const struct sdp *offer;
	const char *cname, *stream;
	char track[LOUDEST_MAX][16];
	size_t given, n; /* sections that were given a voice, of how many */
};

/* The sections in their order: the first of them has the first slot. */
static bool give(void *arg, const struct sdp_media *m, struct sdp_send *ret)
{
	struct hearing *h = arg;
	if (h->given == h->n || !is_for_hearing(h->offer, m))
		return false;
	struct sfu_tap *tap = &h->s->taps[h->given];
	snprintf(h->track[h->given], sizeof(h->track[0]), "voice-%zu", h->given + 1);
	tap->pt = sdp_codec(m, "opus", 48000)->pt;
	*ret = (struct sdp_send){.ssrc = tap->ssrc,
				 .cname = span_of(h->cname),
				 .stream = span_of(h->stream),
				 .track = span_of(h->track[h->given])};
	h->given++;
	return true;
}

static bool never(void *arg, const struct sdp_media *m)
{
	(void)arg;
	(void)m;
	return false;
}

/* Sections that can be served; without BUNDLE only one can use our one transport. */
static size_t count(const struct sdp *offer)
{
	size_t n = 0;
	for (size_t i = 0; i < offer->media_n; i++)
		n += is_for_hearing(offer, &offer->media[i]);
	return offer->has_bundle || n < 1 ? n : 1;
}

static int make_senders(struct sfu_person *p, size_t n, struct err *err)
{
	struct sfu_session *s = p->session;
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++) {
		struct sfu_tap *tap = &s->taps[i];
		do
			crypto_random(&tap->ssrc, sizeof(tap->ssrc));
		while (!tap->ssrc || peer_sender(p->sub.link.peer, tap->ssrc));
		rc = peer_add_sender(p->sub.link.peer, tap->ssrc, 48000, SFU_HISTORY, err);
		if (!rc)
			tap->sender = peer_sender(p->sub.link.peer, tap->ssrc);
	}
	s->taps_n = rc ? 0 : n;
	return rc;
}

static int write(struct sfu_person *p, const struct sdp *offer, size_t n, struct buf *ret,
		 struct err *err)
{
	struct span candidates[SFU_CANDIDATES_MAX];
	struct sdp made = {0};
	struct hearing h = {.s = p->session,
			    .offer = offer,
			    .cname = p->engine->cname,
			    .stream = p->room->sid,
			    .n = n};
	struct sdp_answer_how how = {
		.candidates = candidates,
		.candidates_n = sfu_net_candidates(&p->engine->net, candidates),
		.candidates_end = true,
		.candidates_each = true,
		.send = give,
		.receive = never,
		.arg = &h,
		.uris = extensions,
		.fmtp = SPAN_LIT("minptime=10;useinbandfec=1;stereo=1"),
		.session_id = p->sdp_id,
		.session_version = 1,
	};
	peer_transport(p->sub.link.peer, &how.transport);
	int rc = sdp_answer(offer, &how, &made, err);
	if (rc)
		return rc;
	rc = sdp_write(&made, ret, err);
	sdp_done(&made);
	return rc;
}

static int connect_to(struct sfu_person *p, const struct sdp *offer, int64_t now, struct err *err)
{
	const struct sdp_transport *t = sdp_transport(offer);
	bool client;
	int rc = peer_dtls_role(t->setup == SDP_ACTIVE ? SDP_PASSIVE : SDP_ACTIVE, t->setup,
				&client, err);
	return rc ? rc : peer_set_remote(p->sub.link.peer, now, t, client, err);
}

int sfu_whep_answer(struct sfu_person *p, const struct sdp *offer, int64_t now, struct buf *ret,
		    struct err *err)
{
	size_t most = (size_t)p->room->loudest.n, k = count(offer), n = k >= most ? most : 1;
	if (!k)
		return err_set(err, ERR_UNSUPPORTED,
			       _("the offer asks for no sound: it needs an audio section with Opus "
				 "that is recvonly"));
	int rc = make_senders(p, n, err);
	if (!rc)
		rc = write(p, offer, n, ret, err);
	if (!rc)
		rc = connect_to(p, offer, now, err);
	if (!rc)
		sfu_taps_begin(p);
	return rc;
}
