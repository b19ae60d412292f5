/*
 * Room upgrades, knocking, reports, notifications and mutual rooms, over HTTP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/rooms/upgrade.h"
#include "tests/lib/asking.h"
#include "tests/lib/syncing.h"

#include <semaphore.h>
#include <string.h>

static struct test_server t;
static struct chatter alice, bob, carol;
static char *root;

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	chatter_new(&t, "alice", &alice);
	chatter_new(&t, "bob", &bob);
	chatter_new(&t, "carol", &carol);
	test_add_user(&t, "root", true);
	root = test_login(&t, "root", "R");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chatter_done(&alice);
	chatter_done(&bob);
	chatter_done(&carol);
	mem_free(root);
	test_server_done(&t);
	return 0;
}

static json_t *content_of(struct chatter *p, const char *room, const char *type, const char *key)
{
	return test_json(&t, 200, "GET", at(V3 "rooms/%s/state/%s/%s", room, type, key), p->token,
			 NULL);
}

static void expect_str(struct chatter *p, const char *room, const char *type, const char *key,
		       const char *field, const char *want)
{
	JSON_AUTO json_t *content = content_of(p, room, type, key);
	assert_non_null(json_get_str(content, field));
	assert_string_equal(json_get_str(content, field), want);
}

static void expect_member(struct chatter *p, const char *room, const struct chatter *who,
			  const char *want)
{
	expect_str(p, room, "m.room.member", who->id, "membership", want);
}

static void upgrade(struct chatter *p, const char *room, char ret[LIMIT_ID_BYTES + 1])
{
	JSON_AUTO json_t *j = test_json(&t, 200, "POST", at(V3 "rooms/%s/upgrade", room), p->token,
					"{\"new_version\":\"11\"}");
	assert_int_equal(json_object_size(j), 1);
	snprintf(ret, LIMIT_ID_BYTES + 1, "%s", json_get_str(j, "replacement_room"));
}

static void test_upgrade(void **state)
{
	(void)state;
	char old[LIMIT_ID_BYTES + 1], new[LIMIT_ID_BYTES + 1];
	chatter_create(&alice,
		       "{'name':'7b','topic':'Maths','room_alias_name':'class7b','visibility':"
		       "'public','preset':'private_chat','power_level_content_override':{"
		       "'events':{'m.room.name':75}}}",
		       old);
	chatter_room(&alice, old, "invite", "{'user_id':'@bob:localhost'}");
	chatter_room(&bob, old, "join", "{}");
	chatter_room(&alice, old, "ban", "{'user_id':'@carol:localhost'}");
	json_decref(test_json(&t, 200, "PUT",
			      at(V3 "user/%s/rooms/%s/tags/m.favourite", bob.id, old), bob.token,
			      "{}"));
	json_decref(test_json(&t, 200, "PUT", at(V3 "user/%s/account_data/m.direct", bob.id),
			      bob.token, "{\"@alice:localhost\":[\"%s\"]}", old));
	json_decref(test_json(&t, 200, "PUT", at(V3 "pushrules/global/room/%s", old), bob.token,
			      "{\"actions\":[]}"));
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "rooms/%s/upgrade", old), bob.token,
		   "{\"new_version\":\"11\"}");
	test_error(&t, 400, "M_UNSUPPORTED_ROOM_VERSION", "POST", at(V3 "rooms/%s/upgrade", old),
		   alice.token, "{\"new_version\":\"1\"}");
	test_error(&t, 400, "M_MISSING_PARAM", "POST", at(V3 "rooms/%s/upgrade", old), alice.token,
		   "{}");
	upgrade(&alice, old, new);

	expect_str(&alice, old, "m.room.tombstone", "", "replacement_room", new);
	JSON_AUTO json_t *create = content_of(&alice, new, "m.room.create", "");
	assert_string_equal(json_get_str(json_get_object(create, "predecessor"), "room_id"), old);
	expect_str(&alice, new, "m.room.name", "", "name", "7b");
	expect_str(&alice, new, "m.room.topic", "", "topic", "Maths");
	expect_str(&alice, new, "m.room.canonical_alias", "", "alias", "#class7b:localhost");
	expect_member(&alice, new, &alice, "join");
	expect_member(&alice, new, &bob, "invite");
	expect_member(&alice, new, &carol, "ban");
	JSON_AUTO json_t *levels = content_of(&alice, new, "m.room.power_levels", "");
	assert_int_equal(json_get_i64(json_get_object(levels, "events"), "m.room.name", 0), 75);
	JSON_AUTO json_t *closed = content_of(&alice, old, "m.room.power_levels", "");
	assert_int_equal(json_get_i64(closed, "events_default", 0), 50);
	JSON_AUTO json_t *where =
		test_json(&t, 200, "GET", at(V3 "directory/room/%%23class7b:localhost"),
			  alice.token, NULL);
	assert_string_equal(json_get_str(where, "room_id"), new);
	JSON_AUTO json_t *listed =
		test_json(&t, 200, "GET", at(V3 "directory/list/room/%s", new), alice.token, NULL);
	assert_string_equal(json_get_str(listed, "visibility"), "public");
	JSON_AUTO json_t *was_listed =
		test_json(&t, 200, "GET", at(V3 "directory/list/room/%s", old), alice.token, NULL);
	assert_string_equal(json_get_str(was_listed, "visibility"), "private");
	test_error(&t, 403, "M_FORBIDDEN", "PUT", at(V3 "rooms/%s/send/m.room.message/u1", old),
		   bob.token, "{}");

	/* What Bob had set for the old room goes along. */
	chatter_room(&bob, new, "join", "{}");
	JSON_AUTO json_t *tags =
		test_json(&t, 200, "GET", at(V3 "user/%s/rooms/%s/tags", bob.id, new), bob.token,
			  NULL);
	assert_non_null(json_object_get(json_get_object(tags, "tags"), "m.favourite"));
	JSON_AUTO json_t *direct =
		test_json(&t, 200, "GET", at(V3 "user/%s/account_data/m.direct", bob.id), bob.token,
			  NULL);
	assert_int_equal(json_array_size(json_get_array(direct, "@alice:localhost")), 2);
	json_decref(
		test_json(&t, 200, "GET", at(V3 "pushrules/global/room/%s", new), bob.token, NULL));
}

struct counted {
	const char *room;
	int64_t people;
	uint64_t jobs;
};

/* People with a place in the room, and what the writer has done. */
static void count_people(void *arg)
{
	struct counted *c = arg;
	struct sql_stmt *s = SQL(db_reader(t.srv->db), "SELECT count(*) FROM memberships m JOIN"
						       " rooms r ON r.nid=m.room_nid WHERE"
						       " r.room_id=?1");
	sql_bind_str(s, 1, c->room);
	c->people = sql_get_i64(s, 0);
	c->jobs = db_stats(t.srv->db)->jobs;
}

/* Many people are invited in several jobs, and the old room closes with the last. */
static void test_upgrade_large(void **state)
{
	(void)state;
	enum { PEOPLE = 2 * ROOM_UPGRADE_PEOPLE };
	char old[LIMIT_ID_BYTES + 1], new[LIMIT_ID_BYTES + 1];
	JSON_AUTO json_t *ids = json_array();
	test_add_people(&t, "many", PEOPLE);
	for (int i = 0; i < PEOPLE; i++)
		json_array_append_new(ids, json_sprintf("@many%d:localhost", i));
	AUTO_FREE char *list = json_text(ids);
	JSON_AUTO json_t *made =
		test_json(&t, 200, "POST", V3 "createRoom", alice.token, "{\"invite\":%s}", list);
	snprintf(old, sizeof(old), "%s", json_get_str(made, "room_id"));
	struct counted before = {.room = old}, after = {.room = new};
	test_server_run(&t, count_people, &before);
	upgrade(&alice, old, new);
	test_server_run(&t, count_people, &after);
	assert_int_equal(before.people, PEOPLE + 1);
	assert_int_equal(after.people, PEOPLE + 1);
	assert_int_equal(after.jobs - before.jobs, 3);
	expect_str(&alice, old, "m.room.tombstone", "", "replacement_room", new);
}

/* -- Between the pieces ------------------------------------------------------------- */

static struct room_upgrade moving;
static bool moving_more;
static sem_t moved;

static int one_piece(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return room_upgrade(tx, &moving, &moving_more, err);
}

static void on_piece(void *arg, int rc, const struct err *err)
{
	(void)arg, (void)err;
	assert_int_equal(rc, 0);
	sem_post(&moved);
}

static int64_t number_of(const char *sql, const char *name)
{
	struct sql_stmt *s = sql_prepare(db_reader(t.srv->db), sql);
	sql_bind_str(s, 1, name);
	return sql_get_i64(s, 0);
}

static void submit_piece(void *arg)
{
	moving = (struct room_upgrade){
		.user_id = alice.id,
		.server_name = t.srv->name,
		.version = "11",
		.room_nid = number_of("SELECT nid FROM rooms WHERE room_id=?1", arg),
		.user_nid = number_of("SELECT nid FROM users WHERE user_id=?1", alice.id),
	};
	db_submit(t.srv->db, one_piece, on_piece, NULL);
}

/* What is done in the old room while people are invited into the new one holds there; asked again, it goes on. */
static void test_upgrade_between(void **state)
{
	(void)state;
	enum { PEOPLE = 2 * ROOM_UPGRADE_PEOPLE };
	char old[LIMIT_ID_BYTES + 1], new[LIMIT_ID_BYTES + 1], again[LIMIT_ID_BYTES + 1];
	JSON_AUTO json_t *ids = json_array();
	test_add_people(&t, "between", PEOPLE);
	for (int i = 0; i < PEOPLE; i++)
		json_array_append_new(ids, json_sprintf("@between%d:localhost", i));
	AUTO_FREE char *list = json_text(ids);
	JSON_AUTO json_t *made = test_json(&t, 200, "POST", V3 "createRoom", alice.token,
					   "{\"invite\":%s,\"name\":\"Old\"}", list);
	snprintf(old, sizeof(old), "%s", json_get_str(made, "room_id"));
	chatter_room(&alice, old, "ban", "{'user_id':'@carol:localhost'}");
	chatter_room(&alice, old, "invite", "{'user_id':'@bob:localhost'}");
	chatter_room(&bob, old, "join", "{}");
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/m.room.power_levels", old),
			      alice.token, "{\"users\":{\"%s\":100,\"%s\":100}}", alice.id,
			      bob.id));
	sem_init(&moved, 0, 0);
	test_server_run(&t, submit_piece, old);
	sem_wait(&moved);
	sem_destroy(&moved);
	assert_true(moving_more);
	expect_str(&alice, moving.new_id, "m.room.member", "@between0:localhost", "membership",
		   "invite");
	chatter_room(&alice, old, "ban", "{'user_id':'@between0:localhost'}");
	chatter_room(&alice, old, "kick", "{'user_id':'@between1:localhost'}");
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/state/m.room.name", old), alice.token,
			      "{\"name\":\"Newer\"}"));
	/* Another of the room's admins waits, */
	test_error(&t, 429, "M_LIMIT_EXCEEDED", "POST", at(V3 "rooms/%s/upgrade", old), bob.token,
		   "{\"new_version\":\"11\"}");
	/* The reply was lost, or the server killed: asked again. */
	upgrade(&alice, old, new);
	assert_string_equal(new, moving.new_id);
	expect_str(&alice, new, "m.room.member", "@between0:localhost", "membership", "ban");
	expect_str(&alice, new, "m.room.member", "@between1:localhost", "membership", "leave");
	expect_str(&alice, new, "m.room.member", "@between199:localhost", "membership", "invite");
	expect_str(&alice, new, "m.room.name", "", "name", "Newer");
	expect_str(&alice, old, "m.room.tombstone", "", "replacement_room", new);
	/* When all is done, too. */
	upgrade(&alice, old, again);
	assert_string_equal(again, new);
	/* And when another one asks: they wait while it is being done, and get the same. */
	upgrade(&bob, old, again);
	assert_string_equal(again, new);
}

static void test_upgrade_space(void **state)
{
	(void)state;
	char space[LIMIT_ID_BYTES + 1], child[LIMIT_ID_BYTES + 1], gone[LIMIT_ID_BYTES + 1];
	char new[LIMIT_ID_BYTES + 1];
	chatter_create(&alice,
		       "{'creation_content':{'type':'m.space'},'preset':'public_chat','name':'S'}",
		       space);
	chatter_create(&alice, "{}", child);
	chatter_create(&alice, "{}", gone);
	chatter_state(&alice, space, "m.space.child", child, "{'via':['localhost']}");
	chatter_state(&alice, space, "m.space.child", gone, "{}");
	chatter_room(&bob, space, "join", "{}");
	upgrade(&alice, space, new);
	JSON_AUTO json_t *create = content_of(&alice, new, "m.room.create", "");
	assert_string_equal(json_get_str(create, "type"), "m.space");
	json_decref(content_of(&alice, new, "m.space.child", child));
	test_error(&t, 404, "M_NOT_FOUND", "GET",
		   at(V3 "rooms/%s/state/m.space.child/%s", new, gone), alice.token, NULL);
	/* Anybody may join: nobody is invited. */
	test_error(&t, 404, "M_NOT_FOUND", "GET",
		   at(V3 "rooms/%s/state/m.room.member/%s", new, bob.id), alice.token, NULL);
	chatter_room(&bob, new, "join", "{}");
}

static void test_knock(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	chatter_create(&alice,
		       "{'name':'Staff','initial_state':[{'type':'m.room.join_rules','content':{"
		       "'join_rule':'knock'}}]}",
		       room);
	json_decref(chatter_sync(&bob, ""));
	json_decref(chatter_sync(&alice, ""));
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "join/%s", room), bob.token, "{}");
	json_decref(test_json(&t, 200, "POST", at(V3 "knock/%s", room), bob.token,
			      "{\"reason\":\"please\"}"));
	JSON_AUTO json_t *mine = chatter_sync(&bob, "&timeout=0");
	const json_t *knock = synced_events(sync_room(mine, "knock", room), "knock_state");
	assert_non_null(event_of_type(knock, "m.room.name"));
	assert_non_null(event_of_type(knock, "m.room.member"));
	assert_null(event_of_type(knock, "m.room.message"));
	JSON_AUTO json_t *theirs = chatter_sync(&alice, "&timeout=0");
	const json_t *member =
		event_of_type(synced_events(sync_room(theirs, "join", room), "timeline"),
			      "m.room.member");
	assert_string_equal(json_get_str(json_get_object(member, "content"), "reason"), "please");
	/* Withdrawn, asked again, refused, asked again, accepted. */
	chatter_room(&bob, room, "leave", "{}");
	expect_member(&alice, room, &bob, "leave");
	json_decref(test_json(&t, 200, "POST", at(V3 "knock/%s", room), bob.token, "{}"));
	chatter_room(&alice, room, "kick", "{'user_id':'@bob:localhost'}");
	JSON_AUTO json_t *refused = chatter_sync(&bob, "&timeout=0");
	assert_non_null(sync_room(refused, "leave", room));
	json_decref(test_json(&t, 200, "POST", at(V3 "knock/%s", room), bob.token, "{}"));
	chatter_room(&alice, room, "invite", "{'user_id':'@bob:localhost'}");
	JSON_AUTO json_t *asked_in = chatter_sync(&bob, "&timeout=0");
	assert_non_null(sync_room(asked_in, "invite", room));
	chatter_room(&bob, room, "join", "{}");
	expect_member(&bob, room, &bob, "join");
}

/* Members of a space may join, others may knock. */
static void test_knock_restricted(void **state)
{
	(void)state;
	char space[LIMIT_ID_BYTES + 1], room[LIMIT_ID_BYTES + 1];
	chatter_create(&alice, "{'creation_content':{'type':'m.space'},'preset':'public_chat'}",
		       space);
	AUTO_FREE char *body =
		mem_printf("{'initial_state':[{'type':'m.room.join_rules','content':{'join_rule':"
			   "'knock_restricted','allow':[{'type':'m.room_membership','room_id':'%s'}"
			   "]}}]}",
			   space);
	chatter_create(&alice, body, room);
	AUTO_FREE char *child = mem_strdup("{'via':['localhost']}");
	chatter_state(&alice, space, "m.space.child", room, child);
	test_error(&t, 403, "M_FORBIDDEN", "POST", at(V3 "join/%s", room), bob.token, "{}");
	json_decref(test_json(&t, 200, "POST", at(V3 "knock/%s", room), bob.token, "{}"));
	chatter_room(&carol, space, "join", "{}");
	JSON_AUTO json_t *tree =
		test_json(&t, 200, "GET", at("/_matrix/client/v1/rooms/%s/hierarchy", space),
			  carol.token, NULL);
	assert_int_equal(json_array_size(json_get_array(tree, "rooms")), 2);
	chatter_room(&carol, room, "join", "{}");
	JSON_AUTO json_t *member = content_of(&alice, room, "m.room.member", carol.id);
	assert_string_equal(json_get_str(member, "join_authorised_via_users_server"), alice.id);
}

static void test_reports(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	chatter_create(&alice, "{'name':'Chat','preset':'public_chat'}", room);
	chatter_say(&alice, room, "something rude", id);
	test_error(&t, 404, "M_NOT_FOUND", "POST", at(V3 "rooms/%s/report/%s", room, id), bob.token,
		   "{\"reason\":\"x\"}");
	chatter_room(&bob, room, "join", "{}");
	json_decref(test_json(&t, 200, "POST", at(V3 "rooms/%s/report/%s", room, id), bob.token,
			      "{\"reason\":\"it is rude\",\"score\":-100}"));
	json_decref(test_json(&t, 200, "POST", at(V3 "rooms/%s/report", room), carol.token,
			      "{\"reason\":\"\"}"));
	json_decref(test_json(&t, 200, "POST", at(V3 "users/%s/report", alice.id), carol.token,
			      "{\"reason\":\"loud\"}"));
	test_error(&t, 404, "M_NOT_FOUND", "POST", V3 "users/@nobody:localhost/report", carol.token,
		   "{\"reason\":\"x\"}");
	test_error(&t, 404, "M_NOT_FOUND", "POST", V3 "rooms/!none:localhost/report", carol.token,
		   "{\"reason\":\"x\"}");
	test_error(&t, 400, "M_BAD_JSON", "POST", at(V3 "rooms/%s/report", room), carol.token,
		   "{}");
	test_error(&t, 403, "M_FORBIDDEN", "POST", "/_muster/admin/v1/report.list", bob.token,
		   "{}");
	JSON_AUTO json_t *j =
		test_json(&t, 200, "POST", "/_muster/admin/v1/report.list", root, "{}");
	const json_t *list = json_get_array(j, "reports");
	assert_int_equal(json_array_size(list), 3);
	const json_t *first = json_array_get(list, 2);
	assert_string_equal(json_get_str(first, "reporter"), bob.id);
	assert_string_equal(json_get_str(first, "user_id"), alice.id);
	assert_string_equal(json_get_str(first, "body"), "something rude");
	assert_string_equal(json_get_str(first, "room"), "Chat");
	assert_string_equal(json_get_str(first, "reason"), "it is rude");
	int64_t number = json_get_i64(first, "report_id", 0);
	json_decref(test_json(&t, 200, "POST", "/_muster/admin/v1/report.done", root,
			      "{\"report_id\":%lld}", (long long)number));
	test_error(&t, 404, "M_NOT_FOUND", "POST", "/_muster/admin/v1/report.done", root,
		   "{\"report_id\":999}");
	JSON_AUTO json_t *left =
		test_json(&t, 200, "POST", "/_muster/admin/v1/report.list", root, "{}");
	assert_int_equal(json_array_size(json_get_array(left, "reports")), 2);
	JSON_AUTO json_t *all =
		test_json(&t, 200, "POST", "/_muster/admin/v1/report.list", root, "{\"all\":true}");
	assert_int_equal(json_array_size(json_get_array(all, "reports")), 3);
}

static json_t *notifications(struct chatter *p, const char *query)
{
	return test_json(&t, 200, "GET", at(V3 "notifications%s", query), p->token, NULL);
}

static void test_notifications(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64];
	struct chatter dora;
	chatter_new(&t, "dora", &dora);
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_say(&alice, room, "before", NULL);
	chatter_room(&dora, room, "join", "{}");
	chatter_say(&dora, room, "own", NULL);
	chatter_say(&alice, room, "one", id);
	json_decref(
		test_json(&t, 200, "PUT", at(V3 "rooms/%s/send/m.room.message/n1", room),
			  alice.token,
			  "{\"msgtype\":\"m.text\",\"body\":\"two\",\"m.mentions\":{\"user_ids\":"
			  "[\"%s\"]}}",
			  dora.id));
	json_decref(test_json(&t, 200, "PUT", at(V3 "rooms/%s/send/m.room.message/n2", room),
			      alice.token, "{\"msgtype\":\"m.notice\",\"body\":\"quiet\"}"));
	json_decref(test_json(&t, 200, "POST", at(V3 "rooms/%s/receipt/m.read/%s", room, id),
			      dora.token, "{}"));
	JSON_AUTO json_t *all = notifications(&dora, "");
	const json_t *list = json_get_array(all, "notifications");
	assert_int_equal(json_array_size(list), 2);
	const json_t *newest = json_array_get(list, 0), *older = json_array_get(list, 1);
	assert_string_equal(json_get_str(json_get_object(json_get_object(newest, "event"),
							 "content"),
					 "body"),
			    "two");
	assert_string_equal(json_get_str(newest, "room_id"), room);
	assert_null(json_object_get(json_get_object(newest, "event"), "room_id"));
	assert_true(json_is_false(json_object_get(newest, "read")));
	assert_true(json_is_true(json_object_get(older, "read")));
	assert_true(json_array_size(json_get_array(older, "actions")) > 0);
	JSON_AUTO json_t *loud = notifications(&dora, "?only=highlight");
	assert_int_equal(json_array_size(json_get_array(loud, "notifications")), 1);
	JSON_AUTO json_t *page = notifications(&dora, "?limit=1");
	AUTO_FREE char *rest = mem_printf("?limit=5&from=%s", json_get_str(page, "next_token"));
	JSON_AUTO json_t *next = notifications(&dora, rest);
	assert_int_equal(json_array_size(json_get_array(next, "notifications")), 1);
	assert_null(json_object_get(next, "next_token"));
	test_error(&t, 400, "M_INVALID_PARAM", "GET", V3 "notifications?from=x", dora.token, NULL);
	chatter_done(&dora);
}

static void test_mutual(void **state)
{
	(void)state;
	char both[LIMIT_ID_BYTES + 1], mine[LIMIT_ID_BYTES + 1];
	struct chatter erin, frank;
	chatter_new(&t, "erin", &erin);
	chatter_new(&t, "frank", &frank);
	chatter_create(&erin, "{'preset':'public_chat'}", both);
	chatter_create(&erin, "{'preset':'public_chat'}", mine);
	chatter_room(&frank, both, "join", "{}");
#define MUTUAL "/_matrix/client/v1/mutual_rooms"
	JSON_AUTO json_t *j =
		test_json(&t, 200, "GET", at(MUTUAL "?user_id=%s", frank.id), erin.token, NULL);
	assert_int_equal(json_get_i64(j, "count", -1), 1);
	assert_string_equal(json_string_value(json_array_get(json_get_array(j, "joined"), 0)),
			    both);
	JSON_AUTO json_t *old = test_json(&t, 200, "GET",
					  at("/_matrix/client/unstable/uk.half-shot.msc2666/user/"
					     "mutual_rooms?user_id=%s",
					     frank.id),
					  erin.token, NULL);
	assert_true(json_equal(old, j));
	JSON_AUTO json_t *none =
		test_json(&t, 200, "GET", MUTUAL "?user_id=@no:localhost", erin.token, NULL);
	assert_int_equal(json_array_size(json_get_array(none, "joined")), 0);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", MUTUAL, erin.token, NULL);
	test_error(&t, 400, "M_INVALID_PARAM", "GET", at(MUTUAL "?user_id=%s", erin.id), erin.token,
		   NULL);
	chatter_done(&erin);
	chatter_done(&frank);
}

/* Does the person read this text in the room's history, and by a sync? */
static bool reads(struct chatter *p, const char *room, const char *text)
{
	JSON_AUTO json_t *page = chatter_get(p, room, "messages?dir=b&limit=100");
	const json_t *chunk = json_get_array(page, "chunk");
	struct chatter anew = *p;
	anew.since[0] = '\0';
	JSON_AUTO json_t *sync = chatter_sync(&anew, "");
	const json_t *timeline = synced_events(sync_room(sync, "join", room), "timeline");
	bool in_page = false, in_sync = false;
	for (size_t i = 0; i < json_array_size(chunk); i++)
		in_page |= !strcmp(body_at(chunk, i), text);
	for (size_t i = 0; i < json_array_size(timeline); i++)
		in_sync |= !strcmp(body_at(timeline, i), text);
	assert_true(in_page == in_sync);
	return in_page;
}

static void deactivate(struct chatter *p, bool erase)
{
	json_decref(test_json(&t, 200, "POST", V3 "account/deactivate", p->token,
			      "{\"erase\":%s,\"auth\":{\"type\":\"m.login.password\","
			      "\"identifier\":{\"type\":\"m.id.user\",\"user\":\"%s\"},"
			      "\"password\":\"password of %s\"}}",
			      erase ? "true" : "false", p->name, p->name));
}

static void test_erase(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	struct chatter gina, hal, ida;
	chatter_new(&t, "gina", &gina);
	chatter_new(&t, "hal", &hal);
	chatter_new(&t, "ida", &ida);
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	chatter_room(&gina, room, "join", "{}");
	chatter_room(&hal, room, "join", "{}");
	chatter_say(&gina, room, "of gina", NULL);
	chatter_say(&hal, room, "of hal", NULL);
	json_decref(test_json(&t, 200, "PUT", at(V3 "profile/%s/displayname", gina.id), gina.token,
			      "{\"displayname\":\"Gina\"}"));
	deactivate(&gina, true);
	deactivate(&hal, false);
	test_error(&t, 401, "M_UNKNOWN_TOKEN", "GET", V3 "account/whoami", gina.token, NULL);
	expect_member(&alice, room, &gina, "leave");
	chatter_room(&ida, room, "join", "{}");
	assert_true(reads(&bob, room, "of gina") && reads(&bob, room, "of hal"));
	assert_true(!reads(&ida, room, "of gina") && reads(&ida, room, "of hal"));
	JSON_AUTO json_t *found = NULL;
	int status = test_call(&t, "GET", at(V3 "profile/%s", gina.id), ida.token, NULL, &found);
	assert_true(status == 404 || !json_object_get(found, "displayname"));
	/* It lasts. */
	test_server_stop(&t);
	test_server_start(&t);
	assert_true(reads(&bob, room, "of gina") && !reads(&ida, room, "of gina"));
	chatter_done(&gina);
	chatter_done(&hal);
	chatter_done(&ida);
}

/* More people than one step reads. */
static void test_many_members(void **state)
{
	(void)state;
	enum { MANY = 450 };
	AUTO(buf_done) struct buf body = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *ids = json_object();
	char room[LIMIT_ID_BYTES + 1];
	test_add_people(&t, "m", MANY);
	buf_put_str(&body, "{'invite':[");
	for (int i = 0; i < MANY; i++)
		buf_printf(&body, "%s'@m%d:localhost'", i ? "," : "", i);
	buf_put_str(&body, "]}");
	chatter_create(&alice, buf_str(&body), room);
	JSON_AUTO json_t *all = chatter_get(&alice, room, "members");
	const json_t *chunk = json_get_array(all, "chunk");
	for (size_t i = 0; i < json_array_size(chunk); i++)
		json_object_set_new(ids, json_get_str(json_array_get(chunk, i), "state_key"),
				    json_true());
	assert_int_equal(json_array_size(chunk), MANY + 1);
	assert_int_equal(json_object_size(ids), MANY + 1);
	JSON_AUTO json_t *invited = chatter_get(&alice, room, "members?membership=invite");
	assert_int_equal(json_array_size(json_get_array(invited, "chunk")), MANY);
	JSON_AUTO json_t *joined = chatter_get(&alice, room, "joined_members");
	const json_t *in = json_get_object(joined, "joined");
	assert_int_equal(json_object_size(in), 1);
	assert_non_null(json_get_object(in, alice.id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upgrade),		cmocka_unit_test(test_upgrade_large),
		cmocka_unit_test(test_upgrade_between), cmocka_unit_test(test_upgrade_space),
		cmocka_unit_test(test_knock),		cmocka_unit_test(test_knock_restricted),
		cmocka_unit_test(test_reports),		cmocka_unit_test(test_notifications),
		cmocka_unit_test(test_mutual),		cmocka_unit_test(test_erase),
		cmocka_unit_test(test_many_members),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
