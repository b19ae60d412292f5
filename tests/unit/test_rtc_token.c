/*
 * Access tokens of calls and the names of rooms and members there. The long
 * texts were computed by Python's hmac and hashlib.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/matrix/rtc_id.h"
#include "core/rtc/token.h"

#define SECRET "the secret of both"

/* Of another program: iss KEY, sub @a:hs:DEV, nbf 1000, exp 5000, roomJoin, room R, microphone. */
#define GOOD                                                                                       \
	"eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiS0VZIiwgInN1YiI6ICJAYTpoczpERVYiLC"  \
	"AibmJmIjogMTAwMCwgImV4cCI6IDUwMDAsICJ2aWRlbyI6IHsicm9vbUpvaW4iOiB0cnVlLCAicm9vbSI6ICJSIi" \
	"wgImNhblB1Ymxpc2hTb3VyY2VzIjogWyJtaWNyb3Bob25lIl19fQ.ZrPxDJoPM9X7tcOHdY7VJ2zJAsv3hpcUib"  \
	"UY9m30lhU"
/* The same with "alg":"none", signed all the same. */
#define NO_ALGORITHM                                                                              \
	"eyJhbGciOiAibm9uZSJ9.eyJpc3MiOiAiS0VZIiwgInN1YiI6ICJAYTpoczpERVYiLCAibmJmIjogMTAwMCwgI"  \
	"mV4cCI6IDUwMDAsICJ2aWRlbyI6IHsicm9vbUpvaW4iOiB0cnVlLCAicm9vbSI6ICJSIiwgImNhblB1Ymxpc2hT" \
	"b3VyY2VzIjogWyJtaWNyb3Bob25lIl19fQ.Q85dTs1-r0Be8wrAt8e11c5CxIDJ3EkSIahUPZk_coQ"
/* roomJoin false. */
#define NO_JOIN                                                                                  \
	"eyJhbGciOiAiSFMyNTYifQ.eyJpc3MiOiAiS0VZIiwgInN1YiI6ICJAYTpoczpERVYiLCAibmJmIjogMTAwMCw" \
	"gImV4cCI6IDUwMDAsICJ2aWRlbyI6IHsicm9vbUpvaW4iOiBmYWxzZSwgInJvb20iOiAiUiJ9fQ.QvySp2Wbd"  \
	"ICEw8bgAtkbVDJ2SsFiy8qBYSCUuRz-KoA"

/* RFC 4231, test cases 2 and 6. */
static void test_hmac(void **state)
{
	(void)state;
	uint8_t mac[32];
	char hex[65], key[131];
	crypto_hmac_sha256(SPAN_LIT("Jefe"), SPAN_LIT("what do ya want for nothing?"), mac);
	hex_put(hex, mac, 32);
	assert_string_equal(hex,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 131);
	crypto_hmac_sha256((struct span){key, 131},
			   SPAN_LIT("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
	hex_put(hex, mac, 32);
	assert_string_equal(hex,
			    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* The vectors of MSC4195's appendix. */
static void test_names(void **state)
{
	(void)state;
	char id[RTC_ID_SIZE];
	rtc_id_room("!roomid:example.com", "slot1234", id);
	assert_string_equal(id, "O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc");
	rtc_id_member("@alice:example.com", "DEVICE123", "memberABC", id);
	assert_string_equal(id, "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU");
}

static int check(const char *token, int64_t now, struct rtc_grant *g, struct err *err)
{
	return rtc_token_check(span_of(token), "KEY", SECRET, now, g, err);
}

static void test_foreign(void **state)
{
	(void)state;
	struct rtc_grant g;
	struct err err = {0};
	assert_int_equal(check(GOOD, 3000, &g, &err), 0);
	assert_string_equal(g.identity, "@a:hs:DEV");
	assert_string_equal(g.room, "R");
	assert_string_equal(g.name, "");
	assert_int_equal(g.sources, RTC_SOURCE_MICROPHONE);
	assert_true(g.can_publish && g.can_subscribe && g.can_publish_data);
	assert_false(g.can_update_metadata || g.hidden);
	/* Times, to the second, with the leeway. */
	assert_int_equal(check(GOOD, 1000 - RTC_TOKEN_LEEWAY_S, &g, NULL), 0);
	assert_int_equal(check(GOOD, 999 - RTC_TOKEN_LEEWAY_S, &g, &err), ERR_AUTH);
	assert_int_equal(check(GOOD, 5000 + RTC_TOKEN_LEEWAY_S, &g, NULL), 0);
	assert_int_equal(check(GOOD, 5001 + RTC_TOKEN_LEEWAY_S, &g, &err), ERR_AUTH);
	assert_int_equal(err.http_status, 401);
	assert_int_equal(check(NO_ALGORITHM, 3000, &g, &err), ERR_AUTH);
	assert_int_equal(check(NO_JOIN, 3000, &g, &err), ERR_AUTH);
	assert_int_equal(rtc_token_check(span_of(GOOD), "KEY2", SECRET, 3000, &g, &err), ERR_AUTH);
	assert_int_equal(rtc_token_check(span_of(GOOD), "KEY", "other", 3000, &g, &err), ERR_AUTH);
}

/* No byte of a token can be changed, and none be left out. */
static void test_tampering(void **state)
{
	(void)state;
	char token[sizeof(GOOD)];
	struct rtc_grant g;
	for (size_t i = 0; i + 2 < sizeof(GOOD); i++) {
		memcpy(token, GOOD, sizeof(GOOD));
		token[i] = token[i] == 'A' ? 'B' : 'A';
		assert_int_equal(check(token, 3000, &g, NULL), ERR_AUTH);
		memcpy(token, GOOD, sizeof(GOOD));
		token[i] = '\0';
		assert_int_equal(check(token, 3000, &g, NULL), ERR_AUTH);
	}
}

static void test_own(void **state)
{
	(void)state;
	struct rtc_grant got, g = {.identity = "@b:hs:D",
				   .name = "Böb",
				   .room = "r",
				   .can_subscribe = true,
				   .can_update_metadata = true,
				   .sources = RTC_SOURCE_ALL};
	char *token = rtc_token_make(&g, "KEY", SECRET, 100, RTC_TOKEN_LIFE_S);
	JSON_AUTO json_t *claims = NULL;
	assert_int_equal(check(token, 100, &got, NULL), 0);
	assert_string_equal(got.name, "Böb");
	assert_true(got.can_subscribe && got.can_update_metadata && !got.can_publish);
	assert_int_equal(rtc_token_claims(span_of(token), &claims, NULL), 0);
	assert_int_equal(json_get_i64(claims, "exp", 0), 3700);
	assert_int_equal(json_get_i64(claims, "nbf", 0), 100);
	assert_string_equal(json_get_str(claims, "iss"), "KEY");
	mem_free_secret(token);
	g.can_publish = true;
	g.sources = RTC_SOURCE_MICROPHONE | RTC_SOURCE_SCREEN_AUDIO;
	token = rtc_token_make(&g, "KEY", SECRET, 100, 10);
	assert_int_equal(check(token, 100, &got, NULL), 0);
	assert_int_equal(got.sources, g.sources);
	mem_free_secret(token);
	g.room[0] = '\0';
	token = rtc_token_make(&g, "KEY", SECRET, 100, 10);
	assert_int_equal(check(token, 100, &got, NULL), ERR_AUTH);
	mem_free_secret(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac),	cmocka_unit_test(test_names),
		cmocka_unit_test(test_foreign), cmocka_unit_test(test_tampering),
		cmocka_unit_test(test_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
