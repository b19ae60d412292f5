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

/* The parts of a user id make it again. */
static void check_user(struct span text)
{
	struct user_id id, again;
	struct server_name server;
	if (user_id_parse(text, &id, NULL))
		return;
	struct span local = user_id_localpart(&id), domain = user_id_server(&id);
	if (local.n + domain.n + 2 != text.n || server_name_parse(domain, &server, NULL))
		abort();
	if (localpart_is_new(local) &&
	    (user_id_make(local, domain, &again, NULL) || !user_id_eq(&id, &again)))
		abort();
}

static void check_mxc(struct span text)
{
	struct mxc_uri uri;
	if (mxc_uri_parse(text, &uri, NULL))
		return;
	struct span media = mxc_uri_media(&uri);
	if (!media.n || span_find(media, '/') >= 0 || span_find(media, '.') >= 0)
		abort();
	server_name_port(mxc_uri_server(&uri));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct span text = {copy, size};
	CHECK(user_id, text, LIMIT_ID_BYTES);
	CHECK(room_id, text, LIMIT_ID_BYTES);
	CHECK(event_id, text, LIMIT_ID_BYTES);
	CHECK(room_alias, text, LIMIT_ID_BYTES);
	CHECK(server_name, text, LIMIT_ID_BYTES);
	CHECK(device_id, text, LIMIT_ID_BYTES);
	CHECK(mxc_uri, text, LIMIT_MXC_BYTES);
	check_user(text);
	check_mxc(text);
	mem_free(copy);
	return 0;
}
