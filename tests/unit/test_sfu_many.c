/* More voices than one listener is offered: who speaks gets the place of who is silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/balance.h"
#include "tests/lib/sfu_world.h"

#include <string.h>

#define VOICES 30
#define OFFERED 25
#define SECTIONS 32

static struct sfu_world w;
static struct sfu_client *ear, *voice[VOICES];

static bool is_settled(void *arg)
{
	(void)arg;
	return ear->active == OFFERED;
}

/* Is this voice in the newest offer? */
static bool in_offer(const struct sfu_client *c)
{
	const struct lk_response *r = sfu_client_got(ear, LK_RES_OFFER, 0);
	for (size_t i = 0; i < r->offer.mid_to_track_id_n; i++)
		if (!strcmp(r->offer.mid_to_track_id[i].value, c->track))
			return true;
	return false;
}

static bool is_offered(void *arg)
{
	return in_offer(arg);
}

struct speaking {
	struct sfu_client *who;
	size_t packets;
};

static bool hears_enough(void *arg)
{
	const struct speaking *s = arg;
	struct sfu_heard *h = sfu_client_hears(ear, s->who->track);
	sfu_client_say(s->who, 20, 1);
	return h && h->packets >= s->packets;
}

/* They speak until they are heard. */
static void speak(struct sfu_client *c)
{
	struct sfu_heard *h = sfu_client_hears(ear, c->track);
	struct speaking s = {c, (h ? h->packets : 0) + 5};
	SFU_UNTIL(&w, hears_enough, &s);
}

static void test_many(void **state)
{
	(void)state;
	sfu_world_open(&w);
	ear = sfu_client_join(&w, "hall", "ear");
	sfu_client_connect(ear);
	for (int i = 0; i < VOICES; i++) {
		AUTO_FREE char *name = mem_printf("voice %d", i);
		voice[i] = sfu_client_new(&w, "hall", name);
		voice[i]->grant.subscribe = false;
		sfu_client_enter(voice[i]);
		sfu_client_publish(voice[i], name, false);
	}
	SFU_UNTIL(&w, is_settled, NULL);
	/* Those who speak have a place, whoever had it before. */
	sfu_world_jump(&w, 100);
	for (int i = 0; i < VOICES; i++) {
		speak(voice[i]);
		assert_true(in_offer(voice[i]));
		assert_true(ear->active <= OFFERED);
		assert_true(ear->sections <= SECTIONS);
		/* The last ones who spoke are still there. */
		for (int k = i; k >= 0 && k > i - 20; k--)
			assert_true(in_offer(voice[k]));
		sfu_pass(&w, 800);
	}
	SFU_UNTIL(&w, is_settled, NULL);
	/* A place that becomes free goes to who spoke last of those without one. */
	int without = VOICES - 1;
	while (in_offer(voice[without]))
		without--;
	assert_true(without >= 0);
	const struct lk_request leave = {.kind = LK_REQ_LEAVE};
	sfu_client_send(voice[VOICES - 1], &leave);
	SFU_UNTIL(&w, is_offered, voice[without]);
	SFU_UNTIL(&w, is_settled, NULL);
	speak(voice[without]);
	for (size_t i = 0; i < ear->heard_n; i++)
		assert_int_equal(ear->heard[i]->repeated, 0);
	/* Who comes late is offered those who spoke last, with the first offer. */
	struct sfu_client *late = sfu_client_join(&w, "hall", "late");
	sfu_client_connect(late);
	assert_int_equal(late->active, OFFERED);
	assert_non_null(sfu_client_hears(late, voice[without]->track));
	assert_non_null(sfu_client_hears(late, voice[VOICES - 2]->track));
	sfu_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
