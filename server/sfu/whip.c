#include "core/base/mem.h"
#include "core/rtc/livekit/signal.h"
#include "server/sfu/session.h"

#include <string.h>

#define CID "whip"

/* The section that is heard: the only one in which sound comes. */
static const struct sdp_media *voice_of(const struct sdp *offer, size_t *ret_n)
{
	const struct sdp_media *found = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < offer->media_n; i++) {
		const struct sdp_media *m = &offer->media[i];
		if (m->kind != SDP_AUDIO || (!m->port && !m->bundle_only) ||
		    !(m->direction & SDP_SENDONLY))
			continue;
		found = found ? found : m;
		++*ret_n;
	}
	return found;
}

static bool says(struct span fmtp, const char *what)
{
	struct span one;
	while (span_split(&fmtp, ';', &one))
		if (span_eq_str(span_trim(one), what))
			return true;
	return false;
}

/* No pauses are asked for (DTX): programs send music as well as speech. */
static void announce(struct sfu_person *p, const struct sdp_codec *opus, int64_t now)
{
	int features[] = {LK_NO_DTX};
	bool stereo = says(opus->fmtp, "sprop-stereo=1") || says(opus->fmtp, "stereo=1");
	struct lk_request rq = {
		.kind = LK_REQ_ADD_TRACK,
		.add_track = {.cid = CID,
			      .name = "",
			      .stream = "",
			      .type = LK_AUDIO,
			      .source = LK_MICROPHONE,
			      .disable_dtx = true,
			      .stereo = stereo,
			      .audio_features = features,
			      .audio_features_n = ARRAY_LEN(features)},
	};
	sfu_track_add(p, &rq, now);
}

int sfu_whip_answer(struct sfu_person *p, const struct sdp *offer, const char *text, int64_t now,
		    struct buf *ret, struct err *err)
{
	size_t n;
	const struct sdp_media *m = voice_of(offer, &n);
	const struct sdp_codec *opus = m ? sdp_codec(m, "opus", 48000) : NULL;
	if (!opus)
		return err_set(err, ERR_UNSUPPORTED,
			       _("the offer sends no sound: it needs an audio section with Opus "
				 "that is sendonly"));
	if (n > 1)
		return err_set(err, ERR_UNSUPPORTED,
			       _("the offer sends %zu sounds: send one, mixed"), n);
	announce(p, opus, now);
	if (!p->pub.tracks_n)
		return err_set(err, ERR_AUTH, _("you may not speak in this call now"));
	int rc = sfu_publish_take(p, text, now, ret, err);
	if (!rc && !p->pub.tracks[0]->live)
		rc = err_set(err, ERR_PROTOCOL, _("the offer's audio section has no name (a=mid)"));
	return rc;
}
