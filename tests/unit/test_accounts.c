#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/accounts/accounts.h"
#include "server/accounts/device.h"
#include "server/accounts/hash.h"
#include "server/accounts/user.h"
#include "tests/lib/httpd_fixture.h"
#include "tests/lib/server.h"

#define V3 "/_matrix/client/v3"
#define ADMIN "/_muster/admin/v1/"
#define WHOAMI V3 "/account/whoami"

static struct test_server t;
static char *admin;

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	test_server_start(&t);
	test_add_user(&t, "root", true);
	admin = test_login(&t, "root", "ADMIN");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	mem_free(admin);
	test_server_done(&t);
	return 0;
}

static void ok(json_t *j)
{
	json_decref(j);
}

/* Take a text member out of a reply and let the reply go. */
static char *pick(json_t *j, const char *key)
{
	const char *s = json_get_str(j, key);
	assert_non_null(s);
	char *copy = mem_strdup(s);
	json_decref(j);
	return copy;
}

static void test_hash(void **state)
{
	char a[HASH_TEXT_SIZE], b[HASH_TEXT_SIZE];
	(void)state;
	hash_make(SPAN_LIT("correct horse"), a);
	hash_make(SPAN_LIT("correct horse"), b);
	assert_string_not_equal(a, b);
	assert_memory_equal(a, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
	assert_true(hash_check(SPAN_LIT("correct horse"), a));
	assert_false(hash_check(SPAN_LIT("correct horsf"), a));
	assert_false(hash_check(SPAN_LIT(""), NULL));
	assert_false(hash_check(SPAN_LIT("x"), "$argon2id$v=19$m=4000000,t=2,p=1$aaaa$bbbb"));
	/* Made by argon2(1): echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32 -e */
	assert_true(hash_check(SPAN_LIT("password"),
			       "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
			       "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
}

/* Unknown people take as long as known ones. */
static void test_same_time(void **state)
{
	char a[HASH_TEXT_SIZE];
	int64_t known = 0, unknown = 0;
	(void)state;
	hash_make(SPAN_LIT("x"), a);
	/* Work, not time: others on this machine work as well. */
	for (int i = 0; i < 5; i++) {
		int64_t from = os_cpu_us();
		hash_check(SPAN_LIT("y"), a);
		int64_t between = os_cpu_us();
		hash_check(SPAN_LIT("y"), NULL);
		known += between - from;
		unknown += os_cpu_us() - between;
	}
	assert_true(unknown > known / 4 && unknown < known * 4);
}

static void test_names(void **state)
{
	char id[USER_ID_SIZE];
	(void)state;
	assert_int_equal(user_id_new("hs", SPAN_LIT("anna.b_c-d=e/f+1"), id, NULL), 0);
	assert_string_equal(id, "@anna.b_c-d=e/f+1:hs");
	assert_int_equal(user_id_new("hs", SPAN_LIT("@anna:hs"), id, NULL), 0);
	assert_int_not_equal(user_id_new("hs", SPAN_LIT("@anna:other"), id, NULL), 0);
	assert_int_not_equal(user_id_new("hs", SPAN_LIT("Anna"), id, NULL), 0);
	assert_int_not_equal(user_id_new("hs", SPAN_LIT(""), id, NULL), 0);
	assert_int_not_equal(user_id_new("hs", SPAN_LIT("an na"), id, NULL), 0);
	assert_true(user_fold_email(SPAN_LIT(" Anna@School.Example "), id));
	assert_string_equal(id, "anna@school.example");
	assert_false(user_fold_email(SPAN_LIT("anna"), id));
	assert_false(user_fold_email(SPAN_LIT("@x"), id));
	assert_false(user_fold_email(SPAN_LIT("a b@x"), id));
}

static void test_email_login(void **state)
{
	(void)state;
	ok(test_json(&t, 200, "POST", ADMIN "user.add", admin,
		     "{\"user\":\"mail\",\"password\":\"pass of "
		     "mail\",\"email\":\"Mail@School.Example\","
		     "\"name\":\"Mäil\"}"));
	char *id = pick(test_json(&t, 200, "POST", V3 "/login", NULL,
				  "{\"type\":\"m.login.password\",\"identifier\":{\"type\":"
				  "\"m.id.thirdparty\",\"medium\":\"email\",\"address\":"
				  "\"mail@school.example\"},\"password\":\"pass of mail\"}"),
			"user_id");
	assert_string_equal(id, "@mail:localhost");
	mem_free(id);
	char *token =
		pick(test_json(&t, 200, "POST", V3 "/login", NULL,
			       "{\"type\":\"m.login.password\",\"medium\":\"email\",\"address\":"
			       "\"MAIL@school.example\",\"password\":\"pass of mail\"}"),
		     "access_token");
	json_t *j = test_json(&t, 200, "GET", V3 "/account/3pid", token, NULL);
	assert_string_equal(json_get_str(json_array_get(json_object_get(j, "threepids"), 0),
					 "address"),
			    "mail@school.example");
	json_decref(j);
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "/account/3pid/add", token, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "/login", NULL,
		   "{\"type\":\"m.login.password\",\"medium\":\"email\",\"address\":"
		   "\"nobody@school.example\",\"password\":\"pass of mail\"}");
	mem_free(token);
}

static void test_device_replaced(void **state)
{
	(void)state;
	char *a = test_login(&t, "root", "PHONE");
	ok(test_json(&t, 200, "GET", WHOAMI, a, NULL));
	char *b = test_login(&t, "root", "PHONE");
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, a, NULL);
	ok(test_json(&t, 200, "GET", WHOAMI, b, NULL));
	ok(test_json(&t, 200, "POST", V3 "/logout", b, "{}"));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, b, NULL);
	ok(test_json(&t, 200, "GET", WHOAMI, admin, NULL));
	mem_free(a);
	mem_free(b);
}

static json_t *login_refreshable(void)
{
	return test_json(&t, 200, "POST", V3 "/login", NULL,
			 "{\"type\":\"m.login.password\",\"user\":\"root\",\"password\":"
			 "\"password of root\",\"refresh_token\":true}");
}

static json_t *refresh(const char *token)
{
	return test_json(&t, 200, "POST", V3 "/refresh", NULL, "{\"refresh_token\":\"%s\"}", token);
}

static void test_refresh(void **state)
{
	(void)state;
	json_t *one = login_refreshable();
	const char *r1 = json_get_str(one, "refresh_token"),
		   *a1 = json_get_str(one, "access_token");
	assert_int_equal(json_get_i64(one, "expires_in_ms", 0), ACCESS_LIFE_MS);
	json_t *two = refresh(r1);
	/* The reply was lost: the first token still works, what was lost does not. */
	json_t *three = refresh(r1);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, json_get_str(two, "access_token"),
		   NULL);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "POST", V3 "/refresh", NULL,
		   "{\"refresh_token\":\"%s\"}", json_get_str(two, "refresh_token"));
	ok(test_json(&t, 200, "GET", WHOAMI, a1, NULL));
	ok(test_json(&t, 200, "GET", WHOAMI, json_get_str(three, "access_token"), NULL));
	/* Once the new one is used the old one is void. */
	json_t *four = refresh(json_get_str(three, "refresh_token"));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "POST", V3 "/refresh", NULL,
		   "{\"refresh_token\":\"%s\"}", r1);
	ok(test_json(&t, 200, "GET", WHOAMI, json_get_str(four, "access_token"), NULL));
	/* An access token is not a refresh token, nor the other way round. */
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, json_get_str(four, "refresh_token"),
		   NULL);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "POST", V3 "/refresh", NULL,
		   "{\"refresh_token\":\"%s\"}", json_get_str(four, "access_token"));
	json_decref(one);
	json_decref(two);
	json_decref(three);
	json_decref(four);
}

static int expire_run(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	device_tokens_changed(tx, 1, 0);
	return sql_exec(db_tx_sql(tx), "UPDATE tokens SET expires_ts=1 WHERE expires_ts>0", err);
}

static void expire(void *arg)
{
	struct test_server *s = arg;
	db_submit(s->srv->db, expire_run, NULL, NULL);
	db_finish(s->srv->db);
}

static void test_soft_logout(void **state)
{
	json_t *j, *one = login_refreshable();
	(void)state;
	test_server_run(&t, expire, &t);
	assert_int_equal(test_call(&t, "GET", WHOAMI, json_get_str(one, "access_token"), NULL, &j),
			 401);
	assert_string_equal(json_get_str(j, "errcode"), "M_UNKNOWN_TOKEN");
	assert_true(json_get_bool(j, "soft_logout", false));
	json_decref(j);
	json_t *two = refresh(json_get_str(one, "refresh_token"));
	ok(test_json(&t, 200, "GET", WHOAMI, json_get_str(two, "access_token"), NULL));
	assert_int_equal(test_call(&t, "GET", WHOAMI, "mst_unknown", NULL, &j), 401);
	assert_false(json_get_bool(j, "soft_logout", false));
	json_decref(j);
	json_decref(one);
	json_decref(two);
}

static void test_failures_limited(void **state)
{
	json_t *j;
	int status = 0, tries = 0;
	(void)state;
	ok(test_json(&t, 200, "POST", ADMIN "user.add", admin,
		     "{\"user\":\"victim\",\"password\":\"password of victim\"}"));
	do
		status =
			test_call(&t, "POST", V3 "/login", NULL,
				  "{\"type\":\"m.login.password\",\"user\":\"victim\",\"password\":"
				  "\"wrong\"}",
				  NULL);
	while (status == 403 && ++tries < 50);
	assert_int_equal(status, 429);
	assert_in_range(tries, 5, 20);
	/* However the name is written, it is the same account; and others are not concerned. */
	status = test_call(&t, "POST", V3 "/login", NULL,
			   "{\"type\":\"m.login.password\",\"user\":\"@Victim:localhost\","
			   "\"password\":\"password of victim\"}",
			   &j);
	assert_int_equal(status, 429);
	assert_string_equal(json_get_str(j, "errcode"), "M_LIMIT_EXCEEDED");
	assert_true(json_get_i64(j, "retry_after_ms", 0) > 0);
	json_decref(j);
	char *other = test_login(&t, "root", NULL);
	mem_free(other);
}

#define AT_ONCE 40

/* Guesses that wait for the hasher together tell no more than ten in a row. */
static void test_failures_at_once(void **state)
{
	static const char body[] = "{\"type\":\"m.login.password\",\"user\":\"crowded\","
				   "\"password\":\"a wrong guess\"}";
	struct raw c[AT_ONCE];
	int told = 0;
	(void)state;
	ok(test_json(&t, 200, "POST", ADMIN "user.add", admin,
		     "{\"user\":\"crowded\",\"password\":\"password of crowded\"}"));
	AUTO_FREE char *ask = mem_printf("POST " V3 "/login HTTP/1.1\r\nHost: x\r\n"
					 "Content-Length: %zu\r\n\r\n%s",
					 strlen(body), body);
	for (int i = 0; i < AT_ONCE; i++) {
		c[i] = raw_connect(t.srv->port);
		raw_puts(&c[i], ask);
	}
	for (int i = 0; i < AT_ONCE; i++) {
		struct reply r;
		raw_reply(&c[i], &r, false);
		assert_true(r.status == 403 || r.status == 429);
		told += r.status == 403;
		reply_done(&r);
		raw_close(&c[i]);
	}
	assert_in_range(told, 5, 15);
}

/* Many of these may wait, some of them from anybody: none is large. */
static void test_large_login(void **state)
{
	char junk[40001];
	(void)state;
	memset(junk, 'x', sizeof(junk));
	junk[sizeof(junk) - 1] = '\0';
	static const char *const paths[] = {V3 "/login", V3 "/register", V3 "/refresh",
					    V3 "/account/password", V3 "/account/deactivate"};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		test_error(&t, 413, "M_TOO_LARGE", "POST", paths[i], admin, "{\"x\":\"%s\"}", junk);
}

static char *invite(const char *args)
{
	return pick(test_json(&t, 200, "POST", ADMIN "invite.create", admin, "%s", args), "token");
}

static void test_register_by_invite(void **state)
{
	(void)state;
	char *token = invite("{\"uses\":1}");
	json_t *j = test_json(&t, 401, "POST", V3 "/register", NULL,
			      "{\"username\":\"new\",\"password\":\"password of new\"}");
	char *session = mem_strdup(json_get_str(j, "session"));
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json_array_get(json_object_get(j, "flows"), 0),
						    "stages"),
				    0)),
			    "m.login.registration_token");
	json_decref(j);
	/* A wrong token says so and the session goes on. */
	j = test_json(&t, 401, "POST", V3 "/register", NULL,
		      "{\"auth\":{\"type\":\"m.login.registration_token\",\"token\":\"no\","
		      "\"session\":\"%s\"}}",
		      session);
	assert_string_equal(json_get_str(j, "errcode"), "M_FORBIDDEN");
	assert_string_equal(json_get_str(j, "session"), session);
	json_decref(j);
	/* With `auth` alone, the parameters are those of the first request. */
	char *access =
		pick(test_json(&t, 200, "POST", V3 "/register", NULL,
			       "{\"auth\":{\"type\":\"m.login.registration_token\",\"token\":"
			       "\"%s\",\"session\":\"%s\"}}",
			       token, session),
		     "access_token");
	char *id = pick(test_json(&t, 200, "GET", WHOAMI, access, NULL), "user_id");
	assert_string_equal(id, "@new:localhost");
	/* Used up. */
	j = test_json(&t, 401, "POST", V3 "/register", NULL,
		      "{\"username\":\"more\",\"password\":\"password of more\",\"auth\":{\"type\":"
		      "\"m.login.registration_token\",\"token\":\"%s\"}}",
		      token);
	assert_string_equal(json_get_str(j, "errcode"), "M_FORBIDDEN");
	json_decref(j);
	char *path = mem_printf(
		"/_matrix/client/v1/register/m.login.registration_token/validity?token=%s", token);
	j = test_json(&t, 200, "GET", path, NULL, NULL);
	assert_false(json_get_bool(j, "valid", true));
	json_decref(j);
	mem_free(path);
	mem_free(token);
	mem_free(session);
	mem_free(access);
	mem_free(id);
}

static void test_register_refused(void **state)
{
	(void)state;
	char *token = invite("{}");
	test_error(&t, 403, "M_GUEST_ACCESS_FORBIDDEN", "POST", V3 "/register?kind=guest", NULL,
		   "{}");
	test_error(&t, 400, "M_INVALID_USERNAME", "POST", V3 "/register", NULL,
		   "{\"username\":\"Bad Name\",\"password\":\"password\"}");
	test_error(&t, 400, "M_USER_IN_USE", "POST", V3 "/register", NULL,
		   "{\"username\":\"root\",\"password\":\"password\"}");
	test_error(&t, 400, "M_WEAK_PASSWORD", "POST", V3 "/register", NULL,
		   "{\"username\":\"short\",\"password\":\"1234567\"}");
	test_error(&t, 400, "M_MISSING_PARAM", "POST", V3 "/register", NULL,
		   "{\"username\":\"none\",\"auth\":{\"type\":\"m.login.registration_token\","
		   "\"token\":\"%s\"}}",
		   token);
	/* Without open registration an empty stage opens nothing. */
	json_t *j =
		test_json(&t, 401, "POST", V3 "/register", NULL,
			  "{\"username\":\"dummy\",\"password\":\"password\",\"auth\":{\"type\":"
			  "\"m.login.dummy\"}}");
	json_decref(j);
	test_error(&t, 400, "M_USER_IN_USE", "GET", V3 "/register/available?username=root", NULL,
		   NULL);
	ok(test_json(&t, 200, "GET", V3 "/register/available?username=unheard-of", NULL, NULL));
	mem_free(token);
}

static void test_password_change(void **state)
{
	(void)state;
	test_add_user(&t, "changer", false);
	char *a = test_login(&t, "changer", "A"), *b = test_login(&t, "changer", "B");
	json_t *j = test_json(&t, 401, "POST", V3 "/account/password", a,
			      "{\"new_password\":\"another password\"}");
	char *session = pick(j, "session");
	/* Somebody else's name or a wrong password do not do. */
	ok(test_json(&t, 401, "POST", V3 "/account/password", a,
		     "{\"auth\":{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id."
		     "user\","
		     "\"user\":\"root\"},\"password\":\"password of root\",\"session\":\"%s\"}}",
		     session));
	ok(test_json(&t, 401, "POST", V3 "/account/password", a,
		     "{\"auth\":{\"type\":\"m.login.password\",\"password\":\"wrong\",\"session\":"
		     "\"%s\"}}",
		     session));
	/* Nor does another device's session of another route. */
	ok(test_json(&t, 200, "POST", V3 "/account/password", a,
		     "{\"new_password\":\"another "
		     "password\",\"auth\":{\"type\":\"m.login.password\","
		     "\"identifier\":{\"type\":\"m.id.user\",\"user\":\"@changer:localhost\"},"
		     "\"password\":\"password of changer\",\"session\":\"%s\"}}",
		     session));
	ok(test_json(&t, 200, "GET", WHOAMI, a, NULL));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, b, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "/login", NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"changer\",\"password\":\"password of "
		   "changer\"}");
	mem_free(a);
	mem_free(b);
	mem_free(session);
}

static void test_devices(void **state)
{
	(void)state;
	test_add_user(&t, "owner", false);
	char *a = test_login(&t, "owner", "A"), *b = test_login(&t, "owner", "B"),
	     *c = test_login(&t, "owner", "C");
	ok(test_json(&t, 200, "PUT", V3 "/devices/B", a, "{\"display_name\":\"Béa's\"}"));
	json_t *j = test_json(&t, 200, "GET", V3 "/devices/B", b, NULL);
	assert_string_equal(json_get_str(j, "display_name"), "Béa's");
	json_decref(j);
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "/devices/ADMIN", a, NULL);
	test_error(&t, 404, "M_NOT_FOUND", "PUT", V3 "/devices/ADMIN", a,
		   "{\"display_name\":\"x\"}");
	ok(test_json(&t, 401, "DELETE", V3 "/devices/B", a, NULL));
	ok(test_json(&t, 200, "DELETE", V3 "/devices/B", a,
		     "{\"auth\":{\"type\":\"m.login.password\",\"user\":\"owner\",\"password\":"
		     "\"password of owner\"}}"));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, b, NULL);
	ok(test_json(&t, 200, "POST", V3 "/delete_devices", a,
		     "{\"devices\":[\"C\",\"NONE\"],\"auth\":{\"type\":\"m.login.password\","
		     "\"user\":"
		     "\"owner\",\"password\":\"password of owner\"}}"));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, c, NULL);
	j = test_json(&t, 200, "GET", V3 "/devices", a, NULL);
	assert_int_equal(json_array_size(json_object_get(j, "devices")), 1);
	json_decref(j);
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

static int log_in_often(struct db_tx *tx, void *arg, struct err *err)
{
	int rc = 0;
	for (int i = 0; i < DEVICES_MAX - 1 && !rc; i++) {
		struct grant g = {0};
		rc = device_login(tx, *(int64_t *)arg, NULL, NULL, false, &g, err);
		grant_done(&g);
	}
	return rc;
}

/* The one that was never seen since goes; the one that was seen stays. */
static void test_too_many_devices(void **state)
{
	(void)state;
	struct db *db;
	struct user u;
	struct err err;
	test_add_user(&t, "restless", false);
	char *first = test_login(&t, "restless", "FIRST"),
	     *last = test_login(&t, "restless", "LAST");
	ok(test_json(&t, 200, "GET", WHOAMI, last, NULL)); /* seen */
	test_server_stop(&t);
	assert_int_equal(db_open_offline(t.dir, &db, &err), 0);
	assert_true(user_find(db_reader(db), "localhost", span_of("restless"), &u));
	assert_int_equal(db_run_offline(db, log_in_often, &u.nid, &err), 0);
	db_close(db);
	test_server_start(&t);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, first, NULL);
	json_t *j = test_json(&t, 200, "GET", V3 "/devices", last, NULL);
	assert_int_equal(json_array_size(json_object_get(j, "devices")), DEVICES_MAX);
	json_decref(j);
	mem_free(first);
	mem_free(last);
}

static void test_profile(void **state)
{
	(void)state;
	test_add_user(&t, "faces", false);
	char *a = test_login(&t, "faces", NULL);
	char *room = pick(test_json(&t, 200, "POST", V3 "/createRoom", a, "{}"), "room_id");
	ok(test_json(&t, 200, "PUT", V3 "/profile/@faces:localhost/displayname", a,
		     "{\"displayname\":\"Фейс\"}"));
	ok(test_json(&t, 200, "PUT", V3 "/profile/@faces:localhost/m.tz", a,
		     "{\"m.tz\":\"Europe/Paris\"}"));
	json_t *j = test_json(&t, 200, "GET", V3 "/profile/@faces:localhost", admin, NULL);
	assert_string_equal(json_get_str(j, "displayname"), "Фейс");
	assert_string_equal(json_get_str(j, "m.tz"), "Europe/Paris");
	json_decref(j);
	char *path = mem_printf(V3 "/rooms/%s/members", room);
	j = test_json(&t, 200, "GET", path, a, NULL);
	const json_t *member = json_array_get(json_object_get(j, "chunk"), 0);
	assert_string_equal(json_get_str(json_object_get(member, "content"), "displayname"),
			    "Фейс");
	json_decref(j);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", V3 "/profile/@root:localhost/displayname", a,
		   "{\"displayname\":\"x\"}");
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "/profile/@nobody:localhost", a, NULL);
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "/profile/@faces:localhost/m.none", a, NULL);
	ok(test_json(&t, 200, "DELETE", V3 "/profile/@faces:localhost/m.tz", a, NULL));
	/* Quiet hours are for who meets the person in a room, and for themself. */
	ok(test_json(&t, 200, "PUT", V3 "/profile/@faces:localhost/org.muster.quiet", a,
		     "{\"org.muster.quiet\":{\"until_ts\":1}}"));
	ok(test_json(&t, 200, "GET", V3 "/profile/@faces:localhost/org.muster.quiet", a, NULL));
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "/profile/@faces:localhost/org.muster.quiet",
		   admin, NULL);
	j = test_json(&t, 200, "GET", V3 "/profile/@faces:localhost", admin, NULL);
	assert_null(json_object_get(j, "org.muster.quiet"));
	json_decref(j);
	char *invite = mem_printf(V3 "/rooms/%s/invite", room),
	     *join = mem_printf(V3 "/join/%s", room);
	ok(test_json(&t, 200, "POST", invite, a, "{\"user_id\":\"@root:localhost\"}"));
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "/profile/@faces:localhost/org.muster.quiet",
		   admin, NULL);
	ok(test_json(&t, 200, "POST", join, admin, "{}"));
	ok(test_json(&t, 200, "GET", V3 "/profile/@faces:localhost/org.muster.quiet", admin, NULL));
	mem_free(invite);
	mem_free(join);
	/* 64 KB in all, over several fields. */
	char *half = mem_alloc(40001);
	memset(half, 'x', 40000);
	ok(test_json(&t, 200, "PUT", V3 "/profile/@faces:localhost/one", a, "{\"one\":\"%s\"}",
		     half));
	test_error(&t, 400, "M_PROFILE_TOO_LARGE", "PUT", V3 "/profile/@faces:localhost/two", a,
		   "{\"two\":\"%s\"}", half);
	mem_free(half);
	mem_free(path);
	mem_free(room);
	mem_free(a);
}

static size_t found(const char *token, const char *term)
{
	json_t *j = test_json(&t, 200, "POST", V3 "/user_directory/search", token,
			      "{\"search_term\":\"%s\"}", term);
	size_t n = json_array_size(json_object_get(j, "results"));
	json_decref(j);
	return n;
}

/* Only whom one meets in a room, or could meet in a public one. */
static void test_people_search(void **state)
{
	(void)state;
	test_add_user(&t, "seeker", false);
	test_add_user(&t, "hidden", false);
	char *a = test_login(&t, "seeker", NULL), *b = test_login(&t, "hidden", NULL);
	ok(test_json(&t, 200, "PUT", V3 "/profile/@hidden:localhost/displayname", b,
		     "{\"displayname\":\"100%% Hidden\"}"));
	assert_int_equal(found(a, "hidden"), 0);
	ok(test_json(&t, 200, "POST", V3 "/createRoom", b,
		     "{\"preset\":\"public_chat\",\"visibility\":\"public\"}"));
	assert_int_equal(found(a, "HIDD"), 1);
	assert_int_equal(found(a, "100%"), 1);
	assert_int_equal(found(a, "1%0"), 0);
	assert_int_equal(found(a, "_idden"), 0);
	mem_free(a);
	mem_free(b);
}

static void test_openid(void **state)
{
	(void)state;
	char *token = pick(test_json(&t, 200, "POST",
				     V3 "/user/@root:localhost/openid/request_token", admin, "{}"),
			   "access_token");
	char *path = mem_printf("/_matrix/federation/v1/openid/userinfo?access_token=%s", token);
	char *sub = pick(test_json(&t, 200, "GET", path, NULL, NULL), "sub");
	assert_string_equal(sub, "@root:localhost");
	/* It opens nothing else. */
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, token, NULL);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET",
		   "/_matrix/federation/v1/openid/userinfo?access_token=x", NULL, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "/user/@mail:localhost/openid/request_token",
		   admin, "{}");
	/* Who asks again and again pushes out their own oldest only; those of one
	 * millisecond are equally old, so more than the 20 that stay. */
	for (int i = 0; i < 40; i++)
		ok(test_json(&t, 200, "POST", V3 "/user/@root:localhost/openid/request_token",
			     admin, "{}"));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", path, NULL, NULL);
	mem_free(token);
	mem_free(path);
	mem_free(sub);
}

static void test_deactivate(void **state)
{
	(void)state;
	test_add_user(&t, "leaver", false);
	char *a = test_login(&t, "leaver", NULL);
	char *room = pick(test_json(&t, 200, "POST", V3 "/createRoom", a,
				    "{\"invite\":[\"@root:localhost\"]}"),
			  "room_id");
	ok(test_json(&t, 200, "POST", V3 "/account/deactivate", a,
		     "{\"auth\":{\"type\":\"m.login.password\",\"user\":\"leaver\",\"password\":"
		     "\"password of leaver\"}}"));
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", WHOAMI, a, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "POST", V3 "/login", NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"leaver\",\"password\":\"password of "
		   "leaver\"}");
	test_error(&t, 400, "M_USER_IN_USE", "GET", V3 "/register/available?username=leaver", NULL,
		   NULL);
	char *path = mem_printf(V3 "/rooms/%s/join", room);
	ok(test_json(&t, 200, "POST", path, admin, "{}"));
	mem_free(path);
	path = mem_printf(V3 "/rooms/%s/joined_members", room);
	json_t *j = test_json(&t, 200, "GET", path, admin, NULL);
	assert_null(json_object_get(json_object_get(j, "joined"), "@leaver:localhost"));
	json_decref(j);
	mem_free(path);
	mem_free(room);
	mem_free(a);
}

static void test_lock(void **state)
{
	json_t *j;
	(void)state;
	test_add_user(&t, "locked", false);
	char *a = test_login(&t, "locked", NULL);
	ok(test_json(&t, 200, "POST", ADMIN "user.lock", admin, "{\"user\":\"locked\"}"));
	assert_int_equal(test_call(&t, "GET", WHOAMI, a, NULL, &j), 401);
	assert_string_equal(json_get_str(j, "errcode"), "M_USER_LOCKED");
	assert_true(json_get_bool(j, "soft_logout", false));
	json_decref(j);
	test_error(&t, 403, "M_USER_LOCKED", "POST", V3 "/login", NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"locked\",\"password\":\"password of "
		   "locked\"}");
	ok(test_json(&t, 200, "POST", ADMIN "user.unlock", admin, "{\"user\":\"locked\"}"));
	ok(test_json(&t, 200, "GET", WHOAMI, a, NULL));
	ok(test_json(&t, 200, "POST", ADMIN "user.lock", admin, "{\"user\":\"locked\"}"));
	ok(test_json(&t, 200, "POST", V3 "/logout", a, "{}")); /* still allowed */
	test_error(&t, 409, "M_UNKNOWN", "POST", ADMIN "user.lock", admin, "{\"user\":\"root\"}");
	mem_free(a);
}

static void test_discovery(void **state)
{
	json_t *j;
	(void)state;
	j = test_json(&t, 200, "GET", "/_matrix/client/versions", NULL, NULL);
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "versions"), 0)),
			    "v1.1");
	json_t *all = json_object_get(j, "versions");
	assert_string_equal(json_string_value(json_array_get(all, json_array_size(all) - 1)),
			    "v1.19");
	json_decref(j);
	j = test_json(&t, 200, "GET", "/.well-known/matrix/client", NULL, NULL);
	assert_string_equal(json_get_str(json_object_get(j, "m.homeserver"), "base_url"), t.url);
	json_decref(j);
	j = test_json(&t, 200, "GET", V3 "/capabilities", admin, NULL);
	json_decref(j);
	ok(test_json(&t, 200, "OPTIONS", V3 "/anything/at/all", NULL, NULL));
	ok(test_json(&t, 200, "GET", "/_matrix/client/r0/account/whoami", admin, NULL));
	test_error(&t, 404, "M_UNRECOGNIZED", "GET", "/_matrix/client/v1/auth_metadata", NULL,
		   NULL);
	test_error(&t, 404, "M_UNRECOGNIZED", "POST", V3 "/pushers/set", admin,
		   "{\"kind\":\"http\"}");
	test_error(&t, 400, "M_INVALID_PARAM", "GET", V3 "/profile/%zz", admin, NULL);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", V3 "/sync?filter=%ff", admin, NULL);
}

static void test_json_refused(void **state)
{
	struct buf deep = BUF_INIT(10000);
	(void)state;
	buf_put_str(&deep, "{\"a\":");
	for (int i = 0; i < 100; i++)
		buf_put_char(&deep, '[');
	for (int i = 0; i < 100; i++)
		buf_put_char(&deep, ']');
	buf_put_char(&deep, '}');
	test_error(&t, 400, "M_BAD_JSON", "POST", V3 "/login", NULL, "%s", buf_str(&deep));
	test_error(&t, 400, "M_NOT_JSON", "POST", V3 "/login", NULL, "{\"a\":\"\\ud800\"}");
	test_error(&t, 400, "M_NOT_JSON", "POST", V3 "/login", NULL, "{\"a\":\"\xff\"}");
	test_error(&t, 400, "M_NOT_JSON", "POST", V3 "/login", NULL, "{\"a\":1e999}");
	test_error(&t, 400, "M_NOT_JSON", "POST", V3 "/login", NULL,
		   "{\"a\":92233720368547758080}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", V3 "/login", NULL,
		   "{\"type\":\"m.login.password\",\"user\":\"a\\u0000b\",\"password\":\"x\"}");
	buf_done(&deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_same_time),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_email_login),
		cmocka_unit_test(test_device_replaced),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_soft_logout),
		cmocka_unit_test(test_failures_limited),
		cmocka_unit_test(test_failures_at_once),
		cmocka_unit_test(test_large_login),
		cmocka_unit_test(test_register_by_invite),
		cmocka_unit_test(test_register_refused),
		cmocka_unit_test(test_password_change),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_too_many_devices),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_people_search),
		cmocka_unit_test(test_openid),
		cmocka_unit_test(test_deactivate),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_json_refused),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
