/*
 * LiveKit's signalling connection: a WebSocket with binary messages, pings of
 * its own, the round trip that they measure.
 *
 * Owner thread of the loop.
 */
#ifndef MUSTER_CALL_SIGNAL_H
#define MUSTER_CALL_SIGNAL_H

#include "core/base/loop.h"
#include "core/base/ws.h"
#include "core/rtc/livekit/signal.h"

struct signal;

struct signal_handler {
	/** Each message but pongs; borrowed. signal_free is allowed. */
	void (*message)(void *arg, const struct lk_response *r);
	/**
	 * The last call: broken off, or closed by either side, or no pong in time.
	 * err->http_status is that of a refused connection. signal_free is allowed.
	 */
	void (*closed)(void *arg, const struct err *err);
};

struct signal_options {
	struct ws_client *client;
	struct loop *loop;
	const char *url; /**< of the server, without /rtc */
	const char *token;
	const char *ca_file;	   /**< or NULL */
	const char *reconnect_sid; /**< resume as this participant; NULL: a new one */
	int reconnect_reason;	   /**< enum signal_reason */
	int voices;		   /**< wanted at once, of servers of ours; 0: all there are */
};

/** Of LiveKit's protocol. */
enum signal_reason {
	SIGNAL_REASON_UNKNOWN = 0,
	SIGNAL_REASON_SIGNAL = 1,
	SIGNAL_REASON_PUBLISHER = 2,
	SIGNAL_REASON_SUBSCRIBER = 3,
	SIGNAL_REASON_NETWORK = 4,
};

/** The address to connect to, appended to `b`. ERR_USAGE when `url` is not one of a server. */
int signal_url(const struct signal_options *o, struct buf *b, struct err *err);

/** Start connecting. The caller owns it; errors are told by `closed`. */
struct signal *signal_open(const struct signal_options *o, const struct signal_handler *h,
			   void *arg);
/** What was not sent is forgotten; no callbacks. NULL is allowed. */
void signal_free(struct signal *s);
/** ERR_NETWORK when it is not open. */
int signal_send(struct signal *s, const struct lk_request *r, struct err *err);
/** Close politely after what was sent; `closed` follows, at the latest after 5 s. */
void signal_close(struct signal *s);
/**
 * Ping that often from now on (0: never); without a pong for `timeout_ms` (0: for
 * ever) it is closed. What is out of reason is brought into it: pings every 5
 * minutes at least, and a timeout that leaves a pong its time.
 */
void signal_ping(struct signal *s, int interval_ms, int timeout_ms);

#endif
