#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/rtc/demux.h"
#include "core/rtc/stun.h"

#include <string.h>

/* RFC 5769 section 2. */
static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";
static const uint8_t tid[12] = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
				0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};
static const uint8_t request[] =
	"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	"\x80\x22\x00\x10STUN test client\x00\x24\x00\x04\x6e\x00\x01\xff"
	"\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\x00\x06\x00\x09"
	"evtj:h6vY   \x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5"
	"\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
static const uint8_t response4[] =
	"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	"\x80\x22\x00\x0btest vector \x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
	"\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53"
	"\xf0\x6b\xe7\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96";
static const uint8_t response6[] =
	"\x01\x01\x00\x48\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
	"\x80\x22\x00\x0btest vector \x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa"
	"\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9\x00\x08\x00\x14\xa3\x82\x95\x4e"
	"\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41\x80\x28\x00\x04"
	"\xc8\xfb\x0b\x4c";

static void test_request_vector(void **state)
{
	struct stun m;
	uint8_t out[STUN_MESSAGE_MAX];
	(void)state;
	assert_true(stun_parse(request, sizeof(request) - 1, &m));
	assert_int_equal(m.cls, STUN_REQUEST);
	assert_int_equal(m.method, STUN_BINDING);
	assert_true(span_eq_str(m.username, "evtj:h6vY"));
	assert_int_equal(m.priority, 0x6e0001ff);
	assert_true(m.controlled && !m.controlling);
	assert_true(m.tie_breaker == 0x932ff9b151263b36u);
	assert_true(m.has_fingerprint);
	assert_int_equal(m.unknown_n, 0);
	assert_true(stun_check_integrity(&m, span_of(password)));
	assert_false(stun_check_integrity(&m, span_of("VOkJxbRl1RmTxUk/WvJxBT")));
	struct stun_out w = {
		.cls = STUN_REQUEST,
		.username = m.username,
		.priority = m.priority,
		.controlled = true,
		.tie_breaker = m.tie_breaker,
		.software = SPAN_LIT("STUN test client"),
		.password = span_of(password),
		.padding = ' ',
	};
	memcpy(w.tid.b, tid, 12);
	assert_int_equal(stun_write(&w, out), sizeof(request) - 1);
	assert_memory_equal(out, request, sizeof(request) - 1);
}

static void check_response(const uint8_t *p, size_t n, const char *ip)
{
	struct stun m;
	uint8_t out[STUN_MESSAGE_MAX];
	struct net_addr want;
	assert_true(net_addr_parse(span_of(ip), 32853, &want));
	assert_true(stun_parse(p, n, &m));
	assert_int_equal(m.cls, STUN_SUCCESS);
	assert_true(net_addr_eq(&m.mapped, &want));
	assert_true(stun_check_integrity(&m, span_of(password)));
	struct stun_out w = {
		.cls = STUN_SUCCESS,
		.mapped = want,
		.software = SPAN_LIT("test vector"),
		.password = span_of(password),
		.padding = ' ',
	};
	memcpy(w.tid.b, tid, 12);
	assert_int_equal(stun_write(&w, out), n);
	assert_memory_equal(out, p, n);
}

static void test_response_vectors(void **state)
{
	(void)state;
	check_response(response4, sizeof(response4) - 1, "192.0.2.1");
	check_response(response6, sizeof(response6) - 1, "2001:db8:1234:5678:11:2233:4455:6677");
}

/* Any single changed bit is refused, by FINGERPRINT or by integrity. */
static void test_every_bit_counts(void **state)
{
	uint8_t copy[sizeof(request)];
	(void)state;
	for (size_t bit = 0; bit < 8 * (sizeof(request) - 1); bit++) {
		struct stun m;
		memcpy(copy, request, sizeof(request));
		copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (stun_parse(copy, sizeof(request) - 1, &m))
			assert_false(m.has_fingerprint &&
				     stun_check_integrity(&m, span_of(password)));
	}
	for (size_t n = 0; n < sizeof(request) - 1; n++) {
		struct stun m;
		assert_false(stun_parse(request, n, &m));
	}
}

static void test_errors(void **state)
{
	uint8_t out[STUN_MESSAGE_MAX];
	uint16_t unknown[2] = {0x0033, 0x7777};
	struct stun m;
	struct stun_out w = {.cls = STUN_ERROR,
			     .tid = stun_tid_new(),
			     .error = STUN_ROLE_CONFLICT,
			     .password = SPAN_LIT("x")};
	(void)state;
	size_t n = stun_write(&w, out);
	assert_true(stun_parse(out, n, &m));
	assert_int_equal(m.cls, STUN_ERROR);
	assert_int_equal(m.error, 487);
	assert_true(stun_check_integrity(&m, SPAN_LIT("x")));
	w.error = STUN_UNKNOWN_ATTRIBUTE;
	w.unknown = unknown;
	w.unknown_n = 2;
	n = stun_write(&w, out);
	assert_true(stun_parse(out, n, &m));
	assert_int_equal(m.error, 420);
	assert_true(stun_tid_eq(&m.tid, &w.tid));
}

static void test_ice_attributes(void **state)
{
	uint8_t out[STUN_MESSAGE_MAX];
	struct stun m;
	struct stun_out w = {.cls = STUN_REQUEST,
			     .tid = stun_tid_new(),
			     .controlling = true,
			     .tie_breaker = 7,
			     .use_candidate = true,
			     .no_fingerprint = true};
	(void)state;
	size_t n = stun_write(&w, out);
	assert_true(stun_parse(out, n, &m));
	assert_true(m.use_candidate && m.controlling && !m.controlled);
	assert_false(m.has_fingerprint);
	assert_false(stun_check_integrity(&m, SPAN_LIT("")));
	/* An attribute that must be understood and is not. */
	memcpy(out + n, "\x00\x33\x00\x01x\0\0\0", 8);
	out[3] = (uint8_t)(n + 8 - 20);
	assert_true(stun_parse(out, n + 8, &m));
	assert_int_equal(m.unknown_n, 1);
	assert_int_equal(m.unknown[0], 0x33);
	/* Its length reaches behind the message. */
	out[n + 3] = 9;
	assert_false(stun_parse(out, n + 8, &m));
}

static void test_too_long(void **state)
{
	uint8_t out[STUN_MESSAGE_MAX];
	AUTO_FREE char *name = mem_alloc(2000);
	memset(name, 'a', 2000);
	struct stun_out w = {.cls = STUN_REQUEST, .username = {name, 2000}};
	(void)state;
	assert_int_equal(stun_write(&w, out), 0);
}

static void test_demux(void **state)
{
	uint8_t p[32] = {0};
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		p[0] = (uint8_t)first;
		p[1] = 111;
		enum demux_kind want = first <= 3		      ? DEMUX_STUN
				       : first >= 16 && first <= 19   ? DEMUX_ZRTP
				       : first >= 20 && first <= 63   ? DEMUX_DTLS
				       : first >= 64 && first <= 79   ? DEMUX_CHANNEL
				       : first >= 128 && first <= 191 ? DEMUX_RTP
								      : DEMUX_NONE;
		assert_int_equal(demux(p, sizeof(p)), want);
	}
	p[0] = 0x80;
	for (unsigned second = 0; second < 256; second++) {
		p[1] = (uint8_t)second;
		assert_int_equal(demux(p, sizeof(p)),
				 second >= 192 && second <= 223 ? DEMUX_RTCP : DEMUX_RTP);
	}
	p[1] = 111;
	assert_int_equal(demux(p, 0), DEMUX_NONE);
	assert_int_equal(demux(p, 11), DEMUX_NONE);
}

static void test_addresses(void **state)
{
	struct net_addr a, b;
	char text[NET_ADDR_TEXT];
	(void)state;
	assert_true(net_addr_parse(SPAN_LIT("::ffff:192.0.2.7"), 9, &a));
	assert_true(net_addr_parse(SPAN_LIT("192.0.2.7"), 9, &b));
	assert_true(net_addr_eq(&a, &b));
	assert_string_equal(net_addr_text(&a, text), "192.0.2.7:9");
	assert_true(net_addr_parse(SPAN_LIT("2001:db8::1"), 65535, &a));
	assert_string_equal(net_addr_text(&a, text), "[2001:db8::1]:65535");
	assert_false(net_addr_eq(&a, &b));
	assert_false(net_addr_parse(SPAN_LIT("example.local"), 1, &a));
	assert_false(net_addr_parse(SPAN_LIT("1.2.3.4.5"), 1, &a));
	assert_false(net_addr_parse(SPAN_LIT(""), 1, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_vector),
		cmocka_unit_test(test_response_vectors),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_ice_attributes),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_demux),
		cmocka_unit_test(test_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
