/* What other people's clients and servers say about calls: member events, rings, hands, tokens. */
#include "core/base/mem.h"
#include "core/matrix/rtc_request.h"
#include "core/matrix/rtc_ring.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_event(json_t *j)
{
	struct mx_event ev;
	struct rtc_member m;
	struct rtc_ring r;
	enum rtc_word word;
	struct err err;
	const char *target;
	struct span emoji;
	char user[LIMIT_ID_BYTES + 1], device[LIMIT_ID_BYTES + 1];
	if (event_parse(j, EVENT_ROOM, &ev, NULL))
		return;
	if (!rtc_member_read(&ev, &word, &m, &err) && word == RTC_HERE) {
		/* Everybody who counts has a name that leads back to the sender. */
		if (strcmp(m.user_id, ev.sender) != 0 || !rtc_member_is(&m, m.plain) ||
		    m.expires_ms < m.created_ms)
			abort();
		rtc_identity_split(m.plain, user, device);
	}
	if (!rtc_ring_read(&ev, &r, &err) &&
	    (r.until_ms < r.sent_ms || rtc_ring_is_for(&r, r.sender)))
		abort();
	rtc_decline_read(&ev);
	rtc_hand_read(&ev);
	if (rtc_reaction_read(&ev, &target, &emoji) && (!emoji.n || emoji.n > 32))
		abort();
	event_done(&ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	JSON_AUTO json_t *j = NULL;
	struct span text = {(const char *)data, size};
	char url[RTC_URL_MAX];
	struct rtc_token t = {.jwt = NULL};
	struct err err = {.http_status = 400};
	int64_t max;
	const char *id;
	if (size > LIMIT_EVENT_BYTES || json_parse_object(text, &j, NULL))
		return 0;
	read_event(j);
	rtc_transports_read(j, url, &err);
	rtc_well_known_read(j, url, &err);
	if (!rtc_token_read(j, &t, &err) && (!t.identity[0] || strncmp(t.url, "ws", 2) != 0))
		abort();
	rtc_token_done(&t);
	rtc_delayed_read(j, &id, &err);
	rtc_delayed_judge(&err, text, &max);
	return 0;
}
