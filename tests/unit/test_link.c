/* One-time links: codes, the administration, the two open endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/link.h"
#include "tests/lib/server.h"
#include "tests/lib/tmpdir.h"

#include <string.h>
#include <time.h>

#define ADMIN "/_muster/admin/v1/"
#define JOIN "/_muster/join/v1/"
#define V3 "/_matrix/client/v3"

static struct test_server t;
static char *root;

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	tmpdir_make(t.dir);
	test_server_start(&t);
	test_add_user(&t, "root", true);
	root = test_login(&t, "root", NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	mem_free(root);
	test_server_done(&t);
	return 0;
}

static void fold_is(const char *typed, const char *wanted)
{
	char code[LINK_CODE_SIZE];
	bool ok = link_code_fold(span_of(typed), code);
	assert_int_equal(ok, wanted != NULL);
	if (wanted)
		assert_string_equal(code, wanted);
}

static void test_fold(void **state)
{
	(void)state;
	fold_is("ABCD-EFGH-JKMN-PQRS", "ABCD-EFGH-JKMN-PQRS");
	fold_is(" abcd efgh jkmn pqrs\n", "ABCD-EFGH-JKMN-PQRS");
	fold_is("abcdefghjkmnpqrs", "ABCD-EFGH-JKMN-PQRS");
	fold_is("iLoO-0000-1111-----22 22", "1100-0000-1111-2222");
	fold_is("ABCD\xe2\x80\x93"
		"EFGH\xc2\xa0JKMN\xe2\x80\x91PQRS",
		"ABCD-EFGH-JKMN-PQRS");
	fold_is("ABCD-EFGH-JKMN-PQR", NULL);
	fold_is("ABCD-EFGH-JKMN-PQRST", NULL);
	fold_is("ABCU-EFGH-JKMN-PQRS", NULL); /* U is in no code */
	fold_is("", NULL);
	fold_is("----", NULL);
	assert_false(link_code_fold((struct span){"ABCD-EFGH-JKMN\0PQRS", 19},
				    (char[LINK_CODE_SIZE]){0}));
}

static void add(const char *user, const char *name)
{
	json_t *j = test_json(&t, 200, "POST", ADMIN "user.import", root,
			      "{\"rows\":[{\"user\":\"%s\",\"name\":\"%s\"}],\"no_password\":true}",
			      user, name);
	const json_t *row = json_array_get(json_object_get(j, "users"), 0);
	assert_string_equal(json_get_str(row, "state"), "created");
	assert_null(json_object_get(row, "password"));
	json_decref(j);
}

static char *make_room(const char *more)
{
	json_t *j = test_json(&t, 200, "POST", V3 "/createRoom", root,
			      "{\"name\":\"Physics\",\"preset\":\"private_chat\"%s}", more);
	char *id = mem_strdup(json_get_str(j, "room_id"));
	json_decref(j);
	return id;
}

/* The code of a new link; the caller owns it. */
static char *make_link(const char *user, const char *more)
{
	json_t *j = test_json(&t, 200, "POST", ADMIN "link.create", root, "{\"user\":\"%s\"%s}",
			      user, more);
	char *code = mem_strdup(json_get_str(j, "code"));
	char *link = mem_printf("%s/join#%s", t.srv->base_url, code);
	assert_string_equal(json_get_str(j, "link"), link);
	assert_int_equal(strlen(code), 19);
	mem_free(link);
	json_decref(j);
	return code;
}

static json_t *look(const char *code)
{
	return test_json(&t, 200, "POST", JOIN "look", NULL, "{\"code\":\"%s\"}", code);
}

static json_t *claim(const char *code, const char *password)
{
	return test_json(&t, 200, "POST", JOIN "claim", NULL,
			 "{\"code\":\"%s\",\"password\":\"%s\",\"device_name\":\"phone\"}", code,
			 password);
}

static void log_in(const char *user, const char *password, int status)
{
	json_decref(test_json(&t, status, "POST", V3 "/login", NULL,
			      "{\"type\":\"m.login.password\",\"user\":\"%s\",\"password\":\"%s\"}",
			      user, password));
}

static void test_once(void **state)
{
	(void)state;
	add("anna", "Anna");
	char *room = make_room(",\"invite\":[\"@anna:localhost\"]");
	char *more = mem_printf(",\"room_id\":\"%s\"", room);
	char *code = make_link("anna", more);
	json_t *j = look(code);
	assert_string_equal(json_get_str(j, "user_id"), "@anna:localhost");
	assert_string_equal(json_get_str(j, "displayname"), "Anna");
	assert_string_equal(json_get_str(j, "room_id"), room);
	assert_string_equal(json_get_str(j, "room_name"), "Physics");
	assert_string_equal(json_get_str(j, "server_name"), "localhost");
	assert_true(json_is_false(json_object_get(j, "used")));
	assert_true(json_is_false(json_object_get(j, "password_set")));
	assert_true(json_get_i64(j, "expires_ts", 0) > 0);
	json_decref(j);
	test_error(&t, 400, "M_WEAK_PASSWORD", "POST", JOIN "claim", NULL,
		   "{\"code\":\"%s\",\"password\":\"short\"}", code);
	test_error(&t, 400, "M_MISSING_PARAM", "POST", JOIN "claim", NULL, "{\"code\":\"%s\"}",
		   code);
	j = claim(code, "a word of my own");
	assert_string_equal(json_get_str(j, "user_id"), "@anna:localhost");
	assert_string_equal(json_get_str(j, "home_server"), "localhost");
	assert_string_equal(json_get_str(j, "room_id"), room);
	assert_non_null(json_get_str(j, "device_id"));
	char *token = mem_strdup(json_get_str(j, "access_token"));
	json_decref(j);
	/* Invited, so now in the room; the device has its name. */
	j = test_json(&t, 200, "GET", V3 "/joined_rooms", token, "%s", "");
	assert_string_equal(json_string_value(
				    json_array_get(json_object_get(j, "joined_rooms"), 0)),
			    room);
	json_decref(j);
	j = test_json(&t, 200, "GET", V3 "/devices", token, "%s", "");
	assert_string_equal(json_get_str(json_array_get(json_object_get(j, "devices"), 0),
					 "display_name"),
			    "phone");
	json_decref(j);
	log_in("anna", "a word of my own", 200);
	/* Once only. */
	test_error(&t, 409, "ORG.MUSTER.LINK_USED", "POST", JOIN "claim", NULL,
		   "{\"code\":\"%s\",\"password\":\"another word\"}", code);
	j = look(code);
	assert_true(json_is_true(json_object_get(j, "used")));
	assert_true(json_is_true(json_object_get(j, "password_set")));
	json_decref(j);
	/* A new slip: the old code is gone; whoever came with it is logged out. */
	char *second = make_link("anna", "");
	test_error(&t, 404, "M_NOT_FOUND", "POST", JOIN "look", NULL, "{\"code\":\"%s\"}", code);
	json_decref(claim(second, "the second word"));
	log_in("anna", "a word of my own", 403);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", V3 "/account/whoami", token, "%s", "");
	mem_free(second);
	mem_free(token);
	mem_free(code);
	mem_free(more);
	mem_free(room);
}

/* A room that is closed to them keeps nobody out of their account. */
static void test_closed_room(void **state)
{
	(void)state;
	add("bert", "");
	char *room = make_room("");
	char *more = mem_printf(",\"room_id\":\"%s\"", room);
	char *code = make_link("bert", more);
	json_t *j = look(code);
	assert_string_equal(json_get_str(j, "displayname"), "@bert:localhost");
	json_decref(j);
	j = claim(code, "a word of my own");
	assert_null(json_object_get(j, "room_id"));
	json_decref(j);
	mem_free(code);
	mem_free(more);
	mem_free(room);
}

static void test_ends(void **state)
{
	(void)state;
	add("anna", "Anna");
	char *code = make_link("anna", ",\"expires_in_ms\":1");
	for (int64_t made = clock_wall_ms(); clock_wall_ms() <= made + 1;)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	test_error(&t, 410, "M_EXPIRED", "POST", JOIN "look", NULL, "{\"code\":\"%s\"}", code);
	test_error(&t, 410, "M_EXPIRED", "POST", JOIN "claim", NULL,
		   "{\"code\":\"%s\",\"password\":\"a word of my own\"}", code);
	mem_free(code);
	code = make_link("anna", "");
	json_decref(test_json(&t, 200, "POST", ADMIN "user.lock", root, "{\"user\":\"anna\"}"));
	test_error(&t, 403, "M_USER_LOCKED", "POST", JOIN "claim", NULL,
		   "{\"code\":\"%s\",\"password\":\"a word of my own\"}", code);
	json_decref(test_json(&t, 200, "POST", ADMIN "link.revoke", root, "{\"user\":\"anna\"}"));
	test_error(&t, 404, "M_NOT_FOUND", "POST", ADMIN "link.revoke", root,
		   "{\"user\":\"anna\"}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", JOIN "look", NULL, "{\"code\":\"%s\"}", code);
	mem_free(code);
	code = make_link("anna", "");
	json_decref(test_json(&t, 200, "POST", ADMIN "user.remove", root, "{\"user\":\"anna\"}"));
	test_error(&t, 404, "M_NOT_FOUND", "POST", JOIN "look", NULL, "{\"code\":\"%s\"}", code);
	test_error(&t, 400, "M_INVALID_PARAM", "POST", ADMIN "link.create", root,
		   "{\"user\":\"root\",\"expires_in_ms\":-1}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", ADMIN "link.create", root,
		   "{\"user\":\"root\",\"room_id\":\"!none:localhost\"}");
	test_error(&t, 401, "M_MISSING_TOKEN", "POST", ADMIN "link.create", NULL,
		   "{\"user\":\"root\"}");
	mem_free(code);
}

/* Wrong codes are counted; right ones pass all the same, from the same address. */
static void test_wrong_codes(void **state)
{
	int limited = 0;
	(void)state;
	add("anna", "Anna");
	char *code = make_link("anna", "");
	test_error(&t, 400, "M_MISSING_PARAM", "POST", JOIN "look", NULL, "{}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", JOIN "look", NULL, "{\"code\":\"hm\"}");
	for (int i = 0; i < 40; i++)
		limited += test_call(&t, "POST", JOIN "look", NULL,
				     "{\"code\":\"0000-0000-0000-0000\"}", NULL) == 429;
	assert_true(limited > 20);
	json_decref(look(code));
	json_decref(claim(code, "a word of my own"));
	mem_free(code);
}

static void test_many(void **state)
{
	(void)state;
	add("anna", "Anna");
	add("bert", "Bert");
	add("carl", "Carl");
	char *code = make_link("anna", "");
	json_t *j = test_json(&t, 200, "POST", ADMIN "link.create", root,
			      "{\"users\":[\"anna\",\"bert\",\"root\"],\"missing\":true}");
	json_t *links = json_object_get(j, "links");
	assert_int_equal(json_array_size(links), 1);
	assert_string_equal(json_get_str(json_array_get(links, 0), "user_id"), "@bert:localhost");
	json_decref(j);
	json_decref(look(code)); /* was left alone */
	j = test_json(&t, 200, "POST", ADMIN "link.create", root,
		      "{\"users\":[\"anna\",\"bert\"]}");
	assert_int_equal(json_array_size(json_object_get(j, "links")), 2);
	json_decref(j);
	test_error(&t, 404, "M_NOT_FOUND", "POST", JOIN "look", NULL, "{\"code\":\"%s\"}", code);
	mem_free(code);
}

static void state_is(const char *room, const char *user, const char *more, const char *wanted)
{
	json_t *j = test_json(&t, 200, "POST", ADMIN "room.join", root,
			      "{\"room_id\":\"%s\",\"users\":[\"%s\"]%s}", room, user, more);
	assert_string_equal(json_get_str(json_array_get(json_object_get(j, "users"), 0), "state"),
			    wanted);
	json_decref(j);
}

static void test_room_join(void **state)
{
	(void)state;
	add("anna", "Anna");
	char *room = make_room("");
	char *kick = mem_printf(V3 "/rooms/%s/kick", room),
	     *ban = mem_printf(V3 "/rooms/%s/ban", room);
	state_is(room, "anna", "", "joined");
	state_is(room, "anna", "", "existing");
	json_decref(test_json(&t, 200, "POST", kick, root, "{\"user_id\":\"@anna:localhost\"}"));
	state_is(room, "anna", "", "left");
	state_is(room, "anna", ",\"again\":true", "joined");
	json_decref(test_json(&t, 200, "POST", ban, root, "{\"user_id\":\"@anna:localhost\"}"));
	state_is(room, "anna", ",\"again\":true", "banned");
	/* The rules of the room hold for administrators, too. */
	add("bert", "Bert");
	char *code = make_link("bert", "");
	json_t *j = claim(code, "a word of my own");
	json_t *made =
		test_json(&t, 200, "POST", V3 "/createRoom", json_get_str(j, "access_token"), "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", ADMIN "room.join", root,
		   "{\"room_id\":\"%s\",\"users\":[\"root\"]}", json_get_str(made, "room_id"));
	json_decref(made);
	json_decref(j);
	mem_free(code);
	mem_free(kick);
	mem_free(ban);
	mem_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test_setup_teardown(test_once, start, stop),
		cmocka_unit_test_setup_teardown(test_closed_room, start, stop),
		cmocka_unit_test_setup_teardown(test_ends, start, stop),
		cmocka_unit_test_setup_teardown(test_wrong_codes, start, stop),
		cmocka_unit_test_setup_teardown(test_many, start, stop),
		cmocka_unit_test_setup_teardown(test_room_join, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
