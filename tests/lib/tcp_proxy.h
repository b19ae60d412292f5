/*
 * A TCP proxy on loopback with a thread of its own, to break connections that
 * neither end wants to break.
 */
#ifndef MUSTER_TESTS_TCP_PROXY_H
#define MUSTER_TESTS_TCP_PROXY_H

#include <stdbool.h>

struct tcp_proxy;

/** To that port of loopback. */
struct tcp_proxy *tcp_proxy_start(int to_port);
void tcp_proxy_stop(struct tcp_proxy *p);
int tcp_proxy_port(const struct tcp_proxy *p);
/** Reset what is connected now. */
void tcp_proxy_cut(struct tcp_proxy *p);
/** Hang up on whoever connects from now on, or no longer. */
void tcp_proxy_refuse(struct tcp_proxy *p, bool refuse);
/** Connections that were accepted so far. */
int tcp_proxy_count(const struct tcp_proxy *p);

#endif
