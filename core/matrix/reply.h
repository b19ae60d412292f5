/*
 * Replies of the client-server API, read into values.
 */
#ifndef MUSTER_MATRIX_REPLY_H
#define MUSTER_MATRIX_REPLY_H

#include "core/base/json.h"
#include "core/matrix/slice.h"

/**
 * Fill `err` from a reply that is not 2xx (client-server API, "Standard error
 * response"): code, http_status, errcode, retry_after_ms and a sentence that
 * says what to do. `body` may be anything, `retry_after_ms` is what the
 * Retry-After header said (0: nothing). Returns the code.
 */
int mx_reply_error(int status, struct span body, int retry_after_ms, struct err *err);

/** POST /login, /register, /refresh. Owned; wiped by login_reply_done. */
struct login_reply {
	char *user_id, *device_id;
	char *access_token;
	char *refresh_token;   /**< or NULL */
	int64_t expires_in_ms; /**< 0: not said */
	char *base_url;	       /**< well_known.m.homeserver.base_url, or NULL */
};
/** ERR_PROTOCOL when user_id, device_id or access_token is missing or malformed. */
int login_reply_read(const json_t *j, struct login_reply *ret, struct err *err);
/** As above for /refresh: only the token is needed. */
int refresh_reply_read(const json_t *j, struct login_reply *ret, struct err *err);
void login_reply_done(struct login_reply *r);

/** The flows of GET /login and of a UIA 401. */
bool login_flows_has(const json_t *j, const char *type);
/** User-interactive authentication asked for by a 401: session id and stages done. */
struct uia_reply {
	const char *session;
	json_t *flows;	   /**< borrowed array */
	json_t *completed; /**< borrowed array or NULL */
};
bool uia_reply_read(const json_t *j, struct uia_reply *ret);
/**
 * The next stage of the first flow all of whose stages are in `known` (ends
 * with NULL); borrowed. NULL: no flow can be done, or all is done.
 */
const char *uia_next_stage(const struct uia_reply *u, const char *const *known);

/** {"event_id"}, {"room_id"}, {"content_uri"}, {"filter_id"}: borrowed, checked. */
int reply_event_id(const json_t *j, const char **ret, struct err *err);
int reply_room_id(const json_t *j, const char **ret, struct err *err);
int reply_content_uri(const json_t *j, const char **ret, struct err *err);

/** Does GET /versions say that the server has this unstable feature? */
bool versions_has_unstable(const json_t *j, const char *feature);

/**
 * A page of /messages, /relations or /context, out of its text, so that one
 * bad event costs only itself: iterate with sync_events and sync_next_event.
 * Spans point into `body`.
 */
struct page_reply {
	struct span chunk; /**< events; for /context those before and after are: */
	struct span before, after, event;
	struct span state;
	char start[4096], end[4096]; /**< tokens, "" when not said ("" in `end`: nothing beyond) */
};
/** ERR_PROTOCOL for what is not such a reply. */
int page_reply_read(struct span body, struct page_reply *ret, struct err *err);

#endif
