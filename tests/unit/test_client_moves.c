#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/client/upgrade.h"
#include "core/client/util.h"
#include "core/store/spaces.h"
#include "tests/lib/forked.h"

#include <signal.h>

/* Rooms that were replaced, by what another server says of it. */

#define V3 "/_matrix/client/v3"
#define JOIN V3 "/join/%21new%3Atest"
#define CREATE V3 "/rooms/%21new%3Atest/state/m.room.create"
#define LEAVE V3 "/rooms/%21new%3Atest/leave"
#define FROM(room) "{\"room_version\":\"11\",\"predecessor\":{\"room_id\":\"" room "\"}}"

static struct home home;
static struct err err;

static int setup(void **state)
{
	(void)state;
	home_make(&home);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	home_remove(&home);
	return 0;
}

struct moving {
	struct forked server;
	struct client *c;
	char *first; /* the first sync */
};

/* A server whose room !old says that !new replaces it; what that one says of itself is `create`. */
static void begin(struct moving *m, const char *name, int status, const char *create,
		  struct loop *l)
{
	m->first = mem_printf("{\"next_batch\":\"s1\",\"rooms\":{\"join\":{\"!old:test\":{"
			      "\"timeline\":{\"events\":"
			      "[{\"type\":\"m.room.tombstone\",\"event_id\":\"$t\",\"sender\":\"@x:"
			      "test\","
			      "\"state_key\":\"\",\"origin_server_ts\":%lld,\"content\":{"
			      "\"replacement_room\":\"!new:test\"}}]}}}}}",
			      (long long)clock_wall_ms());
	const struct script_step steps[] = {
		{"GET", V3 "/sync", "timeout=30000", -1, "", true},
		{"GET", V3 "/sync", "since=s1", 200, "{\"next_batch\":\"s1\"}", true},
		{"GET", V3 "/sync", NULL, 200, m->first, false},
		{"POST", JOIN, NULL, 200, "{\"room_id\":\"!new:test\"}", true},
		{"GET", CREATE, NULL, status, create, true},
		{"POST", LEAVE, NULL, 200, "{}", true},
		{0},
	};
	forked_script(&m->server, home.dir, steps);
	account_fake(m->server.url, name, "token", NULL);
	m->c = client_of(name, 20000, l);
}

static void end(struct moving *m)
{
	client_close(m->c);
	forked_end(&m->server, SIGKILL);
	mem_free(m->first);
}

static void expect(const struct moving *m, int joins, int leaves)
{
	assert_int_equal(forked_count(&m->server, "POST " JOIN), joins);
	assert_int_equal(forked_count(&m->server, "POST " LEAVE), leaves);
}

static void test_true(void **state)
{
	(void)state;
	struct moving m;
	begin(&m, "true", 200, FROM("!old:test"), NULL);
	assert_int_equal(client_refresh(m.c, &err), 0);
	expect(&m, 1, 0);
	end(&m);
}

/* Somebody names a room that does not go on from ours. */
static void test_false(void **state)
{
	(void)state;
	struct moving m;
	struct store *s;
	begin(&m, "false", 200, FROM("!other:test"), NULL);
	assert_int_equal(client_refresh(m.c, &err), 0);
	expect(&m, 1, 1);
	/* Not even after an hour. */
	assert_int_equal(client_store(m.c, &s, &err), 0);
	struct upgrade u = {0};
	assert_false(upgrade_next(s, clock_wall_ms() + 7200000, &u));
	/* Another one may be named. */
	int64_t old = store_room_find(s, SPAN_LIT("!old:test"));
	assert_int_equal(store_successor_set(s, old, SPAN_LIT("!third:test"), &err), 0);
	assert_true(upgrade_next(s, clock_wall_ms(), &u));
	assert_string_equal(u.new_id, "!third:test");
	upgrade_done(&u);
	end(&m);
}

/* What cannot be known is no reason to leave. */
static void test_unknown(void **state)
{
	(void)state;
	struct moving m;
	begin(&m, "unknown", 404, "{\"errcode\":\"M_NOT_FOUND\",\"error\":\"?\"}", NULL);
	assert_int_equal(client_refresh(m.c, &err), 0);
	expect(&m, 1, 0);
	end(&m);
}

struct waiting {
	struct moving m;
	struct loop *l;
	const char *until; /* the request that ends it */
	int ticks;
};

static void look(void *arg)
{
	struct waiting *w = arg;
	if (forked_count(&w->m.server, w->until) || ++w->ticks > 1200)
		loop_stop(w->l);
}

static void run_engine(const char *name, const char *create, const char *until, int leaves)
{
	struct waiting w = {.l = loop_new(), .until = until};
	struct engine *e = NULL;
	begin(&w.m, name, 200, create, w.l);
	assert_int_equal(engine_new(w.m.c, &e, &err), 0);
	struct loop_timer *t = loop_timer_new(w.l, look, &w);
	loop_timer_start(t, 50, 50);
	loop_run(w.l);
	loop_timer_free(t);
	engine_free(e);
	expect(&w.m, 1, leaves);
	end(&w.m);
	loop_free(w.l);
}

static void test_engine(void **state)
{
	(void)state;
	run_engine("engine_true", FROM("!old:test"), "GET " CREATE, 0);
	run_engine("engine_false", FROM("!other:test"), "POST " LEAVE, 1);
	run_engine("engine_none", "{\"room_version\":\"11\"}", "POST " LEAVE, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_true),
		cmocka_unit_test(test_false),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_engine),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
