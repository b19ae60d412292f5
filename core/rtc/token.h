/*
 * LiveKit access tokens: JSON Web Tokens signed with HS256 (RFC 7515, 7519).
 */
#ifndef MUSTER_RTC_TOKEN_H
#define MUSTER_RTC_TOKEN_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define TOKEN_BYTES_MAX 16384
#define TOKEN_NAME_MAX 256 /**< room, identity, name: LiveKit's own limit */
#define TOKEN_LEEWAY_MS 60000

/** What muster puts into tokens and reads from them. */
struct token {
	char key[TOKEN_NAME_MAX + 1];	   /**< iss: the API key */
	char identity[TOKEN_NAME_MAX + 1]; /**< sub */
	char name[TOKEN_NAME_MAX + 1];
	char room[TOKEN_NAME_MAX + 1];
	int64_t not_before_ms, expires_ms; /**< wall clock */
	bool join, create, admin;	   /**< roomJoin, roomCreate, roomAdmin */
	bool publish, subscribe, data;	   /**< absent means allowed, as in LiveKit */
	bool hidden, update_metadata;
	/** canPublishSources: bit 1 << N for each source (enum lk_source) that may be published; 0:
	 * the token names none, so all that `publish` allows. */
	unsigned sources;
	/** "org.muster.call": the server holds everybody to that of the room, whatever tokens say. */
	bool rules;
};
#define TOKEN_SOURCES_MAX 5

/** Name of a source in tokens: "camera", "microphone", "screen_share", "screen_share_audio"; NULL:
 * it has none. */
const char *token_source_name(int source);
/** May a track of this source be published? */
bool token_may_publish(const struct token *t, int source);

/** Append a signed token. ERR_INVALID when `t` names nobody or text is not UTF-8. */
int token_make(const struct token *t, struct span secret, struct buf *ret, struct err *err);
/**
 * Read the API key without checking anything, to find the secret. ERR_AUTH on
 * what is no token.
 */
int token_key(struct span text, char ret[TOKEN_NAME_MAX + 1], struct err *err);
/** Check signature, algorithm and times (with TOKEN_LEEWAY_MS). ERR_AUTH with the reason. */
int token_verify(struct span text, struct span secret, int64_t wall_ms, struct token *ret,
		 struct err *err);

#endif
