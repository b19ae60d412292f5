#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/user_unit.h"

#include <string.h>

static const char *unit(const char *program, const char *data, bool lan)
{
	static struct buf b = {.cap = 65536};
	buf_clear(&b);
	user_unit_put(&b, program, data, lan);
	return buf_str(&b);
}

static void has(const char *text, const char *line)
{
	AUTO_FREE char *whole = mem_printf("\n%s\n", line);
	if (!strstr(text, whole))
		fail_msg("no \"%s\" in\n%s", line, text);
}

static void test_unit(void **state)
{
	(void)state;
	has(unit("/usr/bin/muster", NULL, false), "ExecStart=\"/usr/bin/muster\" serve");
	has(unit("/usr/bin/muster", "", true), "ExecStart=\"/usr/bin/muster\" serve --lan");
	assert_null(strstr(unit("/usr/bin/muster", "", true), "Environment"));
	/* systemd.service(5): quotes, specifiers, variables */
	has(unit("/home/a b/50%/\"x\"/$y/m\\n", NULL, false),
	    "ExecStart=\"/home/a b/50%%/\\\"x\\\"/$$y/m\\\\n\" serve");
	has(unit("/usr/bin/muster", "/data/my $files 5%", false),
	    "Environment=\"XDG_DATA_HOME=/data/my $files 5%%\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_unit)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
