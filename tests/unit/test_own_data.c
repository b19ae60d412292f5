/* What belongs to one person: receipts, account data, push rules, filters. Over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/classroom.h"

#include <string.h>

static void test_receipts_and_markers(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], one[64], two[64];
	class_room(room, 0);
	chatter_say(&anna, room, "1", one);
	chatter_say(&anna, room, "2", two);
	AUTO_FREE char *markers = mem_printf(V3 "rooms/%s/read_markers", room);
	json_decref(test_json(&class_server, 200, "POST", markers, bert.token,
			      "{\"m.fully_read\":\"%s\",\"m.read\":\"%s\"}", one, two));
	JSON_AUTO json_t *j = chatter_sync(&bert, "&full_state=true");
	json_t *r = sync_room(j, "join", room);
	json_t *fully = event_of_type(synced_events(r, "account_data"), "m.fully_read");
	assert_string_equal(json_get_str(json_object_get(fully, "content"), "event_id"), one);
	/* Going back changes nothing. */
	AUTO_FREE char *back = mem_printf(V3 "rooms/%s/receipt/m.read/%s", room, one);
	json_decref(test_json(&class_server, 200, "POST", back, bert.token, "{}"));
	JSON_AUTO json_t *none = chatter_sync(&bert, "");
	assert_null(json_object_get(none, "rooms"));
	test_error(&class_server, 404, "M_NOT_FOUND", "POST", markers, bert.token,
		   "{\"m.read\":\"$none\"}");
	test_error(&class_server, 400, "M_BAD_JSON", "POST", markers, bert.token, "{\"m.read\":7}");
	test_error(&class_server, 400, "M_INVALID_PARAM", "POST", back, bert.token,
		   "{\"thread_id\":\"\"}");
	test_error(&class_server, 400, "M_INVALID_PARAM", "POST", back, bert.token,
		   "{\"thread_id\":5}");
	test_error(&class_server, 400, "M_INVALID_PARAM", "POST", back, bert.token,
		   "{\"thread_id\":\"$made-up\"}");
	AUTO_FREE char *odd = mem_printf(V3 "rooms/%s/receipt/m.seen/%s", room, one);
	test_error(&class_server, 400, "M_INVALID_PARAM", "POST", odd, bert.token, "{}");
	AUTO_FREE char *fully_path = mem_printf(V3 "rooms/%s/receipt/m.fully_read/%s", room, two);
	json_decref(test_json(&class_server, 200, "POST", fully_path, bert.token, "{}"));
	JSON_AUTO json_t *moved = chatter_sync(&bert, "");
	fully = event_of_type(synced_events(sync_room(moved, "join", room), "account_data"),
			      "m.fully_read");
	assert_string_equal(json_get_str(json_object_get(fully, "content"), "event_id"), two);
}

static void test_account_data(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	class_room(room, 0);
	AUTO_FREE char *global = mem_printf(V3 "user/%s/account_data/m.direct", anna.id);
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", global, anna.token, NULL);
	json_decref(
		test_json(&class_server, 200, "PUT", global, anna.token, "{\"@b:x\":[\"!r\"]}"));
	JSON_AUTO json_t *j = test_json(&class_server, 200, "GET", global, anna.token, NULL);
	assert_non_null(json_object_get(j, "@b:x"));
	AUTO_FREE char *local = mem_printf(V3 "user/%s/rooms/%s/account_data/org.x", anna.id, room);
	json_decref(test_json(&class_server, 200, "PUT", local, anna.token, "{\"a\":1}"));
	AUTO_FREE char *fully =
		mem_printf(V3 "user/%s/rooms/%s/account_data/m.fully_read", anna.id, room);
	test_error(&class_server, 405, "M_BAD_JSON", "PUT", fully, anna.token, "{}");
	AUTO_FREE char *rules = mem_printf(V3 "user/%s/account_data/m.push_rules", anna.id);
	test_error(&class_server, 405, "M_BAD_JSON", "PUT", rules, anna.token, "{}");
	json_decref(test_json(&class_server, 200, "GET", rules, anna.token, NULL));
	AUTO_FREE char *nowhere =
		mem_printf(V3 "user/%s/rooms/!none:localhost/account_data/org.x", anna.id);
	test_error(&class_server, 404, "M_NOT_FOUND", "PUT", nowhere, anna.token, "{}");
	/* Tags. */
	AUTO_FREE char *tags = mem_printf(V3 "user/%s/rooms/%s/tags", anna.id, room);
	AUTO_FREE char *work = mem_printf("%s/u.work", tags);
	AUTO_FREE char *fav = mem_printf("%s/m.favourite", tags);
	json_decref(test_json(&class_server, 200, "PUT", work, anna.token, "{\"order\":0.5}"));
	json_decref(test_json(&class_server, 200, "PUT", fav, anna.token, "{}"));
	test_error(&class_server, 400, "M_INVALID_PARAM", "PUT", fav, anna.token,
		   "{\"order\":\"first\"}");
	json_decref(test_json(&class_server, 200, "DELETE", fav, anna.token, NULL));
	JSON_AUTO json_t *left = test_json(&class_server, 200, "GET", tags, anna.token, NULL);
	assert_int_equal(json_object_size(json_object_get(left, "tags")), 1);
	struct chatter again = anna;
	again.since[0] = '\0';
	JSON_AUTO json_t *sync = chatter_sync(&again, "");
	json_t *data = synced_events(sync_room(sync, "join", room), "account_data");
	assert_non_null(event_of_type(data, "org.x"));
	json_t *tag = json_object_get(event_of_type(data, "m.tag"), "content");
	assert_non_null(json_object_get(json_object_get(tag, "tags"), "u.work"));
	assert_non_null(
		event_of_type(json_object_get(json_object_get(sync, "account_data"), "events"),
			      "m.direct"));
}

static void test_account_data_caps(void **state)
{
	(void)state;
	enum { FITS = 250000 };
	AUTO_FREE char *text = mem_alloc(FITS + 20001);
	memset(text, 'x', FITS);
	AUTO_FREE char *path = mem_printf(V3 "user/%s/account_data/org.x.0", eve.id);
	for (int i = 0; i < 16; i++) {
		path[strlen(path) - 1] = (char)('a' + i);
		json_decref(test_json(&class_server, 200, "PUT", path, eve.token, "{\"x\":\"%s\"}",
				      text));
	}
	path[strlen(path) - 1] = 'z';
	test_error(&class_server, 413, "M_TOO_LARGE", "PUT", path, eve.token, "{\"x\":\"%s\"}",
		   text);
	/* Smaller is always possible, and makes room. */
	path[strlen(path) - 1] = 'a';
	json_decref(test_json(&class_server, 200, "PUT", path, eve.token, "{}"));
	memset(text, 'x', FITS + 20000);
	test_error(&class_server, 413, "M_TOO_LARGE", "PUT", path, eve.token, "{\"x\":\"%s\"}",
		   text);
	text[FITS] = '\0';
	json_decref(test_json(&class_server, 200, "PUT", path, eve.token, "{\"x\":\"%s\"}", text));
}

static void test_pushrules(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	class_room(room, 0);
	JSON_AUTO json_t *set = class_get(&bert, V3 "pushrules/");
	json_t *override = json_object_get(json_object_get(set, "global"), "override");
	assert_string_equal(json_get_str(json_array_get(override, 0), "rule_id"), ".m.rule.master");
	JSON_AUTO json_t *global = class_get(&bert, V3 "pushrules/global/");
	assert_non_null(json_object_get(global, "underride"));
	JSON_AUTO json_t *master = class_get(&bert, V3 "pushrules/global/override/.m.rule.master");
	assert_false(json_get_bool(master, "enabled", true));
	class_refused(&bert, 404, "M_NOT_FOUND", V3 "pushrules/global/override/none");
	class_refused(&bert, 400, "M_INVALID_PARAM", V3 "pushrules/global/sideways/none");

	json_decref(chatter_sync(&bert, ""));
	json_decref(test_json(&class_server, 200, "PUT", V3 "pushrules/global/content/cake",
			      bert.token,
			      "{\"pattern\":\"cake\",\"actions\":[\"notify\",{\"set_tweak\":"
			      "\"highlight\"}]}"));
	JSON_AUTO json_t *told = chatter_sync(&bert, "");
	json_t *data = json_object_get(json_object_get(told, "account_data"), "events");
	assert_non_null(event_of_type(data, "m.push_rules"));
	chatter_say(&anna, room, "nothing", NULL);
	chatter_say(&anna, room, "there is cake", NULL);
	JSON_AUTO json_t *j = chatter_sync(&bert, "");
	json_t *unread = json_object_get(sync_room(j, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 2);
	assert_int_equal(json_get_i64(unread, "highlight_count", 0), 1);
	/* A muted room counts nothing but what other rules say. */
	AUTO_FREE char *mute = mem_printf(V3 "pushrules/global/room/%s", room);
	json_decref(test_json(&class_server, 200, "PUT", mute, bert.token, "{\"actions\":[]}"));
	chatter_say(&anna, room, "more", NULL);
	JSON_AUTO json_t *k = chatter_sync(&bert, "");
	unread = json_object_get(sync_room(k, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 1);
	json_decref(test_json(&class_server, 200, "PUT", V3 "pushrules/global/content/cake/enabled",
			      bert.token, "{\"enabled\":false}"));
	JSON_AUTO json_t *off = class_get(&bert, V3 "pushrules/global/content/cake/enabled");
	assert_false(json_get_bool(off, "enabled", true));
	json_decref(test_json(&class_server, 200, "PUT", V3 "pushrules/global/content/cake/actions",
			      bert.token, "{\"actions\":[]}"));
	JSON_AUTO json_t *actions = class_get(&bert, V3 "pushrules/global/content/cake/actions");
	assert_int_equal(json_array_size(json_object_get(actions, "actions")), 0);
	json_decref(test_json(&class_server, 200, "DELETE", V3 "pushrules/global/content/cake",
			      bert.token, NULL));
	class_refused(&bert, 404, "M_NOT_FOUND", V3 "pushrules/global/content/cake");
	test_error(&class_server, 400, "M_INVALID_PARAM", "PUT", V3 "pushrules/global/content/.x",
		   bert.token, "{\"pattern\":\"x\",\"actions\":[]}");
}

static void test_mentions(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	class_room(room, 0);
	struct chatter dora = eve; /* has default rules */
	chatter_room(&dora, room, "join", "{}");
	dora.since[0] = '\0';
	json_decref(chatter_sync(&dora, ""));
	class_send(&anna, room, "m.room.message", id,
		   "{\"msgtype\":\"m.text\",\"body\":\"you\",\"m.mentions\":{\"user_ids\":[\"%s\"]}"
		   "}",
		   dora.id);
	class_send(&anna, room, "m.room.message", id,
		   "{\"msgtype\":\"m.notice\",\"body\":\"beep\"}");
	class_send(&anna, room, "m.room.message", id,
		   "{\"msgtype\":\"m.text\",\"body\":\"all\",\"m.mentions\":{\"room\":true}}");
	/* bert has no power to call everybody. */
	class_send(&bert, room, "m.room.message", id,
		   "{\"msgtype\":\"m.text\",\"body\":\"all\",\"m.mentions\":{\"room\":true}}");
	JSON_AUTO json_t *j = chatter_sync(&dora, "");
	json_t *unread = json_object_get(sync_room(j, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 3);
	assert_int_equal(json_get_i64(unread, "highlight_count", 0), 2);
	/* The same after a restart, when it is counted from the store. */
	test_server_stop(&class_server);
	test_server_start(&class_server);
	JSON_AUTO json_t *k = chatter_sync(&dora, "&full_state=true");
	unread = json_object_get(sync_room(k, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 0), 3);
	assert_int_equal(json_get_i64(unread, "highlight_count", 0), 2);
	AUTO_FREE char *what = mem_printf("receipt/m.read/%s", id);
	chatter_room(&dora, room, what, "{}");
	JSON_AUTO json_t *l = chatter_sync(&dora, "");
	unread = json_object_get(sync_room(l, "join", room), "unread_notifications");
	assert_int_equal(json_get_i64(unread, "notification_count", 9), 0);
}

static void check_unread(const json_t *sync, const char *room, int main, const char *root,
			 int threaded)
{
	json_t *r = sync_room(sync, "join", room);
	assert_int_equal(json_get_i64(json_object_get(r, "unread_notifications"),
				      "notification_count", -1),
			 main);
	json_t *thread = json_object_get(json_object_get(r, "unread_thread_notifications"), root);
	assert_int_equal(json_get_i64(thread, "notification_count", 0), threaded);
}

/* Each thread is read by itself; a receipt without a thread reads all. */
static void test_unread_threads(void **state)
{
	(void)state;
	static const char query[] = "&filter=%7B%22room%22:%7B%22timeline%22:%7B"
				    "%22unread_thread_notifications%22:true%7D%7D%7D";
	struct chatter *who[] = {&eve, &bert}; /* default rules, rules of his own */
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		char room[LIMIT_ID_BYTES + 1], root[64], reply[64], last[64];
		class_room(room, 0);
		if (who[i] == &eve)
			chatter_room(&eve, room, "join", "{}");
		chatter_say(&anna, room, "root", root);
		for (int k = 0; k < 2; k++)
			class_send(&anna, room, "m.room.message", reply,
				   "{\"msgtype\":\"m.text\",\"body\":\"re\"," RELATES "}",
				   "m.thread", root);
		chatter_say(&anna, room, "main", last);
		JSON_AUTO json_t *a = chatter_sync(who[i], query);
		check_unread(a, room, 2, root, 2);
		AUTO_FREE char *main = mem_printf("receipt/m.read/%s", last);
		chatter_room(who[i], room, main, "{'thread_id':'main'}");
		JSON_AUTO json_t *b = chatter_sync(who[i], query);
		check_unread(b, room, 0, root, 2);
		AUTO_FREE char *body = mem_printf("{'thread_id':'%s'}", root);
		AUTO_FREE char *thread = mem_printf("receipt/m.read.private/%s", reply);
		chatter_room(who[i], room, thread, body);
		JSON_AUTO json_t *c = chatter_sync(who[i], query);
		check_unread(c, room, 0, root, 0);
		class_send(&anna, room, "m.room.message", reply,
			   "{\"msgtype\":\"m.text\",\"body\":\"re\"," RELATES "}", "m.thread",
			   root);
		JSON_AUTO json_t *d = chatter_sync(who[i], "");
		check_unread(d, room, 1, root, 0);
		AUTO_FREE char *all = mem_printf("receipt/m.read/%s", reply);
		chatter_room(who[i], room, all, "{}");
		JSON_AUTO json_t *e = chatter_sync(who[i], query);
		check_unread(e, room, 0, root, 0);
	}
}

static void test_filters(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	class_room(room, 1);
	AUTO_FREE char *path = mem_printf(V3 "user/%s/filter", anna.id);
	static const char body[] =
		"{\"room\":{\"timeline\":{\"limit\":1,\"types\":[\"m.room.message\"]},"
		"\"state\":{\"lazy_load_members\":true}}}";
	JSON_AUTO json_t *a = test_json(&class_server, 200, "POST", path, anna.token, "%s", body);
	JSON_AUTO json_t *b = test_json(&class_server, 200, "POST", path, anna.token, "%s", body);
	const char *id = json_get_str(a, "filter_id");
	assert_string_equal(id, json_get_str(b, "filter_id"));
	JSON_AUTO json_t *back = class_get(&anna, "%s/%s", path, id);
	assert_non_null(json_object_get(back, "room"));
	struct chatter again = anna;
	again.since[0] = '\0';
	AUTO_FREE char *query = mem_printf("&filter=%s", id);
	JSON_AUTO json_t *j = chatter_sync(&again, query);
	json_t *r = sync_room(j, "join", room);
	assert_int_equal(json_array_size(synced_events(r, "timeline")), 1);
	/* Lazy: only who speaks, oneself, and no bert. */
	json_t *st = synced_events(r, "state"), *e;
	size_t i;
	json_array_foreach (st, i, e)
		assert_string_not_equal(json_get_str(e, "state_key"), bert.id);
	/* bert speaks: his member event comes along. */
	chatter_say(&bert, room, "hi", NULL);
	JSON_AUTO json_t *k = chatter_sync(&again, query);
	st = synced_events(sync_room(k, "join", room), "state");
	assert_int_equal(json_array_size(st), 1);
	assert_string_equal(json_get_str(json_array_get(st, 0), "state_key"), bert.id);
	test_error(&class_server, 400, "M_BAD_JSON", "POST", path, anna.token, "{\"room\":7}");
	class_refused(&anna, 404, "M_NOT_FOUND", "%s/99999", path);
	class_refused(&anna, 400, "M_UNKNOWN", V3 "sync?filter=99999");
	class_refused(&bert, 400, "M_UNKNOWN", V3 "sync?filter=%s", id);
	class_refused(&anna, 400, "M_NOT_JSON", V3 "sync?filter=%%7Bx");
	/* Only named fields. */
	chatter_say(&bert, room, "fields", NULL);
	JSON_AUTO json_t *f =
		chatter_sync(&again, "&filter=%7B%22event_fields%22:[%22content.body%22]%7D");
	e = json_array_get(synced_events(sync_room(f, "join", room), "timeline"), 0);
	assert_int_equal(json_object_size(e), 1);
	assert_string_equal(json_get_str(json_object_get(e, "content"), "body"), "fields");
}

static void test_ignored(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], other[LIMIT_ID_BYTES + 1], got[100], id[64];
	class_room(room, 0);
	json_decref(chatter_sync(&anna, ""));
	AUTO_FREE char *list = mem_printf(V3 "user/%s/account_data/m.ignored_user_list", anna.id);
	json_decref(test_json(&class_server, 200, "PUT", list, anna.token,
			      "{\"ignored_users\":{\"%s\":{}}}", bert.id));
	chatter_say(&bert, room, "noise", NULL);
	chatter_say(&anna, room, "signal", id);
	AUTO_FREE char *body = mem_printf("{'invite':['%s']}", anna.id);
	chatter_create(&bert, body, other);
	JSON_AUTO json_t *j = chatter_sync(&anna, "");
	json_t *r = sync_room(j, "join", room), *events = synced_events(r, "timeline");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(body_at(events, 0), "signal");
	assert_int_equal(json_get_i64(json_object_get(r, "unread_notifications"),
				      "notification_count", -1),
			 0);
	assert_null(sync_room(j, "invite", other));
	class_page_all(&anna, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "signal ");
	json_decref(
		test_json(&class_server, 200, "PUT", list, anna.token, "{\"ignored_users\":{}}"));
	class_page_all(&anna, room, "dir=b", got, sizeof(got));
	assert_string_equal(got, "signal noise ");
}

static void test_presence(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	class_room(room, 0);
	json_decref(chatter_sync(&anna, ""));
	JSON_AUTO json_t *j = class_get(&bert, V3 "presence/%s/status", anna.id);
	assert_string_equal(json_get_str(j, "presence"), "online");
	assert_true(json_get_i64(j, "last_active_ago", -1) >= 0);
	AUTO_FREE char *path = mem_printf(V3 "presence/%s/status", anna.id);
	json_decref(test_json(&class_server, 200, "PUT", path, anna.token,
			      "{\"presence\":\"unavailable\",\"status_msg\":\"lunch\"}"));
	JSON_AUTO json_t *k = class_get(&bert, V3 "presence/%s/status", anna.id);
	assert_string_equal(json_get_str(k, "presence"), "unavailable");
	assert_string_equal(json_get_str(k, "status_msg"), "lunch");
	test_error(&class_server, 400, "M_INVALID_PARAM", "PUT", path, anna.token,
		   "{\"presence\":\"asleep\"}");
	test_error(&class_server, 403, "M_FORBIDDEN", "PUT", path, bert.token,
		   "{\"presence\":\"online\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receipts_and_markers),
		cmocka_unit_test(test_account_data),
		cmocka_unit_test(test_account_data_caps),
		cmocka_unit_test(test_pushrules),
		cmocka_unit_test(test_mentions),
		cmocka_unit_test(test_unread_threads),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_presence),
	};
	return cmocka_run_group_tests(tests, class_start, class_stop);
}
