/* Calls over a real TURN server (coturn): by UDP, TCP and TLS, and where that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/call/pc.h"
#include "core/call/session.h"
#include "server/sfu/turn_lend.h"
#include "tests/lib/coturn.h"
#include "tests/lib/sfu_world.h"

#include <string.h>

static struct sfu_world w;
static struct coturn turn;
static bool have_turn;
static struct call_session *session;
static enum pc_block block;
static enum call_state state_now;
static int joined;
static struct err ended;
static struct sfu_client *ear;

static void on_state(void *arg, enum call_state now)
{
	(void)arg;
	state_now = now;
	joined += now == CALL_JOINED;
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	(void)arg;
	(void)why;
	if (err)
		ended = *err;
}

static bool has_joined(void *arg)
{
	return state_now == CALL_ENDED || (joined >= *(int *)arg && state_now == CALL_JOINED);
}

static void until_joined(int times)
{
	sfu_until(&w, has_joined, &times, "joined");
	if (state_now == CALL_ENDED)
		fail_msg("the call ended: %s", ended.msg);
}

static bool has_ended(void *arg)
{
	(void)arg;
	return state_now == CALL_ENDED;
}

static bool hears(void *arg)
{
	size_t *more = arg;
	return ear->heard_n && ear->heard[ear->heard_n - 1]->packets >= *more;
}

static void until_heard(size_t more)
{
	if (ear->heard_n)
		more += ear->heard[ear->heard_n - 1]->packets;
	sfu_until(&w, hears, &more, "heard");
}

static char *token_of(const char *identity)
{
	struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t = {.key = SFU_KEY,
			  .room = "room",
			  .join = true,
			  .publish = true,
			  .subscribe = true,
			  .expires_ms = clock_wall_ms() + 600000};
	snprintf(t.identity, sizeof(t.identity), "%s", identity);
	assert_int_equal(token_make(&t, SPAN_LIT(SFU_SECRET), &b, NULL), 0);
	return buf_take(&b);
}

static void begin(struct turn_lend *lent, const char *ca_file, int attempt_ms)
{
	static const struct call_handler told = {.state = on_state, .ended = on_ended};
	char url[100];
	AUTO_FREE char *token = token_of("ann");
	w = (struct sfu_world){.opt.bind_ip = "127.0.0.1", .opt.turn = lent};
	sfu_world_open(&w);
	joined = 0;
	state_now = CALL_CONNECTING;
	ended = (struct err){0};
	struct session_options o = {
		.loop = w.loop,
		.ws = w.wsc,
		.times = session_times_default,
		.block = &block,
		.call = {.url = url,
			 .token = token,
			 .ca_file = ca_file,
			 .sound = {.input = "tone:440", .opus = {.complexity = 1}}},
	};
	struct err err = {0};
	/* On a slow machine, too. */
	o.times.attempt = attempt_ms ? attempt_ms : 100000;
	o.times.publish = 100000;
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d", w.port);
	ear = sfu_client_join(&w, "room", "ear");
	sfu_client_connect(ear);
	if (session_open(&o, &told, NULL, &session, &err))
		fail_msg("%s", err.msg);
}

static void end(void)
{
	session_close(session);
	sfu_world_close(&w);
}

static enum call_way way(void)
{
	struct call_status st;
	session_status(session, &st);
	return st.way;
}

static bool goes_by(void *arg)
{
	return way() == *(enum call_way *)arg;
}

static void offer_turn(const char *uri)
{
	char user[64], password[64];
	coturn_login(user, password);
	session_turn(session, &(struct call_turn){&uri, 1, user, password});
}

static void by(const char *how)
{
	char uri[100];
	if (!have_turn)
		skip();
	block = PC_BLOCK_DIRECT;
	begin(NULL, turn.cert, 0);
	offer_turn(coturn_uri(&turn, how, uri));
	until_joined(1);
	until_heard(50);
	assert_int_equal(way(), CALL_WAY_RELAY);
	end();
}

static void test_udp(void **state)
{
	(void)state;
	by("udp");
}

static void test_tcp(void **state)
{
	(void)state;
	by("tcp");
}

static void test_tls(void **state)
{
	(void)state;
	by("tls");
}

/* The server of calls lends it, with the secret that both know; everything else ends in mid-call. */
static void test_lent(void **state)
{
	enum call_way relay = CALL_WAY_RELAY, udp = CALL_WAY_UDP;
	char uri[100];
	AUTO_FREE char *file = NULL;
	struct turn_lend *lent;
	(void)state;
	if (!have_turn)
		skip();
	file = mem_printf("%s/secret", turn.dir);
	FILE *f = fopen(file, "w");
	fprintf(f, "%s\n", COTURN_SECRET);
	fclose(f);
	assert_int_equal(turn_lend_new(coturn_uri(&turn, "tls", uri), file, &lent, NULL), 0);
	block = PC_BLOCK_NOTHING;
	begin(lent, turn.cert, 0);
	until_joined(1);
	SFU_UNTIL(&w, goes_by, &udp);
	block = PC_BLOCK_DIRECT;
	SFU_UNTIL(&w, goes_by, &relay);
	until_heard(50);
	assert_int_equal(state_now, CALL_JOINED);
	end();
	turn_lend_free(lent);
}

static int try_anyway(const char *ca_file, const char *password)
{
	char uri[100], user[64], good[64];
	const char *uris = coturn_uri(&turn, "tls", uri);
	block = PC_BLOCK_DIRECT;
	begin(NULL, ca_file, 4000);
	coturn_login(user, good);
	session_turn(session, &(struct call_turn){&uris, 1, user, password ? password : good});
	SFU_UNTIL(&w, has_ended, NULL);
	end();
	return ended.code;
}

static void test_refused(void **state)
{
	(void)state;
	if (!have_turn)
		skip();
	/* A certificate that nobody vouches for. */
	assert_int_equal(try_anyway(NULL, NULL), ERR_NETWORK);
	assert_int_equal(try_anyway(turn.cert, "wrong"), ERR_NETWORK);
}

static long live;

static int start(void **state)
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

static int group_start(void **state)
{
	(void)state;
	have_turn = coturn_start(&turn);
	return 0;
}

static int group_end(void **state)
{
	(void)state;
	coturn_stop(&turn);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, balanced)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_udp), TEST(test_tcp), TEST(test_tls), TEST(test_lent), TEST(test_refused),
	};
	return cmocka_run_group_tests(tests, group_start, group_end);
}
