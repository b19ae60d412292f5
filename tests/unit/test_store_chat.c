#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/store/drafts.h"
#include "core/store/live.h"
#include "core/store/schema.h"
#include "core/store/spaces.h"
#include "core/store/unread.h"
#include "tests/lib/tmpdir.h"

/* What the cache keeps beside events: from sync replies to what readers get. */

static struct err err;

#define OK(x)                                    \
	do {                                     \
		err = (struct err){0};           \
		if ((x) != 0)                    \
			fail_msg("%s", err.msg); \
	} while (0)

static struct store *open_memory(void)
{
	struct store *s = NULL;
	OK(store_open(":memory:", &s, &err));
	return s;
}

/* Apply a sync whose rooms.join holds this one room. */
static int64_t sync_room(struct store *s, const char *room_id, const char *room, const char *more)
{
	AUTO_FREE char *since = store_meta(s, STORE_META_TOKEN);
	AUTO_FREE char *text =
		mem_printf("{\"next_batch\":\"s%lld\"%s,\"rooms\":{\"join\":{\"%s\":%s}}}",
			   (long long)store_meta_i64(s, STORE_META_COMMITS, 0), more, room_id,
			   room);
	bool news = false;
	OK(apply_sync(s, "@me:test", since, span_of(text), &news, &err));
	assert_true(news);
	return store_room_find(s, span_of(room_id));
}

static int put_id(struct span id, void *arg)
{
	buf_printf(arg, "%.*s;", SPAN_ARG(id));
	return 0;
}

static void test_typing(void **state)
{
	(void)state;
	struct store *s = open_memory();
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	int64_t now = clock_wall_ms();
	int64_t room = sync_room(s, "!r:test",
				 "{\"ephemeral\":{\"events\":[{\"type\":\"m.typing\",\"content\":{"
				 "\"user_ids\":[\"@b:test\",7,\"nobody\",\"@a:test\"]}}]}}",
				 "");
	store_typing_walk(s, room, now, put_id, &b);
	assert_string_equal(buf_str(&b), "@a:test;@b:test;");
	/* Nobody has synced for a while. */
	buf_clear(&b);
	store_typing_walk(s, room, now + 2 * STORE_TYPING_MS, put_id, &b);
	assert_string_equal(buf_str(&b), "");
	sync_room(s, "!r:test",
		  "{\"ephemeral\":{\"events\":[{\"type\":\"m.typing\",\"content\":{\"user_ids\":[]}"
		  "}]}}",
		  "");
	store_typing_walk(s, room, now, put_id, &b);
	assert_string_equal(buf_str(&b), "");
	store_close(s);
}

static int put_presence(const struct store_presence *p, void *arg)
{
	buf_printf(arg, "%.*s %.*s %.*s %d %d;", SPAN_ARG(p->user_id), SPAN_ARG(p->state),
		   SPAN_ARG(p->status), p->active, p->active_ms > 0);
	return 0;
}

static void test_presence(void **state)
{
	(void)state;
	struct store *s = open_memory();
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	int64_t mark = 0;
	sync_room(s, "!r:test", "{}",
		  ",\"presence\":{\"events\":["
		  "{\"type\":\"m.presence\",\"sender\":\"@a:test\",\"content\":{\"presence\":"
		  "\"online\",\"status_msg\":\"at lunch\",\"last_active_ago\":2000,"
		  "\"currently_active\":true}},"
		  "{\"type\":\"m.presence\",\"sender\":\"@b:test\",\"content\":{\"presence\":"
		  "\"unavailable\"}},"
		  "{\"type\":\"m.presence\",\"sender\":\"@c:test\",\"content\":{\"presence\":"
		  "\"asleep\"}}]}");
	store_presence_since(s, &mark, put_presence, &b);
	assert_string_equal(buf_str(&b), "@a:test online at lunch 1 1;@b:test unavailable  0 0;");
	buf_clear(&b);
	store_presence_since(s, &mark, put_presence, &b);
	assert_string_equal(buf_str(&b), "");
	assert_false(store_presence_get(s, SPAN_LIT("@c:test"), put_presence, &b));
	store_close(s);
}

#define DATA(type, content) \
	"{\"account_data\":{\"events\":[{\"type\":\"" type "\",\"content\":" content "}]}}"

static void test_tags_and_marks(void **state)
{
	(void)state;
	struct store *s = open_memory();
	struct store_room r;
	int64_t room =
		sync_room(s, "!r:test",
			  DATA("m.tag", "{\"tags\":{\"m.favourite\":{\"order\":0.25}}}"), "");
	sync_room(s, "!r:test", DATA("m.fully_read", "{\"event_id\":\"$e\"}"), "");
	sync_room(s, "!r:test", DATA("m.marked_unread", "{\"unread\":true}"), "");
	assert_true(store_room_get(s, room, &r));
	assert_true(r.favourite && !r.low_priority && !r.archived && r.marked_unread);
	assert_int_equal(r.tag_order, STORE_ORDER_ONE / 4);
	assert_string_equal(r.fully_read, "$e");
	assert_int_equal(store_fully_read_pos(s, room), 0);
	store_room_done(&r);
	sync_room(s, "!r:test",
		  DATA("m.tag", "{\"tags\":{\"m.lowpriority\":{\"order\":\"0.5\"},"
				"\"u.org.muster.archived\":{}}}"),
		  "");
	sync_room(s, "!r:test", DATA("m.marked_unread", "{}"), "");
	sync_room(s, "!r:test",
		  "{\"timeline\":{\"events\":[{\"event_id\":\"$e\",\"type\":\"m.room.message\","
		  "\"sender\":\"@a:test\",\"origin_server_ts\":1,\"content\":{\"msgtype\":\"m."
		  "text\","
		  "\"body\":\"x\"}}]}}",
		  "");
	assert_true(store_room_get(s, room, &r));
	assert_true(!r.favourite && r.low_priority && r.archived && !r.marked_unread);
	assert_int_equal(r.tag_order, -1);
	assert_int_equal(store_fully_read_pos(s, room), store_newest_pos(s, room));
	store_room_done(&r);
	store_close(s);
}

#define IN_THREAD(id, sender)                                                           \
	"{\"event_id\":\"" id "\",\"type\":\"m.room.message\",\"sender\":\"" sender     \
	"\",\"origin_server_ts\":7,\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\"," \
	"\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":"

static int put_thread(const struct store_thread *t, void *arg)
{
	buf_printf(arg, "%.*s %lld %.*s %lld/%lld %d;", SPAN_ARG(t->root), (long long)t->replies,
		   SPAN_ARG(t->last_id), (long long)t->unread, (long long)t->highlights,
		   t->joined_in);
	return 0;
}

static void test_threads(void **state)
{
	(void)state;
	struct store *s = open_memory();
	struct store_room r;
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	int64_t room = sync_room(
		s, "!r:test",
		"{\"timeline\":{\"events\":[" IN_THREAD("$1", "@a:test") "\"$A\"}}}," IN_THREAD(
			"$2",
			"@me:test") "\"$B\"}}}," IN_THREAD("$3",
							   "@a:test") "\"$A\"}}}]},"
								      "\"unread_notifications\":{"
								      "\"notification_count\":3,"
								      "\"highlight_count\":1},"
								      "\"unread_thread_"
								      "notifications\":{\"$A\":{"
								      "\"notification_count\":2,"
								      "\"highlight_count\":1},\"$"
								      "B\":{\"notification_count\":"
								      "-4},\"$C\":[]}}",
		"");
	store_threads_walk(s, room, SPAN_LIT("@me:test"), put_thread, &b);
	assert_string_equal(buf_str(&b), "$A 2 $3 2/1 0;$B 1 $2 0/0 1;");
	assert_true(store_room_get(s, room, &r));
	assert_int_equal(r.unread, 3);
	assert_int_equal(r.highlights, 1);
	assert_int_equal(r.thread_unread, 2);
	assert_int_equal(r.thread_highlights, 1);
	store_room_done(&r);
	/* Something else happens there: the counts stand. */
	sync_room(s, "!r:test", DATA("x", "{}"), "");
	assert_true(store_room_get(s, room, &r));
	assert_int_equal(r.thread_unread, 2);
	store_room_done(&r);
	/* Counts without threads: those are read. */
	sync_room(s, "!r:test", "{\"unread_notifications\":{\"notification_count\":0}}", "");
	assert_true(store_room_get(s, room, &r));
	assert_int_equal(r.unread + r.thread_unread + r.thread_highlights, 0);
	store_room_done(&r);
	store_close(s);
}

#define STATE(type, key, content)                          \
	"{\"event_id\":\"$" type key "\",\"type\":\"" type \
	"\",\"sender\":\"@a:test\",\"state_key\":\"" key   \
	"\",\"origin_server_ts\":1,\"content\":" content "}"
#define STATES(list) "{\"state\":{\"events\":[" list "]}}"

static int put_child(const struct store_child *c, void *arg)
{
	buf_printf(arg, "%.*s %d %d;", SPAN_ARG(c->room_id), c->room != 0, c->suggested);
	return 0;
}

static void test_spaces(void **state)
{
	(void)state;
	struct store *s = open_memory();
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	int64_t space = sync_room(
		s, "!s:test",
		STATES(STATE("m.space.child", "!c:test", "{\"via\":[\"test\"]}") "," STATE(
			"m.space.child", "!a:test",
			"{\"via\":[\"test\"],\"order\":\"b\",\"suggested\":"
			"true}") "," STATE("m.space.child", "!b:test",
					   "{\"via\":[\"test\"],\"order\":"
					   "\"a\"}") "," STATE("m.space."
							       "child",
							       "!gone:test", "{}")),
		"");
	store_children_walk(s, space, put_child, &b);
	assert_string_equal(buf_str(&b), "!b:test 0 0;!a:test 0 1;!c:test 0 0;");
	sync_room(s, "!a:test", "{}", "");
	sync_room(s, "!s:test", STATES(STATE("m.space.child", "!b:test", "{}")), "");
	buf_clear(&b);
	store_children_walk(s, space, put_child, &b);
	assert_string_equal(buf_str(&b), "!a:test 1 1;!c:test 0 0;");
	AUTO_FREE int64_t *of = store_spaces_of(s, SPAN_LIT("!a:test"));
	assert_int_equal(of[0], space);
	assert_int_equal(of[1], 0);
	AUTO_FREE int64_t *none = store_spaces_of(s, SPAN_LIT("!b:test"));
	assert_int_equal(none[0], 0);
	store_close(s);
}

static void test_upgrades(void **state)
{
	(void)state;
	struct store *s = open_memory();
	struct store_room r;
	int64_t old = sync_room(s, "!1:test",
				STATES(STATE("m.room.tombstone", "",
					     "{\"replacement_room\":\"!2:test\"}")),
				"");
	assert_int_equal(store_room_newest(s, old), old);
	/* A room that goes on from another one is no successor, whatever the old one says. */
	sync_room(s, "!2:test",
		  STATES(STATE("m.room.create", "", "{\"predecessor\":{\"room_id\":\"!0:test\"}}")),
		  "");
	assert_int_equal(store_room_newest(s, old), old);
	int64_t next = sync_room(s, "!2:test",
				 STATES(STATE("m.room.create", "",
					      "{\"predecessor\":{\"room_id\":\"!1:test\"}}")),
				 "");
	assert_int_equal(store_room_newest(s, old), next);
	assert_true(store_room_get(s, old, &r));
	assert_string_equal(r.successor, "!2:test");
	store_room_done(&r);
	assert_true(store_room_get(s, next, &r));
	assert_string_equal(r.predecessor, "!1:test");
	assert_null(r.successor);
	store_room_done(&r);
	/* Two rooms that name each other are no endless loop. */
	sync_room(s, "!2:test",
		  STATES(STATE("m.room.tombstone", "", "{\"replacement_room\":\"!1:test\"}")), "");
	assert_int_equal(store_room_newest(s, old), next);
	sync_room(s, "!1:test",
		  STATES(STATE("m.room.create", "", "{\"predecessor\":{\"room_id\":\"!2:test\"}}")),
		  "");
	assert_int_equal(store_room_newest(s, old), old);
	assert_int_equal(store_room_newest(s, next), next);
	store_close(s);
}

static void test_pins(void **state)
{
	(void)state;
	struct store *s = open_memory();
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	int64_t room = sync_room(s, "!r:test",
				 STATES(STATE("m.room.pinned_events", "",
					      "{\"pinned\":[\"$b\",3,\"$a\"]}")),
				 "");
	store_pins_walk(s, room, put_id, &b);
	assert_string_equal(buf_str(&b), "$b;$a;");
	store_close(s);
}

static int put_draft(const struct store_draft *d, void *arg)
{
	buf_printf(arg, "%.*s=%.*s;", SPAN_ARG(d->thread), SPAN_ARG(d->text));
	return 0;
}

static void test_drafts(void **state)
{
	(void)state;
	struct store *s = open_memory();
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	struct store_draft d = {.room = 1, .text = SPAN_LIT("half a"), .updated_ms = 5};
	OK(store_draft_set(s, &d, &err));
	d.thread = SPAN_LIT("$t");
	d.updated_ms = 6;
	OK(store_draft_set(s, &d, &err));
	store_drafts_walk(s, put_draft, &b);
	assert_string_equal(buf_str(&b), "$t=half a;=half a;");
	d.text = SPAN_LIT("");
	OK(store_draft_set(s, &d, &err));
	buf_clear(&b);
	assert_false(store_draft_get(s, 1, "$t", &b));
	assert_true(store_draft_get(s, 1, "", &b));
	assert_string_equal(buf_str(&b), "half a");
	AUTO_FREE char *big = mem_alloc(STORE_DRAFT_MAX + 1);
	d.text = (struct span){big, STORE_DRAFT_MAX + 1};
	assert_int_equal(store_draft_set(s, &d, &err), ERR_TOO_LARGE);
	store_close(s);
}

static int count_member(const struct store_member *m, void *arg)
{
	assert_true(m->name.n > 0);
	return ++*(int *)arg >= 5000;
}

/* A room of five thousand, its members known only when asked for. */
static void test_large_room(void **state)
{
	(void)state;
	struct store *s = open_memory();
	struct store_room r;
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 24);
	int n = 0;
	int64_t room = sync_room(
		s, "!r:test",
		"{\"summary\":{\"m.joined_member_count\":5000,\"m.invited_member_count\":0,"
		"\"m.heroes\":[\"@u1:test\",\"@u2:test\"]},\"state\":{\"events\":["
		"{\"event_id\":\"$u1\",\"type\":\"m.room.member\",\"sender\":\"@u1:test\","
		"\"state_key\":\"@u1:test\",\"origin_server_ts\":1,\"content\":{\"membership\":"
		"\"join\",\"displayname\":\"One\"}}]}}",
		"");
	assert_true(store_room_get(s, room, &r));
	assert_string_equal(r.display, "One, @u2:test +4997");
	assert_false(r.members_complete);
	assert_int_equal(r.joined, 5000);
	store_room_done(&r);
	buf_put_str(&b, "{\"chunk\":[");
	for (int i = 1; i <= 5000; i++)
		buf_printf(&b,
			   "%s{\"event_id\":\"$u%d\",\"type\":\"m.room.member\",\"sender\":"
			   "\"@u%d:test\",\"state_key\":\"@u%d:test\",\"origin_server_ts\":1,"
			   "\"content\":{\"membership\":\"join\",\"displayname\":\"Person %d\"}}",
			   i > 1 ? "," : "", i, i, i, i);
	buf_put_str(&b, "]}");
	long before = mem_live();
	OK(apply_members(s, room, "@me:test", buf_span(&b), &err));
	/* Nothing of the list stays in memory; statements do. */
	assert_true(mem_live() - before < 100);
	assert_int_equal(store_member_walk(s, room, "join", count_member, &n), 1);
	assert_int_equal(n, 5000);
	assert_true(store_room_get(s, room, &r));
	assert_true(r.members_complete);
	store_room_done(&r);
	AUTO_FREE char *name = store_member_name(s, room, SPAN_LIT("@u4711:test"));
	assert_string_equal(name, "Person 4711");
	store_close(s);
}

static void put_said(struct buf *b, int n)
{
	buf_printf(b,
		   "{\"event_id\":\"$m%d\",\"type\":\"m.room.message\",\"sender\":\"@a:test\","
		   "\"origin_server_ts\":%d,\"content\":{\"msgtype\":\"m.text\",\"body\":\"n%d\"}}"
		   ",",
		   n, n, n);
}

/* A server that was put back has lost more than fits into one reply. */
static void test_much_lost(void **state)
{
	(void)state;
	struct store *s = open_memory();
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 22);
	buf_put_str(&b, "{\"timeline\":{\"events\":[");
	for (int i = 1; i <= 2500; i++)
		put_said(&b, i);
	buf_truncate(&b, b.n - 1);
	buf_put_str(&b, "]}}");
	int64_t room = sync_room(s, "!r:test", buf_str(&b), "");
	assert_true(store_event_pos(s, room, SPAN_LIT("$m2500")) != 0);
	sync_room(s, "!r:test", "{\"timeline\":{\"org.muster.kept\":\"$m100\",\"events\":[]}}",
		  ",\"org.muster.restored\":true");
	assert_true(store_event_pos(s, room, SPAN_LIT("$m100")) != 0);
	assert_int_equal(store_event_pos(s, room, SPAN_LIT("$m101")), 0);
	assert_int_equal(store_event_pos(s, room, SPAN_LIT("$m2500")), 0);
	store_close(s);
}

/* A cache of the first version, with what its state tells already. */
static void test_migration(void **state)
{
	(void)state;
	char dir[256];
	tmpdir_make(dir);
	AUTO_FREE char *path = mem_printf("%s/cache.db", dir);
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	struct store_room r;
	struct store *s;
	struct sql *db;
	OK(sql_open(path, 0, &db, &err));
	OK(sql_migrate(db, store_migrations, 1, &err));
	OK(sql_exec(
		db,
		"INSERT INTO rooms(id,room_id,membership,archived) VALUES(1,'!1:test','join',1),"
		"(2,'!2:test','join',0);"
		"INSERT INTO state(room,type,key,ts,json) VALUES"
		"(1,'m.room.tombstone','',1,'{\"content\":{\"replacement_room\":\"!2:test\"}}'),"
		"(2,'m.room.create','',1,'not json'),"
		"(2,'m.space.child','!1:test',1,'{\"content\":{\"via\":[\"t\"],\"order\":\"x\"}}'),"
		"(2,'m.space.child','!3:test',1,'{\"content\":{}}');",
		&err));
	sql_close(db);
	OK(store_open(path, &s, &err));
	assert_true(store_room_get(s, 1, &r));
	assert_string_equal(r.successor, "!2:test");
	assert_true(r.low_priority);
	assert_int_equal(r.tag_order, -1);
	store_room_done(&r);
	assert_true(store_room_get(s, 2, &r));
	assert_null(r.predecessor);
	store_room_done(&r);
	store_children_walk(s, 2, put_child, &b);
	assert_string_equal(buf_str(&b), "!1:test 1 0;");
	store_close(s);
	tmpdir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing),	       cmocka_unit_test(test_presence),
		cmocka_unit_test(test_tags_and_marks), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_spaces),	       cmocka_unit_test(test_upgrades),
		cmocka_unit_test(test_pins),	       cmocka_unit_test(test_drafts),
		cmocka_unit_test(test_large_room),     cmocka_unit_test(test_migration),
		cmocka_unit_test(test_much_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
