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

/* Two who listen, two who will speak. */
static void four_come(void)
{
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	narrow = listener("narrow", "muster_voices=1");
	wide = listener("wide", NULL);
	loud = sfu_client_join(&w, "room", "loud");
	soft = sfu_client_join(&w, "room", "soft");
}

static void test_one_voice(void **state)
{
	(void)state;
	four_come();
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

static bool loud_is_heard(void *arg)
{
	(void)arg;
	sfu_client_say(loud, 20, 1);
	return heard(narrow, loud) >= 50;
}

/* Both speak, the louder one clearly so; only the other can be heard by who has a narrow line. */
static bool soft_is_heard(void *arg)
{
	const size_t *want = arg;
	sfu_client_say(loud, 20, 1);
	sfu_client_say(soft, 45, 2);
	return heard(narrow, soft) >= *want;
}

static void wants(struct sfu_client *c, const struct sfu_client *whom, bool subscribe, bool enabled)
{
	const char *sid = whom->track;
	const struct lk_request a = {.kind = LK_REQ_SUBSCRIPTION,
				     .subscription = {.track_sids = &sid,
						      .track_sids_n = 1,
						      .subscribe = subscribe}};
	const struct lk_request b = {.kind = LK_REQ_TRACK_SETTING,
				     .track_setting = {.track_sids = &sid,
						       .track_sids_n = 1,
						       .disabled = !enabled}};
	sfu_client_send(c, &a);
	sfu_client_send(c, &b);
}

/* Whom a listener may not hear, or does not want to, takes nobody's place. */
static void test_one_that_counts(void **state)
{
	const struct lk_track_permission wide_only = {.participant_identity = "wide",
						      .all_tracks = true};
	struct lk_request may = {.kind = LK_REQ_SUBSCRIPTION_PERMISSION,
				 .subscription_permission = {.all_participants = true}};
	size_t want = 0;
	(void)state;
	four_come();
	sfu_client_publish(loud, "a", false);
	sfu_client_publish(soft, "b", false);
	SFU_UNTIL(&w, both_are_offered, NULL);
	SFU_UNTIL(&w, loud_is_heard, NULL);
	may.subscription_permission =
		(struct lk_subscription_permission){.track_permissions =
							    (struct lk_track_permission
								     *)(uintptr_t)&wide_only,
						    .track_permissions_n = 1};
	want = heard(narrow, soft) + 100;
	sfu_client_send(loud, &may);
	SFU_UNTIL(&w, soft_is_heard, &want);
	may.subscription_permission = (struct lk_subscription_permission){.all_participants = true};
	sfu_client_send(loud, &may);
	SFU_UNTIL(&w, loud_is_heard, NULL);
	/* The same when it is the listener who does not want to. */
	for (int i = 0; i < 2; i++) {
		want = heard(narrow, soft) + 100;
		wants(narrow, loud, i, false);
		SFU_UNTIL(&w, soft_is_heard, &want);
	}
	sfu_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_voice),
					   cmocka_unit_test(test_one_that_counts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
