/*
 * WebSocket client: libwebsockets on the loop (foreign libuv loop). Names are
 * resolved before lws sees them, because its resolver blocks. Proxies of the
 * environment are not used. All calls: owner thread of the loop.
 */
#ifndef MUSTER_BASE_WS_H
#define MUSTER_BASE_WS_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/span.h"

struct ws_client; /**< one per loop: holds the lws context */
struct ws;	  /**< one connection */

struct ws_handler {
	void (*opened)(void *arg);
	/** A whole message, at most LIMIT_WS_MESSAGE; borrowed. */
	void (*message)(struct span data, bool binary, void *arg);
	/**
	 * The last call, never inside another: `err` NULL for a clean close by either side.
	 * `code` is the peer's close code, else ours, else 0. A refused log-in is ERR_AUTH, an
	 * unknown path ERR_NOT_FOUND; err->http_status holds the status.
	 */
	void (*closed)(int code, const struct err *err, void *arg);
};

struct ws_options {
	const char *url;	/**< ws:// or wss://, path and query up to LIMIT_WS_PATH */
	const char *bearer;	/**< Authorization, or NULL */
	const char *protocol;	/**< Sec-WebSocket-Protocol, or NULL */
	const char *ca_file;	/**< extra trusted certificates, or NULL */
	int connect_timeout_ms; /**< 0: 10 s */
	int ping_every_ms;	/**< 0: 20 s; nothing heard for as long again ends it */
};

/**
 * What the connections of one loop share, on its thread. NULL: the library cannot be loaded
 * (ERR_UNSUPPORTED) or refuses.
 */
struct ws_client *ws_client_new(struct loop *l, struct err *err);
/** All its connections must have been freed. Runs the loop until lws is gone. Not inside `opened`
 * or `message`. NULL is allowed. */
void ws_client_free(struct ws_client *c);

/** Start connecting. The caller owns it until `closed` has been called, then frees it. */
struct ws *ws_connect(struct ws_client *c, const struct ws_options *opt, const struct ws_handler *h,
		      void *arg);
/** Queue a message (copied), once `opened`. ERR_TOO_LARGE when more than LIMIT_WS_QUEUE bytes
 * would wait unsent; ERR_NETWORK when it is not open. */
int ws_send(struct ws *w, struct span data, bool binary, struct err *err);
/** Close cleanly with this code (1000 is normal) after what is queued; `closed` follows, without
 * error, at the latest 5 s later. */
void ws_close(struct ws *w, int code);
/** Release; when still open it is dropped without callbacks. NULL is allowed. */
void ws_free(struct ws *w);

#endif
