/*
 * The routes that change rooms and the directory, over HTTP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "tests/lib/asking.h"

static struct test_server t;
static char *alice, *bob, *carol, *root;

static void ok(const char *method, const char *where, const char *token, const char *body)
{
	json_decref(test_json(&t, 200, method, where, token, "%s", body));
}

/* createRoom; the caller owns the id. */
static char *make_room(const char *token, const char *body)
{
	json_t *j = test_json(&t, 200, "POST", V3 "createRoom", token, "%s", body);
	char *id = mem_strdup(json_get_str(j, "room_id"));
	assert_non_null(id);
	json_decref(j);
	return id;
}

/* A send of any kind; the caller owns the event id. */
static char *put(const char *where, const char *token, const char *body)
{
	json_t *j = test_json(&t, 200, "PUT", where, token, "%s", body);
	char *id = mem_strdup(json_get_str(j, "event_id"));
	assert_non_null(id);
	assert_int_equal(json_object_size(j), 1);
	json_decref(j);
	return id;
}

static char *membership(const char *room, const char *user)
{
	json_t *j = test_json(&t, 200, "GET",
			      at(V3 "rooms/%s/state/m.room.member/@%s:%s", room, user, t.srv->name),
			      alice, NULL);
	char *m = mem_strdup(json_get_str(j, "membership"));
	json_decref(j);
	return m;
}

static void expect_membership(const char *room, const char *user, const char *want)
{
	AUTO_FREE char *have = membership(room, user);
	assert_string_equal(have, want);
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	test_add_user(&t, "alice", false);
	test_add_user(&t, "bob", false);
	test_add_user(&t, "carol", false);
	test_add_user(&t, "root", true);
	alice = test_login(&t, "alice", "A");
	bob = test_login(&t, "bob", "B");
	carol = test_login(&t, "carol", "C");
	root = test_login(&t, "root", "R");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(alice);
	mem_free(bob);
	mem_free(carol);
	mem_free(root);
	test_server_done(&t);
	return 0;
}

static void test_send(void **state)
{
	(void)state;
	AUTO_FREE char *room = make_room(alice, "{}");
	AUTO_FREE char *one = put(at(V3 "rooms/%s/send/m.room.message/t1", room), alice,
				  "{\"msgtype\":\"m.text\",\"body\":\"hi\"}");
	AUTO_FREE char *two = put(at(V3 "rooms/%s/send/m.room.message/t1", room), alice,
				  "{\"msgtype\":\"m.text\",\"body\":\"again\"}");
	assert_string_equal(one, two);
	/* A transaction id is the device's. */
	AUTO_FREE char *other_device = test_login(&t, "alice", "A2");
	AUTO_FREE char *three =
		put(at(V3 "rooms/%s/send/m.room.message/t1", room), other_device, "{}");
	assert_string_not_equal(one, three);
	AUTO_FREE char *r0 = put(at("/_matrix/client/r0/rooms/%s/send/m%%2Fx/%%C3%%A9%%20", room),
				 alice, "{\"n\":1}");
	json_t *e = test_json(&t, 200, "GET", at(V3 "rooms/%s/event/%s", room, r0), alice, NULL);
	assert_string_equal(json_get_str(e, "type"), "m/x");
	json_decref(e);
	const char *send = at(V3 "rooms/%s/send/m.room.message/t2", room);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", send, bob, "{}");
	test_error(&t, 401, "M_MISSING_TOKEN", "PUT", send, NULL, "{}");
	test_error(&t, 400, "M_BAD_JSON", "PUT", send, alice, "{\"n\":0.5}");
	test_error(&t, 400, "M_NOT_JSON", "PUT", send, alice, "{\"n\":");
	assert_int_not_equal(test_call(&t, "PUT", send, alice, "[1]", NULL), 200);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", V3 "rooms/!none:x/send/m.room.message/1", alice,
		   "{}");
}

static void test_state(void **state)
{
	(void)state;
	AUTO_FREE char *room = make_room(alice, "{}");
	AUTO_FREE char *a =
		put(at(V3 "rooms/%s/state/m.room.topic", room), alice, "{\"topic\":\"x\"}");
	AUTO_FREE char *b =
		put(at(V3 "rooms/%s/state/m.room.topic/", room), alice, "{\"topic\":\"x\"}");
	assert_string_equal(a, b);
	AUTO_FREE char *c =
		put(at(V3 "rooms/%s/state/org.x/a%%2Fb", room), alice, "{\"topic\":\"x\"}");
	json_t *e = test_json(&t, 200, "GET", at(V3 "rooms/%s/event/%s", room, c), alice, NULL);
	assert_string_equal(json_get_str(e, "state_key"), "a/b");
	json_decref(e);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", at(V3 "rooms/%s/state/m.room.encryption", room),
		   alice, "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
	test_error(&t, 403, "M_FORBIDDEN", "PUT", at(V3 "rooms/%s/state/m.room.create", room),
		   alice, "{}");
}

static void test_redact(void **state)
{
	(void)state;
	AUTO_FREE char *room = make_room(alice, "{\"preset\":\"public_chat\"}");
	ok("POST", at(V3 "join/%s", room), bob, "{}");
	AUTO_FREE char *said =
		put(at(V3 "rooms/%s/send/m.room.message/1", room), alice, "{\"body\":\"x\"}");
	test_error(&t, 403, "M_FORBIDDEN", "PUT", at(V3 "rooms/%s/redact/%s/1", room, said), bob,
		   "{}");
	AUTO_FREE char *r1 =
		put(at(V3 "rooms/%s/redact/%s/2", room, said), alice, "{\"reason\":\"typo\"}");
	AUTO_FREE char *r2 = put(at(V3 "rooms/%s/redact/%s/2", room, said), alice, "{}");
	assert_string_equal(r1, r2);
	json_t *e = test_json(&t, 200, "GET", at(V3 "rooms/%s/event/%s", room, said), bob, NULL);
	assert_int_equal(json_object_size(json_object_get(e, "content")), 0);
	json_t *because = json_object_get(json_object_get(e, "unsigned"), "redacted_because");
	assert_string_equal(json_get_str(because, "event_id"), r1);
	assert_string_equal(json_get_str(json_object_get(because, "content"), "reason"), "typo");
	json_decref(e);
	/* The same transaction id for another target is another transaction. */
	AUTO_FREE char *more = put(at(V3 "rooms/%s/send/m.room.message/3", room), alice, "{}");
	AUTO_FREE char *r3 = put(at(V3 "rooms/%s/redact/%s/2", room, more), alice, "{}");
	assert_string_not_equal(r1, r3);
	test_error(&t, 400, "M_BAD_JSON", "PUT", at(V3 "rooms/%s/redact/%s/9", room, more), alice,
		   "{\"reason\":5}");
}

static void test_membership(void **state)
{
	(void)state;
	AUTO_FREE char *room = make_room(alice, "{\"name\":\"class\"}");
	AUTO_FREE char *bob_body = mem_printf("{\"user_id\":\"@bob:%s\"}", t.srv->name);
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "join/%s", room), bob, "{}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", V3 "join/!none:x", bob, "{}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", V3 "join/%23none:x", bob, "{}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", V3 "join/room", bob, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "knock/%s", room), bob, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/leave", room), bob, "{}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", at(V3 "rooms/%s/invite", room), alice,
		   "{\"user_id\":\"@nobody:%s\"}", t.srv->name);
	test_error(&t, 400, "M_MISSING_PARAM", "POST", at(V3 "rooms/%s/invite", room), alice, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/invite", room), alice,
		   "{\"medium\":\"email\",\"address\":\"a@b\",\"id_server\":\"x\"}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/invite", room), bob, "%s",
		   bob_body);
	ok("POST", at(V3 "rooms/%s/invite", room), alice, bob_body);
	ok("POST", at(V3 "rooms/%s/invite", room), alice, bob_body);
	expect_membership(room, "bob", "invite");
	json_t *j = test_json(&t, 200, "POST", at(V3 "rooms/%s/join", room), bob, NULL);
	assert_string_equal(json_get_str(j, "room_id"), room);
	json_decref(j);
	ok("POST", at(V3 "join/%s", room), bob, "{}");
	test_error(&t, 400, "M_UNKNOWN", "POST", at(V3 "rooms/%s/forget", room), bob, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/kick", room), bob,
		   "{\"user_id\":\"@alice:%s\"}", t.srv->name);
	test_error(&t, 403, "M_BAD_STATE", "POST", at(V3 "rooms/%s/unban", room), alice, "%s",
		   bob_body);
	test_error(&t, 400, "M_BAD_JSON", "POST", at(V3 "rooms/%s/kick", room), alice,
		   "{\"user_id\":7}");
	ok("POST", at(V3 "rooms/%s/kick", room), alice, bob_body);
	expect_membership(room, "bob", "leave");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/kick", room), alice, "%s",
		   bob_body);
	ok("POST", at(V3 "rooms/%s/ban", room), alice, bob_body);
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/invite", room), alice, "%s",
		   bob_body);
	ok("POST", at(V3 "rooms/%s/unban", room), alice, bob_body);
	expect_membership(room, "bob", "leave");
	ok("POST", at(V3 "rooms/%s/leave", room), bob, "{}");
	ok("POST", at(V3 "rooms/%s/forget", room), bob, "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/forget", room), carol, "{}");
}

static void test_knock(void **state)
{
	(void)state;
	AUTO_FREE char *room =
		make_room(alice, "{\"room_alias_name\":\"door\",\"initial_state\":[{\"type\":"
				 "\"m.room.join_rules\",\"content\":{\"join_rule\":\"knock\"}}]}");
	json_t *j = test_json(&t, 200, "POST", at(V3 "knock/%%23door:%s", t.srv->name), bob,
			      "{\"reason\":\"please\"}");
	assert_string_equal(json_get_str(j, "room_id"), room);
	json_decref(j);
	expect_membership(room, "bob", "knock");
	ok("POST", at(V3 "rooms/%s/leave", room), bob, "{}");
	expect_membership(room, "bob", "leave");
}

static void test_directory(void **state)
{
	(void)state;
	AUTO_FREE char *room = make_room(alice, "{\"room_alias_name\":\"maths\"}");
	AUTO_FREE char *body = mem_printf("{\"room_id\":\"%s\"}", room);
	AUTO_FREE char *maths = mem_printf(V3 "directory/room/%%23maths:%s", t.srv->name);
	AUTO_FREE char *algebra = mem_printf(V3 "directory/room/%%23algebra:%s", t.srv->name);
	json_t *j = test_json(&t, 200, "GET", maths, NULL, NULL);
	assert_string_equal(json_get_str(j, "room_id"), room);
	json_decref(j);
	test_error(&t, 404, "M_NOT_FOUND", "GET", algebra, NULL, NULL);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", V3 "directory/room/maths", NULL, NULL);
	test_error(&t, 409, "M_UNKNOWN", "PUT", maths, alice, "%s", body);
	test_error(&t, 403, "M_FORBIDDEN", "PUT", algebra, bob, "%s", body);
	test_error(&t, 400, "M_INVALID_PARAM", "PUT", V3 "directory/room/%23a:elsewhere.example",
		   alice, "%s", body);
	test_error(&t, 400, "M_MISSING_PARAM", "PUT", algebra, alice, "{}");
	ok("PUT", algebra, alice, body);
	j = test_json(&t, 200, "GET", at(V3 "rooms/%s/aliases", room), alice, NULL);
	assert_int_equal(json_array_size(json_object_get(j, "aliases")), 2);
	json_decref(j);
	test_error(&t, 403, "M_FORBIDDEN", "GET", at(V3 "rooms/%s/aliases", room), bob, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "DELETE", maths, bob, NULL);
	ok("DELETE", maths, alice, "{}");
	test_error(&t, 404, "M_NOT_FOUND", "DELETE", maths, alice, NULL);
	/* The main alias went with it. */
	j = test_json(&t, 200, "GET", at(V3 "rooms/%s/state/m.room.canonical_alias", room), alice,
		      NULL);
	assert_int_equal(json_object_size(j), 0);
	json_decref(j);
	ok("DELETE", algebra, root, "{}");
}

static void test_public_rooms(void **state)
{
	(void)state;
	AUTO_FREE char *a = make_room(alice, "{\"visibility\":\"public\",\"name\":\"Fran\xc3\xa7"
					     "ais\",\"topic\":\"Lundi\"}");
	AUTO_FREE char *b = make_room(alice, "{\"preset\":\"public_chat\",\"name\":\"Physics\"}");
	AUTO_FREE char *c = make_room(alice, "{\"visibility\":\"public\",\"creation_content\":"
					     "{\"type\":\"m.space\"},\"name\":\"School\"}");
	ok("POST", at(V3 "join/%s", c), bob, "{}");
	test_error(&t, 401, "M_MISSING_TOKEN", "GET", V3 "publicRooms", NULL, NULL);
	json_t *j = test_json(&t, 200, "GET", V3 "publicRooms?limit=1", carol, NULL);
	json_t *first = json_array_get(json_object_get(j, "chunk"), 0);
	assert_int_equal(json_array_size(json_object_get(j, "chunk")), 1);
	assert_int_equal(json_get_i64(j, "total_room_count_estimate", 0), 2);
	assert_string_equal(json_get_str(first, "room_id"), c); /* the largest */
	assert_string_equal(json_get_str(first, "room_type"), "m.space");
	assert_int_equal(json_get_i64(first, "num_joined_members", 0), 2);
	assert_string_equal(json_get_str(first, "join_rule"), "public");
	assert_null(json_object_get(j, "prev_batch"));
	json_t *next =
		test_json(&t, 200, "GET",
			  at(V3 "publicRooms?limit=1&since=%s", json_get_str(j, "next_batch")),
			  carol, NULL);
	first = json_array_get(json_object_get(next, "chunk"), 0);
	assert_string_equal(json_get_str(first, "room_id"), a);
	assert_null(json_object_get(next, "next_batch"));
	assert_string_equal(json_get_str(next, "prev_batch"), "o0");
	json_decref(next);
	json_decref(j);
	j = test_json(&t, 200, "POST", V3 "publicRooms", carol,
		      "{\"filter\":{\"generic_search_term\":\"LUN\"}}");
	assert_int_equal(json_array_size(json_object_get(j, "chunk")), 1);
	json_decref(j);
	j = test_json(&t, 200, "POST", V3 "publicRooms", carol,
		      "{\"filter\":{\"room_types\":[null]}}");
	first = json_array_get(json_object_get(j, "chunk"), 0);
	assert_int_equal(json_array_size(json_object_get(j, "chunk")), 1);
	assert_string_equal(json_get_str(first, "room_id"), a);
	json_decref(j);
	test_error(&t, 400, "M_INVALID_PARAM", "POST", V3 "publicRooms", carol,
		   "{\"filter\":{\"generic_search_term\":\"%0300d\"}}", 0);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", V3 "publicRooms?since=x", carol, NULL);
	test_error(&t, 404, "M_NOT_FOUND", "GET", V3 "publicRooms?server=matrix.org", carol, NULL);
	/* Listing another one. */
	const char *list = V3 "directory/list/room/";
	test_error(&t, 403, "M_FORBIDDEN", "PUT", at("%s%s", list, b), bob, "{}");
	ok("PUT", at("%s%s", list, b), alice, "{\"visibility\":\"public\"}");
	j = test_json(&t, 200, "GET", at("%s%s", list, b), NULL, NULL);
	assert_string_equal(json_get_str(j, "visibility"), "public");
	json_decref(j);
	ok("PUT", at("%s%s", list, b), root, "{\"visibility\":\"private\"}");
	test_error(&t, 400, "M_INVALID_PARAM", "PUT", at("%s%s", list, b), alice,
		   "{\"visibility\":\"x\"}");
	test_error(&t, 404, "M_NOT_FOUND", "GET", at("%s!none:x", list), alice, NULL);
}

static void test_summary(void **state)
{
	(void)state;
	AUTO_FREE char *open = make_room(alice, "{\"preset\":\"public_chat\",\"name\":\"Open\"}");
	AUTO_FREE char *shut = make_room(alice, "{\"name\":\"Shut\"}");
	const char *summary = "/_matrix/client/v1/room_summary/";
	json_t *j = test_json(&t, 200, "GET", at("%s%s", summary, open), bob, NULL);
	assert_string_equal(json_get_str(j, "name"), "Open");
	assert_string_equal(json_get_str(j, "room_version"), "11");
	assert_string_equal(json_get_str(j, "membership"), "leave");
	json_decref(j);
	j = test_json(&t, 200, "GET", at("%s%s", summary, open), NULL, NULL);
	assert_null(json_object_get(j, "membership"));
	json_decref(j);
	test_error(&t, 404, "M_NOT_FOUND", "GET", at("%s%s", summary, shut), bob, NULL);
	test_error(&t, 404, "M_NOT_FOUND", "GET", at("%s!none:x", summary), bob, NULL);
	json_decref(test_json(&t, 200, "GET", at("%s%s", summary, shut), alice, NULL));
}

/* The names of a hierarchy's rooms, joined by spaces. */
static char *walk(const char *where, const char *token, char **ret_next)
{
	json_t *j = test_json(&t, 200, "GET", where, token, NULL), *room;
	struct buf b = BUF_INIT(1000);
	size_t i;
	json_array_foreach (json_object_get(j, "rooms"), i, room)
		buf_printf(&b, "%s%s", i ? " " : "", json_get_str(room, "name"));
	if (ret_next)
		*ret_next = mem_strdup(json_get_str(j, "next_batch"));
	json_decref(j);
	return buf_take(&b);
}

static void add_child(const char *space, const char *child, const char *more)
{
	AUTO_FREE char *body = mem_printf("{\"via\":[\"x\"]%s}", more);
	mem_free(put(at(V3 "rooms/%s/state/m.space.child/%s", space, child), alice, body));
}

static void test_hierarchy(void **state)
{
	(void)state;
	AUTO_FREE char *top = make_room(alice, "{\"name\":\"top\",\"preset\":\"public_chat\","
					       "\"creation_content\":{\"type\":\"m.space\"}}");
	AUTO_FREE char *sub = make_room(alice, "{\"name\":\"sub\",\"preset\":\"public_chat\","
					       "\"creation_content\":{\"type\":\"m.space\"}}");
	AUTO_FREE char *a = make_room(alice, "{\"name\":\"a\",\"preset\":\"public_chat\"}");
	AUTO_FREE char *b = make_room(alice, "{\"name\":\"b\"}");
	AUTO_FREE char *c = make_room(alice, "{\"name\":\"c\",\"preset\":\"public_chat\"}");
	add_child(top, c, "");
	add_child(top, sub, ",\"order\":\"b\",\"suggested\":true");
	add_child(top, a, ",\"order\":\"a\"");
	add_child(sub, b, "");
	add_child(sub, top, ""); /* a cycle */
	add_child(sub, "!none:x", "");
	AUTO_FREE char *where = mem_printf("/_matrix/client/v1/rooms/%s/hierarchy", top);
	char *next, *got = walk(where, alice, &next);
	assert_string_equal(got, "top a sub b c");
	assert_null(next);
	mem_free(got);
	got = walk(where, bob, NULL); /* b is private */
	assert_string_equal(got, "top a sub c");
	mem_free(got);
	got = walk(at("%s?max_depth=1", where), alice, NULL);
	assert_string_equal(got, "top a sub c");
	mem_free(got);
	got = walk(at("%s?suggested_only=true", where), alice, NULL);
	assert_string_equal(got, "top sub");
	mem_free(got);
	got = walk(at("%s?limit=2", where), alice, &next);
	assert_string_equal(got, "top a");
	mem_free(got);
	got = walk(at("%s?limit=3&from=%s", where, next), alice, NULL);
	assert_string_equal(got, "sub b c");
	mem_free(got);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", at("%s?max_depth=1&from=%s", where, next),
		   alice, NULL);
	mem_free(next);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", at("%s?from=h1", where), alice, NULL);
	test_error(&t, 403, "M_FORBIDDEN", "GET", at("/_matrix/client/v1/rooms/%s/hierarchy", b),
		   bob, NULL);
}

/* What was acknowledged is there after the next start. */
static void test_restart(void **state)
{
	(void)state;
	AUTO_FREE char *room = make_room(alice, "{\"name\":\"stays\"}");
	AUTO_FREE char *one = put(at(V3 "rooms/%s/send/m.room.message/t1", room), alice, "{}");
	test_server_stop(&t);
	test_server_start(&t);
	json_t *e = test_json(&t, 200, "GET", at(V3 "rooms/%s/event/%s", room, one), alice, NULL);
	json_decref(e);
	AUTO_FREE char *two = put(at(V3 "rooms/%s/send/m.room.message/t1", room), alice, "{}");
	assert_string_equal(one, two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send),	     cmocka_unit_test(test_state),
		cmocka_unit_test(test_redact),	     cmocka_unit_test(test_membership),
		cmocka_unit_test(test_knock),	     cmocka_unit_test(test_directory),
		cmocka_unit_test(test_public_rooms), cmocka_unit_test(test_summary),
		cmocka_unit_test(test_hierarchy),    cmocka_unit_test(test_restart),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
