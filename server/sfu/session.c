#include "server/sfu/session.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/fragment.h"

#include <stdio.h>
#include <string.h>

#define ANY_MATCH "*"
#define BUSY_S 10

static struct sfu_link *link_of(struct sfu_person *p)
{
	return p->session->speaks ? &p->pub.link : &p->sub.link;
}

/* -- What is said ------------------------------------------------------------------- */

static void refuse(struct sfu_answer *a, int status, const char *why)
{
	a->status = status;
	err_set(&a->err, ERR_FAILED, "%s", why);
}

static void busy(struct sfu_answer *a, int status, const char *why)
{
	a->retry_after_s = BUSY_S;
	refuse(a, status, why);
}

/* By what a function of ours said of an offer. */
static void refuse_offer(struct sfu_answer *a)
{
	int code = a->err.code;
	a->status = code == ERR_UNSUPPORTED ? 422
		    : code == ERR_TOO_LARGE ? 413
		    : code == ERR_AUTH	    ? 403
					    : 400;
}

/* -- Beginning ------------------------------------------------------------------------ */

static void new_etag(struct sfu_session *s)
{
	uint8_t raw[8];
	char hex[2 * sizeof(raw) + 1];
	crypto_random(raw, sizeof(raw));
	hex_put(hex, raw, sizeof(raw));
	snprintf(s->etag, sizeof(s->etag), "\"%s\"", hex);
}

static struct sfu_session *session_new(bool speaks, int64_t now)
{
	struct sfu_session *s = NEW(struct sfu_session);
	uint8_t raw[16];
	crypto_random(raw, sizeof(raw));
	hex_put(s->id, raw, sizeof(raw));
	s->speaks = speaks;
	s->made = now;
	new_etag(s);
	return s;
}

void sfu_session_free(struct sfu_session *s)
{
	mem_free(s);
}

static void copy(char *to, size_t size, struct span from)
{
	snprintf(to, size, "%.*s", SPAN_ARG(from));
}

/* Their credentials, to tell a restart of ICE from more candidates. */
static int note_transport(struct sfu_session *s, const struct sdp *offer, struct err *err)
{
	const struct sdp_transport *t = sdp_transport(offer);
	if (!t || !t->pwd.n || !t->fingerprint.n)
		return err_set(err, ERR_PROTOCOL,
			       _("the offer names no transport (ICE or fingerprint missing)"));
	copy(s->ufrag, sizeof(s->ufrag), t->ufrag);
	copy(s->hash, sizeof(s->hash), t->fingerprint_hash);
	copy(s->fingerprint, sizeof(s->fingerprint), t->fingerprint);
	return 0;
}

static struct sfu_person *person_new(struct sfu_engine *e, const struct sfu_ask *ask, bool silenced,
				     int64_t now)
{
	struct sfu_arrival a = {.engine = e, .silenced = silenced};
	struct token *g = &a.grant;
	*g = (struct token){
		.join = true,
		.publish = ask->speak,
		.subscribe = !ask->speak,
		.not_before_ms = clock_wall_ms(),
		.expires_ms = INT64_MAX / 2,
	};
	snprintf(g->room, sizeof(g->room), "%s", ask->room);
	snprintf(g->identity, sizeof(g->identity), "%s", ask->identity);
	struct sfu_person *p = sfu_person_new(e, &a, now);
	if (!p)
		return NULL;
	/* Who speaks has the other connection, too, as everybody has: it is never used. */
	p->session = session_new(ask->speak, now);
	return p;
}

/* Rooms are told whether somebody listens or speaks when they come, and not again. */
static bool may_replace(const struct sfu_person *old, const struct sfu_ask *ask)
{
	return old->session && (!old->session->told || old->session->speaks == ask->speak);
}

/* NULL: it is refused already. */
static struct sfu_room *room_for(struct sfu_engine *e, const struct sfu_ask *ask,
				 struct sfu_person **ret_old, int64_t now, struct sfu_answer *ret)
{
	struct sfu_room *r = sfu_room_get(e, ask->room, now);
	struct sfu_person *old = r ? sfu_room_person(r, ask->identity) : NULL;
	bool full = !r ||
		    (!old && (r->people_n >= SFU_ROOM_PEOPLE_MAX || e->people_n >= SFU_PEOPLE_MAX));
	*ret_old = old;
	if (full)
		busy(ret, 503, _("this call, or this server, has as many people as it can take"));
	else if (sfu_room_is_restless(r, ask->identity))
		busy(ret, 429, _("you have come and gone too often: wait a little"));
	else if (old && !may_replace(old, ask))
		refuse(ret, 409, _("this device is in the call already: leave it there first"));
	else
		return r;
	return NULL;
}

static void start(struct sfu_engine *e, const struct sfu_ask *ask, bool silenced, int64_t now,
		  struct sfu_answer *ret)
{
	struct sfu_person *old, *p;
	struct sdp offer = {0};
	AUTO_FREE char *text = span_dup(ask->body);
	struct sfu_room *r = room_for(e, ask, &old, now, ret);
	if (!r)
		return;
	if (sdp_parse(ask->body, &offer, &ret->err)) {
		refuse_offer(ret);
		return;
	}
	p = person_new(e, ask, silenced, now);
	if (!p) {
		sdp_done(&offer);
		busy(ret, 503, _("the server failed to do this"));
		return;
	}
	sfu_room_add(r, p);
	int rc = note_transport(p->session, &offer, &ret->err);
	if (!rc)
		rc = ask->speak ? sfu_whip_answer(p, &offer, text, now, &ret->body, &ret->err)
				: sfu_whep_answer(p, &offer, now, &ret->body, &ret->err);
	sdp_done(&offer);
	if (rc) {
		refuse_offer(ret);
		sfu_person_end(p, now, LK_JOIN_FAILURE, NULL);
		return;
	}
	/* A new session takes the place of an older one, and is as present as that was. */
	if (old) {
		p->session->told = old->session->told;
		sfu_person_end(old, now, LK_DUPLICATE_IDENTITY, NULL);
	}
	log_debug("sfu: %s comes into %s by %s", p->info.sid, r->sid, ask->speak ? "WHIP" : "WHEP");
	sfu_room_changed(p, now);
	ret->status = 201;
	memcpy(ret->session, p->session->id, sizeof(ret->session));
	memcpy(ret->etag, p->session->etag, sizeof(ret->etag));
}

/* -- Later ----------------------------------------------------------------------------- */

static struct sfu_person *find(struct sfu_engine *e, const struct sfu_ask *ask)
{
	struct sfu_room *r = sfu_room_find(e, ask->room);
	struct sfu_person *p = r ? sfu_room_person(r, ask->identity) : NULL;
	bool theirs = p && p->session && p->session->speaks == ask->speak &&
		      strlen(ask->session) == strlen(p->session->id) &&
		      crypto_equal(ask->session, p->session->id, strlen(p->session->id));
	return theirs ? p : NULL;
}

static void restart(struct sfu_person *p, const struct sdp *f, int64_t now, struct sfu_answer *ret)
{
	struct sfu_session *s = p->session;
	struct sfu_link *l = link_of(p);
	struct span candidates[SFU_CANDIDATES_MAX];
	struct sdp_transport theirs = *fragment_transport(f), ours;
	size_t n = sfu_net_candidates(&p->engine->net, candidates);
	theirs.fingerprint_hash = span_of(s->hash);
	theirs.fingerprint = span_of(s->fingerprint);
	peer_restart(l->peer, now);
	if (peer_set_remote(l->peer, now, &theirs, false, &ret->err)) {
		refuse_offer(ret);
		return;
	}
	copy(s->ufrag, sizeof(s->ufrag), theirs.ufrag);
	new_etag(s);
	peer_transport(l->peer, &ours);
	if (fragment_write(f, &ours, candidates, n, &ret->body, &ret->err)) {
		refuse_offer(ret);
		return;
	}
	log_debug("sfu: %s restarts ICE", p->info.sid);
	ret->status = 200;
	memcpy(ret->etag, s->etag, sizeof(ret->etag));
}

/* RFC 9725 4.3.1: a lite agent needs no candidates, so only restarts are work. */
static void patch(struct sfu_person *p, const struct sfu_ask *ask, int64_t now,
		  struct sfu_answer *ret)
{
	struct sdp f = {0};
	if (!ask->if_match.n)
		refuse(ret, 428, _("the request lacks If-Match, with the ETag of the session"));
	else if (!span_eq_str(ask->if_match, ANY_MATCH) &&
		 !span_eq_str(ask->if_match, p->session->etag))
		refuse(ret, 412, _("the ICE session has another ETag by now"));
	else if (fragment_parse(ask->body, &f, &ret->err))
		refuse_offer(ret);
	else if (span_eq_str(fragment_transport(&f)->ufrag, p->session->ufrag))
		ret->status = 204;
	else
		restart(p, &f, now, ret);
	sdp_done(&f);
}

static void end(struct sfu_person *p, int64_t now, int why, const char *reason)
{
	sfu_person_end(p, now, why, reason);
}

void sfu_session_ask(struct sfu_engine *e, const struct sfu_ask *ask, bool silenced, int64_t now,
		     struct sfu_answer *ret)
{
	*ret = (struct sfu_answer){.body = BUF_INIT(SDP_BYTES_MAX)};
	if (ask->what == SFU_ASK_START) {
		start(e, ask, silenced, now, ret);
		return;
	}
	struct sfu_person *p = find(e, ask);
	if (!p) {
		refuse(ret, 404, _("there is no such session, or it has ended"));
	} else if (ask->what == SFU_ASK_PATCH) {
		patch(p, ask, now, ret);
	} else {
		end(p, now, LK_CLIENT_INITIATED, "left");
		ret->status = 200;
	}
}

/* -- While it lasts ---------------------------------------------------------------------- */

static void connected(struct sfu_person *p, int64_t now)
{
	struct sfu_link *l = link_of(p);
	if (l->was_connected)
		return;
	l->was_connected = true;
	p->info.state = LK_ACTIVE;
	sfu_room_changed(p, now);
	if (!p->session->told)
		sfu_engine_presence(p->engine, p, true, clock_wall_ms(), "");
	p->session->told = true;
}

void sfu_session_settle(struct sfu_person *p, int64_t now)
{
	struct sfu_link *l = link_of(p);
	enum peer_state s = l->peer ? peer_state(l->peer) : PEER_CLOSED;
	if (s == l->seen)
		return;
	l->seen = s;
	if (s == PEER_CONNECTED)
		connected(p, now);
	else if (s == PEER_CLOSED)
		end(p, now, LK_CLIENT_INITIATED, "left");
	else if (s == PEER_FAILED) {
		log_info("sfu: the connection to %s is lost: %s", p->info.sid, peer_error(l->peer));
		end(p, now, LK_CONNECTION_TIMEOUT, "lost");
	}
}

void sfu_session_look(struct sfu_person *p, int64_t now)
{
	struct sfu_link *l = link_of(p);
	if (!p->session->speaks)
		sfu_taps_look(p, now);
	if (!l->was_connected && now - p->session->made >= SFU_CONNECT_MS)
		end(p, now, LK_CONNECTION_TIMEOUT, "lost");
	else if (l->was_connected && now - sfu_person_last_sign(p) >= SFU_SILENT_MS)
		end(p, now, LK_CONNECTION_TIMEOUT, "lost");
}
