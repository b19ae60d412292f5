/* A full room, small enough for every test run: everybody comes in, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/opus.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/sfu/internal.h"
#include "tests/lib/crowd.h"
#include "tests/lib/crowd_priv.h"
#include "tests/lib/sfu_world.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

static struct sfu_world w;

struct full_room {
	struct crowd *crowd;
	bool (*done)(struct crowd *);
};

static bool look(void *arg)
{
	const struct full_room *r = arg;
	if (crowd_trouble(r->crowd))
		fail_msg("%s", crowd_trouble(r->crowd));
	return r->done(r->crowd);
}

static void until(struct crowd *c, bool (*done)(struct crowd *), const char *what)
{
	struct full_room r = {c, done};
	sfu_until(&w, look, &r, what);
}

static bool said_enough(struct crowd *c)
{
	return c->people[0].number_next - c->people[0].from >= 100;
}

static struct crowd *enter(int people, int open, int speak)
{
	static char url[64];
	const struct crowd_options o = {
		.url = url,
		.key = SFU_KEY,
		.secret = SFU_SECRET,
		.room = "hall",
		.people = people,
		.open = open,
		.speak = speak,
	};
	struct err err = {0};
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d", w.port);
	struct crowd *c = crowd_new(w.loop, &o, &err);
	if (!c)
		fail_msg("%s", err.msg);
	crowd_enter_publishers(c);
	until(c, crowd_is_in, "the publishers are in");
	crowd_talk(c);
	crowd_enter_listeners(c);
	until(c, crowd_is_in, "everybody is in");
	until(c, crowd_hears, "everybody hears");
	crowd_begin(c);
	return c;
}

static void leave(struct crowd *c, struct crowd_report *ret)
{
	until(c, said_enough, "something was said");
	crowd_end(c);
	until(c, crowd_has_all, "all of it arrived");
	crowd_report(c, ret);
	crowd_free(c);
}

static void test_full(void **state)
{
	struct crowd_report r;
	(void)state;
	sfu_world_open(&w);
	leave(enter(40, 6, 3), &r);
	assert_int_equal(r.in, 40);
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.repeated, 0);
	assert_int_equal(r.expected, r.said * 39);
	/* Those who are silent are not among the loudest: nobody gets their packets. */
	assert_int_equal(r.others, 0);
	sfu_world_close(&w);
}

/* Some come and go all the time, listeners and publishers: the others hear all of it. */
static void test_churn(void **state)
{
	struct crowd_report r;
	(void)state;
	sfu_world_open(&w);
	struct crowd *c = enter(24, 8, 2);
	crowd_churn(c, 20);
	until(c, said_enough, "something was said");
	crowd_churn(c, 0);
	until(c, crowd_is_in, "everybody is in again");
	leave(c, &r);
	assert_true(r.moves > 0);
	assert_int_equal(r.unhappy, 0);
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.repeated, 0);
	sfu_world_close(&w);
}

/* What keeps the SFU from work: until something was said, and for so long that it is old then. */
struct held_up {
	atomic_bool began, said;
	uint32_t from;
};

static void hold_up(void *arg)
{
	struct held_up *h = arg;
	const struct timespec nap = {0, 1000000};
	atomic_store(&h->began, true);
	while (!atomic_load(&h->said))
		nanosleep(&nap, NULL);
	for (int64_t until = clock_mono_ms() + 2 * SFU_STALE_MS; clock_mono_ms() < until;)
		nanosleep(&nap, NULL);
}

static bool is_held_up(void *arg)
{
	return atomic_load(&((struct held_up *)arg)->began);
}

static struct held_up held;

static bool said_some(struct crowd *c)
{
	return c->people[0].number_next - held.from >= 20;
}

/* Who was kept from work for a while does not pass on what is old by then, and nobody misses it. */
static void test_stale(void **state)
{
	struct sfu_stats st;
	(void)state;
	if (!os_udp_knows_waited()) /* nothing says how old a datagram is */
		skip();
	w.opt.stale_ms = SFU_STALE_MS;
	sfu_world_open(&w);
	w.opt.stale_ms = 0;
	struct crowd *c = enter(5, 1, 1);
	held = (struct held_up){0};
	loop_post(worker_loop(w.sfu->worker), hold_up, &held);
	SFU_UNTIL(&w, is_held_up, &held);
	/* Nobody is asked anything meanwhile: the question would wait, and who asks not speak. */
	held.from = c->people[0].number_next;
	until(c, said_some, "something was said to nobody");
	atomic_store(&held.said, true);
	until(c, said_enough, "something was said");
	struct crowd_report r;
	crowd_end(c);
	crowd_report(c, &r);
	sfu_stats(w.sfu, &st);
	assert_true(st.stale > 0);
	assert_true(r.lost >= st.stale * 4);
	assert_int_equal(r.numbers_lost, 0);
	crowd_free(c);
	sfu_world_close(&w);
}

static struct sfu_stats before;
static uint64_t forged[CROWD_FORGERIES];

/* All that was sent has been counted. */
static bool is_counted(void *arg)
{
	struct sfu_stats st;
	uint64_t all = 0;
	(void)arg;
	sfu_stats(w.sfu, &st);
	for (int i = 0; i < CROWD_FORGERIES; i++)
		all += forged[i];
	return st.forged + st.replayed + st.malformed + st.unexpected + st.strangers + st.too_long -
		       before.forged - before.replayed - before.malformed - before.unexpected -
		       before.strangers - before.too_long >=
	       all;
}

/* A few at once, so that no buffer of the system's overflows. */
static void forge(struct crowd *c)
{
	for (int round = 0; round < 20; round++) {
		for (int kind = 0; kind < CROWD_FORGERIES; kind++)
			forged[kind] += (uint64_t)crowd_forge_now(c, (enum crowd_forgery)kind, 10);
		SFU_UNTIL(&w, is_counted, NULL);
	}
}

/* From outside, from the addresses of those who are there: each is counted, nobody hears it. */
static void test_forged(void **state)
{
	struct crowd_report r;
	struct sfu_stats st;
	(void)state;
	sfu_world_open(&w);
	struct crowd *c = enter(12, 2, 2);
	sfu_stats(w.sfu, &before);
	memset(forged, 0, sizeof(forged));
	forge(c);
	leave(c, &r);
	sfu_stats(w.sfu, &st);
	for (int kind = 0; kind < CROWD_FORGERIES; kind++)
		assert_int_equal(forged[kind], 200);
	assert_true(st.forged - before.forged >= forged[CROWD_RTCP]);
	assert_true(st.replayed - before.replayed >= forged[CROWD_REPLAY]);
	/* Random numbers of RTP are too old to be looked at in part of the cases. */
	assert_true(st.forged - before.forged + st.replayed - before.replayed >=
		    forged[CROWD_RTP] + forged[CROWD_RTCP] + forged[CROWD_REPLAY]);
	assert_int_equal(st.too_long - before.too_long, forged[CROWD_OVERSIZE]);
	assert_true(st.unexpected - before.unexpected >= forged[CROWD_DTLS] + forged[CROWD_SHORT]);
	assert_true(st.strangers - before.strangers >= forged[CROWD_STUN] + forged[CROWD_STRANGER]);
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.repeated, 0);
	assert_int_equal(r.others, 0);
	sfu_world_close(&w);
}

/* What did not come, what came twice and what came late is told, of each voice. */
static void test_counts(void **state)
{
	static const uint32_t came[] = {0, 1, 3, 2, 2, 5, 9, 10};
	const struct crowd_options o = {.url = "ws://127.0.0.1:1",
					.key = "k",
					.secret = "s",
					.room = "r",
					.people = 3,
					.open = 2,
					.speak = 2};
	struct crowd_report r;
	struct err err = {0};
	(void)state;
	struct loop *l = loop_new();
	struct crowd *c = crowd_new(l, &o, &err);
	if (!c)
		fail_msg("%s", err.msg);
	c->came = 3;
	crowd_begin(c);
	c->people[0].number_next = 10;
	crowd_end(c); /* the last was said after it */
	for (size_t i = 0; i < ARRAY_LEN(came); i++) {
		struct crowd_frame *f = &c->sounds.speech[i];
		const struct crowd_tag t = {0, came[i], crowd_us()};
		crowd_tag_put(f, &t);
		const struct rtp p = {.payload = {(const char *)f->p, f->n}};
		crowd_person_hear(&c->people[2], &p);
	}
	crowd_report(c, &r);
	assert_int_equal(r.voices_n, 2);
	assert_int_equal(r.voices[0].said, 10);
	assert_int_equal(r.voices[0].expected, 20);
	assert_int_equal(r.voices[0].heard, 6); /* 0, 1, 2, 3, 5, 9 */
	assert_int_equal(r.voices[0].repeated, 1);
	assert_int_equal(r.voices[0].reordered, 1);
	assert_int_equal(r.lost, 14);
	assert_int_equal(r.unhappy, 2);
	assert_false(crowd_has_all(c));
	crowd_free(c);
	loop_free(l);
}

/* What speakers send is Opus like any other: the tag is in what decoders skip. */
static void test_frames(void **state)
{
	struct crowd_sounds *s = NEW(struct crowd_sounds);
	struct opus_dec *a, *b;
	int16_t with[OPUS_SAMPLES_MAX], without[OPUS_SAMPLES_MAX];
	double loud = 0;
	(void)state;
	assert_int_equal(crowd_sounds_make(s, NULL), 0);
	assert_int_equal(opus_dec_new(&a, NULL), 0);
	assert_int_equal(opus_dec_new(&b, NULL), 0);
	for (int i = 0; i < CROWD_FRAMES; i++) {
		struct crowd_frame *f = &s->speech[i];
		struct crowd_tag t = {7, (uint32_t)i, 123456789}, got;
		struct span p = {(const char *)f->p, f->n};
		assert_int_equal(opus_dec_run(b, p, without), AUDIO_TICK_SAMPLES);
		crowd_tag_put(f, &t);
		assert_int_equal(opus_dec_run(a, p, with), AUDIO_TICK_SAMPLES);
		assert_memory_equal(with, without, AUDIO_TICK_SAMPLES * sizeof(with[0]));
		assert_true(crowd_tag_get(p, &got));
		assert_int_equal(got.voice, 7);
		assert_int_equal(got.number, i);
		assert_int_equal(got.sent_us, 123456789);
		for (int k = 0; k < AUDIO_TICK_SAMPLES; k++)
			loud += with[k] * with[k];
	}
	assert_true(loud / CROWD_FRAMES / AUDIO_TICK_SAMPLES > 100 * 100);
	assert_false(crowd_tag_get(SPAN_LIT("no frame of a crowd's at all, whatever"), NULL));
	opus_dec_free(a);
	opus_dec_free(b);
	mem_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_full),   cmocka_unit_test(test_forged),
		cmocka_unit_test(test_stale),  cmocka_unit_test(test_churn),
	};
	os_raise_nofile();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
