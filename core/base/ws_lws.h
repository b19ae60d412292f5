/*
 * A WebSocket's state, shared by ws.c (what callers see) and ws_lws.c (what
 * libwebsockets sees). Private to ws*.c.
 */
#ifndef MUSTER_BASE_WS_LWS_H
#define MUSTER_BASE_WS_LWS_H

#include "core/base/buf.h"
#include "core/base/ws.h"

struct lws;
struct lws_context;
struct sockaddr;

struct ws_url {
	bool tls;
	bool is_ip;
	int port;
	char *host;	 /* bare: for the resolver and the certificate */
	char *authority; /* for the Host header */
	char *path;	 /* and query */
};

struct ws_out {
	struct ws_out *next;
	bool binary;
	size_t n;
	unsigned char *p; /* room for lws before the data */
};

enum ws_state { WS_CONNECTING, WS_OPEN, WS_CLOSING, WS_CLOSED };

struct ws {
	struct ws_client *client;
	struct ws_handler h;
	void *arg;
	struct ws_url url;
	char *bearer, *protocol, *ca_file;
	enum ws_state state;
	struct ws_resolve *resolving;
	struct addrinfo *addresses, *next_address;
	struct lws *wsi;
	struct loop_timer *deadline; /* of connecting, then of closing */
	struct loop_timer *ping;
	struct loop_timer *turn; /* next address, or the end: outside lws */
	int connect_timeout_ms, ping_every_ms;
	bool heard, ping_due, close_sent;
	struct buf in;
	struct ws_out *out, **out_last;
	size_t queued;
	int close_code, peer_code;
	struct err err;	   /* why it ends; code 0: cleanly */
	char tls_why[128]; /* what is wrong with the certificate */
};

/* ws.c: what happened, told by ws_lws.c from inside lws. */

/** It is open. */
void ws_on_open(struct ws *w);
/** A piece of a message, of its first and its last frame maybe; borrowed. */
void ws_on_data(struct ws *w, struct span data, bool first, bool final, bool binary);
/** This attempt failed before it was open. */
void ws_on_failed(struct ws *w, int http_status, const char *why);
/** It was open and is gone. */
void ws_on_gone(struct ws *w);

/* ws_lws.c */

/** For ws_client_new: load lws and tie it to the loop. The caller owns *ret: lws_side_free. */
int lws_side_open(struct loop *l, struct ws_client **ret, struct err *err);
void lws_side_free(struct ws_client *c);
/** Start connecting to one address; false when lws refuses at once. */
bool lws_side_connect(struct ws *w, const char *ip);
/** Ask to be called back for writing. */
void lws_side_want_write(struct ws *w);
/** lws forgets `w` and closes; no callback for it comes any more. */
void lws_side_drop(struct ws *w);
/** A buffer for `n` bytes to send. */
struct ws_out *lws_side_out_new(struct span data, bool binary);
void lws_side_out_free(struct ws_out *o);

/** Borrowed. */
struct loop *ws_client_loop(const struct ws_client *c);

#endif
