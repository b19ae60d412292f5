/*
 * People come to the SFU and go, as seen from outside. What it costs time to see (who is lost,
 * tokens that end) happens on a clock that jumps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/lib/balance.h"
#include "tests/lib/sfu_wait.h"

#include <stdlib.h>
#include <string.h>

static struct sfu_world w;

static int setup(void **state)
{
	(void)state;
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	return 0;
}

static bool knows_as(void *arg)
{
	const struct sfu_view *v = arg;
	const struct lk_person *p = sfu_client_knows(v->c, "ann");
	return p && !strcmp(p->sid, v->who);
}

static void test_leave(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	struct lk_request rq = {.kind = LK_REQ_LEAVE, .leave = {.reason = LK_CLIENT_INITIATED}};
	sfu_client_connect(b);
	sfu_client_publish(b, "b", false);
	sfu_client_send(b, &rq);
	SFU_UNTIL(&w, sfu_is_closed, b);
	assert_int_equal(b->close_code, 1000);
	struct sfu_view v = {.c = a, .who = "bob", .n = LK_DISCONNECTED};
	SFU_UNTIL(&w, sfu_sees_state, &v);
	assert_string_equal(sfu_presence_of(&w, "bob"), "left");
	assert_int_equal(sfu_client_knows(a, "bob")->disconnect_reason, LK_CLIENT_INITIATED);
	assert_string_equal(sfu_presence_of(&w, "ann"), "present");
}

static void test_twice(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	sfu_client_connect(a);
	sfu_client_publish(a, "a", false);
	struct sfu_client *again = sfu_client_join(&w, "r", "ann");
	SFU_UNTIL(&w, sfu_is_closed, a);
	const struct lk_response *r = sfu_client_got(a, LK_RES_LEAVE, 0);
	assert_int_equal(r->leave.reason, LK_DUPLICATE_IDENTITY);
	assert_int_equal(r->leave.action, LK_LEAVE_DISCONNECT);
	struct sfu_view v = {.c = b, .who = again->sid};
	SFU_UNTIL(&w, knows_as, &v);
	assert_int_equal(sfu_client_knows(b, "ann")->tracks_n, 0);
	/* For the server she was never gone. */
	assert_int_equal(w.presence_n, 2);
}

static void test_powers(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	sfu_client_publish(a, "a", false);
	assert_false(sfu_mute(w.sfu, "r", "nobody"));
	assert_false(sfu_remove(w.sfu, "elsewhere", "ann"));
	assert_true(sfu_mute(w.sfu, "r", "ann"));
	const struct lk_response *r = sfu_until_got(a, LK_RES_MUTE, 0);
	assert_string_equal(r->mute.sid, a->track);
	assert_true(r->mute.muted);
	struct sfu_view v = {.c = b, .who = "ann", .n = 1};
	SFU_UNTIL(&w, sfu_sees_muted, &v);
	sfu_client_mute(a, false);
	v.n = 0;
	SFU_UNTIL(&w, sfu_sees_muted, &v);
	assert_true(sfu_remove(w.sfu, "r", "ann"));
	SFU_UNTIL(&w, sfu_is_closed, a);
	r = sfu_client_got(a, LK_RES_LEAVE, 0);
	assert_int_equal(r->leave.reason, LK_PARTICIPANT_REMOVED);
	assert_string_equal(sfu_presence_of(&w, "ann"), "removed");
	assert_false(sfu_remove(w.sfu, "r", "ann"));
}

/* The signalling breaks and comes back: nobody notices, nothing of the sound is lost. */
static void test_resume(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	char sid[32];
	sfu_client_connect(a);
	sfu_client_connect(b);
	sfu_client_publish(a, "a", false);
	sfu_client_publish(b, "b", false);
	sfu_until_offered(a, b->track);
	sfu_until_offered(b, a->track);
	sfu_open_way(a, b);
	sfu_open_way(b, a);
	struct sfu_heard *h = sfu_client_hears(b, a->track);
	memcpy(sid, a->sid, sizeof(sid));
	sfu_client_drop(a);
	for (int i = 0; i < 50; i++) {
		sfu_client_say(a, 20, 1);
		sfu_pass(&w, 3);
	}
	size_t from = a->got_n;
	sfu_client_resume(a);
	assert_int_equal(a->got[from].kind, LK_RES_RECONNECT);
	sfu_until_got(a, LK_RES_OFFER, from);
	assert_int_equal(a->got[from + 1].kind, LK_RES_UPDATE);
	assert_non_null(sfu_client_knows(a, "bob"));
	/* Both connections restart ICE: the server's by its offer, ours by ours. */
	peer_restart(a->pub.peer, clock_mono_ms());
	sfu_client_offer(a, true);
	size_t before = h->packets;
	for (int i = 0; i < 50; i++) {
		sfu_client_say(a, 20, 2);
		sfu_client_say(b, 20, 2);
		sfu_pass(&w, 3);
	}
	sfu_until_hears(b, a->track, before + 50);
	assert_int_equal(h->missing + h->repeated, 0);
	assert_int_equal(sfu_client_hears(a, b->track)->missing, 0);
	assert_string_equal(a->sid, sid);
	assert_int_equal(w.presence_n, 2);
	/* The same while the server still believes in the old socket. */
	from = a->got_n;
	struct ws *old = take(&a->ws);
	a->old_socket = true;
	sfu_client_resume(a);
	assert_int_equal(a->got[from].kind, LK_RES_RECONNECT);
	ws_free(old);
	a->old_socket = false;
	sfu_pass(&w, 100);
	assert_int_equal(w.presence_n, 2);
}

/* The word that a track is taken may be lost with the line: it is said again, while it is waited for. */
static void test_confirmed_again(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann");
	sfu_client_connect(a);
	sfu_client_announce(a, "a", false);
	size_t from = a->got_n;
	sfu_client_drop(a);
	sfu_client_resume(a);
	const struct lk_response *r = sfu_until_got(a, LK_RES_TRACK_PUBLISHED, from);
	assert_string_equal(r->track_published.cid, "a");
	assert_string_equal(r->track_published.track.sid, a->track);
	sfu_world_jump(&w, 250);
	sfu_pass(&w, 11000);
	from = a->got_n;
	sfu_client_drop(a);
	sfu_client_resume(a);
	sfu_until_got(a, LK_RES_OFFER, from);
	assert_null(sfu_client_got(a, LK_RES_TRACK_PUBLISHED, from));
	assert_int_equal(w.presence_n, 1);
}

static void test_resume_too_late(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann");
	sfu_client_connect(a);
	size_t from = a->got_n;
	snprintf(a->sid, sizeof(a->sid), "PA_somebodyelse");
	sfu_client_drop(a);
	sfu_client_resume(a);
	SFU_UNTIL(&w, sfu_is_closed, a);
	const struct lk_response *r = sfu_client_got(a, LK_RES_LEAVE, from);
	assert_int_equal(r->leave.reason, LK_STATE_MISMATCH);
	assert_int_equal(r->leave.action, LK_LEAVE_RECONNECT);
	assert_true(r->leave.can_reconnect);
}

/* Killed: the socket is closed, nothing was said. Or cut off: nothing arrives any more. */
static void lost(bool socket_closes)
{
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "r", "bob");
	sfu_client_connect(a);
	sfu_client_connect(b);
	sfu_client_publish(b, "b", false);
	sfu_world_jump(&w, 250);
	sfu_pass(&w, 3000);
	int64_t from = w.wall;
	b->quiet = b->pub.deaf = b->sub.deaf = true;
	if (socket_closes)
		sfu_client_drop(b);
	sfu_until_presence(&w, "bob", "lost");
	assert_in_range(w.wall - from, 5000, SFU_LOST_MS);
	assert_in_range(w.presence[w.presence_n - 1].at_ms, from - 5000, from);
	struct sfu_view v = {.c = a, .who = "bob", .n = LK_DISCONNECTED};
	SFU_UNTIL(&w, sfu_sees_state, &v);
	/* Who is there stays there. */
	sfu_pass(&w, 30000);
	assert_string_equal(sfu_presence_of(&w, "ann"), "present");
	assert_int_equal(w.presence_n, 3);
	if (!socket_closes) {
		/* Who was only asleep reads that it may come anew. */
		SFU_UNTIL(&w, sfu_is_closed, b);
		const struct lk_response *r = sfu_client_got(b, LK_RES_LEAVE, 0);
		assert_int_equal(r->leave.reason, LK_CONNECTION_TIMEOUT);
		assert_int_equal(r->leave.action, LK_LEAVE_RECONNECT);
		assert_true(r->leave.can_reconnect);
	}
}

static void test_killed(void **state)
{
	(void)state;
	lost(true);
}

static void test_cut_off(void **state)
{
	(void)state;
	lost(false);
}

/* Sound does not get through any more, words do: the client is asked to mend it. */
static void test_media_lost(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann");
	sfu_client_connect(a);
	sfu_world_jump(&w, 250);
	a->sub.deaf = true;
	const struct lk_response *r = sfu_until_got(a, LK_RES_LEAVE, 0);
	assert_int_equal(r->leave.action, LK_LEAVE_RESUME);
	SFU_UNTIL(&w, sfu_is_closed, a);
	a->sub.deaf = false;
	sfu_client_resume(a);
	sfu_client_connect(a);
	sfu_pass(&w, 20000);
	assert_int_equal(w.presence_n, 1);
	assert_true(a->open);
}

/* At half time of a token of ten minutes. */
static void test_refresh(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_new(&w, "r", "ann");
	struct token t;
	a->grant.expires_ms = clock_wall_ms() + 600000;
	sfu_client_enter(a);
	sfu_client_connect(a);
	int64_t from = clock_wall_ms();
	sfu_world_jump(&w, 3000);
	const struct lk_response *r = sfu_until_got(a, LK_RES_REFRESH_TOKEN, 0);
	assert_in_range(w.wall - from, 290000, 330000);
	assert_int_equal(token_verify(span_of(r->refresh_token), SPAN_LIT(SFU_SECRET), w.wall, &t,
				      NULL),
			 0);
	assert_string_equal(t.identity, "ann");
	assert_string_equal(t.room, "r");
	assert_true(t.join && t.publish && t.subscribe && !t.hidden && !t.admin);
	assert_in_range(t.expires_ms, w.wall + 500000, w.wall + 600000);
	/* The next one lives no longer. */
	size_t from_n = a->got_n;
	r = sfu_until_got(a, LK_RES_REFRESH_TOKEN, from_n);
	assert_int_equal(token_verify(span_of(r->refresh_token), SPAN_LIT(SFU_SECRET), w.wall, &t,
				      NULL),
			 0);
	assert_in_range(t.expires_ms, w.wall + 500000, w.wall + 600000);
}

/* The server ends: everybody is told, and it is noted of everybody. */
static void test_close(void **state)
{
	(void)state;
	struct sfu_client *a = sfu_client_join(&w, "r", "ann"),
			  *b = sfu_client_join(&w, "q", "bob");
	sfu_client_connect(a);
	sfu_client_publish(a, "a", false);
	sfu_world_end(&w);
	assert_string_equal(sfu_presence_of(&w, "ann"), "closed");
	assert_string_equal(sfu_presence_of(&w, "bob"), "closed");
	SFU_UNTIL(&w, sfu_is_closed, a);
	SFU_UNTIL(&w, sfu_is_closed, b);
	assert_int_equal(sfu_client_got(a, LK_RES_LEAVE, 0)->leave.reason, LK_SERVER_SHUTDOWN);
	assert_int_equal(sfu_client_got(b, LK_RES_LEAVE, 0)->leave.reason, LK_SERVER_SHUTDOWN);
}

static int teardown(void **state)
{
	(void)state;
	sfu_world_close(&w);
	return 0;
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(test_leave),   LIVE(test_twice),		LIVE(test_powers),
		LIVE(test_resume),  LIVE(test_confirmed_again), LIVE(test_resume_too_late),
		LIVE(test_killed),  LIVE(test_cut_off),		LIVE(test_media_lost),
		LIVE(test_refresh), LIVE(test_close),
	};
	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
