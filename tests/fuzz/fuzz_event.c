/*
 * Any bytes as an event: parsed or salvaged, read by every reader, redacted,
 * hashed, taken as power levels and as replies.
 */
#include "core/base/mem.h"
#include "core/matrix/event.h"
#include "core/matrix/poll_tally.h"
#include "core/matrix/power.h"
#include "core/matrix/redact.h"
#include "core/matrix/reply.h"
#include "core/matrix/sync.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(const char *event_id, const char *user_id, const char *type, const char *thread,
		  int64_t ts, void *arg)
{
	(void)thread;
	(void)ts;
	*(size_t *)arg += strlen(event_id) + strlen(user_id) + strlen(type);
}

static void read_poll(const struct mx_event *ev)
{
	struct mx_poll poll;
	const char *id = NULL;
	struct span text;
	struct poll_result result;
	if (event_poll_start(ev, &poll)) {
		for (size_t i = 0; poll_answer(&poll, i, &id, &text); i++)
			if (i >= 20 || !id)
				abort();
		/* Its own answers as somebody's vote: objects or strings, whatever they are. */
		struct poll_tally *t = poll_tally_new(&poll);
		poll_tally_vote(t, "@a:b", ev->ts, poll.answers);
		poll_tally_vote(t, "@c:d", ev->ts, json_get_array(ev->content, "votes"));
		poll_tally_count(t, &result);
		if (result.voters > 2 || result.answers > POLL_ANSWERS_MAX)
			abort();
		poll_tally_free(t);
	}
	if (event_poll_response(ev, &id) && !id)
		abort();
	event_poll_end(ev);
}

static void read_all(const struct mx_event *ev)
{
	struct mx_message message;
	struct mx_member member;
	const char *id;
	struct span key;
	size_t n = 0;
	if (event_message(ev, &message) && (!message.msgtype || !message.body.p))
		abort();
	if (event_member(ev, &member) && !member.user_id)
		abort();
	event_reaction(ev, &id, &key);
	read_poll(ev);
	receipts_read(ev->content, count, &n);
}

static void parse_as(struct span text, enum event_form form)
{
	struct mx_event ev;
	struct err e = {0};
	if (event_parse_text(text, form, &ev, &e)) {
		if (!e.msg[0])
			abort();
		return;
	}
	if (!ev.type || !ev.content || (form == EVENT_ROOM && (!ev.event_id || !ev.sender)))
		abort();
	read_all(&ev);
	event_done(&ev);
}

/* What is redacted is redacted: a second time changes nothing. */
static void redact(const json_t *event, int version)
{
	const char *type = json_get_str(event, "type");
	JSON_AUTO json_t *once =
		event_redact_content(type, json_get_object(event, "content"), version);
	JSON_AUTO json_t *twice = event_redact_content(type, once, version);
	if (!json_equal(once, twice))
		abort();
}

/* Nobody may raise himself above where he stands. */
static void check_power(const json_t *j, const char *version)
{
	struct power p, after;
	JSON_AUTO json_t *create = json_pack("{s:s}", "room_version", version);
	json_t *next = json_get_object(j, "next");
	power_init(&p, json_get_object(j, "content"), create, "@boss:hs");
	power_can_redact(&p, "@a:hs", "@boss:hs");
	power_can_kick(&p, "@a:hs", "@b:hs");
	power_can_state(&p, "@a:hs", "m.room.name", "");
	if (power_check_change(&p, "@a:hs", next, NULL) == 0 && p.levels) {
		power_init(&after, next, create, "@boss:hs");
		if (power_of_user(&after, "@a:hs") > power_of_user(&p, "@a:hs"))
			abort();
		power_done(&after);
	}
	power_done(&p);
}

static void read_replies(const json_t *j)
{
	struct login_reply login;
	struct uia_reply uia;
	static const char *const known[] = {"m.login.dummy", "m.login.password", NULL};
	if (login_reply_read(j, &login, NULL) == 0)
		login_reply_done(&login);
	if (uia_reply_read(j, &uia))
		uia_next_stage(&uia, known);
	versions_has_unstable(j, "a");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct span text = {copy, size};
	struct event_rest rest;
	struct err e;
	JSON_AUTO json_t *j = NULL;
	parse_as(text, EVENT_ROOM);
	parse_as(text, EVENT_STRIPPED);
	parse_as(text, EVENT_BARE);
	event_salvage(text, &rest);
	mx_reply_error(400 + (int)(size % 120), text, 0, &e);
	if (json_parse_object(text, &j, NULL) == 0) {
		redact(j, 1);
		redact(j, 10);
		redact(j, 11);
		check_power(j, "1");
		check_power(j, "11");
		check_power(j, "12");
		read_replies(j);
	}
	mem_free(copy);
	return 0;
}
