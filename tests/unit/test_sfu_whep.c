/* Whom a listener by WHEP hears and whom not, how its numbers begin, and who else may be it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/sfu_program.h"
#include "tests/lib/sfu_wait.h"

#include <string.h>

#define ROOM "r"
#define BURST 5
#define LEAP 2500 /* packets that are lost in one go */
#define LEAPS 14

static struct sfu_world *const w = &sfu_programs.w;
static struct sfu_program *const x = &sfu_programs.x, *const y = &sfu_programs.y;

static bool is_through(void *arg)
{
	const uint64_t *want = arg;
	struct sfu_stats s;
	sfu_stats(w->sfu, &s);
	return s.packets_in >= *want;
}

/* Somebody speaks: to how many listeners do their packets go? */
static uint64_t listeners_of(struct sfu_client *c)
{
	struct sfu_stats before, after;
	sfu_stats(w->sfu, &before);
	uint64_t want = before.packets_in + BURST;
	for (int i = 0; i < BURST; i++)
		sfu_client_say(c, 10, 1);
	SFU_UNTIL(w, is_through, &want);
	sfu_stats(w->sfu, &after);
	return (after.packets_out - before.packets_out) / (after.packets_in - before.packets_in);
}

/* Who of them may hear this person: everybody, or one alone. */
static void allow(struct sfu_client *c, bool all, const char *one)
{
	struct lk_track_permission may = {.participant_identity = (char *)(uintptr_t)one,
					  .all_tracks = true};
	struct lk_request rq = {.kind = LK_REQ_SUBSCRIPTION_PERMISSION,
				.subscription_permission = {.all_participants = all,
							    .track_permissions = &may,
							    .track_permissions_n = 1}};
	sfu_client_send(c, &rq);
	sfu_settle(c);
}

static struct sfu_client *speaker(const char *room, const char *identity)
{
	struct sfu_client *c = sfu_client_join(w, room, identity);
	sfu_client_publish(c, "mic", false);
	return c;
}

/* A stream is shared by all, so who is not for all of them is in none. */
static void test_not_for_all(void **state)
{
	struct sfu_client *a = speaker(ROOM, "a");
	(void)state;
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	sfu_program_join(w, y, false, ROOM, "@m:hs:DEV", 3);
	sfu_program_talk(x, a, 0, 20, 'A', 10);
	sfu_program_talk(y, a, 0, 20, 'A', 10);
	assert_int_equal(listeners_of(a), 2);
	allow(a, false, "@l:hs:DEV");
	assert_int_equal(listeners_of(a), 0);
	/* Others are heard as before. */
	struct sfu_client *b = speaker(ROOM, "b");
	sfu_program_talk(x, b, 0, 20, 'B', 10);
	allow(a, true, "@l:hs:DEV");
	sfu_program_talk(x, a, 0, 10, 'A', 10);
	sfu_program_whole(x);
}

struct duet {
	struct sfu_client *loud, *soft;
	size_t want;
};

static bool soft_is_heard(void *arg)
{
	const struct duet *d = arg;
	sfu_client_say(d->loud, 10, 'A');
	sfu_client_say(d->soft, 40, 'B');
	return x->packets[0] >= d->want && x->last[0] == 'B';
}

/* In the stream of one voice nobody gives way to who is not in it. */
static void test_one_voice(void **state)
{
	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		struct sfu_client *a = sfu_client_join(w, ROOM, "a");
		struct sfu_client *b = speaker(ROOM, "b");
		a->encryption = encrypted ? LK_ENCRYPTION_GCM : 0;
		sfu_client_publish(a, "mic", false);
		sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
		if (!encrypted)
			allow(a, false, "@l:hs:DEV");
		struct duet d = {a, b, 100};
		SFU_UNTIL(w, soft_is_heard, &d);
		sfu_program_whole(x);
		sfu_program_done(x);
		sfu_client_free(a);
		sfu_client_free(b);
	}
}

/* As a host's UpdateParticipant says it. */
static void let_hear(const char *identity, bool yes)
{
	const struct lk_permission m = {.can_subscribe = yes};
	struct lk_person now;
	int result = -1;
	assert_true(sfu_update(w->sfu, ROOM, identity, NULL, &m, &result, &now));
	assert_int_equal(result, LK_RESULT_OK);
	assert_true(now.permission.can_subscribe == yes);
	lk_person_done(&now);
}

/* Who may no longer hear hears nothing, and goes on later as if nothing had been. */
static void test_may_not_hear(void **state)
{
	struct sfu_client *a = speaker(ROOM, "a");
	(void)state;
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	sfu_program_join(w, y, false, ROOM, "@m:hs:DEV", 1);
	sfu_program_talk(x, a, 0, 20, 'A', 10);
	sfu_program_talk(y, a, 0, 20, 'A', 10);
	let_hear(x->identity, false);
	assert_int_equal(listeners_of(a), 1);
	sfu_program_talk(y, a, 0, 20, 'B', 10);
	let_hear(y->identity, false);
	assert_int_equal(listeners_of(a), 0);
	let_hear(y->identity, false);
	let_hear(x->identity, true);
	let_hear(x->identity, true);
	sfu_program_talk(x, a, 0, 20, 'C', 10);
	sfu_program_whole(x);
	assert_int_equal(listeners_of(a), 1);
	/* Gone while they may not hear. */
	assert_int_equal(sfu_program_ask(y, SFU_ASK_END, "", SPAN_LIT("")), 200);
	assert_int_equal(listeners_of(a), 1);
}

/* However far the stream is, a listener's numbers begin in the lower half: RFC 3711 3.3.1. */
static void test_first_number(void **state)
{
	struct sfu_client *a = speaker(ROOM, "a");
	(void)state;
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	sfu_program_talk(x, a, 0, 20, 'A', 1);
	for (int i = 0; i < LEAPS; i++) {
		for (int k = 0; k < LEAP; k++)
			sfu_client_skip(a);
		sfu_program_talk(x, a, 0, 20, 'A', 1);
	}
	assert_true((uint16_t)(x->newest[0] - x->first[0]) > 0x8000);
	sfu_program_join(w, y, false, ROOM, "@m:hs:DEV", 1);
	sfu_program_talk(y, a, 0, 20, 'A', 10);
	assert_in_range(y->first[0], 1, 0x7fff);
	sfu_program_whole(y);
}

/* Who came by WHEP or WHIP has no line, and gets none by its number, which all are told. */
static void test_no_line(void **state)
{
	struct sfu_client *a = speaker(ROOM, "a");
	(void)state;
	sfu_program_join(w, x, false, ROOM, "@l:hs:DEV", 1);
	sfu_program_talk(x, a, 0, 20, 'A', 10);
	struct sfu_view v = {.c = a, .who = x->identity, .n = LK_ACTIVE};
	SFU_UNTIL(w, sfu_sees_state, &v);
	struct sfu_client *c = sfu_client_new(w, ROOM, x->identity);
	snprintf(c->sid, sizeof(c->sid), "%s", sfu_client_knows(a, x->identity)->sid);
	sfu_client_resume(c);
	assert_int_equal(c->got_n, 1);
	assert_int_equal(c->got[0].kind, LK_RES_LEAVE);
	assert_int_equal(c->got[0].leave.action, LK_LEAVE_RECONNECT);
	sfu_program_talk(x, a, 0, 20, 'B', 10);
	sfu_program_whole(x);
}

/* Rooms were told how somebody is there: whoever listens does not turn into one who speaks, nor
 * the other way round, without leaving. */
static void test_other_way(void **state)
{
	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		const char *who = speaks ? "@t:hs:OBS" : "@l:hs:DEV";
		/* Of who was never there nobody was told. */
		assert_int_equal(sfu_program_come(w, y, !speaks, ROOM, who, 1), 201);
		sfu_program_join(w, x, speaks, ROOM, who, 1);
		sfu_until_presence(w, x->identity, "present");
		sfu_program_done(y);
		assert_int_equal(sfu_program_come(w, y, !speaks, ROOM, who, 1), 409);
		sfu_program_done(y);
		sfu_program_join(w, y, speaks, ROOM, who, 1);
		assert_int_equal(sfu_program_ask(y, SFU_ASK_END, "", SPAN_LIT("")), 200);
		sfu_program_done(y);
		sfu_program_join(w, y, !speaks, ROOM, who, 1);
		sfu_program_done(x);
		sfu_program_done(y);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SFU_PROGRAMS_TEST(test_not_for_all),  SFU_PROGRAMS_TEST(test_one_voice),
		SFU_PROGRAMS_TEST(test_may_not_hear), SFU_PROGRAMS_TEST(test_first_number),
		SFU_PROGRAMS_TEST(test_no_line),      SFU_PROGRAMS_TEST(test_other_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
