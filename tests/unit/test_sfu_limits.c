/* What one person may ask of all the others, by an SFU from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/balance.h"
#include "tests/lib/sfu_wait.h"

#include <string.h>

static struct sfu_world w;
static struct sfu_client *ann, *bob;

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

static bool hears_bob(void *arg)
{
	(void)arg;
	struct sfu_heard *h = sfu_client_hears(ann, bob->track);
	if (h && h->packets)
		return true;
	sfu_client_say(bob, 20, 1);
	return false;
}

/* A flood of a thousand packets a second is not multiplied, and no hole is heard. */
static void test_flood(void **state)
{
	(void)state;
	sfu_client_publish(bob, "b", false);
	SFU_UNTIL(&w, hears_bob, NULL);
	const struct sfu_heard *h = sfu_client_hears(ann, bob->track);
	size_t before = h->packets;
	sfu_world_jump(&w, 20);
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 20; k++)
			sfu_client_say(bob, 20, 1);
		sfu_pass(&w, 20);
	}
	sfu_pass(&w, 100);
	assert_in_range(h->packets - before, 500, 900);
	assert_int_equal(h->missing + h->repeated, 0);
}

static bool is_refused(void *arg)
{
	return sfu_client_got(bob, LK_RES_REQUEST_RESPONSE, *(size_t *)arg);
}

static int ask(const char *cid, const char *name)
{
	const struct lk_request rq = {.kind = LK_REQ_ADD_TRACK,
				      .add_track = {.cid = cid, .name = name, .stream = "s"}};
	size_t from = bob->got_n;
	sfu_client_send(bob, &rq);
	SFU_UNTIL(&w, is_refused, &from);
	return sfu_client_got(bob, LK_RES_REQUEST_RESPONSE, from)->request_response.reason;
}

/* Tracks come and go, and everybody is told each time. */
static void test_tracks(void **state)
{
	(void)state;
	char name[300];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(ask("long", name), LK_RESULT_LIMIT_EXCEEDED);
	/* However slow this machine is. */
	sfu_world_jump(&w, 1);
	for (int i = 0; i < 20; i++) {
		AUTO_FREE char *cid = mem_printf("c%d", i);
		sfu_client_publish(bob, cid, false);
		sfu_client_offer(bob, false);
		bob->ssrc = 0;
	}
	assert_int_equal(ask("one more", "mic"), LK_RESULT_LIMIT_EXCEEDED);
}

/* Somebody who does nothing but come and go; after a while they may again. */
static void test_restless(void **state)
{
	(void)state;
	struct sfu_client *c = NULL;
	/* However slow this machine is. */
	sfu_world_jump(&w, 1);
	for (int i = 0; i < 10; i++)
		c = sfu_client_join(&w, "r", "cat");
	c = sfu_client_join(&w, "r", "cat");
	struct sfu_client *refused = sfu_client_new(&w, "r", "cat");
	sfu_client_enter(refused);
	SFU_UNTIL(&w, sfu_is_closed, refused);
	assert_int_equal(sfu_client_got(refused, LK_RES_LEAVE, 0)->leave.reason, LK_JOIN_FAILURE);
	assert_true(c->open);
	sfu_world_jump(&w, 250);
	sfu_pass(&w, 31000);
	sfu_client_enter(refused);
	assert_non_null(sfu_client_got(refused, LK_RES_JOIN, 0));
	assert_string_equal(sfu_presence_of(&w, "cat"), "present");
	assert_int_equal(w.presence_n, 3);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_flood),
		LIVE(test_tracks),
		LIVE(test_restless),
	};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
