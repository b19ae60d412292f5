#include "core/matrix/rtc_id.h"

#include "core/base/buf.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"

#include <stdio.h>

static void hash_of(const char *const *v, size_t n, char ret[RTC_ID_SIZE])
{
	AUTO(buf_done) struct buf text = BUF_INIT(BUF_CAP_OWN), out = BUF_INIT(RTC_ID_SIZE);
	uint8_t hash[32];
	for (size_t i = 0; i < n; i++) {
		buf_put_char(&text, i ? ',' : '[');
		buf_put_json_str(&text, span_of(v[i]));
	}
	buf_put_char(&text, ']');
	crypto_sha256(buf_span(&text), hash);
	base64_put_unpadded(&out, hash, sizeof(hash));
	snprintf(ret, RTC_ID_SIZE, "%s", buf_str(&out));
}

void rtc_id_room(const char *room_id, const char *slot_id, char ret[RTC_ID_SIZE])
{
	const char *const v[] = {room_id, slot_id};
	hash_of(v, 2, ret);
}

void rtc_id_member(const char *user_id, const char *device_id, const char *member_id,
		   char ret[RTC_ID_SIZE])
{
	const char *const v[] = {user_id, device_id, member_id};
	hash_of(v, 3, ret);
}
