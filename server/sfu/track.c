#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

static struct sfu_track **bucket(struct sfu_room *r, const char *sid)
{
	return &r->tracks[span_hash(span_of(sid)) % SFU_TRACK_BUCKETS];
}

static struct sfu_track *track_new(struct sfu_person *p, const struct lk_add_track *a)
{
	struct sfu_track *t = NEW(struct sfu_track);
	char sid[SFU_SID];
	sfu_sid("TR_", sid);
	const struct lk_track made = {
		.sid = sid,
		.type = LK_AUDIO,
		.name = a->name,
		.muted = a->muted || !sfu_may_be_heard(p, a->source),
		.source = a->source,
		.mime_type = "audio/opus",
		.disable_red = true,
		.disable_dtx = a->disable_dtx,
		.stereo = a->stereo,
		.encryption = a->encryption,
		.stream = a->stream,
		.audio_features = a->audio_features,
		.audio_features_n = a->audio_features_n,
	};
	lk_track_copy(&t->info, &made);
	t->person = p;
	t->cid = mem_strdup(a->cid);
	t->spoke = INT64_MIN;
	t->together = -1;
	t->tapped = -1;
	loudest_voice_init(&t->voice);
	loudest_voice_init(&t->solo);
	struct sfu_track **at = bucket(p->room, sid);
	t->next_by_sid = *at;
	*at = t;
	p->pub.tracks[p->pub.tracks_n++] = t;
	return t;
}

static struct sfu_track *announced(const struct sfu_person *p, const char *cid)
{
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		if (!p->pub.tracks[i]->live && !strcmp(p->pub.tracks[i]->cid, cid))
			return p->pub.tracks[i];
	return NULL;
}

static bool may_add(struct sfu_person *p, const struct lk_add_track *a, int64_t now)
{
	return p->pub.tracks_n < SFU_TRACKS_MAX &&
	       strlen(a->name) + strlen(a->stream) <= SFU_TRACK_TEXT_MAX && sfu_may_change(p, now);
}

static void confirm(struct sfu_track *t, int64_t now)
{
	const struct lk_response m = {
		.kind = LK_RES_TRACK_PUBLISHED,
		.track_published = {.cid = t->cid, .has_track = true, .track = t->info},
	};
	t->confirmed = now;
	sfu_send(t->person, &m);
}

void sfu_track_confirm_again(struct sfu_person *p, int64_t now)
{
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		if (now - p->pub.tracks[i]->confirmed < SFU_PUBLISH_MS)
			confirm(p->pub.tracks[i], now);
}

void sfu_track_add(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	const struct lk_add_track *a = &rq->add_track;
	struct sfu_track *t = announced(p, a->cid);
	if (!token_may_publish(&p->grant, a->source)) {
		sfu_send_result(p, LK_RESULT_NOT_ALLOWED, _("the token does not allow to publish"),
				rq);
		return;
	}
	if (a->type != LK_AUDIO) {
		sfu_send_result(p, LK_RESULT_UNSUPPORTED_TYPE, _("this server carries sound only"),
				rq);
		return;
	}
	if (!t && !may_add(p, a, now)) {
		sfu_send_result(p, LK_RESULT_LIMIT_EXCEEDED,
				_("too many tracks of one person, too often, or names too long"),
				rq);
		return;
	}
	if (!t)
		t = track_new(p, a);
	confirm(t, now);
	if (t->info.muted && !a->muted)
		sfu_permit_mute(t, now);
	sfu_publish_bind(p, now);
}

static void forget(struct sfu_track *t)
{
	struct sfu_person *p = t->person;
	struct sfu_track **at = bucket(p->room, t->info.sid);
	while (*at != t)
		at = &(*at)->next_by_sid;
	*at = t->next_by_sid;
	for (size_t i = 0; i < p->pub.inputs_n; i++)
		if (p->pub.inputs[i].track == t)
			p->pub.inputs[i].track = NULL;
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		if (p->pub.tracks[i] == t)
			p->pub.tracks[i--] = p->pub.tracks[--p->pub.tracks_n];
	sfu_wish_forget(p->room, t);
}

void sfu_track_end(struct sfu_track *t, int64_t now)
{
	struct sfu_person *p = t->person;
	log_debug("sfu: %s of %s ends", t->info.sid, p->info.sid);
	const struct lk_response m = {.kind = LK_RES_TRACK_UNPUBLISHED,
				      .track_unpublished = {t->info.sid}};
	sfu_send(p, &m);
	while (t->subs)
		sfu_sub_end(t->subs, now);
	loudest_leave(&p->room->loudest, &t->voice);
	sfu_taps_leave(t);
	forget(t);
	if (t->live)
		sfu_room_changed(p, now);
	lk_track_done(&t->info);
	mem_free(t->cid);
	mem_free(t);
}

/* Listeners are offered a voice once it could be heard. */
static void offer(struct sfu_track *t, int64_t now)
{
	if (t->offered || !t->live || t->info.muted)
		return;
	t->offered = true;
	sfu_subscribe_track(t, now);
}

void sfu_track_mute(struct sfu_track *t, bool muted, int64_t now)
{
	if (t->info.muted == muted)
		return;
	t->info.muted = muted;
	if (muted) {
		loudest_leave(&t->person->room->loudest, &t->voice);
		sfu_taps_leave(t);
		sfu_subscribe_pause(t);
	}
	if (t->live)
		sfu_room_changed(t->person, now);
	offer(t, now);
}

void sfu_track_live(struct sfu_track *t, const struct sfu_input *in, int64_t now)
{
	log_debug("sfu: %s of %s can be heard", t->info.sid, t->person->info.sid);
	lk_set(&t->info.mid, in->mid);
	t->live = true;
	sfu_room_changed(t->person, now);
	offer(t, now);
}
