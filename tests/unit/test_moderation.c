/* Suspended and locked accounts, whois, and who takes no invitations. Over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/classroom.h"

#include <string.h>

#define V1 "/_matrix/client/v1/"

static char *head; /* an administrator's token */

static int start(void **state)
{
	class_start(state);
	test_add_user(&class_server, "head", true);
	test_add_user(&class_server, "deputy", true);
	head = test_login(&class_server, "head", "DESK");
	return 0;
}

static int stop(void **state)
{
	mem_free_secret(head);
	return class_stop(state);
}

static void set(const char *what, const struct chatter *who, const char *key, bool on)
{
	AUTO_FREE char *path = mem_printf(V1 "admin/%s/%s", what, who->id);
	JSON_AUTO json_t *j = test_json(&class_server, 200, "PUT", path, head, "{\"%s\":%s}", key,
					on ? "true" : "false");
	assert_int_equal(json_get_bool(j, key, !on), on);
	JSON_AUTO json_t *now = test_json(&class_server, 200, "GET", path, head, NULL);
	assert_int_equal(json_get_bool(now, key, !on), on);
}

static void refused(struct chatter *p, const char *method, char *path, const char *body)
{
	test_error(&class_server, 403, "M_USER_SUSPENDED", method, path, p->token, "%s", body);
	mem_free(path);
}

static void allowed(struct chatter *p, const char *method, char *path, const char *body)
{
	json_decref(test_json(&class_server, 200, method, path, p->token, "%s", body));
	mem_free(path);
}

#define TEXT "{\"msgtype\":\"m.text\",\"body\":\"x\"}"

static void test_suspended(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], other[LIMIT_ID_BYTES + 1], own[64], annas[64];
	class_room(room, 0);
	chatter_create(&anna, "{'preset':'public_chat'}", other);
	chatter_say(&bert, room, "mine", own);
	chatter_say(&anna, room, "hers", annas);
	chatter_state(&anna, room, "m.room.power_levels", "",
		      "{'users':{'@anna:localhost':100,'@bert:localhost':100}}");
	set("suspend", &bert, "suspended", true);
	/* What others would see. */
	refused(&bert, "PUT", mem_printf(V3 "rooms/%s/send/m.room.message/s1", room), TEXT);
	refused(&bert, "PUT",
		mem_printf(V3 "rooms/%s/send/m.room.message/s2?org.matrix.msc4140.delay=60000",
			   room),
		TEXT);
	refused(&bert, "PUT", mem_printf(V3 "rooms/%s/state/m.room.topic/", room),
		"{\"topic\":\"x\"}");
	refused(&bert, "PUT", mem_printf(V3 "rooms/%s/redact/%s/s3", room, annas), "{}");
	refused(&bert, "POST", mem_printf(V3 "join/%s", other), "{}");
	refused(&bert, "POST", mem_printf(V3 "rooms/%s/invite", room),
		"{\"user_id\":\"@eve:localhost\"}");
	refused(&bert, "POST", mem_printf(V3 "rooms/%s/kick", room),
		"{\"user_id\":\"@anna:localhost\"}");
	refused(&bert, "POST", mem_strdup(V3 "createRoom"), "{}");
	refused(&bert, "PUT", mem_printf(V3 "profile/%s/displayname", bert.id),
		"{\"displayname\":\"x\"}");
	refused(&bert, "PUT", mem_printf(V3 "presence/%s/status", bert.id),
		"{\"presence\":\"online\"}");
	refused(&bert, "PUT", mem_printf(V3 "rooms/%s/typing/%s", room, bert.id),
		"{\"typing\":true}");
	refused(&bert, "POST", mem_strdup("/_matrix/media/v3/upload"), "x");
	/* What is theirs. */
	json_decref(chatter_sync(&bert, ""));
	json_decref(chatter_get(&bert, room, "messages?dir=b"));
	allowed(&bert, "PUT", mem_printf(V3 "rooms/%s/redact/%s/s4", room, own), "{}");
	allowed(&bert, "PUT", mem_strdup(V3 "sendToDevice/m.key.verification.cancel/s5"),
		"{\"messages\":{}}");
	AUTO_FREE char *again = test_login(&class_server, "bert", "PHONE");
	AUTO_FREE char *topic = mem_printf(V3 "rooms/%s/state/m.room.topic/", room);
	test_error(&class_server, 403, "M_USER_SUSPENDED", "PUT", topic, again,
		   "{\"topic\":\"x\"}");
	set("suspend", &bert, "suspended", false);
	allowed(&bert, "PUT", mem_printf(V3 "rooms/%s/send/m.room.message/s6", room), TEXT);
	set("suspend", &bert, "suspended", true);
	allowed(&bert, "POST", mem_printf(V3 "rooms/%s/leave", room), "{}");
	set("suspend", &bert, "suspended", false);
}

static void test_redact_by_send(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], own[64], id[64];
	class_room(room, 0);
	chatter_say(&bert, room, "mine", own);
	class_send(&bert, room, "m.room.redaction", id, "{\"redacts\":\"%s\"}", own);
	AUTO_FREE char *rest = mem_printf("event/%s", own);
	JSON_AUTO json_t *e = chatter_get(&anna, room, rest);
	assert_int_equal(json_object_size(json_object_get(e, "content")), 0);
	json_t *why = json_object_get(json_object_get(e, "unsigned"), "redacted_because");
	assert_string_equal(json_get_str(why, "event_id"), id);
}

static void test_locked(void **state)
{
	(void)state;
	set("lock", &eve, "locked", true);
	JSON_AUTO json_t *j =
		test_json(&class_server, 401, "GET", V3 "account/whoami", eve.token, NULL);
	assert_string_equal(json_get_str(j, "errcode"), "M_USER_LOCKED");
	assert_true(json_get_bool(j, "soft_logout", false));
	set("lock", &eve, "locked", false);
	json_decref(class_get(&eve, V3 "account/whoami"));
}

static void test_who_may(void **state)
{
	(void)state;
	static const char *const what[] = {"suspend", "lock"}, *const key[] = {"suspended",
									       "locked"};
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *mine = mem_printf(V1 "admin/%s/@head:localhost", what[i]);
		AUTO_FREE char *other = mem_printf(V1 "admin/%s/@deputy:localhost", what[i]);
		AUTO_FREE char *far = mem_printf(V1 "admin/%s/@x:elsewhere", what[i]);
		AUTO_FREE char *none = mem_printf(V1 "admin/%s/@none:localhost", what[i]);
		AUTO_FREE char *bad = mem_printf(V1 "admin/%s/x", what[i]);
		AUTO_FREE char *good = mem_printf(V1 "admin/%s/%s", what[i], anna.id);
		AUTO_FREE char *on = mem_printf("{\"%s\":true}", key[i]);
		test_error(&class_server, 403, "M_FORBIDDEN", "PUT", good, bert.token, "%s", on);
		test_error(&class_server, 403, "M_FORBIDDEN", "GET", none, bert.token, NULL);
		test_error(&class_server, 403, "M_FORBIDDEN", "PUT", mine, head, "%s", on);
		test_error(&class_server, 403, "M_FORBIDDEN", "PUT", other, head, "%s", on);
		test_error(&class_server, 400, "M_INVALID_PARAM", "GET", far, head, NULL);
		test_error(&class_server, 400, "M_INVALID_PARAM", "GET", bad, head, NULL);
		test_error(&class_server, 404, "M_NOT_FOUND", "GET", none, head, NULL);
		test_error(&class_server, 400, "M_MISSING_PARAM", "PUT", good, head, "{}");
		test_error(&class_server, 400, "M_BAD_JSON", "PUT", good, head, "{\"%s\":1}",
			   key[i]);
	}
	JSON_AUTO json_t *all = test_json(&class_server, 200, "GET", V3 "capabilities", head, NULL);
	const json_t *c =
		json_object_get(json_object_get(all, "capabilities"), "m.account_moderation");
	assert_true(json_get_bool(c, "suspend", false) && json_get_bool(c, "lock", false));
	JSON_AUTO json_t *less = class_get(&anna, V3 "capabilities");
	assert_null(json_object_get(json_object_get(less, "capabilities"), "m.account_moderation"));
}

static void test_whois(void **state)
{
	(void)state;
	JSON_AUTO json_t *own = class_get(&anna, V3 "admin/whois/%s", anna.id);
	assert_string_equal(json_get_str(own, "user_id"), anna.id);
	assert_int_equal(json_object_size(json_object_get(own, "devices")), 1);
	class_refused(&bert, 403, "M_FORBIDDEN", V3 "admin/whois/%s", anna.id);
	AUTO_FREE char *path = mem_printf(V3 "admin/whois/%s", anna.id);
	json_decref(test_json(&class_server, 200, "GET", path, head, NULL));
}

static void test_no_invitations(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], before[LIMIT_ID_BYTES + 1];
	AUTO_FREE char *data =
		mem_printf(V3 "user/%s/account_data/m.invite_permission_config", eve.id);
	AUTO_FREE char *body = mem_printf("{\"user_id\":\"%s\"}", eve.id);
	chatter_create(&anna, "{'preset':'private_chat'}", before);
	chatter_create(&anna, "{'preset':'private_chat'}", room);
	chatter_room(&anna, before, "invite", body);
	JSON_AUTO json_t *seen = chatter_sync(&eve, "");
	assert_non_null(sync_room(seen, "invite", before));
	json_decref(test_json(&class_server, 200, "PUT", data, eve.token,
			      "{\"default_action\":\"block\"}"));
	AUTO_FREE char *invite = mem_printf(V3 "rooms/%s/invite", room);
	AUTO_FREE char *by_state = mem_printf(V3 "rooms/%s/state/m.room.member/%s", room, eve.id);
	test_error(&class_server, 403, "M_INVITE_BLOCKED", "POST", invite, anna.token, "%s", body);
	test_error(&class_server, 403, "M_INVITE_BLOCKED", "PUT", by_state, anna.token,
		   "{\"membership\":\"invite\"}");
	test_error(&class_server, 403, "M_INVITE_BLOCKED", "POST", V3 "createRoom", anna.token,
		   "{\"invite\":[\"%s\"]}", eve.id);
	/* Who could not invite is told only that. */
	test_error(&class_server, 403, "M_FORBIDDEN", "POST", invite, bert.token, "%s", body);
	/* Those from before are not shown any more. */
	struct chatter anew = eve;
	anew.since[0] = '\0';
	JSON_AUTO json_t *hidden = chatter_sync(&anew, "");
	assert_null(sync_room(hidden, "invite", before));
	json_decref(test_json(&class_server, 200, "PUT", data, eve.token, "{}"));
	chatter_room(&anna, room, "invite", body);
	anew.since[0] = '\0';
	JSON_AUTO json_t *back = chatter_sync(&anew, "");
	assert_non_null(sync_room(back, "invite", room));
	assert_non_null(sync_room(back, "invite", before));
}

static void test_class_all_the_same(void **state)
{
	(void)state;
	AUTO_FREE char *data =
		mem_printf(V3 "user/%s/account_data/m.invite_permission_config", bert.id);
	json_decref(test_json(&class_server, 200, "PUT", data, bert.token,
			      "{\"default_action\":\"block\"}"));
	JSON_AUTO json_t *made = test_json(&class_server, 200, "POST", V3 "createRoom", head,
					   "{\"preset\":\"private_chat\"}");
	JSON_AUTO json_t *j = test_json(&class_server, 200, "POST", "/_muster/admin/v1/room.join",
					head, "{\"room_id\":\"%s\",\"users\":[\"bert\"]}",
					json_get_str(made, "room_id"));
	json_t *row = json_array_get(json_object_get(j, "users"), 0);
	assert_string_equal(json_get_str(row, "state"), "joined");
	json_decref(test_json(&class_server, 200, "PUT", data, bert.token, "{}"));
}

/* 600 people in the oldest public room, in one job. */
static int fill(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *all[] = {
		SQL(db, "INSERT INTO users(nid,user_id,display_name,created_ts) WITH RECURSIVE"
			" i(n) AS(SELECT 1000 UNION ALL SELECT n+1 FROM i WHERE n<1599)"
			" SELECT n,'@p'||n||':localhost',CASE WHEN n%2 THEN 'Person '||(5000-n)"
			" END,1 FROM i"),
		SQL(db, "INSERT INTO memberships(user_nid,room_nid,membership,pos)"
			" SELECT nid,(SELECT min(nid) FROM rooms WHERE public=1),2,1 FROM users"
			" WHERE nid>=1000"),
	};
	int rc = 0;
	for (size_t i = 0; !rc && i < ARRAY_LEN(all); i++)
		rc = sql_run(all[i], err);
	return rc;
}

static void filled(void *arg, int rc, const struct err *err)
{
	(void)err;
	*(int *)arg = rc ? rc : 1;
}

static int fill_state;

static void start_fill(void *arg)
{
	(void)arg;
	db_submit(class_server.srv->db, fill, filled, &fill_state);
}

static void look_filled(void *arg)
{
	*(int *)arg = fill_state;
}

static json_t *find_people(int limit)
{
	return test_json(&class_server, 200, "POST", V3 "user_directory/search", anna.token,
			 "{\"search_term\":\"@p1\",\"limit\":%d}", limit);
}

static void test_people_search(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	int done = 0;
	class_room(room, 0);
	json_decref(test_json(&class_server, 200, "POST", V3 "createRoom", anna.token,
			      "{\"preset\":\"public_chat\",\"visibility\":\"public\"}"));
	test_server_run(&class_server, start_fill, NULL);
	while (!done) /* each look is a turn of the server's loop */
		test_server_run(&class_server, look_filled, &done);
	assert_int_equal(done, 1);
	/* In the order of their names, whatever part of the search found them. */
	JSON_AUTO json_t *found = find_people(100);
	json_t *list = json_object_get(found, "results");
	assert_int_equal(json_array_size(list), 100);
	assert_true(json_get_bool(found, "limited", false));
	assert_string_equal(json_get_str(json_array_get(list, 0), "user_id"), "@p1000:localhost");
	assert_string_equal(json_get_str(json_array_get(list, 99), "user_id"), "@p1198:localhost");
	assert_null(json_object_get(json_array_get(list, 99), "display_name"));
	JSON_AUTO json_t *one = test_json(&class_server, 200, "POST", V3 "user_directory/search",
					  anna.token, "{\"search_term\":\"person 3401\"}");
	list = json_object_get(one, "results");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_get_str(json_array_get(list, 0), "user_id"), "@p1599:localhost");
	assert_false(json_get_bool(one, "limited", true));
}

/* What the server does not do is refused with the reason, and with the right word. */
static void test_absent(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		int status;
		const char *errcode;
	} asked[] = {
		{V3 "register/email/requestToken", 403, "M_THREEPID_DENIED"},
		{V3 "register/msisdn/requestToken", 403, "M_THREEPID_DENIED"},
		{V3 "account/password/email/requestToken", 403, "M_THREEPID_DENIED"},
		{V3 "account/password/msisdn/requestToken", 403, "M_THREEPID_DENIED"},
		{V3 "account/3pid/email/requestToken", 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED"},
		{V3 "account/3pid/msisdn/requestToken", 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED"},
		{V1 "login/get_token", 404, "M_UNRECOGNIZED"},
	};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		test_error(&class_server, asked[i].status, asked[i].errcode, "POST", asked[i].path,
			   anna.token,
			   "{\"email\":\"a@b.example\",\"client_secret\":\"s\","
			   "\"send_attempt\":1}");
	class_refused(&anna, 404, "M_UNRECOGNIZED", V1 "media/preview_url?url=http%%3A%%2F%%2Fx");
	class_refused(&anna, 404, "M_UNRECOGNIZED",
		      "/_matrix/media/v3/preview_url?url=http%%3A%%2F%%2Fx");
	class_refused(&anna, 404, "M_UNRECOGNIZED", V3 "events?from=x");
	class_refused(&anna, 404, "M_UNRECOGNIZED", V3 "initialSync");
	class_refused(&anna, 404, "M_UNRECOGNIZED", V3 "rooms/!r:localhost/initialSync");
	class_refused(&anna, 404, "M_UNRECOGNIZED", V1 "auth_metadata");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_redact_by_send),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_who_may),
		cmocka_unit_test(test_whois),
		cmocka_unit_test(test_no_invitations),
		cmocka_unit_test(test_class_all_the_same),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_people_search),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
