#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/store/events.h"
#include "core/store/outbox.h"
#include "core/store/rooms.h"
#include "core/store/schema.h"
#include "core/store/search.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct err err;

static struct store *open_at(const char *path)
{
	struct store *s = NULL;
	if (store_open(path, &s, &err))
		fail_msg("%s", err.msg);
	return s;
}

static int64_t add(struct store *s, int64_t room, int64_t pos, const char *id, const char *body,
		   bool *ret_new)
{
	AUTO_FREE char *json =
		mem_printf("{\"content\":{\"body\":\"%s\"},\"unsigned\":{\"age\":1}}", body);
	struct store_event e = {
		.room = room,
		.pos = pos,
		.ts = pos,
		.event_id = span_of(id),
		.type = SPAN_LIT("m.room.message"),
		.sender = SPAN_LIT("@x:test"),
		.body = span_of(body),
		.json = span_of(json),
	};
	assert_int_equal(store_event_add(s, &e, ret_new, &err), 0);
	return store_event_pos(s, room, span_of(id));
}

static int collect(const struct store_event *e, void *arg)
{
	struct buf *b = arg;
	buf_printf(b, "%.*s%s;", SPAN_ARG(e->event_id), e->redacted_by.p ? "!" : "");
	return 0;
}

static void test_events(void **state)
{
	(void)state;
	long before = mem_live();
	struct store *s = open_at(":memory:");
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	int64_t room = store_room_make(s, SPAN_LIT("!r:test"), &err);
	int64_t other = store_room_make(s, SPAN_LIT("!o:test"), &err);
	bool is_new;
	assert_int_equal(add(s, room, 10, "$a", "100% of_it", &is_new), 10);
	assert_true(is_new);
	assert_int_equal(add(s, room, 11, "$a", "again", &is_new), 10);
	assert_false(is_new);
	/* The same id in another room is another event. */
	assert_int_equal(add(s, other, 11, "$a", "elsewhere", &is_new), 11);
	assert_true(is_new);
	add(s, room, 12, "$b", "1000 of it", &is_new);
	store_events_walk(s, room, 0, INT64_MAX, true, collect, &b);
	assert_string_equal(buf_str(&b), "$b;$a;");
	buf_clear(&b);
	assert_int_equal(store_events_search(s, room, "0% OF_", 10, collect, &b), 0);
	assert_string_equal(buf_str(&b), "$a;");
	buf_clear(&b);
	assert_int_equal(store_event_redact(s, room, SPAN_LIT("$a"), SPAN_LIT("$r"), &err), 0);
	store_events_walk(s, room, 0, 12, false, collect, &b);
	assert_string_equal(buf_str(&b), "$a!;");
	assert_int_equal(sql_get_i64(SQL(store_sql(s),
					 "SELECT count(*) FROM events WHERE instr(json,'100%')>0"),
				     -1),
			 0);
	store_close(s);
	buf_done(&b);
	assert_int_equal(mem_live(), before);
}

static void test_gaps(void **state)
{
	(void)state;
	struct store *s = open_at(":memory:");
	struct store_gap g = {.room = 1, .pos = 100, .low = 50, .token = "t"}, got;
	assert_int_equal(store_gap_add(s, &g, &err), 0);
	g = (struct store_gap){.room = 1, .pos = 10, .low = 0, .token = "h"};
	assert_int_equal(store_gap_add(s, &g, &err), 0);
	assert_true(store_gap_find(s, 1, INT64_MAX, &got));
	assert_int_equal(got.pos, 100);
	assert_true(store_gap_find(s, 1, 99, &got));
	assert_int_equal(got.pos, 10);
	assert_false(store_gap_find(s, 1, 9, &got));
	assert_true(store_gap_after(s, 1, 0, &got));
	assert_int_equal(got.pos, 100);
	assert_int_equal(store_gap_move(s, 1, 100, 80, SPAN_LIT("u"), &err), 0);
	assert_true(store_gap_find(s, 1, 99, &got));
	assert_int_equal(got.pos, 80);
	assert_string_equal(got.token, "u");
	assert_int_equal(store_gap_remove(s, 1, 80, &err), 0);
	assert_false(store_gap_after(s, 1, 0, &got));
	store_close(s);
}

static void set_state(struct store *s, int64_t room, const char *type, const char *content)
{
	AUTO_FREE char *json = mem_printf("{\"content\":%s}", content);
	struct store_state st = {
		.room = room,
		.type = span_of(type),
		.key = SPAN_LIT(""),
		.event_id = SPAN_LIT("$s"),
		.sender = SPAN_LIT("@x:test"),
		.json = span_of(json),
	};
	assert_int_equal(store_state_set(s, &st, &err), 0);
}

static void expect_name(struct store *s, int64_t room, const char *name)
{
	struct store_room r;
	assert_int_equal(store_room_rename(s, room, "@me:test", &err), 0);
	assert_true(store_room_get(s, room, &r));
	assert_string_equal(r.display, name);
	store_room_done(&r);
}

static void member(struct store *s, int64_t room, const char *user, const char *membership,
		   const char *name)
{
	struct store_member m = {span_of(user), span_of(membership), span_of(name), {NULL, 0}};
	assert_int_equal(store_member_set(s, room, &m, &err), 0);
}

static void test_names(void **state)
{
	(void)state;
	struct store *s = open_at(":memory:");
	int64_t room = store_room_make(s, SPAN_LIT("!r:test"), &err);
	expect_name(s, room, "!r:test");
	member(s, room, "@me:test", "join", "Me");
	expect_name(s, room, "!r:test");
	member(s, room, "@b:test", "join", "Bea");
	member(s, room, "@a:test", "invite", NULL);
	expect_name(s, room, "@a:test, Bea");
	store_room_summary(s, room, 8, 1, "[\"@b:test\"]", &err);
	expect_name(s, room, "Bea +7");
	set_state(s, room, "m.room.canonical_alias", "{\"alias\":\"#x:test\"}");
	expect_name(s, room, "#x:test");
	set_state(s, room, "m.room.name", "{\"name\":\"Class\"}");
	expect_name(s, room, "Class");
	set_state(s, room, "m.room.name", "{\"name\":5}");
	expect_name(s, room, "#x:test");
	set_state(s, room, "m.room.canonical_alias", "{}");
	member(s, room, "@b:test", "leave", "Bea");
	member(s, room, "@a:test", "leave", NULL);
	store_room_summary(s, room, 1, 0, NULL, &err);
	expect_name(s, room, "(Bea)");
	store_close(s);
}

static void test_outbox(void **state)
{
	(void)state;
	struct store *s = open_at(":memory:");
	char room[] = "!r", elsewhere[] = "!other", txn[] = "t", type[] = "m", content[] = "{}";
	struct store_outbox got;
	struct store_outbox o = {.room_id = room, .txn_id = txn, .type = type, .content = content};
	bool is_new;
	o.keep = true;
	assert_int_equal(store_outbox_add(s, &o, &got, &is_new, &err), 0);
	assert_true(is_new);
	int64_t id = got.id;
	store_outbox_done(&got);
	assert_int_equal(store_outbox_add(s, &o, &got, &is_new, &err), 0);
	assert_false(is_new);
	assert_int_equal(got.id, id);
	store_outbox_done(&got);
	/* The same id for another room is another message. */
	o.room_id = elsewhere;
	o.keep = false;
	assert_int_equal(store_outbox_add(s, &o, &got, &is_new, &err), 0);
	assert_true(is_new);
	assert_int_equal(store_outbox_sent(s, got.id, "$e", &err), 0);
	store_outbox_done(&got);
	assert_false(store_outbox_get(s, "!other", "t", &got));
	assert_int_equal(store_outbox_sent(s, id, "$e", &err), 0);
	/* A slower process that failed does not undo it. */
	assert_int_equal(store_outbox_state(s, id, "failed", "x", &err), 0);
	assert_int_equal(store_outbox_drop(s, id, &err), 0);
	assert_true(store_outbox_get(s, "!r", "t", &got));
	assert_string_equal(got.event_id, "$e");
	assert_string_equal(got.state, "sent");
	store_outbox_done(&got);
	assert_false(store_outbox_next(s, 0, OUTBOX_FAILED, &got));
	store_close(s);
}

static void test_newer_schema(void **state)
{
	(void)state;
	char dir[256];
	struct store *s = NULL;
	struct stat st;
	tmpdir_make(dir);
	AUTO_FREE char *path = mem_printf("%s/cache.db", dir);
	s = open_at(path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(sql_exec(store_sql(s), "PRAGMA user_version=1000", &err), 0);
	store_close(s);
	s = NULL;
	assert_int_not_equal(store_open(path, &s, &err), 0);
	assert_non_null(strstr(err.msg, "newer"));
	assert_null(s);
	tmpdir_remove(dir);
}

/* -- disk full ------------------------------------------------------------------ */

static void put_sync(struct buf *b, const char *next, int from, int n)
{
	buf_printf(b,
		   "{\"next_batch\":\"%s\",\"rooms\":{\"join\":{\"!r:test\":{\"timeline\":{"
		   "\"events\":[",
		   next);
	for (int i = from; i < from + n; i++)
		buf_printf(b,
			   "%s{\"type\":\"m.room.message\",\"event_id\":\"$%d\",\"sender\":"
			   "\"@x:test\",\"origin_server_ts\":%d,\"content\":{\"msgtype\":"
			   "\"m.text\",\"body\":\"%0200d\"}}",
			   i == from ? "" : ",", i, i, i);
	buf_put_str(b, "]}}}}}");
}

static int events_in(struct store *s)
{
	return (int)sql_get_i64(SQL(store_sql(s), "SELECT count(*) FROM events"), -1);
}

/* Would another process be given the whole database file? Asked by one. */
static int is_unlocked(const char *path)
{
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(path, O_RDWR);
		_exit(fd < 0 || fcntl(fd, F_GETLK, &all) != 0 ? 2 : all.l_type == F_UNLCK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* POSIX drops all locks of a process when it closes any descriptor of the file. */
static void test_second_handle_keeps_locks(void **state)
{
	(void)state;
	char dir[256], path[300];
	struct stat st;
	tmpdir_make(dir);
	snprintf(path, sizeof(path), "%.200s/cache.db", dir);
	struct store *a = open_at(path);
	assert_int_equal(is_unlocked(path), 0);
	struct store *b = open_at(path);
	assert_int_equal(is_unlocked(path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_close(b);
	store_close(a);
	tmpdir_remove(dir);
}

static void test_database_full(void **state)
{
	(void)state;
	struct store *s = open_at(":memory:");
	AUTO(buf_done) struct buf one = BUF_INIT(1 << 24), two = BUF_INIT(1 << 24);
	put_sync(&one, "s1", 0, 10);
	put_sync(&two, "s2", 10, 3000);
	assert_int_equal(apply_sync(s, "@me:test", NULL, buf_span(&one), NULL, &err), 0);
	assert_int_equal(sql_exec(store_sql(s), "PRAGMA max_page_count=100", &err), 0);
	assert_int_equal(apply_sync(s, "@me:test", "s1", buf_span(&two), NULL, &err), ERR_DISK);
	assert_non_null(strstr(err.msg, "disk is full"));
	AUTO_FREE char *token = store_meta(s, STORE_META_TOKEN);
	assert_string_equal(token, "s1");
	assert_int_equal(events_in(s), 10);
	assert_int_equal(sql_exec(store_sql(s), "PRAGMA max_page_count=100000", &err), 0);
	assert_int_equal(apply_sync(s, "@me:test", "s1", buf_span(&two), NULL, &err), 0);
	assert_int_equal(events_in(s), 3010);
	store_close(s);
}

/* The file system refuses to let the log grow. */
static int full_child(const char *path, struct span reply)
{
	struct rlimit limit = {300000, 300000};
	struct store *s = NULL;
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) || store_open(path, &s, &err))
		return 1;
	int rc = apply_sync(s, "@me:test", "s1", reply, NULL, &err);
	store_close(s);
	return rc == ERR_DISK && err.msg[0] ? 0 : 2;
}

static void test_disk_full(void **state)
{
	(void)state;
	char dir[256];
	int status;
	AUTO(buf_done) struct buf one = BUF_INIT(1 << 24), two = BUF_INIT(1 << 24);
	tmpdir_make(dir);
	AUTO_FREE char *path = mem_printf("%s/cache.db", dir);
	put_sync(&one, "s1", 0, 10);
	put_sync(&two, "s2", 10, 3000);
	struct store *s = open_at(path);
	assert_int_equal(apply_sync(s, "@me:test", NULL, buf_span(&one), NULL, &err), 0);
	store_close(s);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(full_child(path, buf_span(&two)));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	s = open_at(path);
	assert_int_equal(events_in(s), 10);
	assert_int_equal(apply_sync(s, "@me:test", "s1", buf_span(&two), NULL, &err), 0);
	assert_int_equal(events_in(s), 3010);
	store_close(s);
	tmpdir_remove(dir);
}

/* Two processes with the same reply: the second changes nothing. */
static void test_token_moved(void **state)
{
	(void)state;
	struct store *s = open_at(":memory:");
	AUTO(buf_done) struct buf one = BUF_INIT(1 << 20), two = BUF_INIT(1 << 20);
	put_sync(&one, "s1", 0, 1);
	put_sync(&two, "s2", 1, 1);
	assert_int_equal(apply_sync(s, "@me:test", NULL, buf_span(&one), NULL, &err), 0);
	assert_int_equal(apply_sync(s, "@me:test", "s1", buf_span(&two), NULL, &err), 0);
	assert_int_equal(apply_sync(s, "@me:test", "s1", buf_span(&two), NULL, &err), ERR_CONFLICT);
	assert_int_equal(events_in(s), 2);
	assert_int_equal(apply_sync(s, "@me:test", "s2", SPAN_LIT("[]"), NULL, &err), ERR_PROTOCOL);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_outbox),
		cmocka_unit_test(test_newer_schema),
		cmocka_unit_test(test_second_handle_keeps_locks),
		cmocka_unit_test(test_database_full),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_token_moved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
