/*
 * WebSocket client: libwebsockets on the loop (foreign libuv loop). Names are
 * resolved before lws sees them, because its resolver blocks.
 * libwebsockets is loaded on first use when the build links it lazily.
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
	/** The last call: `err` NULL for a clean close by either side. `code` is the close code or
	 * 0. */
	void (*closed)(int code, const struct err *err, void *arg);
};

struct ws_options {
	const char *url;	/**< ws:// or wss://, path and query up to 8 KB */
	const char *bearer;	/**< Authorization, or NULL */
	const char *protocol;	/**< Sec-WebSocket-Protocol, or NULL */
	const char *ca_file;	/**< extra trusted certificates, or NULL */
	int connect_timeout_ms; /**< 0: 10 s */
	int ping_every_ms;	/**< 0: 20 s; no pong within as long again closes */
};

struct ws_client *ws_client_new(struct loop *l, struct err *err);
/** All its connections must have been freed. Runs the loop until lws is gone. Not inside a ws
 * callback. */
void ws_client_free(struct ws_client *c);

/** Start connecting. The caller owns it until `closed` has been called, then frees it. */
struct ws *ws_connect(struct ws_client *c, const struct ws_options *opt, const struct ws_handler *h,
		      void *arg);
/** Queue a message (copied). ERR_TOO_LARGE when more than 8 MB wait unsent. */
int ws_send(struct ws *w, struct span data, bool binary, struct err *err);
/** Close cleanly; `closed` follows. */
void ws_close(struct ws *w, int code);
/** Release; when still open it is dropped without callbacks. NULL is allowed. */
void ws_free(struct ws *w);

#endif
