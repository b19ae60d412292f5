#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

/* A request, decoded; a handler that keeps it takes it away by zeroing it. */
typedef void request_fn(struct sfu_person *p, struct lk_request *rq, int64_t now);

static void on_offer(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	sfu_publish_offer(p, &rq->offer, now);
}

static void on_answer(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	sfu_offer_answer(p, &rq->answer, now);
}

/* A lite agent learns addresses from checks: candidates are not needed. */
static void on_nothing(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	(void)p;
	(void)rq;
	(void)now;
}

bool sfu_may_change(struct sfu_person *p, int64_t now)
{
	return budget_take(&p->changes, now, 1, SFU_CHANGES_PER_S, SFU_CHANGES_BURST);
}

static struct sfu_track *own_track(struct sfu_person *p, const char *sid)
{
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		if (!strcmp(p->pub.tracks[i]->info.sid, sid))
			return p->pub.tracks[i];
	return NULL;
}

static void on_mute(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	struct sfu_track *t = own_track(p, rq->mute.sid);
	if (t && !rq->mute.muted && !sfu_may_be_heard(p, t->info.source))
		sfu_permit_mute(t, now);
	else if (t)
		sfu_track_mute(t, rq->mute.muted, now);
}

static void on_features(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	struct sfu_track *t = own_track(p, rq->update_audio_track.track_sid);
	size_t n = rq->update_audio_track.features_n;
	if (!t || !sfu_may_change(p, now))
		return;
	mem_free(t->info.audio_features);
	t->info.audio_features =
		n ? mem_dup(rq->update_audio_track.features, n * sizeof(int)) : NULL;
	t->info.audio_features_n = n;
	if (t->live)
		sfu_room_changed(p, now);
}

/* -- What they want to hear ---------------------------------------------------- */

static void subscribe(struct sfu_person *p, const char *sid, bool on, int64_t now)
{
	struct sfu_track *t = sfu_room_track(p->room, sid);
	struct sfu_wish *w = t && t->person != p ? sfu_wish_get(p, t) : NULL;
	if (!w)
		return;
	w->said = true;
	w->subscribe = on;
	sfu_subscribe_one(p, t, now);
}

static void apply_subscription(struct sfu_person *p, const struct lk_subscription *s, int64_t now)
{
	size_t left = SFU_SIDS_MAX;
	for (size_t i = 0; i < s->track_sids_n && left; i++, left--)
		subscribe(p, s->track_sids[i], s->subscribe, now);
	for (size_t i = 0; i < s->participant_tracks_n; i++) {
		const struct lk_person_tracks *t = &s->participant_tracks[i];
		for (size_t k = 0; k < t->track_sids_n && left; k++, left--)
			subscribe(p, t->track_sids[k], s->subscribe, now);
	}
}

static void on_subscription(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	apply_subscription(p, &rq->subscription, now);
}

static void set_disabled(struct sfu_person *p, const char *const *sids, size_t n, bool disabled,
			 int64_t now)
{
	for (size_t i = 0; i < n && i < SFU_SIDS_MAX; i++) {
		struct sfu_track *t = sfu_room_track(p->room, sids[i]);
		struct sfu_wish *w = t && t->person != p ? sfu_wish_get(p, t) : NULL;
		if (!w)
			continue;
		w->disabled = disabled;
		sfu_subscribe_one(p, t, now);
	}
}

static void on_track_setting(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	const struct lk_track_setting *s = &rq->track_setting;
	set_disabled(p, s->track_sids, s->track_sids_n, s->disabled, now);
}

/* Who may hear this person. */
static void on_permission(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	if (rq->subscription_permission.track_permissions_n > SFU_ALLOWED_MAX ||
	    !sfu_may_change(p, now))
		return;
	if (p->allowed)
		lk_request_done(p->allowed);
	mem_free(p->allowed);
	p->allow_all = rq->subscription_permission.all_participants;
	p->allowed = mem_dup(rq, sizeof(*rq));
	*rq = (struct lk_request){0};
	for (size_t i = 0; i < p->pub.tracks_n; i++) {
		if (!sfu_is_for_all(p))
			sfu_taps_leave(p->pub.tracks[i]);
		sfu_subscribe_track(p->pub.tracks[i], now);
	}
}

/* What a client that came back had; its tracks are still known here. */
static void on_sync_state(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	const struct lk_sync_state *s = &rq->sync_state;
	if (s->has_subscription)
		apply_subscription(p, &s->subscription, now);
	set_disabled(p, s->track_sids_disabled, s->track_sids_disabled_n, true, now);
}

/* -- Themselves ------------------------------------------------------------------ */

/* Old attributes with the new ones; an empty value removes. Borrows from both. */
static size_t merge(const struct lk_person *old, const struct lk_update_metadata *m,
		    struct lk_pair *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < old->attributes_n; i++)
		if (!lk_pair_get(m->attributes, m->attributes_n, old->attributes[i].key))
			ret[n++] = old->attributes[i];
	for (size_t i = 0; i < m->attributes_n; i++)
		if (m->attributes[i].value[0])
			ret[n++] = m->attributes[i];
	return n;
}

static size_t text_of(const struct lk_person *i)
{
	size_t n = strlen(i->name) + strlen(i->metadata);
	for (size_t k = 0; k < i->attributes_n; k++)
		n += strlen(i->attributes[k].key) + strlen(i->attributes[k].value);
	return n;
}

int sfu_person_text(struct sfu_person *p, const struct lk_update_metadata *m)
{
	struct lk_pair pairs[2 * LK_ATTRIBUTES_MAX];
	struct lk_person next = p->info, made;
	next.attributes = pairs;
	next.attributes_n = merge(&p->info, m, pairs);
	/* Clients send all three; an empty name or metadata leaves the old one. */
	if (m->name[0])
		next.name = m->name;
	if (m->metadata[0])
		next.metadata = m->metadata;
	size_t n = text_of(&next), others = p->room->text_bytes - p->text_bytes;
	if (next.attributes_n > LK_ATTRIBUTES_MAX || n > SFU_PERSON_TEXT_MAX ||
	    others + n > SFU_ROOM_TEXT_MAX)
		return LK_RESULT_LIMIT_EXCEEDED;
	lk_person_copy(&made, &next);
	lk_person_done(&p->info);
	p->info = made;
	p->room->text_bytes = others + n;
	p->text_bytes = n;
	return LK_RESULT_OK;
}

static void on_update_metadata(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	int result = LK_RESULT_NOT_ALLOWED;
	if (p->grant.update_metadata)
		result = sfu_may_change(p, now) ? sfu_person_text(p, &rq->update_metadata)
						: LK_RESULT_LIMIT_EXCEEDED;
	if (result == LK_RESULT_OK)
		sfu_room_changed(p, now);
	if (result != LK_RESULT_OK || rq->update_metadata.request_id)
		sfu_send_result(p, result,
				result == LK_RESULT_OK ? ""
				: result == LK_RESULT_NOT_ALLOWED
					? _("the token does not allow it")
					: _("that is too much text, or too often"),
				rq);
}

static void on_leave(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	(void)rq;
	sfu_line_end(p->engine, p->line, 1000);
	p->line = NULL;
	sfu_person_end(p, now, LK_CLIENT_INITIATED, "left");
}

static void on_ping(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	struct lk_response m = {.kind = LK_RES_PONG, .pong = clock_wall_ms()};
	(void)rq;
	(void)now;
	sfu_send(p, &m);
}

static void on_ping_req(struct sfu_person *p, struct lk_request *rq, int64_t now)
{
	struct lk_response m = {
		.kind = LK_RES_PONG_RESP,
		.pong_resp = {rq->ping_req.timestamp, clock_wall_ms()},
	};
	(void)now;
	sfu_send(p, &m);
}

static const struct {
	int kind;
	request_fn *fn;
} handlers[] = {
	{LK_REQ_OFFER, on_offer},
	{LK_REQ_ANSWER, on_answer},
	{LK_REQ_TRICKLE, on_nothing},
	{LK_REQ_ADD_TRACK, sfu_track_add},
	{LK_REQ_MUTE, on_mute},
	{LK_REQ_SUBSCRIPTION, on_subscription},
	{LK_REQ_TRACK_SETTING, on_track_setting},
	{LK_REQ_LEAVE, on_leave},
	{LK_REQ_SUBSCRIPTION_PERMISSION, on_permission},
	{LK_REQ_SYNC_STATE, on_sync_state},
	{LK_REQ_PING, on_ping},
	{LK_REQ_UPDATE_METADATA, on_update_metadata},
	{LK_REQ_PING_REQ, on_ping_req},
	{LK_REQ_UPDATE_AUDIO_TRACK, on_features},
};

void sfu_signal_in(struct sfu_person *p, struct span data, int64_t now)
{
	struct lk_request rq;
	struct err err;
	p->heard = now;
	if (lk_request_decode(data, &rq, &err)) {
		log_debug("sfu: %s sent what is no request: %s", p->info.sid, err.msg);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
		if (handlers[i].kind == rq.kind)
			handlers[i].fn(p, &rq, now);
	lk_request_done(&rq);
}
