#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/lib/tmpdir.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_memory(void **state)
{
	(void)state;
	int64_t before = os_rss_bytes();
	if (before == 0)
		skip(); /* this system does not tell */
	size_t n = 64u << 20;
	char *p = mem_alloc(n);
	memset(p, 1, n);
	assert_true(os_rss_bytes() >= before + (int64_t)n / 2);
	mem_free(p);
}

static void test_cpu(void **state)
{
	(void)state;
	int64_t before = os_cpu_us();
	volatile unsigned x = 0;
	while (os_cpu_us() < before + 2000)
		x = x + 1;
	assert_true(os_cpu_us() >= before + 2000);
}

static void test_exchange(void **state)
{
	char dir[256];
	(void)state;
	tmpdir_make(dir);
	AUTO_FREE char *a = mem_printf("%s/a", dir);
	AUTO_FREE char *b = mem_printf("%s/b", dir);
	AUTO_FREE char *inside = mem_printf("%s/b/x", dir);
	assert_int_equal(mkdir(a, 0700), 0);
	assert_int_equal(os_exchange(a, b), -1); /* there is no b */
	assert_int_equal(mkdir(b, 0700), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	if (os_exchange(a, b) == 0) {
		assert_int_equal(rmdir(b), 0); /* the empty one */
		AUTO_FREE char *moved = mem_printf("%s/a/x", dir);
		assert_int_equal(rmdir(moved), 0);
	} else {
		assert_true(errno == ENOSYS || errno == EINVAL);
	}
	tmpdir_remove(dir);
}

static void test_disk(void **state)
{
	(void)state;
	assert_true(os_disk_free("/tmp") > 0);
	assert_int_equal(os_disk_free("/no/such/place"), -1);
}

static void test_nofile(void **state)
{
	(void)state;
	struct rlimit r;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	struct rlimit low = {64, r.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	long n = os_raise_nofile();
	assert_true(n >= 64);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	assert_true(r.rlim_cur == r.rlim_max);
}

static void test_peer(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	long uid = os_peer_uid(fds[0]);
	assert_true(uid == -1 || uid == (long)getuid());
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(os_peer_uid(-1), -1);
}

static void test_harden(void **state)
{
	(void)state;
	struct rlimit r;
	os_harden();
	assert_int_equal(getrlimit(RLIMIT_CORE, &r), 0);
	assert_true(r.rlim_cur == 0);
	assert_true(strchr(os_name(), ' ') != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_cpu),	 cmocka_unit_test(test_disk),
		cmocka_unit_test(test_nofile),	 cmocka_unit_test(test_peer),
		cmocka_unit_test(test_harden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
