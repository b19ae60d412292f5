/*
 * Lines of text between processes of one person, over a Unix socket (0600, in
 * the runtime folder). The loop form serves and connects; ipc_ask is the
 * blocking form for one-shot verbs.
 */
#ifndef MUSTER_BASE_IPC_H
#define MUSTER_BASE_IPC_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/span.h"

struct ipc_server;
struct ipc; /**< one connection */

struct ipc_handler {
	/** Server side: somebody connected. */
	void (*opened)(struct ipc *c, void *arg);
	/** A line without its newline, at most LIMIT_IPC_LINE; borrowed. */
	void (*line)(struct ipc *c, struct span line, void *arg);
	/** The last call; the connection is released after it. */
	void (*closed)(struct ipc *c, void *arg);
};

/** Serve at `path`; a stale socket there is replaced, so hold a lock first. The caller owns *ret.
 */
int ipc_listen(struct loop *l, const char *path, const struct ipc_handler *h, void *arg,
	       struct ipc_server **ret, struct err *err);
/** Close it and its connections without further callbacks, and remove the socket. NULL is allowed.
 */
void ipc_server_free(struct ipc_server *s);
/** To everybody connected. */
void ipc_broadcast(struct ipc_server *s, struct span line);

/** Connect; `closed` tells when it fails too. Borrowed until `closed`, or ipc_drop. */
struct ipc *ipc_connect(struct loop *l, const char *path, const struct ipc_handler *h, void *arg);
/** Queue a line (copied, newline added). A peer that does not read is dropped. */
void ipc_send(struct ipc *c, struct span line);
/** Close without further callbacks. NULL is allowed. */
void ipc_drop(struct ipc *c);

/** Does somebody serve there? */
bool ipc_alive(const char *path);
/**
 * Blocking: connect, send `line`, append the first line of reply for which
 * `want` (a prefix) holds. ERR_NOT_FOUND: nobody serves there; ERR_CANCELLED: time.
 */
int ipc_ask(const char *path, struct span line, const char *want, int timeout_ms, char *ret,
	    size_t size, struct err *err);

#endif
