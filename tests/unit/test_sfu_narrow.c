/* A listener on a narrow line gets the one loudest voice, whoever else listens all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/sfu_world.h"

static struct sfu_world w;
static struct sfu_client *loud, *soft, *narrow, *wide;

static size_t heard(struct sfu_client *by, const struct sfu_client *who)
{
	const struct sfu_heard *h = sfu_client_hears(by, who->track);
	return h ? h->packets : 0;
}

static bool both_speak(void *arg)
{
	(void)arg;
	sfu_client_say(loud, 20, 1);
	sfu_client_say(soft, 45, 2);
	return heard(wide, loud) >= 100 && heard(wide, soft) >= 100;
}

static bool both_are_offered(void *arg)
{
	(void)arg;
	return narrow->active == 2 && wide->active == 2;
}

static bool only_soft(void *arg)
{
	size_t *before = arg;
	sfu_client_say(soft, 45, 2);
	return heard(narrow, soft) >= *before + 20;
}

static struct sfu_client *listener(const char *name, const char *query)
{
	struct sfu_client *c = sfu_client_new(&w, "room", name);
	c->query = query;
	sfu_client_enter(c);
	sfu_client_connect(c);
	return c;
}

static void test_one_voice(void **state)
{
	(void)state;
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	narrow = listener("narrow", "muster_voices=1");
	wide = listener("wide", NULL);
	loud = sfu_client_join(&w, "room", "loud");
	soft = sfu_client_join(&w, "room", "soft");
	sfu_client_connect(loud);
	sfu_client_connect(soft);
	sfu_client_publish(loud, "a", false);
	sfu_client_publish(soft, "b", false);
	SFU_UNTIL(&w, both_are_offered, NULL);
	SFU_UNTIL(&w, both_speak, NULL);
	size_t before = heard(narrow, soft);
	assert_true(heard(narrow, loud) >= 50);
	/* At most what came before the louder one was known. */
	assert_true(before < 20);
	/* Once that one is silent, the other is heard, without a hole in the numbers. */
	SFU_UNTIL(&w, only_soft, &before);
	assert_int_equal(sfu_client_hears(narrow, soft->track)->missing, 0);
	sfu_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_voice)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
