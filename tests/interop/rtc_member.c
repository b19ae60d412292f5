/*
 * MatrixRTC's events as core/matrix makes and reads them, for a peer that
 * compares:
 *
 *   rtc_member make USER DEVICE ROOM URL CREATED   an event to be, as JSON
 *   rtc_member ring MEMBER_EVENT TIME              the content of a ring
 *   rtc_member read                                from stdin: an event a line
 *
 * What was read is printed as JSON, one line for each; an event that does not
 * count gives {"error": SENTENCE}.
 */
#include "core/matrix/rtc_member.h"
#include "core/base/json.h"
#include "core/matrix/rtc_ring.h"

#include <stdio.h>
#include <stdlib.h>

static void print(json_t *j)
{
	AUTO_FREE char *text = json_text(j);
	puts(text);
	json_decref(j);
}

static int make(char **argv)
{
	const struct rtc_member_draft d = {
		.user_id = argv[0],
		.device_id = argv[1],
		.room_id = argv[2],
		.service_url = argv[3],
		.expires_ms = RTC_EXPIRES_MS,
		.created_ms = strtoll(argv[4], NULL, 10),
	};
	char key[LIMIT_ID_BYTES + 1];
	struct err err = {0};
	if (rtc_member_key(d.user_id, d.device_id, "11", key, &err)) {
		print(json_pack("{s:s}", "error", err.msg));
		return 1;
	}
	print(json_pack("{s:s,s:s,s:s,s:s,s:o}", "type", RTC_MEMBER_TYPE, "sender", d.user_id,
			"room_id", d.room_id, "state_key", key, "content", rtc_member_make(&d)));
	return 0;
}

static json_t *member_json(const struct rtc_member *m)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:b}", "user_id", m->user_id,
			 "device_id", m->device_id, "member_id", m->member_id, "plain", m->plain,
			 "hash", m->hash, "service_url", m->service_url, "created_ms",
			 (json_int_t)m->created_ms, "expires_ms", (json_int_t)m->expires_ms,
			 "oldest_decides", m->oldest_decides);
}

static json_t *read_member(const struct mx_event *ev)
{
	static const char *const words[] = {"here", "left", "other"};
	struct rtc_member m = {0};
	enum rtc_word word;
	struct err err = {0};
	if (rtc_member_read(ev, &word, &m, &err))
		return json_pack("{s:s}", "error", err.msg);
	json_t *j = word == RTC_HERE ? member_json(&m) : json_object();
	json_object_set_new(j, "word", json_string(words[word]));
	return j;
}

static json_t *read_ring(const struct mx_event *ev)
{
	struct rtc_ring r;
	struct err err = {0};
	if (rtc_ring_read(ev, &r, &err))
		return json_pack("{s:s}", "error", err.msg);
	return json_pack("{s:s,s:s,s:s?,s:b,s:b,s:I,s:I}", "word", "ring", "sender", r.sender,
			 "member_event", r.member_event, "ring", r.ring, "room", r.room, "sent_ms",
			 (json_int_t)r.sent_ms, "until_ms", (json_int_t)r.until_ms);
}

static json_t *read_line(struct span line)
{
	AUTO(event_done) struct mx_event ev = {0};
	struct err err = {0};
	if (event_parse_text(line, EVENT_ROOM, &ev, &err))
		return json_pack("{s:s}", "error", err.msg);
	if (strcmp(ev.type, RTC_RING_TYPE) == 0)
		return read_ring(&ev);
	if (strcmp(ev.type, RTC_DECLINE_TYPE) == 0)
		return json_pack("{s:s,s:s?}", "word", "decline", "ring", rtc_decline_read(&ev));
	return read_member(&ev);
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "make") == 0)
		return make(argv + 2);
	if (argc == 4 && strcmp(argv[1], "ring") == 0) {
		print(rtc_ring_make(true, argv[2], strtoll(argv[3], NULL, 10)));
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "read") != 0) {
		fprintf(stderr, "usage: rtc_member make|ring|read ...\n");
		return 2;
	}
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	while ((n = getline(&line, &size, stdin)) > 0)
		print(read_line((struct span){line, (size_t)n}));
	free(line);
	return 0;
}
