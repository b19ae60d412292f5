/* The SFU from outside: real WebSockets and UDP in one process. Coming and going: test_sfu_life.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/http.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/lib/balance.h"
#include "tests/lib/sfu_wait.h"

#include <stdlib.h>
#include <string.h>

static struct sfu_world w;

static int setup(void **state)
{
	(void)state;
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	return 0;
}

/* -- Doors ------------------------------------------------------------------------------ */

struct asked {
	int status; /* 0: not answered yet */
	char text[300];
};

static void on_reply(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct asked *a = arg;
	assert_null(err);
	a->status = reply->status;
	snprintf(a->text, sizeof(a->text), "%.*s", SPAN_ARG(reply->body));
}

static bool is_replied(void *arg)
{
	return ((struct asked *)arg)->status != 0;
}

static int validate(const struct token *t, const char *secret, char *ret, size_t size)
{
	AUTO(buf_done) struct buf token = BUF_INIT(TOKEN_BYTES_MAX);
	struct asked a = {0};
	if (t)
		assert_int_equal(token_make(t, span_of(secret), &token, NULL), 0);
	struct http *http = http_new(w.loop, &(struct http_options){0});
	AUTO_FREE char *url = mem_printf("http://127.0.0.1:%d/rtc/validate?access_token=%s", w.port,
					 buf_str(&token));
	struct http_request rq = {.method = "GET", .url = url, .timeout_ms = 120000};
	http_start(http, &rq, on_reply, &a);
	SFU_UNTIL(&w, is_replied, &a);
	http_free(http);
	snprintf(ret, size, "%s", a.text);
	return a.status;
}

static void test_doors(void **state)
{
	(void)state;
	char text[300];
	struct sfu_client *c = sfu_client_new(&w, "room", "ann");
	struct token good = c->grant, bad;
	assert_int_equal(validate(&good, SFU_SECRET, text, sizeof(text)), 200);
	assert_string_equal(text, "success");
	assert_int_equal(validate(NULL, NULL, text, sizeof(text)), 401);
	assert_int_equal(validate(&good, "another secret of more than thirty characters", text,
				  sizeof(text)),
			 401);
	bad = good;
	snprintf(bad.key, sizeof(bad.key), "other");
	assert_int_equal(validate(&bad, SFU_SECRET, text, sizeof(text)), 401);
	bad = good;
	bad.join = false;
	assert_int_equal(validate(&bad, SFU_SECRET, text, sizeof(text)), 401);
	bad = good;
	bad.room[0] = '\0';
	assert_int_equal(validate(&bad, SFU_SECRET, text, sizeof(text)), 401);
	bad = good;
	bad.expires_ms = clock_wall_ms() - TOKEN_LEEWAY_MS - 1000;
	assert_int_equal(validate(&bad, SFU_SECRET, text, sizeof(text)), 401);
	assert_non_null(strstr(text, "expired"));
	w.refuse = true;
	assert_int_equal(validate(&good, SFU_SECRET, text, sizeof(text)), 403);
	sfu_client_enter(c);
	assert_int_equal(c->http_status, 403);
	w.refuse = false;
	c->grant.join = false;
	sfu_client_enter(c);
	assert_int_equal(c->http_status, 401);
	assert_int_equal(w.presence_n, 0);
	c->grant.join = true;
	sfu_client_enter(c);
	const struct lk_join *j = &sfu_client_got(c, LK_RES_JOIN, 0)->join;
	assert_true(j->server_info.version[0] && j->subscriber_primary);
	assert_true(j->ping_interval > 0 && j->ping_timeout > j->ping_interval);
	assert_string_equal(j->room.name, "room");
	assert_memory_equal(j->room.sid, "RM_", 3);
	assert_memory_equal(j->participant.sid, "PA_", 3);
	assert_string_equal(j->participant.identity, "ann");
	assert_int_equal(j->enabled_publish_codecs_n, 1);
	assert_int_equal(j->other_participants_n, 0);
	assert_string_equal(sfu_presence_of(&w, "ann"), "present");
}

/* -- Talking ------------------------------------------------------------------------------ */

static void test_talk(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	struct sfu_client *x = sfu_client_join(&w, "other", "xan");
	sfu_client_connect(a);
	sfu_client_connect(b);
	struct sfu_view v = {.c = a, .who = "bob", .n = LK_ACTIVE};
	SFU_UNTIL(&w, sfu_sees_state, &v);
	sfu_client_publish(a, "cid-1", false);
	v = (struct sfu_view){.c = b, .who = "ann", .n = 1};
	SFU_UNTIL(&w, sfu_sees_tracks, &v);
	const struct lk_person *p = sfu_client_knows(b, "ann");
	assert_string_equal(p->tracks[0].sid, a->track);
	assert_string_equal(p->tracks[0].name, "mic");
	assert_string_equal(p->tracks[0].mime_type, "audio/opus");
	assert_int_equal(p->tracks[0].source, LK_MICROPHONE);
	assert_true(p->is_publisher);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	struct sfu_heard *h = sfu_client_hears(b, a->track);
	assert_string_equal(h->person, a->sid);
	size_t before = h->packets;
	int64_t said = clock_wall_ms();
	for (int i = 0; i < 200; i++) {
		sfu_client_say(a, 25, (uint8_t)i);
		sfu_pass(&w, i % 20 ? 0 : 10);
	}
	sfu_until_hears(b, a->track, before + 200);
	assert_int_equal(h->missing + h->repeated, 0);
	assert_int_equal(h->last, 199);
	assert_int_equal(h->pt, 111);
	assert_int_equal(h->timestamp, a->timestamp - 960);
	assert_in_range(rtp_ms_of_ntp(h->capture), said - 1, clock_wall_ms());
	/* Nobody hears themselves, nor another room. */
	assert_int_equal(a->heard_n + x->heard_n, 0);
	const struct lk_response *s = sfu_until_got(b, LK_RES_SPEAKERS_CHANGED, 0);
	assert_string_equal(s->speakers_changed.speakers[0].sid, a->sid);
	assert_null(sfu_client_got(x, LK_RES_SPEAKERS_CHANGED, 0));
	assert_non_null(sfu_until_got(a, LK_RES_TRACK_SUBSCRIBED, 0));

	sfu_client_mute(a, true);
	v = (struct sfu_view){.c = b, .who = "ann", .n = 1};
	SFU_UNTIL(&w, sfu_sees_muted, &v);
	before = h->packets;
	for (int i = 0; i < 10; i++)
		sfu_client_say(a, 25, 7);
	sfu_pass(&w, 50);
	assert_int_equal(h->packets, before);
	sfu_client_mute(a, false);
	v.n = 0;
	SFU_UNTIL(&w, sfu_sees_muted, &v);
	for (int i = 0; i < 10; i++)
		sfu_client_say(a, 25, 8);
	sfu_until_hears(b, a->track, before + 10);
	assert_int_equal(h->missing, 0);

	/* The track ends: the section is emptied, others hear of it. */
	size_t offers = b->offers;
	sfu_client_offer(a, false);
	v = (struct sfu_view){.c = b, .who = "ann", .n = 0};
	SFU_UNTIL(&w, sfu_sees_tracks, &v);
	sfu_until_got(a, LK_RES_TRACK_UNPUBLISHED, 0);
	while (b->offers == offers || b->active)
		sfu_pass(&w, 10);
	assert_int_equal(b->sections, 1);
	/* Another one takes its place, with a stream of its own. */
	a->ssrc = 0;
	sfu_client_publish(a, "cid-2", false);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	assert_int_equal(b->sections, 1);
	assert_true(sfu_client_hears(b, a->track)->ssrc != h->ssrc);
}

/* Muted at first: it is no track for others to get until it is unmuted. */
static void test_muted_first(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	sfu_client_connect(b);
	sfu_client_publish(a, "cid", true);
	struct sfu_view v = {.c = b, .who = "ann", .n = 1};
	SFU_UNTIL(&w, sfu_sees_tracks, &v);
	sfu_pass(&w, 400);
	assert_int_equal(b->heard_n, 0);
	sfu_client_mute(a, false);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	/* Who comes later gets it with the first offer, and the state of it before. */
	struct sfu_client *c = sfu_client_join(&w, "r", "cat");
	assert_int_equal(sfu_client_knows(c, "ann")->tracks_n, 1);
	sfu_client_connect(c);
	assert_int_equal(c->offers, 1);
	assert_int_equal(c->heard_n, 1);
	sfu_open_way(a, c);
}

/* Neither an SSRC in SDP nor a level in packets: the mid says whose it is. */
static void test_little_told(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	a->without_ssrc = a->without_level = true;
	sfu_client_connect(b);
	sfu_client_publish(a, "cid", false);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	struct sfu_view v = {.c = b, .kind = LK_RES_SPEAKERS_CHANGED};
	while (!sfu_got_kind(&v)) {
		sfu_client_say(a, 127, 3);
		sfu_pass(&w, 20);
	}
	assert_true(sfu_client_got(b, v.kind, 0)->speakers_changed.speakers[0].active);
}

static struct sfu_world again(struct sfu_options opt)
{
	sfu_world_close(&w);
	struct sfu_world next = {.opt = opt};
	return next;
}

/* One voice at a time here: who is kept back comes and goes without a hole. */
static void test_gate(void **state)
{
	(void)state;
	w = again((struct sfu_options){.loudest = 1});
	sfu_world_open(&w);
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob"),
			  *c = sfu_client_join(&w, "r", "cat");
	sfu_client_connect(c);
	sfu_client_publish(a, "a", false);
	sfu_client_publish(b, "b", false);
	sfu_until_offered(c, a->track);
	sfu_until_offered(c, b->track);
	sfu_open_way(a, c);
	sfu_world_jump(&w, 20);
	for (int turn = 0; turn < 6; turn++) {
		for (int i = 0; i < 60; i++) {
			sfu_client_say(a, turn % 2 ? 120 : 20, 1);
			sfu_client_say(b, turn % 2 ? 20 : 120, 2);
			sfu_pass(&w, 20);
		}
	}
	sfu_pass(&w, 100);
	struct sfu_heard *ha = sfu_client_hears(c, a->track), *hb = sfu_client_hears(c, b->track);
	/* b was heard for three turns but for the first moments, a for the others. */
	assert_in_range(hb->packets, 120, 200);
	assert_in_range(ha->packets, 150, 250);
	assert_int_equal(ha->missing + ha->repeated + hb->missing + hb->repeated, 0);
	/* Each new beginning is marked, for the listener's jitter buffer. */
	assert_true(ha->markers >= 3 && hb->markers >= 3);
	struct sfu_stats s;
	sfu_stats(w.sfu, &s);
	assert_true(s.gated > 200);
	assert_int_equal(s.people, 3);
	assert_int_equal(s.publishers, 2);
	assert_int_equal(s.rooms, 1);
}

/* What is lost before us is lost behind us; what is lost behind us is sent again. */
static void test_loss(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	sfu_client_connect(b);
	sfu_client_publish(a, "a", false);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	struct sfu_heard *h = sfu_client_hears(b, a->track);
	size_t before = h->packets;
	peer_patience(b->sub.peer, 1000); /* ten in a row are long */
	for (int i = 0; i < 50; i++) {
		if (i == 20 || i == 30 || i == 31)
			sfu_client_skip(a);
		else
			sfu_client_say(a, 20, 1);
		sfu_pass(&w, 2);
	}
	sfu_until_hears(b, a->track, before + 47);
	assert_int_equal(h->missing, 3);
	sfu_pass(&w, 600); /* nobody can mend that: b stops asking */
	before = h->packets;
	for (int i = 0; i < 40; i++) {
		b->sub.deaf = i >= 10 && i < 20;
		sfu_client_say(a, 20, 2);
		sfu_pass(&w, 5);
	}
	sfu_until_hears(b, a->track, before + 40);
	assert_int_equal(h->missing, 3);
	struct peer_stats s;
	peer_stats(b->sub.peer, &s);
	assert_true(s.nacked >= 10);
}

/* Who speaks loses nothing on the way, and hears what is lost behind the server. */
static void test_loss_passed_on(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	struct peer_stats s = {0};
	sfu_client_connect(b);
	sfu_client_publish(a, "a", false);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	peer_patience(b->sub.peer, -1); /* nothing is asked for again */
	for (int i = 0; i < 20000 && s.remote_loss < 0.1; i++) {
		b->sub.deaf = i % 4 == 0;
		sfu_client_say(a, 20, 1);
		sfu_pass(&w, 5);
		peer_stats(a->pub.peer, &s);
	}
	assert_true(s.remote_loss >= 0.1 && s.remote_loss <= 0.5);
	b->sub.deaf = false;
	for (int i = 0; i < 20000 && s.remote_loss > 0; i++) {
		sfu_client_say(a, 20, 1);
		sfu_pass(&w, 5);
		peer_stats(a->pub.peer, &s);
	}
	assert_true(s.remote_loss == 0);
	peer_stats(b->sub.peer, &s);
	assert_int_equal(s.nacked, 0);
}

/* -- Addresses ------------------------------------------------------------------------------- */

/* On a host with many addresses answers come from the one that was spoken to. */
static void test_any_address(void **state)
{
	(void)state;
	const char *const binds[] = {"0.0.0.0", "::", NULL};
	if (!os_udp_knows_local())
		skip();
	for (size_t i = 0; i < ARRAY_LEN(binds); i++) {
		w = again((struct sfu_options){.bind_ip = binds[i] ? binds[i] : ""});
		w.every_address = !binds[i];
		w.dial = "127.0.0.3";
		sfu_world_open(&w);
		struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
				  *b = sfu_client_join(&w, "r", "bob");
		w.dial = "127.0.0.9";
		sfu_client_connect(b);
		sfu_client_publish(a, "a", false);
		sfu_until_offered(b, a->track);
		sfu_open_way(a, b);
		const char *sdp = sfu_client_got(b, LK_RES_OFFER, 0)->offer.sdp;
		assert_null(strstr(sdp, "0.0.0.0 "));
		assert_non_null(strstr(sdp, "a=candidate:1 1 udp "));
	}
}

static void nothing(void *arg, const struct udp_packet *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

static bool has_ipv6(void)
{
	struct udp_options o = {.bind = {.family = 6, .ip = {[15] = 1}}};
	struct udp *u = NULL;
	bool has = udp_open(w.loop, &o, nothing, NULL, &u, NULL) == 0;
	udp_free(u);
	return has;
}

static void test_ipv6(void **state)
{
	(void)state;
	const char *const binds[] = {"::1", "::"};
	if (!has_ipv6())
		skip();
	for (size_t i = 0; i < ARRAY_LEN(binds); i++) {
		w = again((struct sfu_options){.bind_ip = binds[i]});
		w.six = true;
		w.dial = i ? "::1" : NULL;
		sfu_world_open(&w);
		struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
				  *b = sfu_client_join(&w, "r", "bob");
		sfu_client_connect(b);
		sfu_client_publish(a, "a", false);
		sfu_until_offered(b, a->track);
		sfu_open_way(a, b);
	}
}

static void test_announced(void **state)
{
	(void)state;
	w = again((struct sfu_options){.announce_ip = "203.0.113.9"});
	sfu_world_open(&w);
	struct sfu_client *a = sfu_client_join(&w, "r", "ann");
	sfu_client_connect(a);
	const char *sdp = sfu_client_got(a, LK_RES_OFFER, 0)->offer.sdp;
	AUTO_FREE char *first = mem_printf("a=candidate:1 1 udp %u 203.0.113.9 %d typ host\r\n",
					   ice_priority(ICE_HOST, 65535), sfu_udp_port(w.sfu));
	AUTO_FREE char *second = mem_printf("a=candidate:2 1 udp %u 127.0.0.1 %d typ host\r\n",
					    ice_priority(ICE_HOST, 65534), sfu_udp_port(w.sfu));
	assert_non_null(strstr(sdp, first));
	assert_non_null(strstr(sdp, second));
	assert_true(strstr(sdp, first) < strstr(sdp, second));
	assert_non_null(strstr(sdp, "a=end-of-candidates"));
	assert_non_null(strstr(sdp, "a=ice-lite"));
}

/* A port that is taken, an address that is none: said, and nothing is left behind. */
static void test_no_port(void **state)
{
	(void)state;
	struct sfu *s = NULL;
	struct err err = {0};
	struct sfu_options o = w.opt;
	o.udp_port = sfu_udp_port(w.sfu);
	assert_int_equal(sfu_open(&o, &s, &err), ERR_CONFLICT);
	o.udp_port = 0;
	o.bind_ip = "nowhere";
	assert_int_equal(sfu_open(&o, &s, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "nowhere"));
	o.bind_ip = "127.0.0.1";
	o.announce_ip = "school.example";
	assert_int_equal(sfu_open(&o, &s, &err), ERR_USAGE);
	assert_null(s);
}

/* -- Who may what ----------------------------------------------------------------------------- */

static void test_permissions(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann");
	struct sfu_client *mute = sfu_client_new(&w, "r", "mute"),
			  *deaf = sfu_client_new(&w, "r", "deaf"),
			  *ghost = sfu_client_new(&w, "r", "ghost");
	mute->grant.publish = mute->grant.update_metadata = false;
	deaf->grant.subscribe = false;
	ghost->grant.hidden = true;
	sfu_client_enter(mute);
	deaf->grant.sources = 1u << LK_SCREEN_SHARE_AUDIO;
	sfu_client_enter(deaf);
	sfu_client_enter(ghost);
	const struct lk_person *p = &sfu_client_got(mute, LK_RES_JOIN, 0)->join.participant;
	assert_false(p->permission.can_publish);
	assert_true(p->permission.can_subscribe);
	sfu_client_connect(mute);
	sfu_client_connect(deaf);
	sfu_client_connect(ghost);
	sfu_client_publish(a, "a", false);
	sfu_until_offered(mute, a->track);
	sfu_until_offered(ghost, a->track);
	sfu_open_way(a, mute);
	sfu_open_way(a, ghost);
	assert_int_equal(deaf->heard_n, 0);
	assert_null(sfu_client_knows(a, "ghost"));
	assert_non_null(sfu_client_knows(a, "deaf"));
	assert_non_null(sfu_client_knows(ghost, "ann"));

	struct lk_request rq = {.kind = LK_REQ_ADD_TRACK, .add_track = {.cid = "c"}};
	sfu_client_send(mute, &rq);
	const struct lk_response *r = sfu_until_got(mute, LK_RES_REQUEST_RESPONSE, 0);
	assert_int_equal(r->request_response.reason, LK_RESULT_NOT_ALLOWED);
	assert_int_equal(r->request_response.request, LK_REPEATED_ADD_TRACK);
	/* May show a screen, but not speak. */
	rq.add_track.source = LK_MICROPHONE;
	sfu_client_send(deaf, &rq);
	r = sfu_until_got(deaf, LK_RES_REQUEST_RESPONSE, 0);
	assert_int_equal(r->request_response.reason, LK_RESULT_NOT_ALLOWED);
	/* An offer is answered all the same: some clients make one at once. */
	sfu_client_offer(mute, true);
	rq = (struct lk_request){.kind = LK_REQ_UPDATE_METADATA,
				 .update_metadata = {.name = "x", .request_id = 5}};
	size_t from = mute->got_n;
	sfu_client_send(mute, &rq);
	r = sfu_until_got(mute, LK_RES_REQUEST_RESPONSE, from);
	assert_int_equal(r->request_response.reason, LK_RESULT_NOT_ALLOWED);
	assert_int_equal(r->request_response.request_id, 5);
}

static bool sees_attributes(void *arg)
{
	const struct sfu_view *v = arg;
	const struct lk_person *p = sfu_client_knows(v->c, v->who);
	return p && p->attributes_n == v->n;
}

static void test_requests(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	struct lk_request rq = {.kind = LK_REQ_ADD_TRACK,
				.add_track = {.cid = "v", .type = LK_VIDEO}};
	sfu_client_send(a, &rq);
	const struct lk_response *r = sfu_until_got(a, LK_RES_REQUEST_RESPONSE, 0);
	assert_int_equal(r->request_response.reason, LK_RESULT_UNSUPPORTED_TYPE);
	assert_string_equal(r->request_response.add_track.cid, "v");
	for (int i = 0; i < 8; i++) {
		AUTO_FREE char *cid = mem_printf("c%d", i);
		sfu_client_announce(a, cid, false);
	}
	rq.add_track = (struct lk_add_track){.cid = "one more"};
	size_t from = a->got_n;
	sfu_client_send(a, &rq);
	r = sfu_until_got(a, LK_RES_REQUEST_RESPONSE, from);
	assert_int_equal(r->request_response.reason, LK_RESULT_LIMIT_EXCEEDED);
	/* Announcing the same again is no second track. */
	char track[32];
	memcpy(track, a->track, sizeof(track));
	sfu_client_announce(a, "c7", false);
	assert_string_equal(track, a->track);

	rq = (struct lk_request){.kind = LK_REQ_PING, .ping = 5};
	int64_t asked = clock_wall_ms();
	sfu_client_send(a, &rq);
	r = sfu_until_got(a, LK_RES_PONG, 0);
	assert_in_range(r->pong, asked, clock_wall_ms());
	rq = (struct lk_request){.kind = LK_REQ_PING_REQ, .ping_req = {.timestamp = 77}};
	sfu_client_send(a, &rq);
	r = sfu_until_got(a, LK_RES_PONG_RESP, 0);
	assert_int_equal(r->pong_resp.last_ping_timestamp, 77);

	struct lk_pair pairs[] = {{"hand", "up"}, {"seat", "3"}};
	rq = (struct lk_request){.kind = LK_REQ_UPDATE_METADATA,
				 .update_metadata = {.name = "Ann",
						     .metadata = "{}",
						     .attributes = pairs,
						     .attributes_n = 2}};
	sfu_client_send(a, &rq);
	struct lk_pair gone[] = {{"hand", ""}};
	rq.update_metadata =
		(struct lk_update_metadata){.attributes = gone, .attributes_n = 1, .request_id = 9};
	sfu_client_send(a, &rq);
	r = sfu_until_got(a, LK_RES_REQUEST_RESPONSE, from + 1);
	struct sfu_view v = {.c = b, .who = "ann", .n = 1};
	SFU_UNTIL(&w, sees_attributes, &v);
	const struct lk_person *p = sfu_client_knows(b, "ann");
	assert_string_equal(p->name, "Ann");
	assert_string_equal(p->metadata, "{}");
	assert_int_equal(p->attributes_n, 1);
	assert_string_equal(p->attributes[0].key, "seat");
	/* More text than a person may have. */
	AUTO_FREE char *much = mem_alloc(40001);
	memset(much, 'x', 40000);
	rq.update_metadata = (struct lk_update_metadata){.metadata = much, .request_id = 10};
	from = a->got_n;
	sfu_client_send(a, &rq);
	r = sfu_until_got(a, LK_RES_REQUEST_RESPONSE, from);
	assert_int_equal(r->request_response.reason, LK_RESULT_LIMIT_EXCEEDED);
}

/* Chosen one by one; not all who ask are let hear. */
static void test_subscriptions(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	struct sfu_client *c = sfu_client_new(&w, "r", "cat");
	c->query = "auto_subscribe=0";
	sfu_client_enter(c);
	sfu_client_connect(b);
	sfu_client_connect(c);
	sfu_client_publish(a, "a", false);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	assert_int_equal(c->heard_n, 0);
	const char *sids[] = {a->track, "TR_nothing"};
	struct lk_request rq = {.kind = LK_REQ_SUBSCRIPTION,
				.subscription = {.track_sids = sids,
						 .track_sids_n = 2,
						 .subscribe = true}};
	sfu_client_send(c, &rq);
	sfu_until_offered(c, a->track);
	sfu_open_way(a, c);
	/* A pause that the listener asked for leaves no hole. */
	struct sfu_heard *h = sfu_client_hears(c, a->track);
	rq = (struct lk_request){.kind = LK_REQ_TRACK_SETTING,
				 .track_setting = {.track_sids = sids,
						   .track_sids_n = 1,
						   .disabled = true}};
	sfu_client_send(c, &rq);
	sfu_settle(c);
	size_t before = h->packets, other = sfu_client_hears(b, a->track)->packets;
	for (int i = 0; i < 20; i++)
		sfu_client_say(a, 20, 1);
	sfu_until_hears(b, a->track, other + 20);
	assert_int_equal(h->packets, before);
	rq.track_setting.disabled = false;
	sfu_client_send(c, &rq);
	sfu_settle(c);
	for (int i = 0; i < 20; i++)
		sfu_client_say(a, 20, 1);
	sfu_until_hears(c, a->track, before + 20);
	assert_int_equal(h->missing, 0);
	rq = (struct lk_request){.kind = LK_REQ_SUBSCRIPTION,
				 .subscription = {.track_sids = sids, .track_sids_n = 1}};
	sfu_client_send(c, &rq);
	while (c->active)
		sfu_pass(&w, 10);
	/* Only bob may, says the one who speaks; and then cat too, by her number. */
	struct lk_track_permission may[] = {{.participant_identity = "bob", .all_tracks = true},
					    {.participant_sid = c->sid,
					     .track_sids = sids,
					     .track_sids_n = 1}};
	rq = (struct lk_request){.kind = LK_REQ_SUBSCRIPTION_PERMISSION,
				 .subscription_permission = {.track_permissions = may,
							     .track_permissions_n = 1}};
	sfu_client_send(a, &rq);
	rq = (struct lk_request){.kind = LK_REQ_SUBSCRIPTION,
				 .subscription = {.track_sids = sids,
						  .track_sids_n = 1,
						  .subscribe = true}};
	sfu_client_send(c, &rq);
	sfu_pass(&w, 400);
	assert_int_equal(c->active, 0);
	assert_int_equal(b->active, 1);
	size_t heard = c->heard_n;
	rq = (struct lk_request){.kind = LK_REQ_SUBSCRIPTION_PERMISSION,
				 .subscription_permission = {.track_permissions = may,
							     .track_permissions_n = 2}};
	sfu_client_send(a, &rq);
	while (c->heard_n == heard)
		sfu_pass(&w, 10);
}

/* -- Abuse ------------------------------------------------------------------------------------------ */

static void test_abuse(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob"),
			  *c = sfu_client_join(&w, "r", "cat"),
			  *d = sfu_client_join(&w, "r", "dan");
	/* Junk is skipped, the session goes on. */
	assert_int_equal(ws_send(a->ws, SPAN_LIT("\xff\xff junk"), true, NULL), 0);
	const struct lk_request bad[] = {
		{.kind = LK_REQ_ANSWER, .answer = {.type = "answer", .sdp = "v=0", .id = 99}},
		{.kind = LK_REQ_MUTE, .mute = {"TR_of_nobody", true}},
		{.kind = LK_REQ_TRICKLE, .trickle = {.candidate_init = "{"}},
		{.kind = LK_REQ_SYNC_STATE},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		sfu_client_send(a, &bad[i]);
	sfu_client_publish(a, "a", false);
	/* An offer that is none ends the session, so that the client begins anew. */
	const struct lk_request offer = {.kind = LK_REQ_OFFER,
					 .offer = {"offer", "v=0\r\n", 1, NULL, 0}};
	sfu_client_send(d, &offer);
	SFU_UNTIL(&w, sfu_is_closed, d);
	assert_int_equal(sfu_client_got(d, LK_RES_LEAVE, 0)->leave.action, LK_LEAVE_RECONNECT);
	assert_int_equal(ws_send(b->ws, SPAN_LIT("{}"), false, NULL), 0);
	SFU_UNTIL(&w, sfu_is_closed, b);
	assert_int_equal(b->close_code, 1003);
	struct lk_request ping = {.kind = LK_REQ_PING};
	/* However slow this machine is. */
	sfu_world_jump(&w, 1);
	for (int i = 0; i < 600; i++)
		sfu_client_send(c, &ping);
	SFU_UNTIL(&w, sfu_is_closed, c);
	assert_int_equal(c->close_code, 1008);
	AUTO_FREE char *big = mem_alloc(600 << 10);
	assert_int_equal(ws_send(a->ws, (struct span){big, 600 << 10}, true, NULL), 0);
	SFU_UNTIL(&w, sfu_is_closed, a);
	assert_int_equal(a->close_code, 1009);
}

static int teardown(void **state)
{
	(void)state;
	sfu_world_close(&w);
	return 0;
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_doors),	   LIVE(test_talk),	     LIVE(test_muted_first),
		LIVE(test_little_told),	   LIVE(test_gate),	     LIVE(test_loss),
		LIVE(test_loss_passed_on), LIVE(test_any_address),   LIVE(test_ipv6),
		LIVE(test_announced),	   LIVE(test_no_port),	     LIVE(test_permissions),
		LIVE(test_requests),	   LIVE(test_subscriptions), LIVE(test_abuse),
	};
	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
