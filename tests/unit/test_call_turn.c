/* Calls over a real TURN server (coturn): by UDP, TCP and TLS, and where that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "server/sfu/turn_lend.h"
#include "tests/lib/balance.h"
#include "tests/lib/coturn.h"
#include "tests/lib/sfu_caller.h"

#include <string.h>

static struct sfu_caller c;
static struct coturn turn;
static bool have_turn;
static const char *here = "127.0.0.1"; /* where the server of calls is */

static void begin(enum pc_block block, struct turn_lend *lent, const char *ca_file, int attempt_ms)
{
	struct session_options o = sfu_caller_options();
	o.call.ca_file = ca_file;
	if (attempt_ms)
		o.times.attempt = attempt_ms;
	sfu_caller_open(&c, (struct sfu_options){.bind_ip = here, .turn = lent});
	c.w.six = strchr(here, ':') != NULL;
	c.block = block;
	sfu_caller_add_ear(&c);
	sfu_caller_begin(&c, o);
}

static void offer_turn(const char *uri)
{
	char user[64], password[64];
	coturn_login(user, password);
	session_turn(c.session, &(struct call_turn){&uri, 1, user, password});
}

static void by(const char *how)
{
	char uri[100];
	if (!have_turn)
		skip();
	begin(PC_BLOCK_DIRECT, NULL, turn.cert, 0);
	offer_turn(coturn_uri(&turn, how, uri));
	sfu_caller_until_joined(&c, 1);
	sfu_caller_until_heard(&c, 50);
	assert_int_equal(sfu_caller_way(&c), CALL_WAY_RELAY);
	sfu_caller_close(&c);
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

/* A call's server that has IPv6 alone is reached from who speaks to TURN by IPv4. */
static void test_six(void **state)
{
	(void)state;
	if (!have_turn || !coturn_has_six())
		skip();
	here = "::1";
	by("udp");
	by("tls");
	here = "127.0.0.1";
}

/* The server of calls lends it, with the secret that both know; everything else ends in mid-call. */
static void test_lent(void **state)
{
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
	begin(PC_BLOCK_NOTHING, lent, turn.cert, 0);
	sfu_caller_until_joined(&c, 1);
	sfu_caller_until_way(&c, CALL_WAY_UDP);
	c.block = PC_BLOCK_DIRECT;
	sfu_caller_until_way(&c, CALL_WAY_RELAY);
	sfu_caller_until_heard(&c, 50);
	assert_int_equal(c.state, CALL_JOINED);
	sfu_caller_close(&c);
	turn_lend_free(lent);
}

static int try_anyway(const char *ca_file, const char *password)
{
	char uri[100], user[64], good[64];
	const char *uris = coturn_uri(&turn, "tls", uri);
	begin(PC_BLOCK_DIRECT, NULL, ca_file, 4000);
	coturn_login(user, good);
	session_turn(c.session, &(struct call_turn){&uris, 1, user, password ? password : good});
	int code = sfu_caller_until_ended(&c);
	sfu_caller_close(&c);
	return code;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		BALANCED(test_udp), BALANCED(test_tcp),	 BALANCED(test_tls),
		BALANCED(test_six), BALANCED(test_lent), BALANCED(test_refused),
	};
	return cmocka_run_group_tests(tests, group_start, group_end);
}
