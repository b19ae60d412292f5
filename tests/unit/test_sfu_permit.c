/*
 * Who may not be heard is muted by the SFU and stays in the call: nothing that they send is
 * ever passed on, in whatever order things happen. SEED=n runs one order, STEPS=n a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/sfu_wait.h"

#include <stdlib.h>
#include <string.h>

#define SPEAKERS 3
#define SEEDS 4
#define BURST 5

static struct sfu_world w;
static bool allowed[SPEAKERS];

static int index_of(const char *identity)
{
	return identity[0] == 's' && identity[1] ? identity[1] - '0' : -1;
}

/* "s0" to "s2" by what is allowed now; others by their tokens. */
static void permit(const char *room, const char *identity, struct sfu_permit *ret)
{
	int i = index_of(identity);
	(void)room;
	if (i < 0)
		return;
	ret->known = true;
	ret->publish = allowed[i];
}

static int setup(void **state)
{
	(void)state;
	w = (struct sfu_world){.permit = permit};
	memset(allowed, 0, sizeof(allowed));
	sfu_world_open(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sfu_world_close(&w);
	return 0;
}

static void allow(const char *identity, bool yes)
{
	allowed[index_of(identity)] = yes;
	sfu_permit(w.sfu, "r", identity, yes, false);
}

static bool sees_permission(void *arg)
{
	const struct sfu_view *v = arg;
	const struct lk_person *p = sfu_client_knows(v->c, v->who);
	return p && p->permission.can_publish == (v->n != 0);
}

static bool is_through(void *arg)
{
	const uint64_t *want = arg;
	struct sfu_stats s;
	sfu_stats(w.sfu, &s);
	return s.packets_in >= *want;
}

/* Somebody speaks; how many packets went to listeners. */
static uint64_t speak(struct sfu_client *c, int n)
{
	struct sfu_stats before, after;
	sfu_stats(w.sfu, &before);
	uint64_t want = before.packets_in + (uint64_t)n;
	for (int i = 0; i < n; i++)
		sfu_client_say(c, 10, 1);
	SFU_UNTIL(&w, is_through, &want);
	sfu_stats(w.sfu, &after);
	return after.packets_out - before.packets_out;
}

static void test_from_the_start(void **state)
{
	(void)state;
	struct sfu_client *l = sfu_client_join(&w, "r", "lis"), *s = sfu_client_join(&w, "r", "s0");
	assert_false(s->got[0].join.participant.permission.can_publish);
	assert_false(s->got[0].join.fast_publish);
	sfu_client_connect(l);
	sfu_client_publish(s, "a", false);
	const struct lk_response *r = sfu_client_got(s, LK_RES_TRACK_PUBLISHED, 0);
	assert_true(r->track_published.track.muted);
	r = sfu_until_got(s, LK_RES_MUTE, 0);
	assert_string_equal(r->mute.sid, s->track);
	assert_true(r->mute.muted);
	assert_int_equal(speak(s, BURST), 0);
	struct sfu_view v = {.c = s, .who = "s0", .n = 1};
	allow("s0", true);
	SFU_UNTIL(&w, sees_permission, &v);
	/* Nobody's microphone is opened for them. */
	assert_int_equal(speak(s, BURST), 0);
	sfu_client_mute(s, false);
	sfu_until_offered(l, s->track);
	sfu_open_way(s, l);
	assert_true(speak(s, BURST) > 0);
}

static void test_taken_away(void **state)
{
	(void)state;
	allowed[0] = true;
	struct sfu_client *l = sfu_client_join(&w, "r", "lis"), *s = sfu_client_join(&w, "r", "s0");
	sfu_client_connect(l);
	sfu_client_publish(s, "a", false);
	sfu_until_offered(l, s->track);
	sfu_open_way(s, l);
	size_t from = s->got_n;
	allow("s0", false);
	sfu_until_got(s, LK_RES_MUTE, from);
	struct sfu_view v = {.c = l, .who = "s0", .n = 1};
	SFU_UNTIL(&w, sfu_sees_muted, &v);
	v.n = 0;
	SFU_UNTIL(&w, sees_permission, &v);
	assert_int_equal(speak(s, BURST), 0);
	/* Trying again is answered. */
	from = s->got_n;
	sfu_client_mute(s, false);
	assert_true(sfu_until_got(s, LK_RES_MUTE, from)->mute.muted);
	assert_int_equal(speak(s, BURST), 0);
	/* So is a new offer: the track goes on, silent. */
	sfu_client_offer(s, true);
	assert_int_equal(speak(s, BURST), 0);
	assert_int_equal(sfu_client_knows(l, "s0")->tracks_n, 1);
	assert_false(s->closed);
	assert_string_equal(sfu_presence_of(&w, "s0"), "present");
}

static bool has_active(void *arg)
{
	const struct sfu_view *v = arg;
	return v->c->active == v->n;
}

/* As a host's UpdateParticipant says it. */
static void let_hear(const char *identity, bool yes)
{
	const struct lk_permission m = {.can_subscribe = yes, .can_publish = true};
	struct lk_person now;
	int result = -1;
	assert_true(sfu_update(w.sfu, "r", identity, NULL, &m, &result, &now));
	assert_int_equal(result, LK_RESULT_OK);
	assert_true(now.permission.can_subscribe == yes);
	lk_person_done(&now);
}

/* Whoever may no longer hear loses what they heard, at once, and gets it back. */
static void test_hearing_taken_away(void **state)
{
	(void)state;
	allowed[0] = true;
	struct sfu_client *l = sfu_client_join(&w, "r", "lis"), *s = sfu_client_join(&w, "r", "s0");
	struct sfu_client *o = sfu_client_join(&w, "r", "oth");
	sfu_client_connect(l);
	sfu_client_publish(s, "a", false);
	sfu_until_offered(l, s->track);
	sfu_until_offered(o, s->track);
	sfu_open_way(s, l);
	sfu_open_way(s, o);
	let_hear("lis", false);
	/* Each packet goes to the other one alone. */
	struct sfu_stats from, to;
	sfu_stats(w.sfu, &from);
	speak(s, BURST);
	sfu_stats(w.sfu, &to);
	assert_int_equal(to.packets_out - from.packets_out, to.packets_in - from.packets_in);
	struct sfu_view v = {.c = l, .n = 0};
	SFU_UNTIL(&w, has_active, &v);
	/* Who comes now is not for them either. */
	struct sfu_client *t = sfu_client_join(&w, "r", "new");
	sfu_client_publish(t, "b", false);
	sfu_until_offered(o, t->track);
	assert_null(sfu_client_hears(l, t->track));
	size_t before = l->heard_n;
	let_hear("lis", true);
	v.n = 2;
	SFU_UNTIL(&w, has_active, &v);
	assert_int_equal(l->heard_n, before + 2);
	sfu_open_way(s, l);
	sfu_open_way(t, l);
}

/* A token that was renewed meanwhile must not say more than holds. */
static void test_token(void **state)
{
	(void)state;
	struct sfu_client *s = sfu_client_new(&w, "r", "s0");
	struct token t;
	s->grant.expires_ms = s->grant.not_before_ms + 4000;
	sfu_client_enter(s);
	const struct lk_response *r = sfu_until_got(s, LK_RES_REFRESH_TOKEN, 0);
	assert_int_equal(token_verify(span_of(r->refresh_token), SPAN_LIT(SFU_SECRET),
				      s->grant.not_before_ms + 2000, &t, NULL),
			 0);
	assert_false(t.publish);
}

static void test_end(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"), *b = sfu_client_join(&w, "r", "s0");
	struct sfu_client *c = sfu_client_join(&w, "elsewhere", "cat");
	assert_false(sfu_end(w.sfu, "nowhere"));
	assert_true(sfu_end(w.sfu, "r"));
	SFU_UNTIL(&w, sfu_is_closed, a);
	SFU_UNTIL(&w, sfu_is_closed, b);
	const struct lk_response *r = sfu_client_got(b, LK_RES_LEAVE, 0);
	assert_int_equal(r->leave.reason, LK_ROOM_DELETED);
	assert_int_equal(r->leave.action, LK_LEAVE_DISCONNECT);
	assert_string_equal(sfu_presence_of(&w, "ann"), "ended");
	assert_false(sfu_end(w.sfu, "r"));
	assert_false(c->closed);
}

/* -- Any order ------------------------------------------------------------------- */

static uint64_t dice;
static unsigned steps_heard, steps_silent;

static unsigned roll(unsigned n)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % n;
}

struct one {
	struct sfu_client *c;
	char name[16];
	bool muted;
};

static void come_back(struct one *o)
{
	sfu_client_connect(o->c);
	sfu_pass(&w, 10);
	sfu_client_drop(o->c);
	if (roll(2))
		allow(o->name, roll(2));
	sfu_client_resume(o->c);
}

static void listen_and_look(struct one *o, struct sfu_client *l)
{
	sfu_settle(o->c);
	bool silent = !allowed[index_of(o->name)] || o->muted;
	if (!silent) {
		sfu_until_offered(l, o->c->track);
		sfu_open_way(o->c, l);
		assert_true(speak(o->c, BURST) > 0);
		steps_heard++;
	} else {
		assert_int_equal(speak(o->c, BURST), 0);
		steps_silent++;
	}
}

static void act(struct one *o)
{
	switch (roll(5)) {
	case 0:
	case 1:
		allow(o->name, roll(2));
		break;
	case 2:
		o->muted = !o->muted;
		sfu_client_mute(o->c, o->muted);
		break;
	case 3:
		come_back(o);
		break;
	case 4:
		sfu_client_offer(o->c, true);
		break;
	}
	/* Who was silenced must say anew that they speak: as clients do, who are told to be mute. */
	if (!allowed[index_of(o->name)])
		o->muted = true;
}

static void run(uint64_t seed, int steps)
{
	struct one all[SPEAKERS];
	dice = seed;
	for (int i = 0; i < SPEAKERS; i++)
		allowed[i] = roll(2);
	struct sfu_client *l = sfu_client_join(&w, "r", "lis");
	sfu_client_connect(l);
	for (int i = 0; i < SPEAKERS; i++) {
		struct one *o = &all[i];
		snprintf(o->name, sizeof(o->name), "s%d", i);
		o->c = sfu_client_join(&w, "r", o->name);
		sfu_client_publish(o->c, o->name, false);
		o->muted = !allowed[i];
	}
	for (int i = 0; i < steps; i++) {
		struct one *o = &all[roll(SPEAKERS)];
		act(o);
		if (roll(3) == 0) {
			/* Also those who only try. */
			sfu_client_mute(o->c, false);
			o->muted = !allowed[index_of(o->name)];
		}
		listen_and_look(o, l);
	}
}

static void test_any_order(void **state)
{
	(void)state;
	const char *seed = getenv("SEED"), *steps = getenv("STEPS");
	uint64_t from = seed ? strtoull(seed, NULL, 10) : 1;
	steps_heard = steps_silent = 0;
	for (uint64_t i = from; i < from + (seed ? 1 : SEEDS); i++) {
		run(i, steps ? (int)strtol(steps, NULL, 10) : 25);
		teardown(NULL);
		setup(NULL);
	}
	assert_true(seed || (steps_heard > 10 && steps_silent > 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_from_the_start, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hearing_taken_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_token, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_order, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
