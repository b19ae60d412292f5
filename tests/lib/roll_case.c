#include "tests/lib/roll_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/matrix/message.h"

#include <stdio.h>

#define T0 ROLL_T0

struct mx_event event_of(const char *id, const char *sender, const char *type, int64_t ts,
			 json_t *steal)
{
	struct mx_event ev;
	JSON_AUTO json_t *json =
		json_pack("{s:s,s:s,s:s,s:I,s:o}", "event_id", id, "sender", sender, "type", type,
			  "origin_server_ts", (json_int_t)ts, "content", steal);
	assert_int_equal(event_parse(json, EVENT_ROOM, &ev, NULL), 0);
	return ev;
}

void roll_of(struct roll *ret, int64_t window_ms, int64_t late_ms)
{
	struct roll_draft d = {.uid = "u1",
			       .recurrence_id = "20260301T090000",
			       .window_ms = window_ms,
			       .late_ms = late_ms};
	JSON_AUTO json_t *words = json_pack("[s]", "Moin");
	json_t *content = NULL;
	d.words = words;
	assert_int_equal(roll_make(&d, &content, NULL), 0);
	AUTO(event_done) struct mx_event ev = event_of("$r", "@t:x", POLL_START_TYPE, T0, content);
	assert_true(roll_read(&ev, ret));
}

void say(struct roll_tally *t, struct mx_event ev, bool may_end)
{
	assert_true(roll_tally_event(t, &ev, may_end));
	event_done(&ev);
}

json_t *vote_of(const char *prefix, const char *answer)
{
	char name[64];
	snprintf(name, sizeof(name), "%spoll.response", prefix);
	json_t *answers = json_array();
	if (answer)
		json_array_append_new(answers, json_string(answer));
	return json_pack("{s:{s:s,s:s},s:{s:o}}", "m.relates_to", "rel_type", "m.reference",
			 "event_id", "$r", name, "answers", answers);
}

void vote(struct roll_tally *t, const char *id, const char *who, int64_t at, const char *answer)
{
	say(t,
	    event_of(id, who, POLL_RESPONSE_TYPE, T0 + at, vote_of("org.matrix.msc3381.", answer)),
	    false);
}

void word(struct roll_tally *t, const char *id, const char *who, int64_t at, const char *body)
{
	say(t,
	    event_of(id, who, "m.room.message", T0 + at,
		     json_pack("{s:s,s:s}", "msgtype", "m.text", "body", body)),
	    false);
}

void react(struct roll_tally *t, const char *id, const char *who, int64_t at, const char *key)
{
	say(t, event_of(id, who, "m.reaction", T0 + at, message_reaction("$r", key)), false);
}

void redact(struct roll_tally *t, const char *id, const char *what, int64_t at)
{
	say(t,
	    event_of(id, "@t:x", "m.room.redaction", T0 + at, json_pack("{s:s}", "redacts", what)),
	    false);
}

void end(struct roll_tally *t, const char *id, int64_t at, bool may, bool cancelled)
{
	say(t,
	    event_of(id, "@t:x", POLL_END_TYPE, T0 + at,
		     roll_make_end("$r", "over", cancelled, NULL)),
	    may);
}

json_t *edit_of(const char *of, const char *body)
{
	return json_pack("{s:s,s:s,s:{s:s,s:s},s:{s:s,s:s}}", "msgtype", "m.text", "body", body,
			 "m.new_content", "msgtype", "m.text", "body", body, "m.relates_to",
			 "rel_type", "m.replace", "event_id", of);
}
