#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "server/rooms/verify.h"
#include "tests/lib/world.h"

static struct world w;
static struct world_room room;

static int setup(void **state)
{
	(void)state;
	struct err err = {0};
	world_open(&w);
	if (world_create(&w, "alice", "{'preset':'public_chat'}", &room, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(world_member(&w, &room, "bob", "bob", "join", &err), 0);
	return 0;
}

/* Whatever a test did, every room's history must still prove itself. */
static int teardown(void **state)
{
	(void)state;
	struct err err = {0};
	struct sql *db = db_reader(w.db);
	int64_t rooms = sql_get_i64(SQL(db, "SELECT max(nid) FROM rooms"), 0), n;
	for (int64_t nid = 1; nid <= rooms; nid++)
		if (room_verify(db, nid, &n, &err))
			fail_msg("%s", err.msg);
	world_close(&w);
	return 0;
}

static void expect_error(int rc, const struct err *err, int status, const char *errcode)
{
	assert_int_not_equal(rc, 0);
	if (err->http_status != status || strcmp(err->errcode, errcode) != 0)
		fail_msg("%d %s: %s", err->http_status, err->errcode, err->msg);
}

static void test_text(void **state)
{
	(void)state;
	struct event_ref ref;
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL,
				      "{'msgtype':'m.text','body':'h\\u0000i \\\\ \\u00e9','n':-0}",
				      &ref, NULL),
			 0);
	assert_int_equal(ref.event_id[0], '$');
	assert_int_equal(strlen(ref.event_id), 44);
	assert_false(ref.existing);
	JSON_AUTO json_t *e = world_event(&w, ref.event_id);
	assert_string_equal(json_get_str(e, "event_id"), ref.event_id);
	assert_string_equal(json_get_str(e, "room_id"), room.id);
	assert_string_equal(json_get_str(e, "sender"), world_id("bob"));
	assert_string_equal(json_get_str(e, "type"), "m.room.message");
	assert_null(json_object_get(e, "state_key"));
	assert_null(json_object_get(e, "unsigned"));
	assert_true(json_get_i64(e, "origin_server_ts", 0) > 0);
	struct span body = json_get_span(json_object_get(e, "content"), "body");
	assert_true(span_eq(body, SPAN_LIT("h\0i \\ \xc3\xa9")));
}

static void test_tampering(void **state)
{
	(void)state;
	struct event_ref ref;
	int64_t n;
	struct err err = {0};
	struct sql *db = db_reader(w.db);
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL, "{'body':'no'}",
				      &ref, NULL),
			 0);
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL, "{'body':'2'}",
				      NULL, NULL),
			 0);
	assert_int_equal(room_verify(db, room.nid, &n, &err), 0);
	assert_int_equal(n, world_i64(&w, "SELECT count(*) FROM events"));
	static const char *const forgeries[] = {
		"UPDATE events SET text=replace(text,'\"no\"','\"ok\"') WHERE pos=?",
		"UPDATE events SET text=replace(text,'@bob','@bab') WHERE pos=?",
		"UPDATE events SET text=replace(text,'{\"content','{\"x\":1,\"content') WHERE "
		"pos=?",
		"UPDATE events SET redacted_by='$x',text=replace(text,'m.room.message','m.m') "
		"WHERE pos=?",
		"DELETE FROM events WHERE pos=?",
	};
	for (size_t i = 0; i < ARRAY_LEN(forgeries); i++) {
		assert_int_equal(sql_savepoint(db), 0);
		struct sql_stmt *s = sql_prepare(db, forgeries[i]);
		sql_bind_i64(s, 1, ref.pos);
		assert_int_equal(sql_run(s, NULL), 0);
		assert_int_equal(sql_changes(db), 1);
		if (room_verify(db, room.nid, &n, &err) == 0)
			fail_msg("not noticed: %s", forgeries[i]);
		sql_rollback_savepoint(db);
	}
}

static void test_transaction_ids(void **state)
{
	(void)state;
	struct event_ref a, b;
	struct err err = {0};
	struct world_room second;
	assert_int_equal(world_append_txn(&w, &room, "bob", 7, "t1", "m.room.message",
					  "{'body':'1'}", &a, &err),
			 0);
	assert_int_equal(world_append_txn(&w, &room, "bob", 7, "t1", "m.room.message",
					  "{'body':'other'}", &b, &err),
			 0);
	assert_true(b.existing);
	assert_string_equal(a.event_id, b.event_id);
	/* Another device, type or room is another transaction. */
	assert_int_equal(world_append_txn(&w, &room, "bob", 8, "t1", "m.room.message", "{}", &b,
					  &err),
			 0);
	assert_false(b.existing);
	assert_int_equal(world_append_txn(&w, &room, "bob", 7, "t1", "m.other", "{}", &b, &err), 0);
	assert_false(b.existing);
	assert_int_equal(world_create(&w, "bob", "{}", &second, &err), 0);
	assert_int_equal(world_append_txn(&w, &second, "bob", 7, "t1", "m.room.message", "{}", &b,
					  &err),
			 0);
	assert_false(b.existing);
	/* It holds even when the sender could not send any more. */
	assert_int_equal(world_member(&w, &room, "alice", "bob", "ban", &err), 0);
	assert_int_equal(world_append_txn(&w, &room, "bob", 7, "t1", "m.room.message", "{}", &b,
					  &err),
			 0);
	assert_string_equal(a.event_id, b.event_id);
	expect_error(world_append_txn(&w, &room, "bob", 7, "t2", "m.room.message", "{}", &b, &err),
		     &err, 403, "M_FORBIDDEN");
}

static void test_identical_state(void **state)
{
	(void)state;
	struct event_ref a, b;
	assert_int_equal(world_append(&w, &room, "alice", "m.room.topic", "", "{'topic':'x'}", &a,
				      NULL),
			 0);
	assert_int_equal(world_append(&w, &room, "alice", "m.room.topic", "", "{'topic':'x'}", &b,
				      NULL),
			 0);
	assert_true(b.existing);
	assert_string_equal(a.event_id, b.event_id);
	assert_int_equal(world_append(&w, &room, "alice", "m.room.topic", "k", "{'topic':'x'}", &b,
				      NULL),
			 0);
	assert_false(b.existing);
	assert_int_equal(world_append(&w, &room, "alice", "m.room.topic", "", "{'topic':'y'}", &b,
				      NULL),
			 0);
	assert_false(b.existing);
	struct sql_stmt *s = SQL(db_reader(w.db), "SELECT prev_pos FROM events WHERE pos=?");
	sql_bind_i64(s, 1, b.pos);
	assert_int_equal(sql_get_i64(s, 0), a.pos);
	char *now = world_state(&w, &room, "m.room.topic", "");
	assert_string_equal(now, "{\"topic\":\"y\"}");
	free(now);
	/* A repeated request is answered as the first was, though its effect forbids it now. */
	static const char demote[] = "{'users':{'@bob:test.example':100}}";
	assert_int_equal(world_append(&w, &room, "alice", "m.room.power_levels", "", demote, &a,
				      NULL),
			 0);
	assert_int_equal(world_append(&w, &room, "alice", "m.room.power_levels", "", demote, &b,
				      NULL),
			 0);
	assert_string_equal(a.event_id, b.event_id);
	/* But not to those who are gone. */
	struct err err = {0};
	assert_int_equal(world_member(&w, &room, "bob", "alice", "leave", &err), 0);
	expect_error(world_append(&w, &room, "alice", "m.room.power_levels", "", demote, &b, &err),
		     &err, 403, "M_FORBIDDEN");
}

static void test_membership(void **state)
{
	(void)state;
	struct err err = {0};
	assert_int_equal(world_membership(&w, &room, "bob"), MEMBERSHIP_JOIN);
	char *m = world_state(&w, &room, "m.room.member", world_id("bob"));
	assert_string_equal(m, "{\"displayname\":\"bob\",\"membership\":\"join\"}");
	free(m);
	int64_t joined = world_i64(&w, "SELECT joined_pos FROM memberships m JOIN users u"
				       " ON u.nid=m.user_nid WHERE user_id='@bob:test.example'");
	assert_true(joined > 0);
	/* A new name in the room is no new joining. */
	assert_int_equal(world_append(&w, &room, "bob", "m.room.member", world_id("bob"),
				      "{'membership':'join','displayname':'Bobby'}", NULL, &err),
			 0);
	assert_int_equal(world_i64(&w, "SELECT joined_pos FROM memberships m JOIN users u"
				       " ON u.nid=m.user_nid WHERE user_id='@bob:test.example' "),
			 joined);
	assert_int_equal(world_member(&w, &room, "bob", "bob", "leave", &err), 0);
	int64_t events = world_i64(&w, "SELECT count(*) FROM events");
	assert_int_equal(world_member(&w, &room, "bob", "bob", "leave", &err), 0);
	assert_int_equal(world_i64(&w, "SELECT count(*) FROM events "), events);
	assert_int_equal(world_member(&w, &room, "bob", "bob", "join", &err), 0);
	assert_true(world_i64(&w,
			      "SELECT joined_pos FROM memberships m JOIN users u"
			      " ON u.nid=m.user_nid WHERE user_id='@bob:test.example'  ") > joined);
	/* Invitations carry the name of the invited. */
	assert_int_equal(world_member(&w, &room, "alice", "carol", "invite", &err), 0);
	m = world_state(&w, &room, "m.room.member", world_id("carol"));
	assert_string_equal(m, "{\"displayname\":\"carol\",\"membership\":\"invite\"}");
	free(m);
	expect_error(world_append(&w, &room, "alice", "m.room.member", "@nobody:test.example",
				  "{'membership':'invite'}", NULL, &err),
		     &err, 404, "M_NOT_FOUND");
	expect_error(world_append(&w, &room, "alice", "m.room.member", "nobody",
				  "{'membership':'invite'}", NULL, &err),
		     &err, 400, "M_INVALID_PARAM");
}

static void test_restricted(void **state)
{
	(void)state;
	struct err err = {0};
	struct world_room school, club;
	char body[600];
	assert_int_equal(world_create(&w, "alice", "{'preset':'public_chat'}", &school, &err), 0);
	snprintf(body, sizeof(body),
		 "{'initial_state':[{'type':'m.room.join_rules','content':{'join_rule':"
		 "'restricted','allow':[{'type':'m.room_membership','room_id':'%s'}]}}]}",
		 school.id);
	assert_int_equal(world_create(&w, "alice", body, &club, &err), 0);
	expect_error(world_member(&w, &club, "bob", "bob", "join", &err), &err, 403, "M_FORBIDDEN");
	/* To name somebody who vouches does not help. */
	expect_error(world_append(&w, &club, "bob", "m.room.member", world_id("bob"),
				  "{'membership':'join','join_authorised_via_users_server':"
				  "'@alice:test.example'}",
				  NULL, &err),
		     &err, 403, "M_FORBIDDEN");
	assert_int_equal(world_member(&w, &school, "bob", "bob", "join", &err), 0);
	assert_int_equal(world_member(&w, &club, "bob", "bob", "join", &err), 0);
	char *m = world_state(&w, &club, "m.room.member", world_id("bob"));
	assert_non_null(strstr(m, "\"join_authorised_via_users_server\":\"@alice:test.example\""));
	free(m);
}

static void test_relations(void **state)
{
	(void)state;
	struct event_ref root, ref;
	struct err err = {0};
	struct world_room other;
	char content[512];
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL, "{'body':'q'}",
				      &root, &err),
			 0);
	snprintf(content, sizeof(content),
		 "{'m.relates_to':{'rel_type':'m.annotation','event_id':'%s','key':'+1'}}",
		 root.event_id);
	assert_int_equal(world_append(&w, &room, "bob", "m.reaction", NULL, content, &ref, &err),
			 0);
	expect_error(world_append(&w, &room, "bob", "m.reaction", NULL, content, &ref, &err), &err,
		     400, "M_DUPLICATE_ANNOTATION");
	assert_int_equal(world_append(&w, &room, "alice", "m.reaction", NULL, content, NULL, &err),
			 0);
	assert_int_equal(world_i64(&w, "SELECT count(*) FROM events WHERE rel_type='m.annotation'"
				       " AND rel_key='+1' AND relates_to LIKE '$%'"),
			 2);
	/* Taken back, it may be given again. */
	assert_int_equal(world_redact(&w, &room, "bob", ref.event_id, NULL, &err), 0);
	assert_int_equal(world_append(&w, &room, "bob", "m.reaction", NULL, content, &ref, &err),
			 0);
	/* A plain reply is no relation. */
	snprintf(content, sizeof(content), "{'m.relates_to':{'m.in_reply_to':{'event_id':'%s'}}}",
		 root.event_id);
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL, content, &ref,
				      &err),
			 0);
	struct sql_stmt *s = SQL(db_reader(w.db), "SELECT relates_to IS NULL AND rel_type IS NULL"
						  " FROM events WHERE pos=?");
	sql_bind_i64(s, 1, ref.pos);
	assert_int_equal(sql_get_i64(s, 0), 1);
	/* Threads begin at events of their own, and nothing relates across rooms. */
	snprintf(content, sizeof(content),
		 "{'m.relates_to':{'rel_type':'m.thread','event_id':'%s'}}", root.event_id);
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL, content, &ref,
				      &err),
			 0);
	assert_int_equal(world_create(&w, "bob", "{}", &other, &err), 0);
	expect_error(world_append(&w, &other, "bob", "m.room.message", NULL, content, NULL, &err),
		     &err, 400, "M_UNKNOWN");
	snprintf(content, sizeof(content),
		 "{'m.relates_to':{'rel_type':'m.thread','event_id':'%s'}}", ref.event_id);
	expect_error(world_append(&w, &room, "bob", "m.room.message", NULL, content, NULL, &err),
		     &err, 400, "M_UNKNOWN");
}

static void test_redaction(void **state)
{
	(void)state;
	struct event_ref said, gone, again;
	struct err err = {0};
	struct world_room other;
	assert_int_equal(world_append(&w, &room, "alice", "m.room.message", NULL, "{'body':'x'}",
				      &said, &err),
			 0);
	expect_error(world_redact(&w, &room, "bob", said.event_id, NULL, &err), &err, 403,
		     "M_FORBIDDEN");
	expect_error(world_redact(&w, &room, "bob", "$nothing", NULL, &err), &err, 404,
		     "M_NOT_FOUND");
	expect_error(world_append(&w, &room, "bob", "m.room.redaction", NULL, "{}", NULL, &err),
		     &err, 400, "M_MISSING_PARAM");
	assert_int_equal(world_redact(&w, &room, "alice", said.event_id, &gone, &err), 0);
	JSON_AUTO json_t *e = world_event(&w, said.event_id);
	assert_int_equal(json_object_size(json_object_get(e, "content")), 0);
	assert_string_equal(json_get_str(e, "event_id"), said.event_id);
	JSON_AUTO json_t *r = world_event(&w, gone.event_id);
	assert_string_equal(json_get_str(r, "redacts"), said.event_id);
	assert_string_equal(json_get_str(json_object_get(r, "content"), "redacts"), said.event_id);
	/* The first redaction is the one that is named; a second changes nothing. */
	assert_int_equal(world_redact(&w, &room, "alice", said.event_id, &again, &err), 0);
	struct sql_stmt *s = SQL(db_reader(w.db), "SELECT redacted_by=? FROM events WHERE pos=?");
	sql_bind_str(s, 1, gone.event_id);
	sql_bind_i64(s, 2, said.pos);
	assert_int_equal(sql_get_i64(s, 0), 1);
	/* Own events need no level; those of other rooms are not there. */
	assert_int_equal(world_append(&w, &room, "bob", "m.room.message", NULL, "{'body':'y'}",
				      &said, &err),
			 0);
	assert_int_equal(world_redact(&w, &room, "bob", said.event_id, NULL, &err), 0);
	assert_int_equal(world_create(&w, "bob", "{}", &other, &err), 0);
	expect_error(world_redact(&w, &other, "bob", said.event_id, NULL, &err), &err, 404,
		     "M_NOT_FOUND");
}

static void test_redacted_state(void **state)
{
	(void)state;
	struct event_ref ref;
	struct err err = {0};
	assert_int_equal(world_append(&w, &room, "alice", "m.room.join_rules", "",
				      "{'join_rule':'invite','note':'secret'}", &ref, &err),
			 0);
	assert_int_equal(world_redact(&w, &room, "alice", ref.event_id, NULL, &err), 0);
	char *rules = world_state(&w, &room, "m.room.join_rules", "");
	assert_string_equal(rules, "{\"join_rule\":\"invite\"}");
	free(rules);
	expect_error(world_member(&w, &room, "carol", "carol", "join", &err), &err, 403,
		     "M_FORBIDDEN");
	/* A redacted name is forgotten, and can be set again. */
	assert_int_equal(world_append(&w, &room, "alice", "m.room.name", "", "{'name':'n'}", &ref,
				      &err),
			 0);
	assert_int_equal(world_redact(&w, &room, "alice", ref.event_id, NULL, &err), 0);
	assert_int_equal(world_append(&w, &room, "alice", "m.room.name", "", "{'name':'n'}", &ref,
				      &err),
			 0);
	assert_false(ref.existing);
	struct sql_stmt *s = SQL(db_reader(w.db), "SELECT event_id FROM events WHERE room_nid=?"
						  " AND type='m.room.create'");
	sql_bind_i64(s, 1, room.nid);
	assert_true(sql_row(s));
	char id[64];
	snprintf(id, sizeof(id), "%s", sql_col_text(s, 0).p);
	sql_reset(s);
	expect_error(world_redact(&w, &room, "alice", id, NULL, &err), &err, 403, "M_FORBIDDEN");
}

static char *long_text(size_t n)
{
	char *s = mem_alloc(n + 1);
	memset(s, 'a', n);
	return s;
}

static void test_caps(void **state)
{
	(void)state;
	struct err err = {0};
	AUTO_FREE char *k255 = long_text(255), *k256 = long_text(256), *big = long_text(65536);
	AUTO_FREE char *fits = long_text(65000);
	AUTO_FREE char *huge = mem_printf("{'body':'%s'}", big);
	AUTO_FREE char *large = mem_printf("{'body':'%s'}", fits);
	assert_int_equal(world_append(&w, &room, "alice", k255, k255, "{}", NULL, &err), 0);
	expect_error(world_append(&w, &room, "alice", k256, NULL, "{}", NULL, &err), &err, 413,
		     "M_TOO_LARGE");
	expect_error(world_append(&w, &room, "alice", "t", k256, "{}", NULL, &err), &err, 413,
		     "M_TOO_LARGE");
	expect_error(world_append(&w, &room, "alice", "t", NULL, huge, NULL, &err), &err, 413,
		     "M_TOO_LARGE");
	expect_error(world_append(&w, &room, "alice", "", NULL, "{}", NULL, &err), &err, 400,
		     "M_INVALID_PARAM");
	assert_int_equal(world_append(&w, &room, "alice", "t", NULL, large, NULL, &err), 0);
	assert_int_equal(world_append(&w, &room, "alice", "t", NULL, "{'n':1}", NULL, &err), 0);
	/* Under the cap as content, over it as an event. */
	AUTO_FREE char *just = long_text(65530);
	AUTO_FREE char *over = mem_printf("{'b':'%s'}", just);
	expect_error(world_append(&w, &room, "alice", "t", NULL, over, NULL, &err), &err, 413,
		     "M_TOO_LARGE");
}

static void test_hostile(void **state)
{
	(void)state;
	static const char *const bad[] = {"{'n':1.5}",
					  "{'n':1e3}",
					  "{'n':9007199254740992}",
					  "{'n':-9007199254740992}",
					  "{'a':{'b':[0.1]}}",
					  "[]",
					  "1"};
	struct err err = {0};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		expect_error(world_append(&w, &room, "bob", "t", NULL, bad[i], NULL, &err), &err,
			     400, "M_BAD_JSON");
	assert_int_equal(world_append(&w, &room, "bob", "t", NULL,
				      "{'n':9007199254740991,'m':-9007199254740991}", NULL, &err),
			 0);
	AUTO(buf_done) struct buf deep = BUF_INIT(1 << 20);
	for (int i = 0; i < 2000; i++)
		buf_put_str(&deep, "{'a':");
	buf_put_str(&deep, "1");
	for (int i = 0; i < 2000; i++)
		buf_put_char(&deep, '}');
	expect_error(world_append(&w, &room, "bob", "t", NULL, buf_str(&deep), NULL, &err), &err,
		     400, "M_BAD_JSON");
	/* Relations of odd shapes are kept as content and otherwise ignored. */
	static const char *const odd[] =
		{"{'m.relates_to':1}", "{'m.relates_to':{'rel_type':[],'event_id':{}}}",
		 "{'m.relates_to':{'rel_type':5,'event_id':'$x','key':5}}",
		 "{'m.relates_to':{'rel_type':'m.\\u0000','event_id':'$x'}}"};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_int_equal(world_append(&w, &room, "bob", "t", NULL, odd[i], NULL, &err), 0);
}

static void test_encryption(void **state)
{
	(void)state;
	struct err err = {0};
	struct world_room r;
	expect_error(world_append(&w, &room, "alice", "m.room.encryption", "",
				  "{'algorithm':'m.megolm.v1.aes-sha2'}", NULL, &err),
		     &err, 403, "M_FORBIDDEN");
	expect_error(world_create(&w, "alice",
				  "{'initial_state':[{'type':'m.room.encryption','content':"
				  "{'algorithm':'m.megolm.v1.aes-sha2'}}]}",
				  &r, &err),
		     &err, 403, "M_FORBIDDEN");
}

/* --- the cache tells what the tables say, also after something was undone --- */

struct doomed {
	struct event_draft level, message;
	int appended;
};

static int run_doomed(struct db_tx *tx, void *arg, struct err *err)
{
	struct doomed *d = arg;
	struct event_ref ref;
	d->appended += !room_append(tx, &d->level, &ref, err);
	d->appended += !room_append(tx, &d->message, &ref, err);
	return err_set(err, ERR_FAILED, "undone on purpose");
}

static void test_undone(void **state)
{
	(void)state;
	struct err err = {0};
	JSON_AUTO json_t *levels = json_pack("{s:{s:i}}", "users", "@bob:test.example", 100);
	JSON_AUTO json_t *message = json_object();
	struct doomed d = {
		.level = {.room_nid = room.nid,
			  .sender_nid = world_user(&w, "alice"),
			  .sender = "@alice:test.example",
			  .type = "m.room.power_levels",
			  .state_key = "",
			  .content = levels},
		.message = {.room_nid = room.nid,
			    .sender_nid = world_user(&w, "bob"),
			    .sender = "@bob:test.example",
			    .type = "m.room.message",
			    .content = message},
	};
	int64_t before = world_i64(&w, "SELECT count(*) FROM events");
	assert_int_equal(db_run_offline(w.db, run_doomed, &d, &err), ERR_FAILED);
	assert_int_equal(d.appended, 2);
	assert_int_equal(world_i64(&w, "SELECT count(*) FROM events "), before);
	/* Bob is no administrator, and the chain goes on where it was (teardown verifies). */
	expect_error(world_append(&w, &room, "bob", "m.room.topic", "", "{}", NULL, &err), &err,
		     403, "M_FORBIDDEN");
	assert_int_equal(world_append(&w, &room, "bob", "t", NULL, "{}", NULL, &err), 0);
	assert_int_equal(world_append(&w, &room, "alice", "m.room.topic", "", "{}", NULL, &err), 0);
}

static void test_levels_follow(void **state)
{
	(void)state;
	struct err err = {0};
	expect_error(world_append(&w, &room, "bob", "m.room.topic", "", "{}", NULL, &err), &err,
		     403, "M_FORBIDDEN");
	assert_int_equal(world_append(&w, &room, "alice", "m.room.power_levels", "",
				      "{'users':{'@alice:test.example':100,'@bob:test.example':50}"
				      "}",
				      NULL, &err),
			 0);
	assert_int_equal(world_append(&w, &room, "bob", "m.room.topic", "", "{}", NULL, &err), 0);
	expect_error(world_append(&w, &room, "alice", "m.room.power_levels", "",
				  "{'users':{'@alice:test.example':'100'}}", NULL, &err),
		     &err, 400, "M_BAD_JSON");
	expect_error(world_append(&w, &room, "bob", "m.room.power_levels", "", "{}", NULL, &err),
		     &err, 403, "M_FORBIDDEN");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),
		TEST(test_tampering),
		TEST(test_transaction_ids),
		TEST(test_identical_state),
		TEST(test_membership),
		TEST(test_restricted),
		TEST(test_relations),
		TEST(test_redaction),
		TEST(test_redacted_state),
		TEST(test_caps),
		TEST(test_hostile),
		TEST(test_encryption),
		TEST(test_undone),
		TEST(test_levels_follow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
