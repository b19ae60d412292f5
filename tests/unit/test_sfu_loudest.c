#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/sfu/loudest.h"

#include <string.h>

#define VOICES 300
#define STEP_MS 20

struct hall {
	struct loudest l;
	struct loudest_voice v[VOICES];
	int64_t now;
	unsigned passed[VOICES]; /* packets let through in the last play() */
	unsigned sent[VOICES];
};

static struct hall h;

static void begin(int slots)
{
	memset(&h, 0, sizeof(h));
	loudest_init(&h.l, slots);
	for (int i = 0; i < VOICES; i++)
		loudest_voice_init(&h.v[i]);
	h.now = 5000;
}

static bool packet(int who, unsigned dbov)
{
	const struct loudest_level p = {.known = true, .dbov = dbov, .payload = 80};
	bool pass = loudest_packet(&h.l, &h.v[who], h.now, &p);
	h.passed[who] += pass;
	h.sent[who]++;
	return pass;
}

/* Everybody below `n` sends at their level (0: nothing) for `ms`. */
static void play(const unsigned *dbov, int n, int64_t ms)
{
	memset(h.passed, 0, sizeof(h.passed));
	memset(h.sent, 0, sizeof(h.sent));
	for (int64_t end = h.now + ms; h.now < end; h.now += STEP_MS)
		for (int i = 0; i < n; i++)
			if (dbov[i])
				packet(i, dbov[i]);
}

static bool whole(int who)
{
	return h.sent[who] && h.passed[who] == h.sent[who];
}

static int slots_held(void)
{
	int n = 0;
	for (int i = 0; i < VOICES; i++)
		n += h.v[i].slot >= 0;
	for (int i = 0; i < h.l.n; i++)
		if (h.l.slots[i])
			assert_int_equal(h.l.slots[i]->slot, i);
	return n;
}

/* As many voices as slots: everything is heard, silence and all. */
static void test_small_room(void **state)
{
	(void)state;
	begin(3);
	play((const unsigned[]){20, 127, 70}, 3, 5000);
	assert_true(whole(0) && whole(1) && whole(2));
	play((const unsigned[]){127, 30, 0}, 3, 5000);
	assert_true(whole(0) && whole(1));
}

static void test_silent_makes_way(void **state)
{
	(void)state;
	begin(2);
	play((const unsigned[]){127, 127, 0}, 3, 2000);
	/* From the first loud packet on. */
	play((const unsigned[]){127, 127, 25}, 3, 1000);
	assert_true(whole(2));
	/* A whisper takes nothing from anybody. */
	play((const unsigned[]){127, 127, 25, 80}, 4, 1000);
	assert_int_equal(h.passed[3], 0);
	assert_true(whole(2));
}

/* A pause between words costs nothing, a long one does when somebody else speaks. */
static void test_hangover(void **state)
{
	(void)state;
	begin(1);
	play((const unsigned[]){25}, 1, 2000);
	play((const unsigned[]){110, 40}, 2, LOUDEST_HANGOVER_MS - 100);
	assert_true(whole(0));
	assert_int_equal(h.passed[1], 0);
	play((const unsigned[]){25, 40}, 2, 500);
	assert_true(whole(0));
	play((const unsigned[]){110, 40}, 2, LOUDEST_HANGOVER_MS + 200);
	assert_true(h.passed[1] > 0);
	assert_true(h.v[1].slot >= 0);
}

/* Sending stops (a pause that is not sent) as much as silence does. */
static void test_nothing_sent(void **state)
{
	(void)state;
	begin(1);
	play((const unsigned[]){20}, 1, 2000);
	play((const unsigned[]){0, 45}, 2, LOUDEST_HANGOVER_MS + 100);
	assert_true(h.v[1].slot >= 0);
}

/* All speak at once: the loudest are heard, and slots do not flap. */
static void test_many_speak(void **state)
{
	(void)state;
	unsigned dbov[VOICES];
	begin(3);
	for (int i = 0; i < VOICES; i++)
		dbov[i] = 48 - (i % 10);
	dbov[100] = 20;
	dbov[200] = 22;
	dbov[299] = 24;
	play(dbov, VOICES, 3000);
	assert_int_equal(slots_held(), 3);
	play(dbov, VOICES, 3000);
	assert_true(whole(100) && whole(200) && whole(299));
	for (int i = 0; i < VOICES; i++)
		if (i != 100 && i != 200 && i != 299)
			assert_int_equal(h.passed[i], 0);
}

/* Nearly as loud as each other: who has the slot keeps it. */
static void test_no_flapping(void **state)
{
	(void)state;
	begin(1);
	play((const unsigned[]){30}, 1, 1000);
	unsigned turns = 0;
	int holder = 0;
	for (int i = 0; i < 500; i++, h.now += STEP_MS) {
		packet(0, i % 2 ? 28 : 32);
		packet(1, i % 2 ? 32 : 27);
		if (h.v[holder].slot < 0) {
			holder = !holder;
			turns++;
		}
	}
	assert_int_equal(turns, 0);
}

static void test_rival(void **state)
{
	(void)state;
	begin(1);
	play((const unsigned[]){40}, 1, 2000);
	/* A cough is not long enough. */
	play((const unsigned[]){40, 10}, 2, LOUDEST_RIVAL_MS - 40);
	assert_true(whole(0));
	assert_int_equal(h.passed[1], 0);
	play((const unsigned[]){40, 127}, 2, 2000);
	assert_true(whole(0));
	/* Going on is. */
	play((const unsigned[]){40, 20}, 2, 1000);
	assert_true(h.passed[1] > 25);
	assert_true(h.v[1].slot >= 0);
	/* And the new one is not thrown out at once. */
	int64_t since = h.now;
	while (h.v[1].slot >= 0) {
		packet(0, 5);
		packet(1, 20);
		h.now += STEP_MS;
		assert_true(h.now - since < 3000);
	}
	assert_true(h.now - h.v[0].since <= STEP_MS);
}

static void test_leave(void **state)
{
	(void)state;
	begin(2);
	play((const unsigned[]){20, 20, 20}, 3, 1000);
	assert_true(h.v[2].slot < 0);
	loudest_leave(&h.l, &h.v[0]);
	assert_int_equal(slots_held(), 1);
	play((const unsigned[]){0, 20, 20}, 3, 100);
	assert_true(whole(1) && whole(2));
	loudest_leave(&h.l, &h.v[1]);
	loudest_leave(&h.l, &h.v[2]);
	loudest_leave(&h.l, &h.v[2]);
	assert_int_equal(slots_held(), 0);
}

/* Who does not tell a level ranks as a quiet speaker while sending more than comfort noise. */
static void test_untold(void **state)
{
	(void)state;
	bool speech;
	struct loudest_level p = {.known = false, .payload = 100};
	assert_int_equal(loudest_of(&p, &speech), 127 - LOUDEST_UNTOLD_DBOV);
	assert_true(speech);
	p.payload = 3;
	assert_int_equal(loudest_of(&p, &speech), 0);
	assert_false(speech);
	begin(1);
	p.payload = 100;
	for (int i = 0; i < 100; i++, h.now += STEP_MS)
		assert_true(loudest_packet(&h.l, &h.v[0], h.now, &p));
	play((const unsigned[]){0, 15}, 2, 100);
	assert_int_equal(h.passed[1], 0);
}

static void test_bounds(void **state)
{
	(void)state;
	struct loudest l;
	loudest_init(&l, 0);
	assert_int_equal(l.n, 1);
	loudest_init(&l, 1000);
	assert_int_equal(l.n, LOUDEST_MAX);
	bool speech;
	struct loudest_level p = {.known = true, .voice = true, .dbov = 255};
	assert_int_equal(loudest_of(&p, &speech), 0);
	assert_false(speech);
	p.dbov = LOUDEST_SPEECH_DBOV + 3;
	loudest_of(&p, &speech);
	assert_true(speech);
	p.voice = false;
	loudest_of(&p, &speech);
	assert_false(speech);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_room), cmocka_unit_test(test_silent_makes_way),
		cmocka_unit_test(test_hangover),   cmocka_unit_test(test_nothing_sent),
		cmocka_unit_test(test_many_speak), cmocka_unit_test(test_no_flapping),
		cmocka_unit_test(test_rival),	   cmocka_unit_test(test_leave),
		cmocka_unit_test(test_untold),	   cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
