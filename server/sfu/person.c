#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"
#include "server/sfu/session.h"

#include <string.h>

#define TOKEN_LIFE_MIN_MS (10 * 60000LL)
#define TOKEN_LIFE_MAX_MS (6 * 3600000LL)
#define GOODBYE_MS 3000 /* between a connection's end and that of the signalling */

static int64_t since(int64_t now, int64_t then)
{
	return then == INT64_MIN ? INT64_MAX : now - then;
}

static int64_t renewal(const struct token *t, int64_t wall)
{
	int64_t life = t->expires_ms - wall;
	int64_t before = life / 2 < SFU_REFRESH_MS ? life / 2 : SFU_REFRESH_MS;
	return t->expires_ms - before;
}

/* As long as the one they came with. */
static int64_t life_of(const struct token *t, int64_t wall)
{
	int64_t life = t->expires_ms - wall;
	return life < TOKEN_LIFE_MIN_MS	  ? TOKEN_LIFE_MIN_MS
	       : life > TOKEN_LIFE_MAX_MS ? TOKEN_LIFE_MAX_MS
					  : life;
}

static void fill_info(struct sfu_person *p)
{
	char sid[SFU_SID];
	int sources[TOKEN_SOURCES_MAX];
	struct lk_person *i = &p->info;
	sfu_sid("PA_", sid);
	/* A copy of what is borrowed owns all its text. */
	struct lk_person made = {
		.sid = sid,
		.identity = p->grant.identity,
		.name = p->grant.name,
		.state = LK_JOINED,
		.joined_at_ms = clock_wall_ms(),
		.joined_at = clock_wall_ms() / 1000,
		.version = 1,
		.has_permission = true,
	};
	sfu_info_permission(p, sources, &made.permission);
	lk_person_copy(i, &made);
}

/* Positive and random, as RFC 8829 wants it. */
static uint64_t sdp_id(void)
{
	uint64_t v;
	crypto_random(&v, sizeof(v));
	return 1 + (v >> 2);
}

struct sfu_person *sfu_person_new(struct sfu_engine *e, const struct sfu_arrival *a, int64_t now)
{
	struct sfu_person *p = NEW(struct sfu_person);
	p->engine = e;
	p->grant = a->grant;
	p->silenced = a->silenced;
	p->auto_subscribe = a->query.auto_subscribe;
	p->narrow = a->query.muster_voices == 1;
	loudest_init(&p->one, 1);
	p->allow_all = true;
	p->quality = -1;
	p->sdp_id = sdp_id();
	p->heard = now;
	p->life = life_of(&p->grant, clock_wall_ms());
	p->refresh = renewal(&p->grant, clock_wall_ms());
	p->pub.link = (struct sfu_link){.person = p, .publisher = true};
	p->sub.link = (struct sfu_link){.person = p};
	fill_info(p);
	p->sub.link.peer = sfu_engine_peer(e, &p->sub.link);
	if (!p->sub.link.peer) {
		sfu_person_free(p);
		return NULL;
	}
	return p;
}

void sfu_person_free(struct sfu_person *p)
{
	sfu_session_free(p->session);
	peer_free(p->pub.link.peer);
	peer_free(p->sub.link.peer);
	for (size_t i = 0; i < p->pub.inputs_n; i++)
		mem_free(p->pub.inputs[i].cid);
	lk_person_done(&p->info);
	mem_free(p->wishes);
	if (p->allowed)
		lk_request_done(p->allowed);
	mem_free(p->allowed);
	mem_free(p);
}

int64_t sfu_person_last_sign(const struct sfu_person *p)
{
	int64_t t = p->heard;
	const struct peer *peers[] = {p->pub.link.peer, p->sub.link.peer};
	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		if (peers[i] && peer_last_check(peers[i]) > t)
			t = peer_last_check(peers[i]);
	return t;
}

void sfu_person_end(struct sfu_person *p, int64_t now, int why, const char *reason)
{
	struct sfu_engine *e = p->engine;
	if (p->line)
		sfu_person_dismiss(p, now, why, LK_LEAVE_DISCONNECT);
	while (p->pub.tracks_n)
		sfu_track_end(p->pub.tracks[0], now);
	for (size_t i = 0; i < p->sub.sections_n; i++)
		if (p->sub.sections[i].sub)
			sfu_sub_end(p->sub.sections[i].sub, now);
	sfu_taps_end(p);
	if (p->pub.link.peer)
		peer_close(p->pub.link.peer, now);
	peer_close(p->sub.link.peer, now);
	p->info.disconnect_reason = why;
	log_debug("sfu: %s is gone (%d, %s)", p->info.sid, why, reason ? reason : "came anew");
	if (reason && (!p->session || p->session->told)) {
		int64_t ago = strcmp(reason, "lost") ? 0 : now - sfu_person_last_sign(p);
		sfu_engine_presence(e, p, false, clock_wall_ms() - ago, reason);
	}
	sfu_room_drop(p->room, p, now);
	p->next = e->ended;
	e->ended = p;
}

void sfu_person_attach(struct sfu_person *p, struct sfu_line *l, int64_t now)
{
	p->line = l;
	l->person = p;
	p->heard = now;
}

void sfu_person_away(struct sfu_person *p, int64_t now)
{
	p->line->person = NULL;
	p->line = NULL;
	p->away = now;
	/* Who was never connected has nothing to come back to. */
	if (!p->sub.link.was_connected)
		sfu_person_end(p, now, LK_SIGNAL_CLOSE, "lost");
}

void sfu_person_dismiss(struct sfu_person *p, int64_t now, int why, int action)
{
	if (!p->line)
		return;
	sfu_send_leave(p->engine, p->line, why, action);
	p->line = NULL;
	p->away = now;
}

/* -- Connections ------------------------------------------------------------- */

/* Checks have stopped, the signalling has not: the client mends it with a restart of ICE. */
static void failed(struct sfu_person *p, const struct sfu_link *l, int64_t now)
{
	log_debug("sfu: a connection to %s is lost: %s", p->info.sid, peer_error(l->peer));
	if (l->was_connected)
		sfu_person_dismiss(p, now, LK_REASON_UNKNOWN, LK_LEAVE_RESUME);
}

static bool news(struct sfu_link *l)
{
	if (!l->peer || peer_state(l->peer) == l->seen)
		return false;
	l->seen = peer_state(l->peer);
	return true;
}

void sfu_person_settle(struct sfu_person *p, int64_t now)
{
	struct sfu_link *pub = &p->pub.link, *sub = &p->sub.link;
	if (p->session) {
		sfu_session_settle(p, now);
		return;
	}
	if (news(pub)) {
		pub->was_connected |= pub->seen == PEER_CONNECTED;
		if (pub->seen == PEER_CLOSED)
			sfu_publish_close(p, now);
		else if (pub->seen == PEER_FAILED)
			failed(p, pub, now);
	}
	if (news(sub)) {
		if (sub->seen == PEER_CONNECTED && !sub->was_connected) {
			sub->was_connected = true;
			p->info.state = LK_ACTIVE;
			sfu_room_changed(p, now);
		} else if (sub->seen == PEER_CLOSED) {
			p->goodbye = now;
		} else if (sub->seen == PEER_FAILED) {
			failed(p, sub, now);
		}
	}
}

/* -- Who is still there -------------------------------------------------------- */

static void renew(struct sfu_person *p, int64_t wall)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct err err;
	struct token t = p->grant;
	t.publish &= !p->silenced;
	t.not_before_ms = wall;
	t.expires_ms = wall + p->life;
	if (token_make(&t, span_of(p->engine->secret), &b, &err)) {
		log_error("%s", err.msg);
		p->refresh = INT64_MAX;
		return;
	}
	p->grant.expires_ms = t.expires_ms;
	p->refresh = renewal(&t, wall);
	struct lk_response m = {.kind = LK_RES_REFRESH_TOKEN, .refresh_token = buf_str(&b)};
	sfu_send(p, &m);
}

/* Memory of voices that have long been silent, for which nobody will ask. */
static void forget_packets(struct sfu_listener *l, int64_t now)
{
	for (size_t i = 0; i < l->sections_n; i++) {
		struct sfu_sub *s = l->sections[i].sub;
		if (!s || !s->kept || now - s->track->passed_on < SFU_HISTORY_MS)
			continue;
		peer_forget_sent(s->sender);
		s->kept = false;
	}
}

void sfu_person_look(struct sfu_person *p, int64_t now)
{
	int64_t wall = clock_wall_ms();
	forget_packets(&p->sub, now);
	if (p->session) {
		sfu_session_look(p, now);
	} else if (!p->line) {
		if (now - p->away >= SFU_RESUME_MS)
			sfu_person_end(p, now, LK_SIGNAL_CLOSE, "lost");
	} else if (since(now, sfu_person_last_sign(p)) >= SFU_SILENT_MS) {
		/* It may only have slept: when it reads this, it comes anew. */
		sfu_person_dismiss(p, now, LK_CONNECTION_TIMEOUT, LK_LEAVE_RECONNECT);
		sfu_person_end(p, now, LK_CONNECTION_TIMEOUT, "lost");
	} else if (p->goodbye && now - p->goodbye >= GOODBYE_MS) {
		/* Without leaving: a new connection needs a new session. */
		p->goodbye = 0;
		sfu_person_dismiss(p, now, LK_STATE_MISMATCH, LK_LEAVE_RECONNECT);
	} else if (wall >= p->refresh) {
		renew(p, wall);
	}
}
