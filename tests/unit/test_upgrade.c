#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/db/db.h"
#include "server/db/schema.h"
#include "server/db/upgrade.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char dir[256];
static char logged[4096];

static void keep_log(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	size_t n = strlen(logged);
	snprintf(logged + n, sizeof(logged) - n, "%s\n", line);
}

static int make_dir(void **state)
{
	(void)state;
	tmpdir_make(dir);
	logged[0] = '\0';
	log_set_sink(keep_log, NULL);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	return fs_remove_tree(dir, NULL);
}

/* Rows that the first schema could hold already. */
static const char content[] =
	"INSERT INTO meta VALUES('server_name','s.test');"
	"INSERT INTO users(nid,user_id,created_ts) VALUES(1,'@ada:s.test',1);"
	"INSERT INTO devices(user_nid,device_id) VALUES(1,'LAPTOP');"
	"INSERT INTO rooms(nid,room_id,version,creator_nid,created_ts) VALUES(1,'!r','11',1,1);"
	"INSERT INTO events(pos,event_id,room_nid,type,state_key,sender_nid,ts,text,hash)"
	" VALUES(1,'$1',1,'m.room.create','',1,1,'{}',x'00'),"
	" (2,'$2',1,'m.room.message',NULL,1,1,'{\"type\":\"m.room.message\"}',x'01');"
	"INSERT INTO current_state VALUES(1,'m.room.create','',1);"
	"INSERT INTO memberships(user_nid,room_nid,membership,pos) VALUES(1,1,2,1);"
	"INSERT INTO openid_tokens VALUES(x'02',1,1);"
	"INSERT INTO media(media_id,user_nid,size,created_ts) VALUES('m',1,1,1);";

static char *db_path(void)
{
	return fs_join(dir, "muster.db");
}

static char *copy_path(int schema)
{
	return mem_printf("%s/muster.db.schema-%d", dir, schema);
}

static void make_old(int schema)
{
	struct sql *db;
	struct err err;
	AUTO_FREE char *path = db_path();
	assert_int_equal(sql_open(path, 0, &db, &err), 0);
	assert_int_equal(sql_migrate(db, server_migrations, schema, &err), 0);
	if (sql_exec(db, content, &err))
		fail_msg("schema %d: %s", schema, err.msg);
	sql_close(db);
}

static int64_t events_of(struct sql *db)
{
	return sql_get_i64(SQL(db,
			       "SELECT count(*) FROM events e JOIN users u ON u.nid=e.sender_nid"
			       " WHERE u.user_id='@ada:s.test'"),
			   -1);
}

static void check_copy(int schema)
{
	struct sql *db;
	struct err err;
	struct stat st;
	char said[64] = "";
	AUTO_FREE char *copy = copy_path(schema);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_non_null(strstr(logged, copy));
	assert_int_equal(sql_open(copy, SQL_READ_ONLY, &db, &err), 0);
	assert_int_equal(sql_schema(db), schema);
	assert_int_equal(sql_check(db, said, sizeof(said)), 0);
	assert_string_equal(said, "ok");
	assert_int_equal(events_of(db), 2);
	sql_close(db);
}

static void test_every_schema(void **state)
{
	(void)state;
	for (int v = 1; v < server_migration_count; v++) {
		struct db *db;
		struct err err;
		make_old(v);
		if (db_open_offline(dir, &db, &err))
			fail_msg("schema %d: %s", v, err.msg);
		assert_int_equal(sql_schema(db_reader(db)), server_migration_count);
		assert_int_equal(events_of(db_reader(db)), 2);
		assert_true(db_position(db) >= 2);
		db_close(db);
		check_copy(v);
		remove_dir(NULL);
		make_dir(NULL);
	}
}

/* Nothing to lose, or nothing to do: no copy. */
static void test_no_copy(void **state)
{
	(void)state;
	struct db *db;
	struct err err;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_open_offline(dir, &db, &err), 0);
		db_close(db);
	}
	for (int v = 0; v <= server_migration_count; v++) {
		AUTO_FREE char *copy = copy_path(v);
		assert_false(fs_exists(copy));
	}
}

static void test_prune(void **state)
{
	(void)state;
	struct db *db;
	struct err err;
	AUTO_FREE char *copy = copy_path(1);
	make_old(1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_open_offline(dir, &db, &err), 0);
		db_close(db);
		assert_true(fs_exists(copy)); /* still young */
	}
	struct timespec old = {time(NULL) - (UPGRADE_KEEP_DAYS + 1) * 86400, 0};
	struct timespec times[2] = {old, old};
	assert_int_equal(utimensat(AT_FDCWD, copy, times, 0), 0);
	assert_int_equal(db_open_offline(dir, &db, &err), 0);
	db_close(db);
	assert_false(fs_exists(copy));
}

static void test_newer(void **state)
{
	(void)state;
	struct sql *db;
	struct db *opened;
	struct err err;
	char set[64];
	AUTO_FREE char *path = db_path();
	make_old(server_migration_count);
	assert_int_equal(sql_open(path, 0, &db, &err), 0);
	snprintf(set, sizeof(set), "PRAGMA user_version=%d", server_migration_count + 1);
	assert_int_equal(sql_exec(db, set, &err), 0);
	sql_close(db);
	assert_int_equal(db_open_offline(dir, &opened, &err), ERR_FAILED);
	assert_non_null(strstr(err.msg, "install the newer version"));
	assert_non_null(strstr(err.hint, "admin restore"));
	/* And nothing of it was changed. */
	assert_int_equal(sql_open(path, SQL_READ_ONLY, &db, &err), 0);
	assert_int_equal(sql_schema(db), server_migration_count + 1);
	assert_int_equal(events_of(db), 2);
	sql_close(db);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_schema),
		TEST(test_no_copy),
		TEST(test_prune),
		TEST(test_newer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
