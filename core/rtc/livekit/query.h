/*
 * The query of a LiveKit signalling address, "/rtc?access_token=...".
 */
#ifndef MUSTER_RTC_LIVEKIT_QUERY_H
#define MUSTER_RTC_LIVEKIT_QUERY_H

#include "core/base/buf.h"
#include "core/rtc/livekit/models.h"

#define LK_QUERY_BYTES_MAX (128u << 10)
#define LK_QUERY_KEYS_MAX 64

/** Text is never NULL after a parse; when building, NULL and "" are left out. */
struct lk_query {
	const char *access_token; /**< or "" when it comes as Authorization: Bearer */
	int protocol;		  /**< 0: not said */
	bool auto_subscribe;	  /**< true unless said otherwise */
	bool adaptive_stream;
	bool reconnect;	      /**< comes back with `sid` */
	const char *sid;      /**< the person's, "PA_..." */
	int reconnect_reason; /**< 0: unknown */
	const char *publish;
	const char *attributes; /**< base64url of JSON */
	bool disable_ice_lite;
	const char *sdk;     /**< "js", "rust", "go" ... */
	const char *version; /**< of the SDK */
	const char *os;
	const char *os_version, *device_model, *browser, *browser_version;
	const char *network;
	const char *join_request; /**< the form of /rtc/v1; we answer 404 to that */
	int client_protocol;
	int muster_voices; /**< ours, which others ignore: voices wanted at once; 0: not said */
};

/** A query with nothing said: all "", auto_subscribe. Borrows only constants. */
#define LK_QUERY_INIT                                                                    \
	{                                                                                \
		.access_token = "", .auto_subscribe = true, .sid = "", .publish = "",    \
		.attributes = "", .sdk = "", .version = "", .os = "", .os_version = "",  \
		.device_model = "", .browser = "", .browser_version = "", .network = "", \
		.join_request = ""                                                       \
	}

/**
 * Parse what follows the "?" (without it). Unknown keys are skipped, the last
 * of a repeated key counts, a value that makes no sense counts as not said.
 * ERR_INVALID for broken percent-encoding or text that is not UTF-8 or holds
 * NUL in a key that we know; ERR_TOO_LARGE over a cap. Release with
 * lk_query_done.
 */
int lk_query_parse(struct span query, struct lk_query *ret, struct err *err);
/** Only of a parsed one, or zeroed. */
void lk_query_done(struct lk_query *q);
/** Append "access_token=...&protocol=16&..." without "?". ERR_TOO_LARGE: the buffer is full. */
int lk_query_put(const struct lk_query *q, struct buf *b, struct err *err);

#endif
