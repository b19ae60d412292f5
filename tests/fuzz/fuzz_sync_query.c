/* What a /sync request carries: tokens, filters with globs; and push rules. */
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/event_row.h"
#include "server/sync/filter.h"
#include "server/sync/pushrules.h"
#include "server/sync/token.h"

#include <stdlib.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void try_tokens(struct span s)
{
	struct sync_token t, again;
	uint32_t epoch;
	int64_t pos;
	struct buf b = BUF_INIT(200);
	if (token_parse_sync(s, &t)) {
		token_put_sync(&b, &t);
		check(token_parse_sync(buf_span(&b), &again) && again.pos == t.pos && t.pos >= 0);
	}
	if (token_parse_page(s, &epoch, &pos))
		check(pos >= 0);
	buf_done(&b);
}

static void try_filter(const json_t *j)
{
	struct filter *f;
	JSON_AUTO json_t *event =
		json_pack("{s:s,s:{s:s}}", "type", "m.room.message", "content", "url", "mxc://a/b");
	AUTO_FREE char *text = json_text(event);
	if (filter_compile(j, &f, NULL))
		return;
	filter_room(f, "!room:x");
	event_filter_match(&f->timeline, SPAN_LIT("m.room.message"), SPAN_LIT("@a:x"),
			   span_of(text));
	JSON_AUTO json_t *kept = filter_fields(f, event);
	check(json_is_object(kept));
	filter_unref(f);
}

static void try_rules(const json_t *j)
{
	JSON_AUTO json_t *event =
		json_pack("{s:s,s:s,s:s,s:{s:s}}", "type", "m.room.message", "room_id", "!r:x",
			  "sender", "@a:x", "content", "body", "hello there, me");
	struct pushrules_context ctx = {.display_name = "me", .members = 2};
	JSON_AUTO json_t *set = pushrules_merge(j, "@me:x");
	JSON_AUTO json_t *again = pushrules_merge(set, "@me:x");
	check(json_equal(set, again));
	pushrules_eval(set, event, &ctx);
	/* As a rule of its own. */
	if (!pushrules_put(set, "override", "mine", j, NULL, NULL, NULL))
		pushrules_eval(set, event, &ctx);
	if (!pushrules_put(set, "content", "mine", j, NULL, NULL, NULL))
		pushrules_eval(set, event, &ctx);
	/* As the event. */
	pushrules_eval(set, j, &ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	JSON_AUTO json_t *j = NULL;
	struct span s = {(const char *)data, size};
	try_tokens(s);
	AUTO_FREE char *copy = span_dup(s);
	event_room_id_span(span_of(copy), "!r:x");
	if (size > 4096 || json_parse(s, &j, NULL))
		return 0;
	try_filter(j);
	try_rules(j);
	return 0;
}
