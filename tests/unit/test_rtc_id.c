/*
 * Names of rooms and members on LiveKit, and the HMAC that its tokens need.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/matrix/rtc_id.h"

#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
