/* What people are told of each other, by an SFU from outside: who speaks, who went while they were
 * away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/lib/balance.h"
#include "tests/lib/sfu_wait.h"

#include <string.h>

static struct sfu_world w;
static struct sfu_client *ann, *bob;

static bool hears_bob(void *arg)
{
	(void)arg;
	struct sfu_heard *h = sfu_client_hears(ann, bob->track);
	sfu_client_say(bob, 20, 1);
	return h && h->packets;
}

static int setup(void **state)
{
	(void)state;
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	ann = sfu_client_join(&w, "r", "ann");
	bob = sfu_client_join(&w, "r", "bob");
	sfu_client_connect(ann);
	sfu_client_connect(bob);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sfu_world_close(&w);
	return 0;
}

/* -- Who speaks --------------------------------------------------------------- */

/* The newest word about a person; NULL: none. */
static const struct lk_speaker *speaker(const struct sfu_client *c, const char *sid)
{
	for (size_t i = c->got_n; i-- > 0;) {
		const struct lk_response *r = &c->got[i];
		for (size_t k = 0;
		     r->kind == LK_RES_SPEAKERS_CHANGED && k < r->speakers_changed.speakers_n; k++)
			if (!strcmp(r->speakers_changed.speakers[k].sid, sid))
				return &r->speakers_changed.speakers[k];
	}
	return NULL;
}

static bool is_told_speaking(void *arg)
{
	const struct lk_speaker *s = speaker(ann, bob->sid);
	(void)arg;
	sfu_client_say(bob, 20, 1);
	return s && s->active && s->level > 0;
}

static bool is_told_silent(void *arg)
{
	const struct lk_speaker *s = speaker(ann, bob->sid);
	(void)arg;
	return s && !s->active;
}

/* In the middle of a word: nobody shows them as speaking for ever. */
static void test_speaker_ends(void **state)
{
	(void)state;
	sfu_client_publish(bob, "b", false);
	SFU_UNTIL(&w, hears_bob, NULL);
	SFU_UNTIL(&w, is_told_speaking, NULL);
	sfu_client_offer(bob, false);
	SFU_UNTIL(&w, is_told_silent, NULL);
}

static bool is_told_slowly(void *arg)
{
	const struct lk_speaker *s = speaker(ann, bob->sid);
	(void)arg;
	/* A packet of 60 ms each. */
	bob->timestamp += 2 * 960;
	sfu_client_say(bob, 20, 1);
	sfu_pass(&w, 60);
	return s && s->active;
}

/* Few packets, each of them long. */
static void test_long_packets(void **state)
{
	(void)state;
	sfu_client_publish(bob, "b", false);
	SFU_UNTIL(&w, hears_bob, NULL);
	sfu_world_jump(&w, 20);
	sfu_pass(&w, 1000);
	SFU_UNTIL(&w, is_told_slowly, NULL);
}

/* -- Who went -------------------------------------------------------------- */

static bool is_known_gone(void *arg)
{
	const struct lk_person *p = sfu_client_knows(ann, arg);
	return p && p->state == LK_DISCONNECTED;
}

static void leave(struct sfu_client *c)
{
	const struct lk_request rq = {.kind = LK_REQ_LEAVE};
	sfu_client_send(c, &rq);
	sfu_until_presence(&w, c->identity, "left");
}

/* One leaves, one comes anew, while somebody is away for a moment. */
static void test_gone_meanwhile(void **state)
{
	(void)state;
	struct sfu_client *cat = sfu_client_join(&w, "r", "cat"),
			  *dan = sfu_client_join(&w, "r", "dan");
	sfu_client_connect(cat);
	sfu_client_connect(dan);
	sfu_client_drop(ann);
	leave(bob);
	leave(cat);
	dan = sfu_client_join(&w, "r", "dan");
	cat = sfu_client_join(&w, "r", "cat");
	sfu_client_connect(cat);
	/* The others know by now; it is not told again for her alone. */
	sfu_pass(&w, 500);
	size_t from = ann->got_n;
	sfu_client_resume(ann);
	assert_int_equal(ann->got[from].kind, LK_RES_RECONNECT);
	SFU_UNTIL(&w, is_known_gone, bob->identity);
	assert_string_equal(sfu_client_knows(ann, "cat")->sid, cat->sid);
	assert_string_equal(sfu_client_knows(ann, "dan")->sid, dan->sid);
	assert_int_not_equal(sfu_client_knows(ann, "cat")->state, LK_DISCONNECTED);
	assert_int_not_equal(sfu_client_knows(ann, "dan")->state, LK_DISCONNECTED);
	/* Who left long ago is of no interest. */
	sfu_world_jump(&w, 250);
	sfu_pass(&w, 40000);
	sfu_client_drop(ann);
	from = ann->got_n;
	sfu_client_resume(ann);
	const struct lk_update *u = &sfu_until_got(ann, LK_RES_UPDATE, from)->update;
	assert_int_equal(u->participants_n, 3);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_speaker_ends),
		LIVE(test_long_packets),
		LIVE(test_gone_meanwhile),
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
