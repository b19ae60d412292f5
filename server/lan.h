/*
 * The address that people in this network type. When this machine gets another
 * one (the Wi-Fi changes, DHCP gives a new lease), what clients are told follows
 * and the change is told; codes of slips stay valid, as they hold no address.
 * Loop thread.
 */
#ifndef MUSTER_SERVER_LAN_H
#define MUSTER_SERVER_LAN_H

#include "server/server.h"

#include <jansson.h>

struct lan;

/**
 * {"event":"address","url","names","interface"}: url is null when there is no network;
 * names (URLs by multicast DNS) may come later, in another event with the same url.
 * The reference is the callee's.
 */
typedef void lan_event_fn(void *arg, json_t *event);

/**
 * Watch, if the server is reached by the addresses of its interfaces (it listens
 * on all, and neither public_url nor announce_ip is set); NULL otherwise. The
 * first event comes on the loop's next turn.
 */
struct lan *lan_watch(struct server *srv, lan_event_fn *fn, void *arg);
/** Look now: for tests, and for who knows that something changed. */
void lan_look(struct lan *l);
/** Waits for a look-up that is under way. Not from a callback. NULL is allowed. */
void lan_free(struct lan *l);

#endif
