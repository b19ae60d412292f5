#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/server.h"

#define LOGIN "/_matrix/client/v3/login"
#define WHOAMI "/_matrix/client/v3/account/whoami"

static struct test_server t;

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	test_server_start(&t);
	test_add_user(&t, "anna", false);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_done(&t);
	return 0;
}

static void test_forms(void **state)
{
	static const char *const who[] = {
		"\"identifier\":{\"type\":\"m.id.user\",\"user\":\"anna\"}",
		"\"identifier\":{\"type\":\"m.id.user\",\"user\":\"@anna:localhost\"}",
		"\"identifier\":{\"type\":\"m.id.user\",\"user\":\"@Anna:localhost\"}",
		"\"user\":\"anna\"",
		"\"user\":\"@anna:localhost\"",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		json_t *j =
			test_json(&t, 200, "POST", LOGIN, NULL,
				  "{\"type\":\"m.login.password\",%s,\"password\":\"password of "
				  "anna\"}",
				  who[i]);
		assert_string_equal(json_get_str(j, "user_id"), "@anna:localhost");
		assert_int_equal(strlen(json_get_str(j, "device_id")), 10);
		assert_null(json_object_get(j, "refresh_token"));
		json_t *me =
			test_json(&t, 200, "GET", WHOAMI, json_get_str(j, "access_token"), NULL);
		assert_string_equal(json_get_str(me, "device_id"), json_get_str(j, "device_id"));
		json_decref(me);
		json_decref(j);
	}
}

static void test_refused(void **state)
{
	(void)state;
	test_error(&t, 403, "M_FORBIDDEN", "POST", LOGIN, NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"anna\",\"password\":\"x\"}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", LOGIN, NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"nobody\",\"password\":\"x\"}");
	test_error(&t, 400, "M_UNKNOWN", "POST", LOGIN, NULL,
		   "{\"type\":\"m.login.sso\",\"user\":\"anna\",\"password\":\"x\"}");
	test_error(&t, 400, "M_NOT_JSON", "POST", LOGIN, NULL, "{\"type\":");
	test_error(&t, 400, "M_BAD_JSON", "POST", LOGIN, NULL, "[]");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", LOGIN, NULL,
		   "{\"type\":\"m.login.password\",\"password\":\"x\"}");
	test_error(&t, 400, "M_MISSING_PARAM", "POST", LOGIN, NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"anna\"}");
	test_error(&t, 401, "M_MISSING_TOKEN", "GET", WHOAMI, NULL, NULL);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, "mst_no", NULL);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI "?access_token=x", NULL, NULL);
	test_error(&t, 404, "M_UNRECOGNIZED", "GET", "/_matrix/client/v3/nothing", NULL, NULL);
	test_error(&t, 405, "M_UNRECOGNIZED", "DELETE", WHOAMI, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
