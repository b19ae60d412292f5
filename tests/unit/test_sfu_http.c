/*
 * WHEP and WHIP on the SFU itself: who listens hears the loudest in sections
 * that never change, who speaks is heard by LiveKit's people, and both are
 * gone when their connection is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/lib/sfu_program.h"
#include "tests/lib/sfu_wait.h"

#include <string.h>

#define ROOM "r"

static struct sfu_world *const w = &sfu_programs.w;
static struct sfu_program *const x = &sfu_programs.x, *const y = &sfu_programs.y;

static size_t section_of(const struct sfu_program *q, uint8_t byte)
{
	for (size_t i = 0; i < q->sections; i++)
		if (q->packets[i] && q->last[i] == byte)
			return i;
	return SFU_SECTIONS_HEARD;
}

struct search {
	struct sfu_program *q;
	struct sfu_client *who;
	uint8_t byte;
};

static bool found(void *arg)
{
	struct search *s = arg;
	sfu_program_connected(s->q);
	sfu_client_say(s->who, 20, s->byte);
	return section_of(s->q, s->byte) < SFU_SECTIONS_HEARD;
}

/* Three sections: each of the three loudest has one, under a number that stays. */
static void test_three_sections(void **state)
{
	struct sfu_client *c[3];
	static const char *const names[] = {"a", "b", "c"};
	(void)state;
	for (int i = 0; i < 3; i++) {
		c[i] = sfu_client_join(w, ROOM, names[i]);
		sfu_client_publish(c[i], "mic", false);
	}
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 3);
	assert_int_equal(x->sections, 3);
	sfu_until_presence(w, x->identity, "present");
	for (int i = 0; i < 3; i++) {
		struct search s = {x, c[i], (uint8_t)('A' + i)};
		SFU_UNTIL(w, found, &s);
	}
	for (int i = 0; i < 3; i++)
		sfu_program_talk(x, c[i], section_of(x, (uint8_t)('A' + i)), 20, (uint8_t)('A' + i),
				 20);
	/* Others hear of them as of everybody. */
	const struct lk_person *p = sfu_client_knows(c[0], x->identity);
	assert_non_null(p);
	assert_int_equal(p->tracks_n, 0);
	/* Who is muted makes way; somebody else speaks there, without a hole. */
	size_t there = section_of(x, 'B');
	struct sfu_client *d = sfu_client_join(w, ROOM, "d");
	sfu_client_publish(d, "mic", false);
	sfu_client_mute(c[1], true);
	sfu_settle(c[1]); /* before that, whoever was silent for long makes way */
	sfu_program_talk(x, d, there, 20, 'D', 20);
	sfu_program_whole(x);
	assert_int_equal(sfu_program_ask(x, SFU_ASK_END, "", SPAN_LIT("")), 200);
	sfu_until_presence(w, x->identity, "left");
	assert_int_equal(sfu_program_ask(x, SFU_ASK_END, "", SPAN_LIT("")), 404);
	sfu_program_done(x);
}

/* One section: the loudest of all; another comes in after a pause, at once. */
static void test_one_section(void **state)
{
	struct sfu_client *a, *b;
	(void)state;
	a = sfu_client_join(w, ROOM, "a");
	sfu_client_publish(a, "mic", false);
	b = sfu_client_join(w, ROOM, "b");
	sfu_client_publish(b, "mic", false);
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	assert_int_equal(x->sections, 1);
	sfu_program_talk(x, a, 0, 20, 'A', 30);
	/* FNV-1a of "a", as every table of it has. */
	assert_memory_equal(x->csrc[0], "\xe4\x0c\x29\x2c", 4);
	sfu_program_talk(x, b, 0, 20, 'B',
			 30); /* `a` is silent, which it must be for a while first */
	assert_memory_equal(x->csrc[0], "\xe7\x0c\x2d\xe5", 4);
	sfu_program_talk(x, a, 0, 20, 'A', 30);
	sfu_program_whole(x);
	assert_true(x->markers[0] >= 3);
	sfu_program_done(x);
}

struct outgoing {
	struct sfu_program *q;
	struct sfu_client *to;
};

static bool arrived(void *arg)
{
	struct outgoing *o = arg;
	char payload[40];
	memset(payload, 'W', sizeof(payload));
	const struct rtp_out r = {.pt = o->q->pt,
				  .seq = o->q->seq,
				  .timestamp = o->q->seq * 960u,
				  .ssrc = o->q->ssrc,
				  .payload = {payload, sizeof(payload)}};
	sfu_program_connected(o->q);
	o->q->seq++;
	peer_send(o->q->peer, clock_mono_ms(), &r);
	for (size_t i = 0; i < o->to->heard_n; i++)
		if (o->to->heard[i]->packets > 20 && o->to->heard[i]->last == 'W')
			return true;
	return false;
}

/* A program that speaks: an ordinary person with a track; silenced, it stays and is not heard. */
static void test_speaks(void **state)
{
	struct sfu_client *l = sfu_client_join(w, ROOM, "l");
	(void)state;
	sfu_client_connect(l);
	sfu_program_join(w, x, true, ROOM, "@t:hs:OBS", 1);
	sfu_until_presence(w, x->identity, "present");
	struct outgoing o = {x, l};
	SFU_UNTIL(w, arrived, &o);
	const struct lk_person *p = sfu_client_knows(l, x->identity);
	assert_non_null(p);
	assert_int_equal(p->tracks_n, 1);
	assert_false(p->tracks[0].muted);
	sfu_permit(w->sfu, ROOM, x->identity, false, false);
	struct sfu_view v = {.c = l, .who = x->identity, .n = 1};
	SFU_UNTIL(w, sfu_sees_muted, &v);
	sfu_permit(w->sfu, ROOM, x->identity, true, false);
	v.n = 0;
	SFU_UNTIL(w, sfu_sees_muted, &v);
	/* Again with the same name: it takes the older one's place, and was never gone. */
	sfu_program_join(w, y, true, ROOM, "@t:hs:OBS", 1);
	assert_int_equal(sfu_program_ask(x, SFU_ASK_END, "", SPAN_LIT("")), 404);
	assert_string_equal(sfu_presence_of(w, y->identity), "present");
	assert_true(sfu_remove(w->sfu, ROOM, y->identity));
	sfu_until_presence(w, y->identity, "removed");
	sfu_program_done(x);
	sfu_program_done(y);
}

/* Without consent it is over; who never connected was never there. */
static void test_ends(void **state)
{
	(void)state;
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	sfu_until_presence(w, x->identity, "present");
	assert_int_equal(sfu_program_come(w, y, false, ROOM, "@m:hs:DEV", 1), 201);
	struct sfu_stats st;
	sfu_stats(w->sfu, &st);
	assert_int_equal(st.people, 2);
	x->deaf = true;
	sfu_world_jump(w, 400);
	sfu_until_presence(w, x->identity, "lost");
	for (int i = 0; i < 200; i++) {
		sfu_stats(w->sfu, &st);
		if (!st.people)
			break;
		sfu_pass(w, 1000);
	}
	assert_int_equal(st.people, 0);
	assert_string_equal(sfu_presence_of(w, "@m:hs:DEV"), "");
	sfu_program_done(x);
	sfu_program_done(y);
}

static void put_fragment(struct buf *b, const char *ufrag, const char *pwd)
{
	buf_printf(b,
		   "a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\n"
		   "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=end-of-candidates\r\n",
		   ufrag, pwd);
}

/* New credentials on both sides, and sound goes on. */
static void test_restart(void **state)
{
	struct sfu_client *a = sfu_client_join(w, ROOM, "a");
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	struct sdp f = {0};
	struct sdp_transport t;
	char before[64];
	(void)state;
	sfu_client_publish(a, "mic", false);
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	sfu_program_talk(x, a, 0, 20, 'A', 10);
	peer_transport(x->peer, &t);
	AUTO_FREE char *ufrag = span_dup(t.ufrag), *pwd = span_dup(t.pwd);
	put_fragment(&b, ufrag, pwd);
	memcpy(before, x->etag, sizeof(before));
	assert_int_equal(sfu_program_ask(x, SFU_ASK_PATCH, "", buf_span(&b)), 428);
	assert_int_equal(sfu_program_ask(x, SFU_ASK_PATCH, "\"other\"", buf_span(&b)), 412);
	assert_int_equal(sfu_program_ask(x, SFU_ASK_PATCH, x->etag, SPAN_LIT("nonsense")), 400);
	assert_int_equal(sfu_program_ask(x, SFU_ASK_PATCH, x->etag, buf_span(&b)), 204);
	assert_string_equal(x->etag, before);
	peer_restart(x->peer, clock_mono_ms());
	peer_transport(x->peer, &t);
	AUTO_FREE char *ufrag2 = span_dup(t.ufrag), *pwd2 = span_dup(t.pwd);
	buf_clear(&b);
	put_fragment(&b, ufrag2, pwd2);
	assert_int_equal(sfu_program_ask(x, SFU_ASK_PATCH, "*", buf_span(&b)), 200);
	assert_string_not_equal(x->etag, before);
	AUTO_FREE char *whole = mem_printf("v=0\r\n%s", x->answer);
	assert_int_equal(sdp_parse(span_of(whole), &f, NULL), 0);
	struct sdp_transport theirs = f.media[0].transport;
	assert_true(theirs.ufrag.n && theirs.pwd.n && f.media[0].candidates_n);
	/* A program keeps what was agreed on before. */
	theirs.fingerprint_hash = SPAN_LIT("sha-256");
	theirs.fingerprint = (struct span){NULL, 0};
	assert_int_equal(ice_set_remote(peer_ice(x->peer), clock_mono_ms(), theirs.ufrag,
					theirs.pwd, true, NULL),
			 0);
	for (size_t i = 0; i < f.media[0].candidates_n; i++)
		peer_add_candidate(x->peer, clock_mono_ms(), f.media[0].candidates[i], NULL);
	sdp_done(&f);
	SFU_UNTIL(w, sfu_program_connected, x);
	sfu_program_talk(x, a, 0, 20, 'B', 30);
	sfu_program_whole(x);
	sfu_program_done(x);
}

static void test_refused(void **state)
{
	struct sfu_client *a = sfu_client_join(w, ROOM, "a");
	(void)state;
	(void)a;
	/* The wrong way round. */
	sfu_program_open(w, x, false, ROOM, "@l:hs:DEV");
	AUTO(buf_done) struct buf b = BUF_INIT(SDP_BYTES_MAX);
	x->speaks = true;
	sfu_program_offer(x, 1, &b);
	x->speaks = false;
	assert_int_equal(sfu_program_ask(x, SFU_ASK_START, "", buf_span(&b)), 422);
	x->speaks = true;
	assert_int_equal(sfu_program_ask(x, SFU_ASK_START, "", SPAN_LIT("v=0\r\n")), 400);
	sfu_program_done(x);
	assert_int_equal(sfu_program_come(w, x, true, ROOM, "@l:hs:DEV", 2), 422); /* two sounds */
	sfu_program_done(x);
	/* A device that has signalling, too. */
	assert_int_equal(sfu_program_come(w, x, false, ROOM, "a", 1), 409);
	sfu_program_done(x);
	/* Who comes and goes all the time, however slow this machine is; counted are only those who
	 * were there. */
	sfu_world_jump(w, 1);
	int last = 0;
	for (int i = 0; i < 20 && last != 429; i++) {
		last = sfu_program_come(w, y, false, ROOM, "@n:hs:DEV", 1);
		if (last == 201)
			assert_int_equal(sfu_program_ask(y, SFU_ASK_END, "", SPAN_LIT("")), 200);
		sfu_program_done(y);
	}
	assert_int_equal(last, 429);
	w->refuse = true;
	assert_int_equal(sfu_program_come(w, x, false, ROOM, "@o:hs:DEV", 1), 403);
	sfu_program_done(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SFU_PROGRAMS_TEST(test_three_sections), SFU_PROGRAMS_TEST(test_one_section),
		SFU_PROGRAMS_TEST(test_speaks),		SFU_PROGRAMS_TEST(test_ends),
		SFU_PROGRAMS_TEST(test_restart),	SFU_PROGRAMS_TEST(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
