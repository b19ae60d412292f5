#include "cli/message/line.h"

#include "cli/params.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/when.h"
#include "core/matrix/rtc_ring.h"

#define RING_TYPE "org.matrix.msc4075.rtc.notification"

/* Sanitised; every line but the first is indented. */
static void put_block(struct buf *b, struct span raw)
{
	struct buf clean = BUF_INIT(BUF_CAP_OWN);
	text_put(&clean, raw, TEXT_BLOCK);
	struct span rest = buf_span(&clean), one;
	for (bool first = true; span_split(&rest, '\n', &one); first = false) {
		if (!first)
			buf_put_str(b, "\n    ");
		buf_put_span(b, one);
	}
	buf_done(&clean);
}

static void put_sender(struct buf *b, const json_t *row)
{
	const char *name = json_get_str(row, "sender_name");
	command_put_clean(b, json_object_get(row, name && *name ? "sender_name" : "sender"));
}

static void put_file(struct buf *b, const json_t *row)
{
	if (!json_get_str(row, "url"))
		return;
	buf_put_str(b, " [");
	command_put_clean(b, json_object_get(row, "filename"));
	int64_t size = json_get_i64(row, "size", -1);
	if (size >= 0)
		buf_printf(b, ", %lld %s", (long long)size, _("bytes"));
	buf_put_str(b, ", ");
	command_put_clean(b, json_object_get(row, "url"));
	buf_put_char(b, ']');
}

static void put_reactions(struct buf *b, const json_t *row)
{
	const char *key;
	json_t *count;
	json_object_foreach (json_get_object(row, "reactions"), key, count) {
		buf_put_str(b, "  ");
		text_put(b, span_of(key), TEXT_LINE);
		if (json_integer_value(count) > 1)
			buf_printf(b, "×%lld", (long long)json_integer_value(count));
	}
}

/* What is no message: a state event, or one that could not be read. */
static void put_other(struct buf *b, const json_t *row)
{
	const char *body = json_get_str(row, "body");
	const json_t *why = json_object_get(row, "unreadable");
	if (why && !json_is_false(why) && !json_is_null(why)) {
		buf_printf(b, " [%s", _("unreadable"));
		if (json_is_string(why)) {
			buf_put_str(b, ": ");
			command_put_clean(b, why);
		}
		buf_put_char(b, ']');
		return;
	}
	buf_put_str(b, " [");
	command_put_clean(b, json_object_get(row, "type"));
	buf_put_char(b, ']');
	if (body) {
		buf_put_char(b, ' ');
		put_block(b, json_get_span(row, "body"));
	}
}

/* Somebody calls. Whether it still rings is not told: a line stays what it is. */
static void put_ring(struct buf *b, const json_t *row)
{
	const char *kind = json_get_str(json_get_object(row, "content"), "notification_type");
	bool ring = kind && !strcmp(kind, "ring");
	bool live = json_get_bool(json_get_object(row, "content"), RTC_RING_LIVE_KEY, false);
	buf_put_str(b, ring   ? _(" is calling")
		       : live ? _(" has begun a live lesson")
			      : _(" has begun a call"));
	buf_printf(b, " (%s)",
		   ring	  ? "muster call answer"
		   : live ? "muster live join"
			  : "muster call join");
}

static const json_t *answers_of(const json_t *content)
{
	static const char *const keys[] = {"org.matrix.msc3381.poll.start", "m.poll.start",
					   "m.poll"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const json_t *answers =
			json_get_array(json_get_object(content, keys[i]), "answers");
		if (answers)
			return answers;
	}
	return NULL;
}

static struct span answer_text(const json_t *answer)
{
	const json_t *text = json_array_get(json_get_array(answer, "m.text"), 0);
	return text ? json_get_span(text, "body")
		    : json_get_span(answer, "org.matrix.msc1767.text");
}

/* The question, and below it the answers with the numbers that poll vote takes. */
static bool put_poll(struct buf *b, const json_t *row)
{
	const json_t *answers = answers_of(json_object_get(row, "content"));
	if (!answers || !json_get_str(row, "body"))
		return false;
	buf_printf(b, ": [%s] ", _("poll"));
	put_block(b, json_get_span(row, "body"));
	for (size_t i = 0; i < json_array_size(answers); i++) {
		buf_printf(b, "\n    %zu ", i + 1);
		put_block(b, answer_text(json_array_get(answers, i)));
	}
	return true;
}

/* What it said before: the texts but the last. */
static void put_edits(struct buf *b, const json_t *row)
{
	const json_t *list = json_get_array(row, "edits");
	size_t n = json_array_size(list);
	for (size_t i = 0; i + 1 < n; i++) {
		buf_printf(b, "\n    %s: ", _("was"));
		put_block(b, span_of(json_string_value(json_array_get(list, i))));
	}
}

static void put_what(struct buf *b, const json_t *row)
{
	const char *type = json_get_str(row, "type"), *msgtype = json_get_str(row, "msgtype");
	const json_t *gone = json_object_get(row, "redacted");
	if (json_is_true(gone) || json_is_object(gone) || json_is_string(gone)) {
		buf_printf(b, ": (%s)", _("deleted"));
	} else if (type && !strcmp(type, RING_TYPE)) {
		put_ring(b, row);
	} else if (!type || strcmp(type, "m.room.message") != 0) {
		if (!put_poll(b, row))
			put_other(b, row);
	} else {
		buf_put_str(b, msgtype && !strcmp(msgtype, "m.emote") ? " " : ": ");
		if (json_get_str(row, "reply_to"))
			buf_put_str(b, "↪ ");
		put_block(b, json_get_span(row, "body"));
		put_file(b, row);
		if (json_get_bool(row, "edited", false))
			buf_printf(b, " (%s)", _("edited"));
	}
	put_reactions(b, row);
	put_edits(b, row);
}

void line_message(struct buf *b, const json_t *row, const struct command_line *l)
{
	char when[WHEN_ISO_SIZE];
	when_human(json_get_i64(row, "ts", 0), clock_wall_ms(), when);
	if (command_flag(l, "ids")) {
		command_put_clean(b, json_object_get(row, "event_id"));
		buf_put_char(b, ' ');
	}
	buf_printf(b, "%s ", when);
	if (!command_given(l, "room") && json_get_str(row, "room")) {
		buf_put_char(b, '[');
		command_put_clean(b, json_object_get(row, "room"));
		buf_put_str(b, "] ");
	}
	put_sender(b, row);
	put_what(b, row);
}

const struct command_key message_keys[] = {
	KEY_EVENT_ID(NULL),
	KEY_ROOM_ID,
	{"room", "string", NULL, N_("name of the room"), false},
	{"sender", "string", NULL, N_("Matrix id of the sender"), true},
	{"sender_name", "string", NULL, N_("the sender's name"), false},
	{"ts", "time", NULL, N_("when the server received it"), false},
	{"type", "string", NULL, N_("event type, m.room.message for messages"), false},
	{"msgtype", "string", NULL, N_("kind of message: m.text, m.file ..."), false},
	{"body", "string", NULL, N_("the text"), false},
	{"formatted_body", "string", NULL, N_("the text as HTML"), false},
	{"edited", "boolean", NULL, N_("the text was changed later"), false},
	{"edited_ts", "time", NULL, N_("when it was changed last"), false},
	{"edits", "strings", NULL, N_("with --edits: every text it had, the first one first"),
	 false},
	{"redacted", "boolean", NULL, N_("the message was deleted"), false},
	{"reply_to", "string", NULL, N_("event that this replies to"), false},
	{"thread", "string", NULL, N_("event that begins the thread"), false},
	{"url", "string", NULL, N_("media address of a file, for file get"), false},
	{"filename", "string", NULL, N_("name of a file"), false},
	{"size", "bytes", NULL, N_("size of a file"), false},
	{"mimetype", "string", NULL, N_("type of a file"), false},
	{"reactions", "object", NULL, N_("how often each reaction was given"), false},
	{"mentions", "strings", NULL, N_("people who were named to be notified"), false},
	{"txn_id", "string", NULL, N_("transaction id, of what was sent from here"), false},
	{"state_key", "string", NULL, N_("key of a state event"), false},
	{"content", "object", NULL, N_("content of an event that is no message"), false},
	{"event", "object", NULL, N_("with --raw: the event as the server sent it"), false},
	{"unreadable", "string", NULL, N_("why the event could not be read"), false},
	END_KEYS,
};
