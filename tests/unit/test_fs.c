#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/muster-test-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return fs_remove_tree(root, NULL);
}

static unsigned mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static int entries(const char *path)
{
	DIR *d = opendir(path);
	assert_non_null(d);
	int n = 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_atomic(void **state)
{
	(void)state;
	long before = mem_live();
	struct err e = {0};
	AUTO_FREE char *path = fs_join(root, "a.txt");
	assert_int_equal(fs_write_atomic(path, span_of("one"), 0640, &e), 0);
	assert_int_equal(fs_write_atomic(path, span_of("two"), 0600, &e), 0);
	assert_int_equal(mode_of(path), 0600);
	struct buf b = BUF_INIT(3);
	assert_int_equal(fs_read(path, &b, &e), 0);
	assert_string_equal(buf_str(&b), "two");
	buf_done(&b);
	struct buf small = BUF_INIT(2);
	assert_int_equal(fs_read(path, &small, &e), ERR_TOO_LARGE);
	buf_done(&small);
	AUTO_FREE char *none = fs_join(root, "none");
	assert_int_equal(fs_read(none, &b, &e), ERR_NOT_FOUND);
	assert_int_equal(entries(root), 1);
	AUTO_FREE char *deep = fs_join(root, "no/such/file");
	assert_int_equal(fs_write_atomic(deep, span_of("x"), 0600, &e), ERR_NOT_FOUND);
	assert_int_equal(fs_remove(path, &e), 0);
	assert_int_equal(fs_remove(path, &e), 0);
	assert_int_equal(mem_live(), before + 3);
}

static void test_atomic_keeps_link(void **state)
{
	(void)state;
	struct stat st;
	struct err e = {0};
	AUTO_FREE char *target = fs_join(root, "target");
	AUTO_FREE char *linked = fs_join(root, "linked");
	assert_int_equal(fs_write_atomic(target, span_of("1"), 0600, &e), 0);
	assert_int_equal(symlink("target", linked), 0);
	assert_int_equal(fs_write_atomic(linked, span_of("2"), 0600, &e), 0);
	assert_int_equal(lstat(linked, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	struct buf b = BUF_INIT(10);
	assert_int_equal(fs_read(target, &b, &e), 0);
	assert_string_equal(buf_str(&b), "2");
	buf_done(&b);
}

static void test_abort_leaves_nothing(void **state)
{
	(void)state;
	int before = entries(root);
	struct fs_out *o;
	AUTO_FREE char *path = fs_join(root, "never");
	assert_int_equal(fs_out_open(path, 0600, &o, NULL), 0);
	assert_int_equal(entries(root), before + 1);
	assert_int_equal(fs_out_write(o, span_of("half"), NULL), 0);
	fs_out_abort(o);
	assert_int_equal(entries(root), before);
	/* A folder in the way: the rename fails, and the error says so. */
	struct err e = {0};
	assert_int_equal(fs_mkdirs(path, 0700, &e), 0);
	assert_int_not_equal(fs_write_atomic(path, span_of("x"), 0600, &e), 0);
	assert_non_null(strstr(e.msg, "never"));
	assert_int_equal(entries(root), before + 1);
	assert_int_equal(rmdir(path), 0);
}

static void test_disk_full(void **state)
{
	(void)state;
	struct err e = {0};
	struct fs_out *o;
	/* /dev/full is a disk without room; it takes the place of the temporary file. */
	if (access("/dev/full", W_OK) != 0)
		skip();
	AUTO_FREE char *path = fs_join(root, "full");
	int next = dup(0);
	close(next); /* the number the temporary file is going to have */
	assert_int_equal(fs_out_open(path, 0600, &o, &e), 0);
	FILE *full = fopen("/dev/full", "w");
	assert_non_null(full);
	assert_int_equal(dup2(fileno(full), next), next);
	assert_int_equal(fs_out_write(o, span_of("x"), &e), ERR_DISK);
	fclose(full);
	fs_out_abort(o);
}

static void test_mkdirs_and_tree(void **state)
{
	(void)state;
	struct err e = {0};
	AUTO_FREE char *deep = fs_join(root, "t/a/b/c");
	assert_int_equal(fs_mkdirs(deep, 0750, &e), 0);
	assert_int_equal(fs_mkdirs(deep, 0750, &e), 0);
	assert_int_equal(mode_of(deep), 0750);
	AUTO_FREE char *file = fs_join(deep, "f");
	assert_int_equal(fs_write_atomic(file, span_of("x"), 0600, &e), 0);
	assert_int_not_equal(fs_mkdirs(file, 0700, &e), 0);
	AUTO_FREE char *outside = fs_join(root, "outside");
	assert_int_equal(fs_mkdirs(outside, 0700, &e), 0);
	AUTO_FREE char *kept = fs_join(outside, "kept");
	assert_int_equal(fs_write_atomic(kept, span_of("x"), 0600, &e), 0);
	AUTO_FREE char *way = fs_join(deep, "way");
	assert_int_equal(symlink(outside, way), 0);
	AUTO_FREE char *top = fs_join(root, "t");
	assert_int_equal(fs_remove_tree(top, &e), 0);
	assert_false(fs_exists(top));
	assert_true(fs_exists(kept));
	assert_int_equal(fs_remove_tree(top, &e), 0);
}

static void test_places(void **state)
{
	(void)state;
	struct err e = {0};
	char *dir = NULL;
	setenv("HOME", root, 1);
	setenv("XDG_CONFIG_HOME", "relative/is/ignored", 1);
	assert_int_equal(fs_place(FS_CONFIG, &dir, &e), 0);
	AUTO_FREE char *want = fs_join(root, ".config/muster");
	assert_string_equal(dir, want);
	assert_int_equal(mode_of(dir), 0700);
	mem_free(dir);
	AUTO_FREE char *data = fs_join(root, "data");
	setenv("XDG_DATA_HOME", data, 1);
	assert_int_equal(fs_place(FS_DATA, &dir, &e), 0);
	assert_string_equal(fs_basename(dir), "muster");
	assert_int_equal(strncmp(dir, data, strlen(data)), 0);
	mem_free(dir);
}

static void test_runtime_place(void **state)
{
	(void)state;
	struct err e = {0};
	char *dir = NULL;
	AUTO_FREE char *run = fs_join(root, "run");
	AUTO_FREE char *tmp = fs_join(root, "tmp");
	assert_int_equal(fs_mkdirs(run, 0700, &e), 0);
	assert_int_equal(fs_mkdirs(tmp, 0700, &e), 0);
	setenv("XDG_RUNTIME_DIR", run, 1);
	setenv("TMPDIR", tmp, 1);
	assert_int_equal(fs_place(FS_RUNTIME, &dir, &e), 0);
	AUTO_FREE char *want = fs_join(run, "muster");
	assert_string_equal(dir, want);
	mem_free(dir);
	/* Others can read it: not used. */
	assert_int_equal(chmod(run, 0755), 0);
	assert_int_equal(fs_place(FS_RUNTIME, &dir, &e), 0);
	assert_int_equal(strncmp(dir, tmp, strlen(tmp)), 0);
	assert_int_equal(mode_of(dir), 0700);
	assert_int_equal(chmod(dir, 0777), 0);
	char *other = NULL;
	assert_int_equal(fs_place(FS_RUNTIME, &other, &e), ERR_FAILED);
	assert_true(e.hint[0] != '\0');
	/* A link that somebody else might have planted. */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(symlink(run, dir), 0);
	assert_int_equal(fs_place(FS_RUNTIME, &other, &e), ERR_FAILED);
	mem_free(dir);
}

static void *wait_for_lock(void *path)
{
	struct fs_lock *l;
	assert_int_equal(fs_lock(path, true, &l, NULL), 0);
	return l;
}

static void test_lock(void **state)
{
	(void)state;
	struct err e = {0};
	struct fs_lock *l, *second;
	AUTO_FREE char *path = fs_join(root, "lock");
	assert_int_equal(fs_lock(path, false, &l, &e), 0);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(fs_lock(path, false, &second, &e), ERR_CONFLICT);
	char pid[24];
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	assert_non_null(strstr(e.msg, pid));
	pthread_t t;
	void *got = NULL;
	assert_int_equal(pthread_create(&t, NULL, wait_for_lock, path), 0);
	fs_unlock(l);
	assert_int_equal(pthread_join(t, &got), 0);
	assert_int_equal(fs_lock(path, false, &second, &e), ERR_CONFLICT);
	fs_unlock(got);
	assert_int_equal(fs_lock(path, false, &l, &e), 0);
	fs_unlock(l);
}

/* A holder that dies without a word leaves no lock behind. */
static void test_lock_of_the_dead(void **state)
{
	(void)state;
	struct fs_lock *l;
	AUTO_FREE char *path = fs_join(root, "lock2");
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fs_lock(path, false, &l, NULL) == 0 ? 0 : 1);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(fs_lock(path, false, &l, NULL), 0);
	fs_unlock(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_atomic),
		cmocka_unit_test(test_atomic_keeps_link),
		cmocka_unit_test(test_abort_leaves_nothing),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_mkdirs_and_tree),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_runtime_place),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_lock_of_the_dead),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
