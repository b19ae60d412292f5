#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "server/routes/route_impl.h"

static void fn(struct rq *rq)
{
	(void)rq;
}

static const struct route one[] = {
	{"GET", "/_matrix/client/versions", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/state", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/state/{}", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/state/{}/{}", ROUTE_OPEN, 0, fn, 0},
	{"PUT", "/_matrix/client/v3/rooms/{}/state/{}/{}", ROUTE_OPEN, 0, fn, 0},
	{0},
};

static const struct route two[] = {
	{"GET", "/_matrix/client/v3/pushrules/", ROUTE_OPEN, 0, fn, 0},
	{"GET", "/_matrix/client/v3/user/{}/filter/{}", ROUTE_OPEN, 0, fn, 0},
	{"POST", "/_matrix/client/v3/user/{}/filter", ROUTE_OPEN, 0, fn, 0},
	{"POST", "/_matrix/client/v3/rooms/{}/{}", ROUTE_OPEN, 0, fn, 0},
	{"POST", "/_matrix/client/v3/rooms/{}/join", ROUTE_OPEN, 0, fn, 0},
	{"POST", "/_matrix/client/v3/rooms/special/other", ROUTE_OPEN, 0, fn, 0},
	{0},
};

static const struct route *const groups[] = {one, two, NULL};

static char room[512];

static int go(const char *method, const char *path, struct route_found *ret)
{
	struct route_path p;
	struct router *r = router_new(groups);
	int status = route_split(span_of(path), room, &p);
	if (!status)
		router_match(r, method, &p, ret);
	router_free(r);
	return status;
}

static void expect(const char *method, const char *path, const char *pattern, const char *a,
		   const char *b, const char *c)
{
	struct route_found f;
	const char *want[] = {a, b, c};
	assert_int_equal(go(method, path, &f), 0);
	assert_non_null(f.route);
	assert_string_equal(f.route->pattern, pattern);
	for (int i = 0; i < 3 && want[i]; i++)
		assert_string_equal(f.param[i].p, want[i]);
}

static void test_found(void **state)
{
	(void)state;
	long before = mem_live();
	expect("GET", "/_matrix/client/versions", one[0].pattern, NULL, NULL, NULL);
	expect("HEAD", "/_matrix/client/versions", one[0].pattern, NULL, NULL, NULL);
	expect("GET", "/_matrix/client/v3/rooms/!a:b/state", one[1].pattern, "!a:b", NULL, NULL);
	expect("GET", "/_matrix/client/r0/rooms/x/state", one[1].pattern, "x", NULL, NULL);
	expect("GET", "/_matrix/client/v3/rooms/x/state/t", one[2].pattern, "x", "t", NULL);
	expect("GET", "/_matrix/client/v3/rooms/x/state/t/", one[3].pattern, "x", "t", "");
	expect("PUT", "/_matrix/client/v3/rooms/x/state/t/a%2Fb", one[4].pattern, "x", "t", "a/b");
	expect("GET", "/_matrix/client/v3/rooms/x/state/%2E%2E/..", one[3].pattern, "x", "..",
	       "..");
	expect("GET", "/_matrix/client/v3/pushrules/", two[0].pattern, NULL, NULL, NULL);
	assert_int_equal(mem_live(), before);
}

/* A fixed word wins, but not when it leads nowhere. */
static void test_fixed_first(void **state)
{
	(void)state;
	expect("POST", "/_matrix/client/v3/rooms/x/join", two[4].pattern, "x", NULL, NULL);
	expect("POST", "/_matrix/client/v3/rooms/x/leave", two[3].pattern, "x", "leave", NULL);
	expect("POST", "/_matrix/client/v3/rooms/special/join", two[4].pattern, "special", NULL,
	       NULL);
	expect("POST", "/_matrix/client/v3/rooms/special/other", two[5].pattern, NULL, NULL, NULL);
}

static void test_not_found(void **state)
{
	static const char *const unknown[] = {
		"/",
		"//",
		"/_matrix",
		"/_matrix/client/versions/",
		"/_matrix/client/v3/pushrules",
		"/_matrix/client//versions",
		"/_matrix/client/v3/rooms//state",
		"/_matrix/client/v3/rooms/x%2Fstate",
		"/_matrix/client/v1/rooms/x/state",
		"/_matrix/../_matrix/client/versions",
	};
	struct route_found f;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		assert_int_equal(go("GET", unknown[i], &f), 0);
		assert_null(f.route);
		assert_false(f.path_known);
	}
	assert_int_equal(go("GET", "", &f), 404);
	assert_int_equal(go("GET", "x", &f), 404);
	assert_int_equal(go("GET", "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2", &f), 404);
}

static void test_method(void **state)
{
	struct route_found f;
	(void)state;
	assert_int_equal(go("DELETE", "/_matrix/client/versions", &f), 0);
	assert_null(f.route);
	assert_true(f.path_known);
	assert_int_equal(go("HEAD", "/_matrix/client/v3/user/u/filter", &f), 0);
	assert_null(f.route);
	assert_true(f.path_known);
}

static void test_escapes(void **state)
{
	static const char *const bad[] = {"/a%",  "/a%2", "/%zz",      "/%00",
					  "/%ff", "/%c3", "/%ed%a0%80"};
	struct route_found f;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(go("GET", bad[i], &f), 400);
	expect("GET", "/_matrix/client/v3/rooms/%c3%A9+%25%2B/state", one[1].pattern, "é+%+", NULL,
	       NULL);
}

static void test_query(void **state)
{
	struct route_query q;
	(void)state;
	assert_true(route_split_query(span_of("a=1&b=x%26y+z&&c&a=2&=v&d="), room, &q));
	assert_int_equal(q.n, 6);
	assert_string_equal(q.name[0], "a");
	assert_string_equal(q.value[0], "1");
	assert_string_equal(q.value[1], "x&y z");
	assert_string_equal(q.name[2], "c");
	assert_string_equal(q.value[2], "");
	assert_string_equal(q.value[5], "");
	assert_false(route_split_query(span_of("a=%"), room, &q));
	assert_false(route_split_query(span_of("a=%00"), room, &q));
	assert_true(route_split_query((struct span){NULL, 0}, room, &q));
	assert_int_equal(q.n, 0);
}

static void test_depth(void **state)
{
	(void)state;
	assert_int_equal(route_json_depth(span_of("1")), 0);
	assert_int_equal(route_json_depth(span_of("{\"a\":[[1],\"]]}[[[[\\\"[[\"]}")), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),	  cmocka_unit_test(test_fixed_first),
		cmocka_unit_test(test_not_found), cmocka_unit_test(test_method),
		cmocka_unit_test(test_escapes),	  cmocka_unit_test(test_query),
		cmocka_unit_test(test_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
