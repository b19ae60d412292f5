#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/admin.h"
#include "server/config.h"
#include "tests/lib/server.h"
#include "tests/lib/tmpdir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ADMIN "/_muster/admin/v1/"
#define V3 "/_matrix/client/v3"

static struct test_server t;

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	tmpdir_make(t.dir);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_done(&t);
	return 0;
}

static json_t *offline(const char *op, const char *args)
{
	struct err err;
	json_t *a = json_loads(args, 0, NULL), *ret = NULL;
	assert_non_null(a);
	if (admin_offline(t.dir, op, a, &ret, &err))
		fail_msg("%s %s: %s", op, args, err.msg);
	json_decref(a);
	return ret;
}

static int offline_code(const char *op, const char *args, struct err *err)
{
	json_t *a = json_loads(args, 0, NULL), *ret = NULL;
	int rc = admin_offline(t.dir, op, a, &ret, err);
	json_decref(a);
	json_decref(ret);
	return rc;
}

static const char *state_of(const json_t *ret, size_t row)
{
	return json_get_str(json_array_get(json_object_get(ret, "users"), row), "state");
}

static void log_in(const char *user, const char *password, int status)
{
	json_t *j = test_json(&t, status, "POST", V3 "/login", NULL,
			      "{\"type\":\"m.login.password\",\"user\":\"%s\",\"password\":\"%s\"}",
			      user, password);
	json_decref(j);
}

static const char people[] =
	"{\"rows\":[{\"user\":\"anna\",\"name\":\"Anna\",\"email\":\"Anna@school.example\","
	"\"password\":\"secret of anna\",\"external_id\":\"17\"},"
	"{\"user\":\"bert\",\"name\":\"Bert\"},"
	"{\"user\":\"Not Good\"},"
	"{\"user\":\"anna2\",\"email\":\"anna@school.example\"},"
	"{\"email\":\"carl@school.example\"}]}";

static void test_import_then_serve(void **state)
{
	struct stat st;
	(void)state;
	json_t *j = offline("user.import", people);
	assert_int_equal(json_get_i64(j, "created", -1), 3);
	assert_int_equal(json_get_i64(j, "failed", -1), 2);
	assert_string_equal(state_of(j, 0), "created");
	assert_string_equal(state_of(j, 2), "failed");
	assert_string_equal(state_of(j, 3), "failed");
	const json_t *bert = json_array_get(json_object_get(j, "users"), 1);
	assert_int_equal(strlen(json_get_str(bert, "password")), 14);
	assert_null(json_object_get(json_array_get(json_object_get(j, "users"), 0), "password"));
	assert_int_equal(stat(t.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* The name is settled by the first start, and the accounts are its. */
	t.opt.server_name = "school.example";
	test_server_start(&t);
	log_in("@anna:school.example", "secret of anna", 200);
	log_in("bert", json_get_str(bert, "password"), 200);
	json_decref(j);
	test_server_stop(&t);
	/* Again: nothing is made twice, and nobody's password changes. */
	j = offline("user.import", people);
	assert_int_equal(json_get_i64(j, "existing", -1), 3);
	assert_int_equal(json_get_i64(j, "created", -1), 0);
	json_decref(j);
	test_server_start(&t);
	log_in("anna", "secret of anna", 200);
}

static void test_import_update(void **state)
{
	(void)state;
	json_decref(offline("user.import", people));
	json_t *j = offline("user.import",
			    "{\"rows\":[{\"user\":\"anna\",\"name\":\"Anna B\",\"email\":"
			    "\"ab@school.example\",\"password\":\"other\"},{\"user\":\"bert\"}]}");
	assert_string_equal(state_of(j, 0), "existing");
	json_decref(j);
	j = offline("user.import",
		    "{\"update\":true,\"rows\":[{\"user\":\"anna\",\"name\":\"Anna B\",\"email\":"
		    "\"ab@school.example\",\"password\":\"other\"},{\"user\":\"bert\"},"
		    "{\"user\":\"bert\",\"email\":\"carl@school.example\",\"name\":\"X\"}]}");
	assert_string_equal(state_of(j, 0), "updated");
	assert_string_equal(state_of(j, 1), "existing"); /* empty cells change nothing */
	assert_string_equal(state_of(j, 2), "failed");	 /* and a failed row nothing at all */
	json_decref(j);
	j = offline("user.list", "{\"search\":\"anna\"}");
	const json_t *anna = json_array_get(json_object_get(j, "users"), 0);
	assert_string_equal(json_get_str(anna, "name"), "Anna B");
	assert_string_equal(json_get_str(anna, "external_id"), "17");
	assert_string_equal(json_string_value(json_array_get(json_object_get(anna, "emails"), 0)),
			    "ab@school.example");
	json_decref(j);
	j = offline("user.list", "{\"search\":\"bert\"}");
	assert_string_equal(json_get_str(json_array_get(json_object_get(j, "users"), 0), "name"),
			    "Bert");
	json_decref(j);
	test_server_start(&t);
	log_in("anna", "secret of anna", 200);
}

static void test_locked_folder(void **state)
{
	struct err err;
	(void)state;
	assert_int_equal(offline_code("user.list", "{}", &err), ERR_NOT_FOUND);
	json_decref(offline("user.add", "{\"user\":\"root\",\"admin\":true}"));
	test_server_start(&t);
	assert_int_equal(offline_code("user.list", "{}", &err), ERR_CONFLICT);
	assert_non_null(strstr(err.msg, t.dir));
	/* Nor does a second server start on it. */
	struct loop *l = loop_new();
	struct server *second;
	assert_int_equal(server_start(l, &t.opt, &second, &err), ERR_CONFLICT);
	loop_free(l);
	test_server_stop(&t);
	t.opt.server_name = "other.example";
	l = loop_new();
	assert_int_equal(server_start(l, &t.opt, &second, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.msg, "localhost"));
	loop_free(l);
}

static char *log_in_admin(void)
{
	json_decref(offline("user.add", "{\"user\":\"root\",\"password\":\"password of root\","
					"\"admin\":true}"));
	test_server_start(&t);
	return test_login(&t, "root", NULL);
}

/* Sixty people over HTTP, while others log in. */
static void test_import_http(void **state)
{
	struct buf b = BUF_INIT(100000);
	(void)state;
	char *token = log_in_admin();
	buf_put_str(&b, "{\"rows\":[");
	for (int i = 0; i < 60; i++)
		buf_printf(&b, "%s{\"user\":\"s%d\",\"external_id\":\"%d\"}", i ? "," : "", i, i);
	buf_put_str(&b, "]}");
	json_t *j = test_json(&t, 200, "POST", ADMIN "user.import", token, "%s", buf_str(&b));
	assert_int_equal(json_get_i64(j, "created", -1), 60);
	const json_t *last = json_array_get(json_object_get(j, "users"), 59);
	log_in("s59", json_get_str(last, "password"), 200);
	json_decref(j);
	j = test_json(&t, 200, "POST", ADMIN "status", token, "{}");
	assert_int_equal(json_get_i64(j, "calls", -1), 0);
	assert_int_equal(json_get_i64(j, "people_in_calls", -1), 0);
	assert_int_equal(json_get_i64(j, "users", -1), 61);
	assert_true((json_get_i64(j, "rss_bytes", 0) > 0) == (os_rss_bytes() > 0));
	assert_true(json_get_i64(j, "connections", 0) > 0);
	json_decref(j);
	buf_done(&b);
	mem_free(token);
}

static void test_only_administrators(void **state)
{
	(void)state;
	char *token = log_in_admin();
	test_add_user(&t, "pupil", false);
	char *pupil = test_login(&t, "pupil", NULL);
	test_error(&t, 403, "M_FORBIDDEN", "POST", ADMIN "user.list", pupil, "{}");
	test_error(&t, 401, "M_MISSING_TOKEN", "POST", ADMIN "user.list", NULL, "{}");
	test_error(&t, 404, "M_UNRECOGNIZED", "POST", ADMIN "nothing", token, "{}");
	test_error(&t, 405, "M_UNRECOGNIZED", "GET", ADMIN "user.list", token, NULL);
	test_error(&t, 404, "M_NOT_FOUND", "POST", ADMIN "user.lock", token,
		   "{\"user\":\"nobody\"}");
	test_error(&t, 400, "M_USER_IN_USE", "POST", ADMIN "user.add", token,
		   "{\"user\":\"pupil\"}");
	test_error(&t, 400, "M_BAD_JSON", "POST", ADMIN "user.import", token, "{\"rows\":7}");
	/* A hash from outside is not taken. */
	json_decref(test_json(&t, 200, "POST", ADMIN "user.add", token,
			      "{\"user\":\"trick\",\"password\":\"real\",\"hash\":\"x\"}"));
	log_in("trick", "real", 200);
	/* Made an administrator, the same token opens the door at once. */
	json_decref(test_json(&t, 200, "POST", ADMIN "user.role", token,
			      "{\"user\":\"pupil\",\"admin\":true}"));
	json_decref(test_json(&t, 200, "POST", ADMIN "user.list", pupil, "{}"));
	test_error(&t, 409, "M_UNKNOWN", "POST", ADMIN "user.role", token,
		   "{\"user\":\"root\",\"admin\":false}");
	json_t *j =
		test_json(&t, 200, "POST", ADMIN "user.password", token, "{\"user\":\"pupil\"}");
	log_in("pupil", json_get_str(j, "password"), 200);
	json_decref(j);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", V3 "/account/whoami", pupil, NULL);
	mem_free(token);
	mem_free(pupil);
}

static void test_invites(void **state)
{
	struct err err;
	(void)state;
	json_t *j = offline("invite.create", "{\"uses\":2,\"expires_in_ms\":60000,\"token\":"
					     "\"class-5b\",\"note\":\"5b\"}");
	assert_int_equal(json_get_i64(j, "uses_allowed", 0), 2);
	assert_true(json_get_i64(j, "expires_ts", 0) > 0);
	json_decref(j);
	assert_int_equal(offline_code("invite.create", "{\"token\":\"class-5b\"}", &err),
			 ERR_CONFLICT);
	assert_int_equal(offline_code("invite.create", "{\"token\":\"class5b\"}", &err),
			 ERR_INVALID);
	assert_int_equal(offline_code("invite.create", "{\"token\":\"not good\"}", &err),
			 ERR_INVALID);
	j = offline("invite.list", "{}");
	const json_t *row = json_array_get(json_object_get(j, "invites"), 0);
	assert_string_equal(json_get_str(row, "token"), "class-5b");
	assert_true(json_get_bool(row, "valid", false));
	json_decref(j);
	json_decref(offline("invite.revoke", "{\"token\":\"class-5b\"}"));
	assert_int_equal(offline_code("invite.revoke", "{\"token\":\"class-5b\"}", &err),
			 ERR_NOT_FOUND);
}

static void test_open_registration(void **state)
{
	(void)state;
	t.opt.open_registration = true;
	test_server_start(&t);
	json_decref(test_json(&t, 200, "POST", V3 "/register", NULL,
			      "{\"username\":\"free\",\"password\":\"password of free\",\"auth\":"
			      "{\"type\":\"m.login.dummy\"},\"inhibit_login\":true}"));
	log_in("free", "password of free", 200);
}

static void test_init(void **state)
{
	struct err err;
	json_t *j;
	(void)state;
	/* Tests may be root's, a server may not. */
	setenv("MUSTER_ALLOW_ROOT", "1", 1);
	t.opt.data_dir = t.dir;
	t.opt.listen = "127.0.0.1:0";
	t.opt.udp_port = SERVE_ANY_PORT;
	t.opt.server_name = "school.example";
	assert_int_equal(serve_init(&t.opt, &j, &err), 0);
	assert_string_equal(json_get_str(j, "user_id"), "@admin:school.example");
	char *password = mem_strdup(json_get_str(j, "password"));
	json_decref(j);
	assert_int_equal(serve_init(&t.opt, &j, &err), ERR_CONFLICT);
	assert_int_equal(serve_check(&t.opt, &j, &err), 0);
	assert_string_equal(json_get_str(j, "server_name"), "school.example");
	json_decref(j);
	test_server_start(&t);
	log_in("admin", password, 200);
	mem_free(password);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
	const struct CMUnitTest tests[] = {
		T(test_import_then_serve),   T(test_import_update),
		T(test_locked_folder),	     T(test_import_http),
		T(test_only_administrators), T(test_invites),
		T(test_open_registration),   T(test_init),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
