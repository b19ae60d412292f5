#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/admin.h"
#include "server/db/renew.h"
#include "server/keep/backup.h"
#include "server/keep/keep.h"
#include "server/keep/shelf.h"
#include "server/keep/sink.h"
#include "server/keep/source.h"
#include "server/keep/tar.h"
#include "tests/lib/server.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN "/_muster/admin/v1/"
#define V3 "/_matrix/client/v3"

static struct test_server t;
static char *token, *room;
static char base[256]; /* throw-away folder for everything beside the data folder */

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	tmpdir_make(base);
	test_server_start(&t);
	test_add_user(&t, "ada", true);
	token = test_login(&t, "ada", "LAPTOP");
	json_t *j = test_json(&t, 200, "POST", V3 "/createRoom", token, "{\"name\":\"Class\"}");
	room = mem_strdup(json_get_str(j, "room_id"));
	json_decref(j);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	clock_fake_clear();
	test_server_done(&t);
	mem_free_secret(token);
	mem_free(room);
	fs_remove_tree(base, NULL);
	return 0;
}

/* ---- talking to the server ---- */

static char *say(const char *text, const char *txn)
{
	char path[400];
	snprintf(path, sizeof(path), V3 "/rooms/%s/send/m.room.message/%s", room, txn);
	json_t *j = test_json(&t, 200, "PUT", path, token,
			      "{\"msgtype\":\"m.text\",\"body\":\"%s\"}", text);
	char *id = mem_strdup(json_get_str(j, "event_id"));
	json_decref(j);
	return id;
}

static json_t *sync_from(const char *since)
{
	char path[600];
	json_t *j = NULL;
	snprintf(path, sizeof(path), V3 "/sync?timeout=0%s%s", since ? "&since=" : "",
		 since ? since : "");
	assert_int_equal(test_call(&t, "GET", path, token, NULL, &j), 200);
	return j;
}

static json_t *timeline_of(const json_t *sync)
{
	json_t *join = json_get_object(json_get_object(sync, "rooms"), "join");
	return json_get_object(json_get_object(join, room), "timeline");
}

static bool has_body(const json_t *timeline, const char *body)
{
	json_t *e;
	size_t i;
	json_array_foreach (json_get_array(timeline, "events"), i, e) {
		const char *b = json_get_str(json_get_object(e, "content"), "body");
		if (b && !strcmp(b, body))
			return true;
	}
	return false;
}

static bool has_state(const json_t *sync, const char *type)
{
	json_t *join = json_get_object(json_get_object(sync, "rooms"), "join"), *e;
	size_t i;
	json_t *state = json_get_object(json_get_object(join, room), "state");
	json_array_foreach (json_get_array(state, "events"), i, e)
		if (!strcmp(json_get_str(e, "type"), type))
			return true;
	return false;
}

static json_t *admin(const char *op, const char *args)
{
	char path[100];
	snprintf(path, sizeof(path), ADMIN "%s", op);
	return test_json(&t, 200, "POST", path, token, "%s", args);
}

static json_t *offline(const char *op, const char *dir, json_t *args, int want, struct err *err)
{
	json_t *ret = NULL;
	struct err e = {0};
	int rc = admin_offline(dir, op, args, &ret, &e);
	json_decref(args);
	if (rc != want)
		fail_msg("%s: %d %s", op, rc, e.msg);
	if (err)
		*err = e;
	return ret;
}

static void upload(const char *bytes)
{
	json_t *j = NULL;
	assert_int_equal(test_call(&t, "POST", "/_matrix/media/v3/upload?filename=a.txt", token,
				   bytes, &j),
			 200);
	json_decref(j);
}

/* The one file below media/, of a data folder or a backup. */
static char *only_media(const char *dir)
{
	AUTO_FREE char *command = mem_printf("find %s/media -type f", dir);
	char line[500] = "";
	FILE *p = popen(command, "r");
	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	line[strcspn(line, "\n")] = '\0';
	pclose(p);
	return mem_strdup(line);
}

static void flip_byte(const char *path, off_t at)
{
	char c;
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static int files_in(const char *dir)
{
	AUTO_FREE char *command = mem_printf("find %s -mindepth 1 | wc -l", dir);
	int n = -1;
	FILE *p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%d", &n), 1);
	pclose(p);
	return n;
}

/* ---- tests ---- */

/* A before the backup, B after it, C after the restore. */
static void test_there_and_back(void **state)
{
	(void)state;
	AUTO_FREE char *a = say("A", "txn-a");
	json_t *before = sync_from(NULL), *filter, *j;
	upload("bytes of a file");
	json_t *made = admin("backup", "{}");
	AUTO_FREE char *path = mem_strdup(json_get_str(made, "path"));
	assert_int_equal(json_get_i64(made, "media", 0), 1);
	assert_int_equal(json_get_i64(made, "missing", 1), 0);
	AUTO_FREE char *b = say("B", "txn-b");
	filter = test_json(&t, 200, "POST", V3 "/user/@ada:localhost/filter", token,
			   "{\"room\":{\"timeline\":{\"limit\":1}}}");
	json_t *after = sync_from(json_get_str(before, "next_batch"));
	assert_true(has_body(timeline_of(after), "B"));
	test_server_stop(&t);

	j = offline("restore", t.dir, json_pack("{s:s,s:b}", "from", path, "replace", 1), 0, NULL);
	assert_non_null(json_get_str(j, "old"));
	fs_remove_tree(json_get_str(j, "old"), NULL);
	json_decref(j);
	test_server_start(&t);
	AUTO_FREE char *c = say("C", "txn-c");

	/* Whoever saw B goes on from A, and is told that it is not a continuation. */
	j = sync_from(json_get_str(after, "next_batch"));
	assert_true(json_get_bool(j, "org.muster.restored", false));
	assert_false(has_body(timeline_of(j), "A"));
	assert_false(has_body(timeline_of(j), "B"));
	assert_true(has_body(timeline_of(j), "C"));
	assert_true(json_get_bool(timeline_of(j), "limited", false));
	assert_string_equal(json_get_str(timeline_of(j), "org.muster.kept"), a);
	assert_true(has_state(j, "m.room.name"));
	/* Who has seen nothing that was lost goes on as ever. */
	json_t *again = sync_from(json_get_str(before, "next_batch"));
	assert_null(json_object_get(again, "org.muster.restored"));
	assert_false(has_body(timeline_of(again), "A"));
	assert_true(has_body(timeline_of(again), "C"));
	assert_false(has_state(again, "m.room.name"));
	json_decref(again);
	/* Who comes from a life that nobody knows is told everything. */
	again = sync_from("m1_1_1_1");
	assert_true(json_get_bool(again, "org.muster.restored", false));
	assert_true(has_body(timeline_of(again), "A"));
	assert_true(json_get_bool(timeline_of(again), "limited", false));
	json_decref(again);
	/* From then on all is as ever. */
	again = sync_from(json_get_str(j, "next_batch"));
	assert_null(json_object_get(again, "org.muster.restored"));
	assert_null(timeline_of(again));
	json_decref(again);
	json_decref(j);

	/* What was sent before the backup is still known by its transaction, what was lost is not. */
	AUTO_FREE char *a2 = say("A", "txn-a"), *b2 = say("B again", "txn-b");
	assert_string_equal(a, a2);
	assert_string_not_equal(b, b2);

	/* The number of a filter that was lost is nobody else's now. */
	json_t *other = test_json(&t, 200, "POST", V3 "/user/@ada:localhost/filter", token,
				  "{\"room\":{\"timeline\":{\"limit\":2}}}");
	assert_string_not_equal(json_get_str(filter, "filter_id"),
				json_get_str(other, "filter_id"));
	json_decref(other);
	json_decref(filter);
	json_decref(before);
	json_decref(after);
	json_decref(made);
}

#define OTK "signed_curve25519"

static int64_t keys_left(const json_t *sync)
{
	return json_get_i64(json_get_object(sync, "device_one_time_keys_count"), OTK, 0);
}

static size_t messages(const json_t *sync)
{
	return json_array_size(json_get_array(json_get_object(sync, "to_device"), "events"));
}

/* A one-time key that may have been handed out is not handed out again. */
static void test_keys(void **state)
{
	(void)state;
	json_t *before = sync_from(NULL), *j;
	json_decref(test_json(&t, 200, "POST", V3 "/keys/upload", token,
			      "{\"one_time_keys\":{\"" OTK ":A\":{\"key\":\"abc\"}}}"));
	json_decref(test_json(&t, 200, "PUT", V3 "/sendToDevice/m.x/1", token,
			      "{\"messages\":{\"@ada:localhost\":{\"LAPTOP\":{\"a\":1}}}}"));
	json_t *made = admin("backup", "{}");
	json_t *after = sync_from(json_get_str(before, "next_batch"));
	assert_int_equal(keys_left(after), 1);
	assert_int_equal(messages(after), 1);
	/* It is acknowledged and gone, and the key is used up. */
	json_decref(sync_from(json_get_str(after, "next_batch")));
	json_decref(test_json(&t, 200, "POST", V3 "/keys/claim", token,
			      "{\"one_time_keys\":{\"@ada:localhost\":{\"LAPTOP\":\"" OTK "\"}}}"));
	test_server_stop(&t);
	j = offline("restore", t.dir,
		    json_pack("{s:s,s:b}", "from", json_get_str(made, "path"), "replace", 1), 0,
		    NULL);
	fs_remove_tree(json_get_str(j, "old"), NULL);
	json_decref(j);
	test_server_start(&t);
	j = sync_from(json_get_str(after, "next_batch"));
	assert_int_equal(keys_left(j), 0);
	/* A message that waited then has been told, and is not told again. */
	assert_int_equal(messages(j), 0);
	json_decref(j);
	json_decref(before);
	json_decref(after);
	json_decref(made);
}

static void read_epoch(void *arg)
{
	int64_t *v = arg;
	v[0] = db_epoch(t.srv->db);
	v[1] = db_position(t.srv->db);
}

static void test_positions_are_not_used_again(void **state)
{
	(void)state;
	int64_t was[2], is[2];
	json_t *made = admin("backup", "{\"to\":\"one.tar\"}");
	AUTO_FREE char *b = say("B", "b");
	test_server_run(&t, read_epoch, was);
	test_server_stop(&t);
	json_t *row =
		offline("restore", t.dir,
			json_pack("{s:s,s:b}", "from", json_get_str(made, "path"), "replace", 1), 0,
			NULL);
	fs_remove_tree(json_get_str(row, "old"), NULL);
	json_decref(row);
	test_server_start(&t);
	test_server_run(&t, read_epoch, is);
	assert_int_not_equal(was[0], is[0]);
	assert_true(is[1] > was[1] && is[1] >= RENEW_POSITIONS);
	json_decref(made);
}

static json_t *put_back(const char *path)
{
	return offline("restore", t.dir, json_pack("{s:s,s:b}", "from", path, "replace", 1), 0,
		       NULL);
}

/* Each keeps what it found. */
static void test_two_in_one_second(void **state)
{
	(void)state;
	json_t *made = admin("backup", "{}");
	test_server_stop(&t);
	clock_fake_set(clock_wall_ms(), clock_mono_ms());
	json_t *one = put_back(json_get_str(made, "path"));
	json_t *two = put_back(json_get_str(made, "path"));
	clock_fake_clear();
	assert_string_not_equal(json_get_str(one, "old"), json_get_str(two, "old"));
	fs_remove_tree(json_get_str(one, "old"), NULL);
	assert_true(fs_exists(json_get_str(two, "old")));
	fs_remove_tree(json_get_str(two, "old"), NULL);
	json_decref(one);
	json_decref(two);
	json_decref(made);
	test_server_start(&t);
}

static void test_refusals(void **state)
{
	(void)state;
	struct err err;
	json_t *made = admin("backup", "{}");
	const char *path = json_get_str(made, "path");
	AUTO_FREE char *target = fs_join(base, "new");
	/* A server runs there; there is something; nothing of that changes anything. */
	offline("restore", t.dir, json_pack("{s:s,s:b}", "from", path, "replace", 1), ERR_CONFLICT,
		&err);
	test_server_stop(&t);
	offline("restore", t.dir, json_pack("{s:s}", "from", path), ERR_CONFLICT, &err);
	assert_non_null(strstr(err.hint, "--replace"));
	/* No backup. */
	offline("restore", target, json_pack("{s:s}", "from", base), ERR_NOT_FOUND, &err);
	assert_false(fs_exists(target));
	/* From afar only the folder of backups can be written into. */
	test_server_start(&t);
	test_error(&t, 403, "M_FORBIDDEN", "POST", ADMIN "backup", token, "{\"to\":\"%s\"}", base);
	test_error(&t, 403, "M_FORBIDDEN", "POST", ADMIN "export", token,
		   "{\"to\":\"../x.ndjson\"}");
	test_error(&t, 409, "M_UNKNOWN", "POST", ADMIN "restore", token, "{\"from\":\"%s\"}", path);
	json_decref(made);
}

/* What one restore writes is not removed, nor mixed with its own, by another that comes too late. */
static void test_two_restores(void **state)
{
	(void)state;
	struct err err;
	struct fs_lock *lock = NULL;
	json_t *made = admin("backup", "{}");
	const char *path = json_get_str(made, "path");
	AUTO_FREE char *target = fs_join(base, "new");
	AUTO_FREE char *staging = mem_printf("%s.restoring", target);
	AUTO_FREE char *staging_lock = fs_join(staging, "lock");
	AUTO_FREE char *part = fs_join(staging, "muster.db");
	AUTO_FREE char *data_lock = fs_join(target, "lock");
	test_server_stop(&t);
	assert_int_equal(fs_mkdirs(staging, 0700, &err), 0);
	assert_int_equal(fs_write_atomic(part, SPAN_LIT("half"), 0600, &err), 0);
	/* Into a new folder, and in the place of one that the first has locked. */
	assert_int_equal(fs_lock(staging_lock, false, &lock, &err), 0);
	offline("restore", target, json_pack("{s:s}", "from", path), ERR_CONFLICT, &err);
	assert_true(fs_exists(part));
	fs_unlock(lock);
	assert_int_equal(fs_mkdirs(target, 0700, &err), 0);
	assert_int_equal(fs_lock(data_lock, false, &lock, &err), 0);
	offline("restore", target, json_pack("{s:s}", "from", path), ERR_CONFLICT, &err);
	assert_true(fs_exists(part));
	fs_unlock(lock);
	/* What a restore that was killed left is in nobody's way. */
	json_decref(offline("restore", target, json_pack("{s:s}", "from", path), 0, NULL));
	assert_false(fs_exists(staging));
	/* It is free again: a server may start there. */
	assert_int_equal(fs_lock(data_lock, false, &lock, &err), 0);
	fs_unlock(lock);
	json_decref(made);
	test_server_start(&t);
}

static void test_damage_is_found(void **state)
{
	(void)state;
	struct err err;
	upload("bytes that rot");
	json_t *dir = admin("backup", "{}"), *tar = admin("backup", "{\"to\":\"x.tar\"}");
	AUTO_FREE char *target = fs_join(base, "new");
	AUTO_FREE char *db = fs_join(json_get_str(dir, "path"), "muster.db");
	flip_byte(db, 5000);
	offline("restore", target, json_pack("{s:s}", "from", json_get_str(dir, "path")),
		ERR_INVALID, &err);
	assert_non_null(strstr(err.msg, "muster.db"));
	assert_false(fs_exists(target));
	/* In an archive each byte counts, too; and one that breaks off. */
	flip_byte(json_get_str(tar, "path"), 5000);
	offline("restore", target, json_pack("{s:s}", "from", json_get_str(tar, "path")),
		ERR_INVALID, &err);
	flip_byte(json_get_str(tar, "path"), 5000);
	assert_int_equal(truncate(json_get_str(tar, "path"), 20000), 0);
	offline("restore", target, json_pack("{s:s}", "from", json_get_str(tar, "path")),
		ERR_INVALID, &err);
	assert_false(fs_exists(target));
	AUTO_FREE char *left = mem_printf("%s.restoring", target);
	assert_false(fs_exists(left));
	json_decref(dir);
	json_decref(tar);
}

static void test_incremental(void **state)
{
	(void)state;
	struct stat x, y;
	upload("unchanged");
	json_t *one = admin("backup", "{}"), *two = admin("backup", "{}");
	assert_string_not_equal(json_get_str(one, "path"), json_get_str(two, "path"));
	AUTO_FREE char *a = only_media(json_get_str(one, "path"));
	AUTO_FREE char *b = only_media(json_get_str(two, "path"));
	assert_int_equal(stat(a, &x) | stat(b, &y), 0);
	assert_true(x.st_ino == y.st_ino);
	assert_int_equal(json_get_i64(two, "bytes", 0) - json_get_i64(two, "copied_bytes", 0),
			 (int64_t)strlen("unchanged"));
	assert_int_equal(stat(json_get_str(two, "path"), &x), 0);
	assert_int_equal(x.st_mode & 0777, 0700);
	/* What is gone from the data folder is told, and the last backup still has it. */
	AUTO_FREE char *live = only_media(t.dir);
	assert_int_equal(unlink(live), 0);
	json_t *three = admin("backup", "{}");
	assert_int_equal(json_get_i64(three, "missing", -1), 0);
	AUTO_FREE char *c = only_media(json_get_str(three, "path"));
	/* Nobody has it any more. */
	unlink(a);
	unlink(b);
	unlink(c);
	json_t *four = admin("backup", "{}");
	assert_int_equal(json_get_i64(four, "missing", -1), 1);
	json_decref(one);
	json_decref(two);
	json_decref(three);
	json_decref(four);
}

/* Ended at each of its steps: nothing has the name of a backup, nothing is left. */
struct stopping {
	atomic_bool stop;
};

static void test_stopped(void **state)
{
	(void)state;
	struct err err;
	json_t *ret = NULL;
	struct stopping s;
	AUTO_FREE char *shelf = fs_join(base, "shelf");
	AUTO_FREE char *tar = fs_join(shelf, "x.tar");
	struct pace pace = {.stop = &s.stop};
	struct backup_options o = {.data_dir = t.dir,
				   .to = shelf,
				   .kind = SHELF_ASKED,
				   .pace = &pace};
	atomic_init(&s.stop, true);
	assert_int_equal(keep_backup(&o, &ret, &err), ERR_CANCELLED);
	o.to = tar;
	assert_int_equal(keep_backup(&o, &ret, &err), ERR_CANCELLED);
	assert_int_equal(files_in(shelf), 0);
	/* What a crash left is removed by the next one. */
	AUTO_FREE char *part = fs_join(shelf, ".muster-backup-20200101T000000Z.part");
	assert_int_equal(fs_mkdirs(part, 0700, &err), 0);
	atomic_store(&s.stop, false);
	o.to = shelf;
	assert_int_equal(keep_backup(&o, &ret, &err), 0);
	assert_false(fs_exists(part));
	json_decref(ret);
}

static void look(void *arg)
{
	struct keep_status *st = arg;
	keep_look(t.srv->keep);
	keep_status(t.srv->keep, st);
}

static void only_status(void *arg)
{
	keep_status(t.srv->keep, arg);
}

static void wait_idle(struct keep_status *st)
{
	do {
		usleep(1000);
		test_server_run(&t, only_status, st);
	} while (st->busy);
}

/* The clocks stand still: seven in the morning of each day, as far as the server knows. */
static void test_daily(void **state)
{
	(void)state;
	struct keep_status st;
	AUTO_FREE char *shelf = fs_join(t.dir, "backups");
	AUTO_FREE char *conf = fs_join(t.dir, "muster.conf");
	struct err err;
	int64_t day = 86400000, wall = clock_wall_ms() / day * day + 7 * 3600000;
	test_server_stop(&t);
	assert_int_equal(fs_write_atomic(conf, span_of("backup_keep = 2\n"), 0600, &err), 0);
	test_server_start(&t);
	int64_t mono = clock_mono_ms();
	/* Made when the clock was wrong: stands in nothing's way, and goes with the old ones. */
	AUTO_FREE char *ahead = fs_join(shelf, SHELF_DAILY "-20990101T020000Z");
	AUTO_FREE char *manifest = fs_join(ahead, MANIFEST_NAME);
	assert_int_equal(fs_mkdirs(ahead, 0700, &err), 0);
	assert_int_equal(fs_write_atomic(manifest, span_of("{}"), 0600, &err), 0);
	/* Not at once after the start. */
	test_server_run(&t, look, &st);
	assert_false(st.busy);
	for (int i = 1; i <= 4; i++) {
		clock_fake_set(wall + i * day, mono + i * day);
		test_server_run(&t, look, &st);
		assert_true(st.busy);
		wait_idle(&st);
		assert_null(st.error);
		assert_int_equal(st.last_ms, wall + i * day);
		/* Not twice a day. */
		test_server_run(&t, look, &st);
		assert_false(st.busy);
	}
	AUTO_FREE char *newest = NULL;
	assert_true(shelf_newest(shelf, SHELF_DAILY, &newest, NULL));
	/* Two are kept, with all that is in them: database, settings, key, manifest. */
	assert_int_equal(files_in(shelf), 2 * 5);
	/* One that fails is told, and tried again an hour later. */
	clock_fake_set(wall + 5 * day, mono + 5 * day);
	AUTO_FREE char *lock = fs_join(t.dir, "backup.lock");
	struct fs_lock *l;
	assert_int_equal(fs_lock(lock, false, &l, &err), 0);
	test_server_run(&t, look, &st);
	wait_idle(&st);
	assert_non_null(st.error);
	assert_int_equal(st.failures, 1);
	fs_unlock(l);
	test_server_run(&t, look, &st);
	assert_false(st.busy);
	clock_fake_set(wall + 5 * day + KEEP_RETRY_MS, mono + 5 * day + KEEP_RETRY_MS);
	test_server_run(&t, look, &st);
	wait_idle(&st);
	assert_null(st.error);
	clock_fake_clear();
}

static json_t *finding(json_t *reply, const char *check)
{
	json_t *row;
	size_t i;
	json_array_foreach (json_get_array(reply, "findings"), i, row)
		if (!strcmp(json_get_str(row, "check"), check))
			return row;
	fail_msg("nothing about %s", check);
	return NULL;
}

static void must_find(const char *check, bool ok)
{
	json_t *reply = offline("check", t.dir, json_object(), 0, NULL);
	json_t *row = finding(reply, check);
	assert_int_equal(json_get_bool(row, "ok", !ok), ok);
	if (!ok)
		assert_true(json_get_span(row, "fix").n > 0);
	json_decref(reply);
}

static void spoil(const char *sql)
{
	struct sql *db;
	struct err err;
	AUTO_FREE char *path = fs_join(t.dir, "muster.db");
	assert_int_equal(sql_open(path, 0, &db, &err), 0);
	assert_int_equal(sql_exec(db, sql, &err), 0);
	sql_close(db);
}

static void test_check(void **state)
{
	(void)state;
	AUTO_FREE char *a = say("A", "a");
	static const char *const checks[] = {"database", "rows",  "state",
					     "events",	 "media", "folder"};
	upload("a file");
	json_t *reply = admin("check", "{}");
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		assert_true(json_get_bool(finding(reply, checks[i]), "ok", false));
	json_decref(reply);
	test_server_stop(&t);
	/* One after the other is spoilt and found. */
	AUTO_FREE char *media = only_media(t.dir);
	flip_byte(media, 0);
	must_find("media", false);
	unlink(media);
	must_find("media", false);
	must_find("events", true);
	spoil("UPDATE events SET text=replace(text,'\"A\"','\"Z\"')");
	must_find("events", false);
	must_find("rows", true);
	spoil("INSERT INTO devices(user_nid,device_id) VALUES(4711,'X')");
	must_find("rows", false);
	must_find("state", true);
	spoil("UPDATE current_state SET pos=1 WHERE type='m.room.name'");
	must_find("state", false);
	must_find("folder", true);
	AUTO_FREE char *db = fs_join(t.dir, "muster.db");
	assert_int_equal(chmod(db, 0644), 0);
	must_find("folder", false);
}

static void test_export(void **state)
{
	(void)state;
	AUTO_FREE char *a = say("A", "a");
	upload("a file");
	json_t *row = admin("export", "{}");
	struct buf b = BUF_INIT(1 << 20);
	struct span rest, line;
	int events = 0, users = 0, media = 0, rooms = 0;
	assert_int_equal(fs_read(json_get_str(row, "path"), &b, NULL), 0);
	rest = buf_span(&b);
	assert_null(strstr(buf_str(&b), "argon2"));
	while (span_split(&rest, '\n', &line)) {
		json_t *j = NULL;
		if (!line.n)
			continue;
		assert_int_equal(json_parse_object(line, &j, NULL), 0);
		const char *kind = json_get_str(j, "kind");
		events += !strcmp(kind, "event");
		users += !strcmp(kind, "user");
		rooms += !strcmp(kind, "room");
		media += !strcmp(kind, "media");
		if (!strcmp(kind, "event"))
			assert_non_null(json_get_str(json_get_object(j, "event"), "event_id"));
		json_decref(j);
	}
	assert_int_equal(events, json_get_i64(row, "events", -1));
	assert_int_equal(users, json_get_i64(row, "users", -1));
	assert_int_equal(rooms, 1);
	assert_int_equal(media, 1);
	buf_done(&b);
	json_decref(row);
}

static void test_names(void **state)
{
	(void)state;
	static const char *const good[] = {"muster.db", "rtc.key", "muster.conf",
					   "media/ab/abcdef-_", "a-b_c.txt"};
	static const char *const bad[] = {"",
					  ".",
					  "..",
					  "../x",
					  "/etc/passwd",
					  "media",
					  "media/ab",
					  "media/abc/x",
					  "media/../x",
					  "media/ab/",
					  "media/ab/x/y",
					  "a/b/c",
					  ".hidden",
					  "lock",
					  "manifest.json",
					  "a b",
					  "a\nb",
					  "media//x"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(keep_name_ok(span_of(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(keep_name_ok(span_of(bad[i])));
	assert_false(keep_name_ok((struct span){"a\0b", 3}));
}

/* A manifest of somebody else's cannot make a backup look small. */
static void test_sizes(void **state)
{
	(void)state;
	struct manifest m;
	struct err err;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "{\"format\":\"muster backup\",\"version\":1,\"muster\":\"1\","
			"\"server_name\":\"x\",\"schema\":1,\"files\":[");
	for (int i = 0; i < 2; i++)
		buf_printf(&b, "%s{\"name\":\"f%d\",\"size\":%lld,\"sha256\":\"%064d\"}",
			   i ? "," : "", i, (long long)INT64_MAX, 0);
	buf_put_str(&b, "]}");
	assert_int_equal(manifest_read(buf_span(&b), &m, &err), 0);
	assert_true(manifest_bytes(&m) == INT64_MAX);
	manifest_done(&m);
}

static void test_tar_heads(void **state)
{
	(void)state;
	static const int64_t sizes[] =
		{0, 1, 511, 512, ((int64_t)1 << 33) - 1, (int64_t)1 << 33, (int64_t)1 << 42};
	char block[TAR_BLOCK], name[TAR_NAME_SIZE];
	int64_t size;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		tar_head_put(block, "x/muster.db", sizes[i], 1);
		assert_int_equal(tar_head_read(block, name, &size), TAR_FILE);
		assert_string_equal(name, "x/muster.db");
		assert_int_equal(size, sizes[i]);
		assert_int_equal((sizes[i] + (int64_t)tar_padding(sizes[i])) % TAR_BLOCK, 0);
		block[3] ^= 1;
		assert_int_equal(tar_head_read(block, name, &size), TAR_BAD);
	}
	memset(block, 0, sizeof(block));
	assert_int_equal(tar_head_read(block, name, &size), TAR_END);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_keys),
		TEST(test_positions_are_not_used_again),
		TEST(test_two_in_one_second),
		TEST(test_refusals),
		TEST(test_two_restores),
		TEST(test_damage_is_found),
		TEST(test_incremental),
		TEST(test_stopped),
		TEST(test_daily),
		TEST(test_check),
		TEST(test_export),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_tar_heads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
