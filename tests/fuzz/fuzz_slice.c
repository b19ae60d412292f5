/*
 * Any bytes as a sync reply: the slicer stays inside, agrees with jansson on
 * what jansson accepts, and the readers above it come to an end.
 */
#include "core/matrix/reply.h"
#include "core/matrix/sync.h"
#include "tests/lib/slice_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct span part, struct span whole)
{
	return part.p >= whole.p && part.n <= whole.n &&
	       (size_t)(part.p - whole.p) <= whole.n - part.n;
}

static void walk(struct span text, enum slice_kind kind, int depth)
{
	struct slice s;
	struct slice_item item;
	if (slice_begin(&s, text, kind, NULL))
		return;
	while (slice_next(&s, &item, NULL) == 1) {
		if (!inside(item.value, text) || !item.value.n)
			abort();
		if (kind == SLICE_OBJECT && !inside(item.key, text))
			abort();
		if (depth < 8)
			walk(item.value, item.kind, depth + 1);
	}
}

static void read_list(struct span list, enum event_form form)
{
	struct slice s;
	struct sync_event ev;
	if (sync_events(&s, list, NULL))
		return;
	while (sync_next_event(&s, form, &ev, NULL) == 1) {
		if (!ev.ok && !ev.why.msg[0])
			abort();
		sync_event_done(&ev);
	}
}

static void read_rooms(const struct sync_reply *r, enum sync_section which)
{
	struct slice s;
	struct sync_room room;
	int rc = 0;
	if (sync_rooms(&s, r, which, NULL))
		return;
	while ((rc = sync_next_room(&s, &room, NULL)) == 1 || rc == ERR_INVALID) {
		if (rc != 1)
			continue;
		read_list(room.timeline, EVENT_ROOM);
		read_list(room.state, EVENT_ROOM);
		read_list(room.ephemeral, EVENT_BARE);
		read_list(room.account_data, EVENT_BARE);
		read_list(room.stripped, EVENT_STRIPPED);
		sync_room_done(&room);
	}
}

static void read_sync(struct span text)
{
	struct sync_reply r;
	struct page_reply p;
	if (page_reply_read(text, &p, NULL) == 0)
		read_list(p.chunk, EVENT_ROOM);
	if (sync_read(text, &r, NULL))
		return;
	for (int i = 0; i < SYNC_SECTIONS; i++)
		read_rooms(&r, (enum sync_section)i);
	read_list(r.account_data, EVENT_BARE);
	read_list(r.presence, EVENT_BARE);
	read_list(r.to_device, EVENT_BARE);
}

/*
 * Comparing is quadratic in names; and jansson passes over a NUL byte between
 * tokens, which is no JSON.
 */
static bool comparable(struct span text)
{
	return text.n < 4096 && span_find(text, '\0') < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own, so that a byte too far is seen. */
	char *copy = mem_dup(data, size);
	struct span text = {copy, size};
	JSON_AUTO json_t *j = NULL;
	walk(text, SLICE_OBJECT, 0);
	walk(text, SLICE_ARRAY, 0);
	read_sync(text);
	if (comparable(text) && json_parse(text, &j, NULL) == 0 && !slice_check(text, j))
		abort();
	mem_free(copy);
	return 0;
}
