/* What people are told of each other, by an SFU from outside: who speaks, who went while they were
 * away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/lib/sfu_world.h"

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

static long live;

static int begin(void **state)
{
	(void)state;
	live = mem_live();
	return 0;
}

static int balanced(void **state)
{
	(void)state;
	return mem_live() == live ? 0 : -1;
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_speaker_ends),
	};
	return cmocka_run_group_tests(tests, begin, balanced);
}
