/* What firewalls print, read; which address is told; findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/net_lan.h"
#include "core/base/os.h"
#include "server/config.h"
#include "server/reach.h"
#include "tests/lib/tmpdir.h"

#include <string.h>

#define CHAIN "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; "

static bool nft(const char *text, int port, bool udp)
{
	return reach_nft_blocks(span_of(text), port, udp);
}

static void test_nft(void **state)
{
	(void)state;
	assert_false(nft("", 8008, false));
	assert_false(nft(CHAIN "policy accept;\n\t}\n}\n", 8008, false));
	assert_true(nft(CHAIN "policy drop;\n\t\ttcp dport 22 accept\n\t}\n}\n", 8008, false));
	assert_false(nft(CHAIN "policy drop;\n\t\ttcp dport 8008 accept\n}\n", 8008, false));
	assert_false(
		nft(CHAIN "policy drop;\n\t\ttcp dport { 22, 8008 } accept\n}\n", 8008, false));
	assert_false(nft(CHAIN "policy drop;\n\t\ttcp dport { 22, 8000-8010 } accept\n}\n", 8008,
			 false));
	assert_false(nft(CHAIN "policy drop;\n\t\tth dport 8008 accept\n}\n", 8008, true));
	/* Another protocol, another port, another verdict. */
	assert_true(nft(CHAIN "policy drop;\n\t\tudp dport 8008 accept\n}\n", 8008, false));
	assert_true(nft(CHAIN "policy drop;\n\t\ttcp dport 8008 accept\n}\n", 8008, true));
	assert_true(nft(CHAIN "policy drop;\n\t\ttcp dport 80080 accept\n}\n", 8008, false));
	assert_true(nft(CHAIN "policy drop;\n\t\ttcp dport 8008 drop\n}\n", 8008, false));
	assert_true(nft(CHAIN "policy drop;\n\t\ttcp sport 8008 accept\n}\n", 8008, false));
	/* A chain for what goes out says nothing of what comes in. */
	assert_false(nft("chain o { type filter hook output priority 0; policy drop; }", 1, false));
	assert_true(nft(CHAIN "policy drop;\n\t\ttcp dport { 22, \n\t\ttcp dport ", 8008, false));
}

static int ufw(const char *text, int port, bool udp)
{
	return reach_ufw_blocks(span_of(text), port, udp);
}

#define ACTIVE \
	"Status: active\n\nTo                         Action      From\n--   ------      ----\n"

static void test_ufw(void **state)
{
	(void)state;
	assert_int_equal(ufw("ERROR: You need to be root to run this script\n", 8008, false), -1);
	assert_int_equal(ufw("", 8008, false), -1);
	assert_int_equal(ufw("Status: inactive\n", 8008, false), 0);
	assert_int_equal(ufw(ACTIVE, 8008, false), 1);
	assert_int_equal(ufw(ACTIVE "22/tcp      ALLOW       Anywhere\n", 8008, false), 1);
	assert_int_equal(ufw(ACTIVE "8008/tcp    ALLOW       Anywhere\n", 8008, false), 0);
	assert_int_equal(ufw(ACTIVE "8008/tcp    DENY        Anywhere\n", 8008, false), 1);
	assert_int_equal(ufw(ACTIVE "8008/tcp    ALLOW       Anywhere\n", 8008, true), 1);
	assert_int_equal(ufw(ACTIVE "8008        ALLOW       Anywhere\n", 8008, true), 0);
	assert_int_equal(ufw(ACTIVE "8000:8010/tcp ALLOW     192.168.1.0/24\n", 8008, false), 0);
	assert_int_equal(ufw(ACTIVE "Anywhere    ALLOW       192.168.1.0/24\n", 8008, false), 0);
}

static void test_lan(void **state)
{
	struct net_lan list[NET_LAN_MAX];
	(void)state;
	size_t n = net_lan(list);
	for (size_t i = 0; i < n; i++) {
		assert_false(net_addr_is_loopback(&list[i].addr));
		assert_int_equal(list[i].addr.port, 0);
		assert_true(list[i].interface[0] != '\0');
		assert_true(i == 0 || list[i - 1].rank >= list[i].rank);
	}
	assert_true(net_lan_is_virtual("docker0"));
	assert_true(net_lan_is_virtual("wg0"));
	assert_false(net_lan_is_virtual("eth0"));
	assert_false(net_lan_is_virtual("wlp3s0"));
	assert_false(net_lan_is_virtual("enp0s31f6"));
}

static const json_t *finding(const json_t *list, const char *check)
{
	size_t i;
	json_t *f;
	json_array_foreach (list, i, f)
		if (!strcmp(json_get_str(f, "check"), check))
			return f;
	return NULL;
}

static void test_findings(void **state)
{
	char dir[256];
	struct serve_options opt = {.data_dir = dir, .listen = "127.0.0.1:0"};
	struct server_config c;
	(void)state;
	tmpdir_make(dir);
	assert_int_equal(serve_config_load(&opt, &c, NULL), 0);
	json_t *list = reach_look(&c, NULL);
	assert_true(json_get_bool(finding(list, "port"), "ok", false));
	assert_false(json_get_bool(finding(list, "scope"), "ok", true));
	assert_null(finding(list, "wifi"));
	assert_non_null(finding(list, "open-files"));
	json_decref(list);
	/* Where nobody listens, nobody answers. */
	struct reach_running r = {.url = "http://127.0.0.1:1", .server_name = "x", .port = 1};
	list = reach_look(&c, &r);
	assert_null(finding(list, "port"));
	assert_false(json_get_bool(finding(list, "address"), "ok", true));
	json_decref(list);
	assert_false(reach_read(dir, &r));
	serve_config_done(&c);
	tmpdir_remove(dir);
}

static void test_os(void **state)
{
	(void)state;
	int synced = os_clock_synced(), sleeps = os_may_sleep();
	assert_true(synced >= -1 && synced <= 1);
	assert_true(sleeps >= -1 && sleeps <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nft), cmocka_unit_test(test_ufw),
		cmocka_unit_test(test_lan), cmocka_unit_test(test_findings),
		cmocka_unit_test(test_os),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
