/* Answers to offers of others, and offers of ours. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/rtp.h"
#include "core/rtc/sdp.h"

#define DEFAULT_FMTP "minptime=10;useinbandfec=1"
#define DISCARD_PORT 9

static const char *const default_uris[] = {RTP_URI_AUDIO_LEVEL, RTP_URI_ABS_CAPTURE, NULL};

static void copy_candidates(struct sdp_media *m, const struct span *c, size_t n, bool end)
{
	if (n)
		m->candidates = mem_dup(c, n * sizeof(*c));
	m->candidates_n = n;
	m->candidates_end = end;
}

static void put_send(struct sdp_media *m, const struct sdp_send *send)
{
	m->ssrcs = mem_alloc(sizeof(*m->ssrcs));
	m->ssrcs_n = 1;
	*m->ssrcs = (struct sdp_ssrc){send->ssrc, send->cname};
	m->stream = send->stream;
	m->track = send->track;
}

static void put_opus(struct sdp_media *m, const struct sdp_codec *offered, struct span fmtp)
{
	m->codecs = mem_alloc(sizeof(*m->codecs));
	m->codecs_n = 1;
	*m->codecs = *offered;
	m->codecs->fmtp = fmtp.n ? fmtp : SPAN_LIT(DEFAULT_FMTP);
}

static void put_extensions(const struct sdp_media *offered, const struct sdp_answer_how *how,
			   struct sdp_media *m)
{
	const char *const *uris = how->uris ? how->uris : default_uris;
	m->extmaps = mem_alloc((offered->extmaps_n + 1) * sizeof(*m->extmaps));
	for (size_t i = 0; i < offered->extmaps_n; i++) {
		const struct sdp_extmap *e = &offered->extmaps[i];
		bool ours = how->with_mid_ext && span_eq_str(e->uri, RTP_URI_MID);
		for (size_t k = 0; uris[k]; k++)
			ours |= span_eq_str(e->uri, uris[k]);
		if (!ours)
			continue;
		struct sdp_extmap *a = &m->extmaps[m->extmaps_n++];
		*a = *e;
		/* What the other sends we receive. */
		a->direction = (enum sdp_direction)((e->direction & 1) << 1 | e->direction >> 1);
	}
}

/* Opus of this section, where it may be taken at all. */
static const struct sdp_codec *opus_of(const struct sdp_media *m)
{
	if (m->kind != SDP_AUDIO || (!m->port && !m->bundle_only) || !m->rtcp_mux)
		return NULL;
	return sdp_codec(m, "opus", 48000);
}

static void answer_audio(const struct sdp_media *offered, const struct sdp_codec *opus,
			 const struct sdp_answer_how *how, struct sdp_media *m)
{
	struct sdp_send send = {0};
	bool receive = (offered->direction & SDP_SENDONLY) &&
		       (!how->receive || how->receive(how->arg, offered));
	bool sends = (offered->direction & SDP_RECVONLY) && how->send &&
		     how->send(how->arg, offered, &send);
	m->direction =
		(enum sdp_direction)((sends ? SDP_SENDONLY : 0) | (receive ? SDP_RECVONLY : 0));
	m->rtcp_mux = true;
	m->rtcp_rsize = offered->rtcp_rsize;
	m->extmap_mixed = offered->extmap_mixed;
	put_opus(m, opus, how->fmtp);
	put_extensions(offered, how, m);
	if (sends)
		put_send(m, &send);
}

static void answer_section(const struct sdp *offer, const struct sdp_media *offered,
			   const struct sdp_answer_how *how, enum sdp_setup setup,
			   struct sdp_media *m)
{
	const struct sdp_codec *opus = opus_of(offered);
	bool data = offered->kind == SDP_APPLICATION && (offered->port || offered->bundle_only);
	*m = (struct sdp_media){
		.kind = offered->kind,
		.kind_name = offered->kind_name,
		.proto = offered->proto,
		.formats = offered->formats,
		.mid = offered->mid,
		.direction = SDP_INACTIVE,
	};
	/* Without BUNDLE only one section can use our one transport. */
	if ((!opus && !data) || (offer->has_bundle && !offered->bundled))
		return;
	m->port = DISCARD_PORT;
	m->bundled = offered->bundled;
	m->transport = how->transport;
	m->transport.setup = setup;
	copy_candidates(m, how->candidates, how->candidates_n, how->candidates_end);
	if (opus)
		answer_audio(offered, opus, how, m);
	else
		m->sctp_port = offered->sctp_port ? offered->sctp_port : 5000;
}

/* Their transport's setup decides ours, unless both are possible. */
static int answer_setup(const struct sdp_transport *theirs, enum sdp_setup wish,
			enum sdp_setup *ret, struct err *err)
{
	switch (theirs->setup) {
	case SDP_ACTPASS:
		*ret = wish == SDP_PASSIVE ? SDP_PASSIVE : SDP_ACTIVE;
		return 0;
	case SDP_ACTIVE:
		*ret = SDP_PASSIVE;
		return 0;
	case SDP_PASSIVE:
		*ret = SDP_ACTIVE;
		return 0;
	default:
		return err_set(err, ERR_PROTOCOL, _("the offer names no DTLS role (a=setup)"));
	}
}

int sdp_answer(const struct sdp *offer, const struct sdp_answer_how *how, struct sdp *ret,
	       struct err *err)
{
	const struct sdp_transport *theirs = sdp_transport(offer);
	enum sdp_setup setup = SDP_ACTIVE;
	if (!offer->media_n)
		return err_set(err, ERR_PROTOCOL, _("the offer has no sections"));
	if (!theirs || !theirs->pwd.n || !theirs->fingerprint.n)
		return err_set(err, ERR_PROTOCOL,
			       _("the offer names no transport (ICE or fingerprint missing)"));
	int rc = answer_setup(theirs, how->transport.setup, &setup, err);
	if (rc)
		return rc;
	struct sdp a = {
		.session_id = how->session_id,
		.session_version = how->session_version,
		.lite = how->transport.lite,
		.has_bundle = offer->has_bundle,
		.media = mem_alloc(offer->media_n * sizeof(struct sdp_media)),
		.media_n = offer->media_n,
	};
	bool taken = false;
	struct sdp_answer_how rest = *how;
	/* With BUNDLE one section tells the candidates of all. */
	if (!how->candidates_each) {
		rest.candidates_n = 0;
		rest.candidates_end = false;
	}
	for (size_t i = 0; i < offer->media_n; i++) {
		if (taken && !offer->has_bundle) {
			struct sdp_media none = offer->media[i];
			none.port = 0;
			none.bundle_only = false;
			answer_section(offer, &none, how, setup, &a.media[i]);
		} else {
			answer_section(offer, &offer->media[i], taken ? &rest : how, setup,
				       &a.media[i]);
		}
		taken |= a.media[i].port != 0;
	}
	if (!taken) {
		sdp_done(&a);
		return err_set(err, ERR_UNSUPPORTED, _("the offer has nothing that we can take"));
	}
	*ret = a;
	return 0;
}

static void offer_extensions(const struct sdp_offer_how *how, struct sdp_media *m)
{
	static const struct sdp_extmap all[] = {
		{SDP_OFFER_MID, SDP_SENDRECV, SPAN_LIT(RTP_URI_MID)},
		{SDP_OFFER_LEVEL, SDP_SENDRECV, SPAN_LIT(RTP_URI_AUDIO_LEVEL)},
		{SDP_OFFER_CAPTURE, SDP_SENDRECV, SPAN_LIT(RTP_URI_ABS_CAPTURE)},
	};
	m->extmaps = mem_alloc(sizeof(all));
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		bool wanted = !how->uris;
		for (size_t k = 0; how->uris && how->uris[k]; k++)
			wanted |= span_eq_str(all[i].uri, how->uris[k]);
		if (wanted)
			m->extmaps[m->extmaps_n++] = all[i];
	}
}

static void offer_section(const struct sdp_offer_how *how, const struct sdp_offer_audio *audio,
			  struct sdp_media *m)
{
	const struct sdp_codec opus = {.pt = SDP_OFFER_OPUS,
				       .name = SPAN_LIT("opus"),
				       .rate_hz = 48000,
				       .channels = 2,
				       .nack = true};
	*m = (struct sdp_media){
		.kind = SDP_AUDIO,
		.kind_name = SPAN_LIT("audio"),
		.port = DISCARD_PORT,
		.proto = SPAN_LIT("UDP/TLS/RTP/SAVPF"),
		.mid = audio->mid,
		.direction = audio->direction,
		.bundled = true,
		.rtcp_mux = true,
		.rtcp_rsize = true,
		.transport = how->transport,
	};
	if (m->transport.setup == SDP_SETUP_NONE)
		m->transport.setup = SDP_ACTPASS;
	put_opus(m, &opus, how->fmtp);
	offer_extensions(how, m);
	if (audio->send.ssrc && (audio->direction & SDP_SENDONLY))
		put_send(m, &audio->send);
	if (audio == how->audio)
		copy_candidates(m, how->candidates, how->candidates_n, how->candidates_end);
}

int sdp_offer(const struct sdp_offer_how *how, struct sdp *ret, struct err *err)
{
	if (!how->audio_n || how->audio_n > SDP_MEDIA_MAX)
		return err_set(err, ERR_INVALID, _("an offer needs 1 to %d sections"),
			       SDP_MEDIA_MAX);
	*ret = (struct sdp){
		.session_id = how->session_id,
		.session_version = how->session_version,
		.lite = how->transport.lite,
		.has_bundle = true,
		.media = mem_alloc(how->audio_n * sizeof(struct sdp_media)),
		.media_n = how->audio_n,
	};
	for (size_t i = 0; i < how->audio_n; i++)
		offer_section(how, &how->audio[i], &ret->media[i]);
	return 0;
}
