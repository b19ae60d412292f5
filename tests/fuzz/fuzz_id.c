/* Any bytes as each kind of identifier: what is accepted is kept whole and parses again. */
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/matrix/id.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(type, text, limit)                                                         \
	do {                                                                             \
		struct type id, again;                                                   \
		struct err e = {0};                                                      \
		if (type##_parse(text, &id, &e)) {                                       \
			if (!e.msg[0])                                                   \
				abort();                                                 \
		} else if (id.n != (text).n || id.n > (limit) || strlen(id.s) != id.n || \
			   memcmp(id.s, (text).p, id.n) != 0 || !utf8_valid(text) ||     \
			   type##_parse(span_of(id.s), &again, NULL) ||                  \
			   memcmp(&id, &again, sizeof(id)) != 0) {                       \
			abort();                                                         \
		}                                                                        \
	} while (0)

static void check_mxc(struct span text)
{
	struct mxc_uri uri;
	if (mxc_uri_parse(text, &uri, NULL))
		return;
	struct span media = mxc_uri_media(&uri);
	if (!media.n || span_find(media, '/') >= 0 || span_find(media, '.') >= 0)
		abort();
	if (!server_name_valid(mxc_uri_server(&uri)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct span text = {copy, size};
	CHECK(user_id, text, LIMIT_ID_BYTES);
	CHECK(room_id, text, LIMIT_ID_BYTES);
	CHECK(event_id, text, LIMIT_ID_BYTES);
	CHECK(room_alias, text, LIMIT_ID_BYTES);
	CHECK(device_id, text, LIMIT_ID_BYTES);
	CHECK(mxc_uri, text, LIMIT_MXC_BYTES);
	localpart_is_new(text);
	check_mxc(text);
	mem_free(copy);
	return 0;
}
