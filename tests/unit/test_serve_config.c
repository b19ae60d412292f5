#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "server/address.h"
#include "server/config.h"
#include "server/settings.h"
#include "tests/lib/tmpdir.h"

#include <string.h>

static char dir[256];

static int start(void **state)
{
	(void)state;
	tmpdir_make(dir);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

static void write_config(const char *text)
{
	AUTO_FREE char *path = fs_join(dir, "muster.conf");
	assert_int_equal(fs_write_atomic(path, span_of(text), 0600, NULL), 0);
}

static void test_listen(void **state)
{
	static const struct {
		const char *text, *addr;
		int port;
	} good[] = {
		{"127.0.0.1:80", "127.0.0.1", 80},
		{":8080", "10.0.0.1", 8080},
		{"[::1]:443", "::1", 443},
		{"::1", "::1", 1},
		{"localhost:0", "127.0.0.1", 0},
		{"192.168.1.2", "192.168.1.2", 1},
		{"[::]", "::", 1},
	};
	static const char *const bad[] = {"example.org:80", "127.0.0.1:x", "127.0.0.1:70000",
					  "[::1",	    "1.2.3:4:5",   "127.0.0.1:-1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char *addr = mem_strdup("10.0.0.1");
		int port = 1;
		assert_int_equal(settings_parse_listen(good[i].text, &addr, &port, NULL), 0);
		assert_string_equal(addr, good[i].addr);
		assert_int_equal(port, good[i].port);
		mem_free(addr);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *addr = NULL;
		int port = 1;
		assert_int_equal(settings_parse_listen(bad[i], &addr, &port, NULL), ERR_USAGE);
		mem_free(addr);
	}
}

static void test_names(void **state)
{
	static const char *const good[] = {"localhost", "school.example", "a-b.c:8448", "1.2.3.4",
					   "[::1]:80"};
	static const char *const bad[] = {"",	    "School", "a b", "a/b",  ":80",
					  "a:",	    "[::1",   "[]",  "[x]",  "[::1]x",
					  "[]]:::", "[1:2]",  "a:x", "@a:b", "a:123456"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(serve_config_valid_name(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(serve_config_valid_name(bad[i]));
}

static void test_file(void **state)
{
	struct serve_options opt = {.data_dir = dir};
	struct server_config c;
	struct err err;
	char url[300];
	(void)state;
	write_config("# of the school\n\nlisten = [::1]:8009\nserver_name = \"school.example\"\n"
		     "open_registration = yes\r\nmax_upload = 2M\npublic_url=https://x.example/\n");
	if (serve_config_load(&opt, &c, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(c.listen_addr, "::1");
	assert_int_equal(c.listen_port, 8009);
	assert_string_equal(c.server_name, "school.example");
	assert_true(c.open_registration);
	assert_int_equal(c.max_upload, 2 << 20);
	assert_string_equal(c.public_url, "https://x.example");
	address_base_url(&c, 1, url, sizeof(url));
	assert_string_equal(url, "https://x.example");
	serve_config_done(&c);
	/* Options win over the file. */
	opt.listen = "127.0.0.1:9";
	opt.server_name = "other";
	assert_int_equal(serve_config_load(&opt, &c, &err), 0);
	assert_string_equal(c.listen_addr, "127.0.0.1");
	assert_string_equal(c.server_name, "other");
	serve_config_done(&c);
}

static void refuse(const char *text, const char *word)
{
	struct serve_options opt = {.data_dir = dir};
	struct server_config c;
	struct err err;
	write_config(text);
	assert_int_equal(serve_config_load(&opt, &c, &err), ERR_USAGE);
	if (!strstr(err.msg, word))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, word);
}

static void test_refused(void **state)
{
	(void)state;
	refuse("listen = 127.0.0.1:1\n\nlisen = x\n", "line 3");
	refuse("lan\n", "NAME = VALUE");
	refuse("lan = maybe\n", "true or false");
	refuse("max_upload = lots\n", "100M");
	refuse("server_name = Big\n", "lower-case");
	refuse("tls_cert = /x\n", "tls_key");
	refuse("listen = 0.0.0.0:1\n", "unprotected");
	refuse("public_url = x.example\n", "https://");
	refuse("announce_ip = host\n", "203.0.113.5");
	refuse("udp_addr = host\n", "numeric");
}

static void test_lan(void **state)
{
	struct serve_options opt = {.data_dir = dir, .lan = true, .announce_ip = "10.1.2.3"};
	struct server_config c;
	char url[300];
	(void)state;
	assert_int_equal(serve_config_load(&opt, &c, NULL), 0);
	assert_string_equal(c.listen_addr, "0.0.0.0");
	address_base_url(&c, 8008, url, sizeof(url));
	assert_string_equal(url, "http://10.1.2.3:8008");
	serve_config_done(&c);
}

/* Where sound is heard on: as HTTP, unless a proxy has that for itself. */
static void test_udp(void **state)
{
	static const struct {
		const char *text, *addr; /* NULL: every address */
	} cases[] = {
		{"", "127.0.0.1"},
		{"listen = [::1]:1\n", "::1"},
		{"lan = true\n", "0.0.0.0"},
		{"lan = true\nannounce_ip = 10.1.2.3\n", "0.0.0.0"},
		{"public_url = https://x.example\n", NULL},
		{"public_url = https://x.example/chat\n", NULL},
		{"public_url = https://10.1.2.3:8443\n", NULL},
		{"public_url = https://[2001:db8::1]:8443\n", NULL},
		{"public_url = http://localhost:8443\n", "127.0.0.1"},
		{"public_url = http://localhost\n", "127.0.0.1"},
		{"public_url = http://127.0.0.1:8443\n", "127.0.0.1"},
		{"public_url = http://[::1]:8443\n", "127.0.0.1"},
		{"announce_ip = 203.0.113.5\n", NULL},
		{"announce_ip = 127.0.0.1\n", "127.0.0.1"},
		{"udp_addr = 192.0.2.1\npublic_url = https://x.example\n", "192.0.2.1"},
	};
	struct serve_options opt = {.data_dir = dir};
	struct server_config c;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_config(cases[i].text);
		assert_int_equal(serve_config_load(&opt, &c, NULL), 0);
		if (!cases[i].addr ? c.udp_addr != NULL
				   : !c.udp_addr || strcmp(c.udp_addr, cases[i].addr) != 0)
			fail_msg("%s: %s", cases[i].text, c.udp_addr ? c.udp_addr : "every");
		assert_int_equal(c.udp_port, 8009);
		serve_config_done(&c);
	}
	write_config("udp_port = 0\n");
	assert_int_equal(serve_config_load(&opt, &c, NULL), 0);
	assert_int_equal(c.udp_port, 0);
	serve_config_done(&c);
	opt.udp_port = 7000;
	assert_int_equal(serve_config_load(&opt, &c, NULL), 0);
	assert_int_equal(c.udp_port, 7000);
	serve_config_done(&c);
	opt.udp_port = SERVE_ANY_PORT;
	write_config("udp_port = 7000\n");
	assert_int_equal(serve_config_load(&opt, &c, NULL), 0);
	assert_int_equal(c.udp_port, 0);
	serve_config_done(&c);
}

/* What the manual says is set at first can be written into the file, and is what is in force. */
static void test_table(void **state)
{
	struct serve_options opt = {.data_dir = dir};
	struct server_config c;
	struct err err;
	AUTO(buf_done) struct buf all = BUF_INIT(65536), guide = BUF_INIT(1 << 20);
	const struct serve_setting *s;
	(void)state;
	assert_int_equal(fs_read("docs/SERVER.md", &guide, &err), 0);
	for (size_t i = 0; (s = serve_setting(i)) != NULL; i++) {
		AUTO_FREE char *quoted = mem_printf("`%s`", s->name);
		if (!strstr(buf_str(&guide), quoted))
			fail_msg("docs/SERVER.md does not tell of %s", s->name);
		if (s->initial[0])
			buf_printf(&all, "%s = %s\n", s->name, s->initial);
	}
	for (int written = 0; written < 2; written++) {
		write_config(written ? buf_str(&all) : "");
		if (serve_config_load(&opt, &c, &err))
			fail_msg("%s", err.msg);
		assert_string_equal(c.listen_addr, "127.0.0.1");
		assert_int_equal(c.listen_port, 8008);
		assert_int_equal(c.udp_port, 8009);
		assert_int_equal(c.backup_minutes, 180);
		assert_int_equal(c.backup_keep, 7);
		assert_int_equal(c.events_per_second, 50);
		assert_int_equal(c.max_upload, 100 << 20);
		assert_true(c.calls && c.presence);
		assert_false(c.insecure_ok || c.open_registration || c.allow_encryption ||
			     c.open_media);
		assert_null(c.metrics_addr);
		serve_config_done(&c);
	}
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
	const struct CMUnitTest tests[] = {
		T(test_listen), T(test_names), T(test_file),  T(test_refused),
		T(test_lan),	T(test_udp),   T(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
