/*
 * Connections of bytes on the loop, for what should be datagrams but cannot:
 * ICE over TCP, TURN over TCP and TLS. What cannot go out soon is refused, so
 * that sound is dropped rather than late.
 *
 * Owner thread of the loop. A connection may be freed inside its handlers.
 */
#ifndef MUSTER_BASE_TCP_H
#define MUSTER_BASE_TCP_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/net_addr.h"

#include <stddef.h>

#define TCP_KERNEL_BUFFER 32768 /* of unsent bytes: what lies there is late already */

struct tcp;
struct tcp_listener;

struct tcp_handler {
	/** Connected, over TLS when that was asked for and its certificate is good. */
	void (*opened)(void *arg);
	/** Bytes as they come; borrowed. */
	void (*received)(void *arg, const uint8_t *p, size_t n);
	/** It is of no use any more: tcp_free it. Told once. `why` is a sentence. */
	void (*closed)(void *arg, const struct err *why);
};

struct tcp_options {
	struct net_addr to;
	/** TLS with the server of this name, or numeric address; NULL: plain. */
	const char *tls_name;
	const char
		*ca_file; /**< certificates to trust instead of the system's; NULL: the system's */
	size_t backlog_max; /**< unsent bytes beside the kernel's; 0: TCP_KERNEL_BUFFER */
};

/** Connecting; `opened` or `closed` follow, never inside. The caller owns *ret. */
int tcp_connect(struct loop *l, const struct tcp_options *o, const struct tcp_handler *h, void *arg,
		struct tcp **ret, struct err *err);
/** Closes at once. NULL is allowed. */
void tcp_free(struct tcp *t);
/** All of it, or nothing: false when too much waits, or it is not open. */
bool tcp_send(struct tcp *t, const void *p, size_t n);
/** The same of two parts that follow each other. */
bool tcp_send2(struct tcp *t, const void *p, size_t n, const void *q, size_t m);
/** Our end, once it is open. */
struct net_addr tcp_local(const struct tcp *t);
struct net_addr tcp_peer(const struct tcp *t);

/** One that was accepted, open, without a handler: tcp_handle, or tcp_free. The callee owns it. */
typedef void tcp_accept_fn(void *arg, struct tcp *t);
/**
 * `bind` as in udp.h: family 0 is every address. ERR_CONFLICT when the port is
 * taken. The caller owns *ret.
 */
int tcp_listen(struct loop *l, const struct net_addr *bind, tcp_accept_fn *fn, void *arg,
	       struct tcp_listener **ret, struct err *err);
/** What was accepted stays. NULL is allowed. */
void tcp_listener_free(struct tcp_listener *s);
void tcp_handle(struct tcp *t, const struct tcp_handler *h, void *arg, size_t backlog_max);

#endif
