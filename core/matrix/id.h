/*
 * Matrix identifiers (appendices, "Identifier Grammar"). Each kind is a struct
 * of its own, a plain value that may be copied; all zero is "none".
 *
 * Identifiers are opaque: compare them byte by byte. A room id may end in
 * ":server" (room versions 1 to 11) or not (12 and later); it says nothing
 * about where the room lives, so there is no way to ask it for a server.
 */
#ifndef MUSTER_MATRIX_ID_H
#define MUSTER_MATRIX_ID_H

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/span.h"

#define LIMIT_MXC_BYTES 511

/** "@localpart:server". `s` is terminated. */
struct user_id {
	uint8_t n;
	char s[LIMIT_ID_BYTES + 1];
};

struct room_id {
	uint8_t n;
	char s[LIMIT_ID_BYTES + 1];
};

struct event_id {
	uint8_t n;
	char s[LIMIT_ID_BYTES + 1];
};

/** "#localpart:server" */
struct room_alias {
	uint8_t n;
	uint8_t colon; /**< offset of the colon that begins the server name */
	char s[LIMIT_ID_BYTES + 1];
};

struct device_id {
	uint8_t n;
	char s[LIMIT_ID_BYTES + 1];
};

/** "mxc://server/media" (client-server API, "Matrix Content (mxc://) URIs") */
struct mxc_uri {
	uint16_t n;
	uint16_t slash; /**< offset of the slash before the media id */
	char s[LIMIT_MXC_BYTES + 1];
};

/*
 * Parsers: 0, or ERR_INVALID with a sentence that says what is wrong; *ret is
 * written only on success. `err` may be NULL.
 */

/** Any user id that may be met in a room: the historical character set is accepted. */
int user_id_parse(struct span s, struct user_id *ret, struct err *err);
int room_id_parse(struct span s, struct room_id *ret, struct err *err);
int event_id_parse(struct span s, struct event_id *ret, struct err *err);
int room_alias_parse(struct span s, struct room_alias *ret, struct err *err);
/** Any text of 1 to 255 bytes without control characters. */
int device_id_parse(struct span s, struct device_id *ret, struct err *err);
int mxc_uri_parse(struct span s, struct mxc_uri *ret, struct err *err);

/** Host name or address, and ":port" if need be (appendices, "Server Name"). */
bool server_name_valid(struct span s);
/** May a new account have this localpart: a-z 0-9 . _ = - / + and not empty? */
bool localpart_is_new(struct span s);

/* Views, borrowed from the value. */
struct span room_alias_localpart(const struct room_alias *id);
struct span room_alias_server(const struct room_alias *id);
struct span mxc_uri_server(const struct mxc_uri *uri);
struct span mxc_uri_media(const struct mxc_uri *uri);

#endif
