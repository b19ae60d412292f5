#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/rtc/sdp.h"
#include "server/sfu/internal.h"

#include <stdio.h>
#include <string.h>

static const char *const extensions[] = {RTP_URI_ABS_CAPTURE, NULL};

void sfu_offer_due(struct sfu_person *p, int64_t now, int wait_ms)
{
	if (!p->sub.due || now + wait_ms < p->sub.due_at)
		p->sub.due_at = now + wait_ms;
	p->sub.due = true;
}

/* Names of what an offer holds; they must live as long as it. */
struct names {
	char mid[SFU_SECTIONS_MAX][12];
	char stream[SFU_SECTIONS_MAX][2 * SFU_SID + 1];
	struct lk_pair map[SFU_SECTIONS_MAX];
	size_t map_n;
};

/*
 * The stream is named by person and track, not by person and kind: clients look
 * there first, and in a section that is used again their own object still has
 * the name of the track that was there before.
 */
static void describe(struct sfu_listener *l, struct names *n, const char *cname,
		     struct sdp_offer_audio *ret)
{
	for (size_t i = 0; i < l->sections_n; i++) {
		const struct sfu_sub *s = l->sections[i].sub;
		snprintf(n->mid[i], sizeof(n->mid[i]), "%u", (unsigned)i);
		ret[i] = (struct sdp_offer_audio){.mid = span_of(n->mid[i])};
		l->sections[i].asked = s ? s->ssrc : 0;
		if (!s)
			continue;
		const char *track = s->track->info.sid;
		snprintf(n->stream[i], sizeof(n->stream[i]), "%s|%s", s->track->person->info.sid,
			 track);
		ret[i].direction = SDP_SENDONLY;
		ret[i].send = (struct sdp_send){.ssrc = s->ssrc,
						.cname = span_of(cname),
						.stream = span_of(n->stream[i]),
						.track = span_of(track)};
		n->map[n->map_n++] = (struct lk_pair){n->mid[i], track};
	}
	l->asked_n = l->sections_n;
}

static int write(struct sfu_person *p, const struct sdp_offer_audio *audio, struct buf *b,
		 struct err *err)
{
	struct span candidates[SFU_CANDIDATES_MAX];
	struct sdp made;
	struct sdp_offer_how how = {
		.candidates = candidates,
		.candidates_n = sfu_net_candidates(&p->engine->net, candidates),
		.candidates_end = true,
		.audio = audio,
		.audio_n = p->sub.sections_n,
		.uris = extensions,
		.session_id = p->sdp_id,
		.session_version = p->sub.offer_id,
	};
	peer_transport(p->sub.link.peer, &how.transport);
	int rc = sdp_offer(&how, &made, err);
	if (rc)
		return rc;
	rc = sdp_write(&made, b, err);
	sdp_done(&made);
	return rc;
}

/* Does an offer name somebody of whom others have not heard the newest? */
static bool names_news(const struct sfu_listener *l)
{
	for (size_t i = 0; i < l->sections_n; i++) {
		const struct sfu_sub *s = l->sections[i].sub;
		if (s && !s->sender && s->track->person->changed)
			return true;
	}
	return false;
}

static void make(struct sfu_person *p, int64_t now)
{
	struct sfu_listener *l = &p->sub;
	struct sdp_offer_audio audio[SFU_SECTIONS_MAX];
	struct names names = {.map_n = 0};
	struct err err;
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	/* Without any section there would be no connection. */
	if (!l->sections_n)
		l->sections_n = 1;
	l->due = false;
	l->asked = true;
	l->asked_at = now;
	l->offer_id++;
	describe(l, &names, p->engine->cname, audio);
	if (write(p, audio, &b, &err)) {
		log_error("%s", err.msg);
		return;
	}
	log_debug("sfu: offer %u to %s with %zu tracks in %zu sections", l->offer_id, p->info.sid,
		  names.map_n, l->sections_n);
	/* Clients must know of people before they get their tracks. */
	if (names_news(l))
		sfu_room_flush(p->room);
	const struct lk_response m = {
		.kind = LK_RES_OFFER,
		.offer = {.type = "offer",
			  .sdp = buf_str(&b),
			  .id = l->offer_id,
			  .mid_to_track_id = names.map,
			  .mid_to_track_id_n = names.map_n},
	};
	sfu_send(p, &m);
}

static void again(struct sfu_person *p, int64_t now)
{
	if (++p->sub.tries >= SFU_OFFER_TRIES) {
		log_info("sfu: %s answers no offer", p->info.sid);
		sfu_person_dismiss(p, now, LK_STATE_MISMATCH, LK_LEAVE_RECONNECT);
		return;
	}
	make(p, now);
}

void sfu_offer_tick(struct sfu_person *p, int64_t now)
{
	struct sfu_listener *l = &p->sub;
	if (!p->line)
		return;
	if (l->asked && now - l->asked_at >= SFU_ANSWER_WAIT_MS) {
		again(p, now);
	} else if (l->due && !l->asked && now >= l->due_at && p->room->offers_left) {
		p->room->offers_left--;
		make(p, now);
	}
}

void sfu_offer_restart(struct sfu_person *p, int64_t now)
{
	p->sub.asked = false;
	p->sub.tries = 0;
	peer_restart(p->sub.link.peer, now);
	make(p, now);
}

/* From now on its packets go out. */
static void begin(struct sfu_sub *s)
{
	struct sfu_listener *l = &s->listener->sub;
	struct sfu_track *t = s->track;
	struct err err;
	if (s->sender)
		return;
	if (peer_add_sender(l->link.peer, s->ssrc, 48000, SFU_HISTORY, &err)) {
		log_error("%s", err.msg);
		return;
	}
	s->sender = peer_sender(l->link.peer, s->ssrc);
	if (t->told_subscribed)
		return;
	t->told_subscribed = true;
	const struct lk_response m = {.kind = LK_RES_TRACK_SUBSCRIBED,
				      .track_subscribed = {t->info.sid}};
	sfu_send(t->person, &m);
}

static void take_sections(struct sfu_listener *l, const struct sdp *answer)
{
	for (size_t i = 0; i < l->asked_n; i++) {
		struct sfu_section *x = &l->sections[i];
		const struct sdp_media *m = &answer->media[i];
		if (!x->sub)
			x->resting = !x->asked;
		else if (x->sub->ssrc == x->asked && m->port && (m->direction & SDP_RECVONLY))
			begin(x->sub);
	}
}

static int apply(struct sfu_person *p, const struct sdp *answer, int64_t now, struct err *err)
{
	const struct sdp_transport *t = sdp_transport(answer);
	bool client;
	if (answer->media_n != p->sub.asked_n)
		return err_set(err, ERR_PROTOCOL, "the answer has %zu sections, the offer had %zu",
			       answer->media_n, p->sub.asked_n);
	if (!t || !t->pwd.n || !t->fingerprint.n)
		return err_set(err, ERR_PROTOCOL, "the answer names no transport");
	int rc = peer_dtls_role(SDP_ACTPASS, t->setup, &client, err);
	if (!rc)
		rc = peer_set_remote(p->sub.link.peer, now, t, client, err);
	if (!rc)
		take_sections(&p->sub, answer);
	return rc;
}

void sfu_offer_answer(struct sfu_person *p, const struct lk_sdp *answer, int64_t now)
{
	struct sfu_listener *l = &p->sub;
	struct sdp theirs = {0};
	struct err err = {0};
	/* Some clients do not repeat the id. */
	if (!l->asked || (answer->id && answer->id != l->offer_id))
		return;
	int rc = sdp_parse(span_of(answer->sdp), &theirs, &err);
	if (!rc)
		rc = apply(p, &theirs, now, &err);
	sdp_done(&theirs);
	if (rc) {
		log_info("sfu: an answer of %s is of no use: %s", p->info.sid, err.msg);
		sfu_person_dismiss(p, now, LK_JOIN_FAILURE, LK_LEAVE_RECONNECT);
		return;
	}
	l->asked = false;
	l->tries = 0;
	if (l->lacking)
		sfu_subscribe_all(p, now);
	if (l->due && l->due_at < now)
		sfu_offer_tick(p, now);
}
