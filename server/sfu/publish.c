#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/rtc/sdp.h"
#include "server/sfu/internal.h"

#include <string.h>

static const char *const extensions[] = {RTP_URI_AUDIO_LEVEL, RTP_URI_ABS_CAPTURE, NULL};

/* -- Sections and tracks --------------------------------------------------------- */

/* May this section be heard? Asked for those with Opus in which the client sends. */
static bool may_receive(const struct sfu_person *p, const struct sdp_media *m)
{
	return p->grant.publish && m->kind == SDP_AUDIO && (m->port || m->bundle_only) &&
	       (m->direction & SDP_SENDONLY) && m->mid.n && m->mid.n <= SFU_MID_MAX &&
	       sdp_codec(m, "opus", 48000);
}

static const struct sfu_input *input_by_mid(const struct sfu_input *list, size_t n, struct span mid)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq_str(mid, list[i].mid))
			return &list[i];
	return NULL;
}

static void fill(struct sfu_input *in, const struct sdp_media *m)
{
	*in = (struct sfu_input){
		.cid = span_dup(m->track),
		.has_ssrc = m->ssrcs_n > 0,
		.ssrc = m->ssrcs_n ? m->ssrcs[0].ssrc : 0,
		.pt = sdp_codec(m, "opus", 48000)->pt,
		.level_id = sdp_ext_id(m, RTP_URI_AUDIO_LEVEL),
		.capture_id = sdp_ext_id(m, RTP_URI_ABS_CAPTURE),
		.mid_id = sdp_ext_id(m, RTP_URI_MID),
	};
	memcpy(in->mid, m->mid.p, m->mid.n);
}

static bool is_announced(const struct sfu_person *p, const char *cid)
{
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		if (!p->pub.tracks[i]->live && !strcmp(p->pub.tracks[i]->cid, cid))
			return true;
	return false;
}

/*
 * The sections of a new offer take the place of the old ones; a section that
 * goes on keeps its track, unless another track was announced for it.
 */
static void take_sections(struct sfu_person *p, const struct sdp *offer, int64_t now)
{
	struct sfu_input old[SFU_INPUTS_MAX];
	size_t old_n = p->pub.inputs_n;
	memcpy(old, p->pub.inputs, sizeof(old));
	p->pub.inputs_n = 0;
	for (size_t i = 0; i < offer->media_n && p->pub.inputs_n < SFU_INPUTS_MAX; i++) {
		const struct sdp_media *m = &offer->media[i];
		if (!may_receive(p, m))
			continue;
		struct sfu_input *in = &p->pub.inputs[p->pub.inputs_n++];
		fill(in, m);
		struct sfu_input *was = (struct sfu_input *)input_by_mid(old, old_n, m->mid);
		if (!was || !was->track ||
		    (strcmp(was->cid, in->cid) != 0 && is_announced(p, in->cid)))
			continue;
		in->track = was->track;
		was->track = NULL;
		if (!in->has_ssrc) {
			in->has_ssrc = was->has_ssrc;
			in->ssrc = was->ssrc;
		}
	}
	for (size_t i = 0; i < old_n; i++) {
		if (old[i].track)
			sfu_track_end(old[i].track, now);
		mem_free(old[i].cid);
	}
}

static struct sfu_track *waiting(const struct sfu_person *p, const char *cid)
{
	for (size_t i = 0; i < p->pub.tracks_n; i++) {
		struct sfu_track *t = p->pub.tracks[i];
		if (!t->live && (!cid || !strcmp(t->cid, cid)))
			return t;
	}
	return NULL;
}

static void bind_input(struct sfu_input *in, struct sfu_track *t, int64_t now)
{
	in->track = t;
	if (t)
		sfu_track_live(t, in, now);
}

/* Names first; what is left is brought together in order, as livekit-server does. */
void sfu_publish_bind(struct sfu_person *p, int64_t now)
{
	for (int exact = 1; exact >= 0; exact--)
		for (size_t i = 0; i < p->pub.inputs_n; i++)
			if (!p->pub.inputs[i].track)
				bind_input(&p->pub.inputs[i],
					   waiting(p, exact ? p->pub.inputs[i].cid : NULL), now);
}

struct sfu_input *sfu_publish_input(struct sfu_publisher *pub, const struct rtp *r)
{
	struct span mid = {NULL, 0};
	for (size_t i = 0; i < pub->inputs_n; i++)
		if (pub->inputs[i].has_ssrc && pub->inputs[i].ssrc == r->ssrc)
			return &pub->inputs[i];
	if (pub->inputs_n && pub->inputs[0].mid_id)
		mid = rtp_ext(r, pub->inputs[0].mid_id);
	struct sfu_input *in = (struct sfu_input *)input_by_mid(pub->inputs, pub->inputs_n, mid);
	if (in) {
		in->has_ssrc = true;
		in->ssrc = r->ssrc;
	}
	return in;
}

/* -- The connection ------------------------------------------------------------------ */

static bool receive(void *arg, const struct sdp_media *m)
{
	const struct sfu_person *p = arg;
	return input_by_mid(p->pub.inputs, p->pub.inputs_n, m->mid) != NULL;
}

/* What the publisher shall do with Opus, by what was announced about the track. */
static struct span fmtp_of(const struct sfu_track *t)
{
	bool dtx = true, stereo = false;
	if (t) {
		dtx = !t->info.disable_dtx;
		stereo = t->info.stereo;
		for (size_t i = 0; i < t->info.audio_features_n; i++) {
			dtx &= t->info.audio_features[i] != LK_NO_DTX;
			stereo |= t->info.audio_features[i] == LK_STEREO;
		}
	}
	return dtx && stereo ? SPAN_LIT("minptime=10;useinbandfec=1;usedtx=1;stereo=1")
	       : dtx	     ? SPAN_LIT("minptime=10;useinbandfec=1;usedtx=1")
	       : stereo	     ? SPAN_LIT("minptime=10;useinbandfec=1;stereo=1")
			     : SPAN_LIT("minptime=10;useinbandfec=1");
}

static void refine(struct sfu_person *p, const struct sdp *offer, struct sdp *answer)
{
	for (size_t i = 0; i < answer->media_n; i++) {
		struct sdp_media *m = &answer->media[i];
		const struct sfu_input *in = input_by_mid(p->pub.inputs, p->pub.inputs_n, m->mid);
		if (!in || !m->codecs_n || !(m->direction & SDP_RECVONLY))
			continue;
		m->codecs[0].fmtp = fmtp_of(in->track);
		peer_receive_format(p->pub.link.peer, in->pt, 48000,
				    sdp_codec(&offer->media[i], "opus", 48000)->nack);
	}
}

static int answer(struct sfu_person *p, const struct sdp *offer, struct buf *ret, struct err *err)
{
	struct span candidates[SFU_CANDIDATES_MAX];
	struct sdp made = {0};
	struct sdp_answer_how how = {
		.candidates = candidates,
		.candidates_n = sfu_net_candidates(&p->engine->net, candidates),
		.candidates_end = true,
		.receive = receive,
		.arg = p,
		.uris = extensions,
		.with_mid_ext = true,
		.session_id = p->sdp_id,
		.session_version = ++p->pub.version,
	};
	peer_transport(p->pub.link.peer, &how.transport);
	int rc = sdp_answer(offer, &how, &made, err);
	if (rc)
		return rc;
	refine(p, offer, &made);
	rc = sdp_write(&made, ret, err);
	sdp_done(&made);
	return rc;
}

/* We are the DTLS client wherever the offer leaves the choice. */
static int connect_to(struct sfu_person *p, const struct sdp *offer, int64_t now, struct err *err)
{
	const struct sdp_transport *theirs = sdp_transport(offer);
	struct sfu_link *l = &p->pub.link;
	bool client;
	if (!theirs)
		return err_set(err, ERR_PROTOCOL, "the offer names no transport");
	int rc = peer_dtls_role(theirs->setup == SDP_ACTIVE ? SDP_PASSIVE : SDP_ACTIVE,
				theirs->setup, &client, err);
	if (!rc && !l->peer && !(l->peer = sfu_engine_peer(p->engine, l)))
		rc = ERR_FAILED;
	return rc ? rc : peer_set_remote(l->peer, now, theirs, client, err);
}

int sfu_publish_take(struct sfu_person *p, const char *sdp, int64_t now, struct buf *ret,
		     struct err *err)
{
	struct sdp theirs = {0};
	int rc = sdp_parse(span_of(sdp), &theirs, err);
	if (!rc)
		rc = connect_to(p, &theirs, now, err);
	if (!rc) {
		take_sections(p, &theirs, now);
		sfu_publish_bind(p, now);
		rc = answer(p, &theirs, ret, err);
	}
	sdp_done(&theirs);
	return rc;
}

void sfu_publish_offer(struct sfu_person *p, const struct lk_sdp *offer, int64_t now)
{
	struct err err = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	if (sfu_publish_take(p, offer->sdp, now, &b, &err)) {
		log_info("sfu: %s made an offer that cannot be answered: %s", p->info.sid, err.msg);
		/* Nothing can come of this session. */
		sfu_person_dismiss(p, now, LK_JOIN_FAILURE, LK_LEAVE_RECONNECT);
		return;
	}
	const struct lk_response m = {
		.kind = LK_RES_ANSWER,
		.answer = {.type = "answer", .sdp = buf_str(&b), .id = offer->id},
	};
	sfu_send(p, &m);
}

void sfu_publish_close(struct sfu_person *p, int64_t now)
{
	for (size_t i = 0; i < p->pub.inputs_n; i++) {
		if (p->pub.inputs[i].track)
			sfu_track_end(p->pub.inputs[i].track, now);
		mem_free(p->pub.inputs[i].cid);
	}
	p->pub.inputs_n = 0;
	peer_free(p->pub.link.peer);
	p->pub.link = (struct sfu_link){.person = p, .publisher = true};
}
