#include "tests/lib/told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#define PATIENCE_MS 120000

json_t *told(struct test_server *t, const char *room, const char *token)
{
	AUTO_FREE char *path =
		mem_printf("/_matrix/client/v3/rooms/%s/messages?dir=f&limit=100&filter="
			   "%%7B%%22types%%22%%3A%%5B%%22org.muster.presence%%22%%5D%%7D",
			   room);
	json_t *j = test_json(t, 200, "GET", path, token, NULL);
	json_t *chunk = json_incref(json_get_array(j, "chunk"));
	json_decref(j);
	return chunk;
}

/* The SFU's word has no reply to wait for: follow what the person is told. */
json_t *told_await(struct test_server *t, const char *room, const char *token, size_t n)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	char *since = NULL;
	json_t *chunk = told(t, room, token);
	while (json_array_size(chunk) < n && clock_mono_ms() < end) {
		json_decref(chunk);
		AUTO_FREE char *path = mem_printf("/_matrix/client/v3/sync?timeout=500%s%s",
						  since ? "&since=" : "", since ? since : "");
		json_t *j = test_json(t, 200, "GET", path, token, NULL);
		mem_free(since);
		since = mem_strdup(json_get_str(j, "next_batch"));
		json_decref(j);
		chunk = told(t, room, token);
	}
	mem_free(since);
	assert_int_equal(json_array_size(chunk), n);
	return chunk;
}

const json_t *told_content(const json_t *events, size_t i)
{
	const json_t *e = json_array_get(events, i);
	assert_string_equal(json_get_str(e, "sender"), "@_muster:localhost");
	assert_null(json_object_get(e, "state_key"));
	return json_get_object(e, "content");
}
