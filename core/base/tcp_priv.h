/* Inside tcp.c and tcp_tls.c. */
#ifndef MUSTER_BASE_TCP_PRIV_H
#define MUSTER_BASE_TCP_PRIV_H

#include "core/base/tcp.h"

#include <uv.h>

struct tcp_tls;

struct tcp {
	uv_tcp_t handle;
	uv_connect_t connect;
	struct loop *loop;
	struct tcp_handler h;
	void *arg;
	struct tcp_tls *tls; /* NULL: plain */
	size_t backlog_max;
	bool open; /* `opened` was told */
	bool over; /* closed, or freed: nothing is told any more */
};

/* tcp.c */
/* Bytes as they are on the wire; false when the connection is broken. */
bool tcp_write(struct tcp *t, const void *p, size_t n);
void tcp_opened(struct tcp *t);
void tcp_fail(struct tcp *t, const struct err *why);

/* tcp_tls.c */
struct tcp_tls *tcp_tls_new(const char *name, const char *ca_file, struct err *err);
void tcp_tls_free(struct tcp_tls *s);
/* Begin, or go on with, the handshake; then what was decrypted is told. `t` may be freed inside. */
void tcp_tls_received(struct tcp *t, const uint8_t *p, size_t n);
bool tcp_tls_send(struct tcp *t, const void *p, size_t n);

#endif
