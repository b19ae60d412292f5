/*
 * The content of an event as a client sends it: whatever is accepted gives a
 * text that parses to the same content, an id that survives redaction, and is
 * recognised as identical state.
 */
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/matrix/redact.h"
#include "server/rooms/event_text.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Id of the event with this content; the hash is the unredacted one's. */
static void id_of(struct event_parts *e, const json_t *content, const uint8_t hash[32],
		  struct buf *redacted, struct buf *work, char ret[64])
{
	buf_clear(redacted);
	must(event_redacted_put(redacted, e->type, content, 11, NULL) == 0);
	e->redacted = buf_span(redacted);
	event_id_of(e, hash, work, ret);
}

static void check(const json_t *content, const char *type, const char *state_key)
{
	uint8_t hash[32];
	char id[64], again[64];
	AUTO(buf_done) struct buf canon = BUF_INIT(LIMIT_EVENT_BYTES);
	AUTO(buf_done) struct buf text = BUF_INIT(8 * LIMIT_EVENT_BYTES);
	AUTO(buf_done) struct buf redacted = BUF_INIT(LIMIT_EVENT_BYTES);
	AUTO(buf_done) struct buf work = BUF_INIT(8 * LIMIT_EVENT_BYTES);
	if (event_content_put(&canon, content, NULL))
		return;
	struct event_parts e = {
		.content = buf_span(&canon),
		.ts = 1,
		.prev = "$p",
		.room_id = "!r:s",
		.sender = "@u:s",
		.type = type,
		.state_key = state_key,
	};
	event_hash(&e, &work, hash);
	id_of(&e, content, hash, &redacted, &work, id);
	event_text_put(&text, &e, id);
	must(buf_ok(&text) && event_text_has_content(buf_span(&text), e.content));
	JSON_AUTO json_t *back = NULL;
	must(json_parse_object(buf_span(&text), &back, NULL) == 0);
	must(json_equal(json_object_get(back, "content"), content));
	must(span_eq_str(json_get_span(back, "event_id"), id));
	JSON_AUTO json_t *kept = event_redact_content(type, content, 11);
	id_of(&e, kept, hash, &redacted, &work, again);
	must(strcmp(id, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"m.room.message",	   "m.room.member",
					    "m.room.power_levels", "m.room.create",
					    "m.room.join_rules",   "m.room.redaction",
					    "\xc3\xa9\"\\"};
	JSON_AUTO json_t *content = NULL;
	if (size < 1)
		return 0;
	const char *type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	if (json_parse((struct span){(const char *)data + 1, size - 1}, &content, NULL) == 0)
		check(content, type, data[0] & 0x80 ? "k" : NULL);
	return 0;
}
