/*
 * What who leads a call does to the others at once, by LiveKit's RoomService on
 * the SFU that we are on: an access token with roomAdmin lets us, as `muster
 * serve` gives to who leads. One call, its loop.
 */
#ifndef MUSTER_CLIENT_CALL_HOST_H
#define MUSTER_CLIENT_CALL_HOST_H

#include "core/base/err.h"

#include <stdbool.h>

struct host;
struct room_call;

enum host_act {
	HOST_MUTE,     /**< one person, on all their devices */
	HOST_MUTE_ALL, /**< everybody but ourselves */
	HOST_REMOVE,
	HOST_END,   /**< the call, for everybody */
	HOST_ALLOW, /**< let one person speak, or ... */
	HOST_FORBID,
};

/** `n`: tracks muted, devices removed. Not inside of host_do, and not after host_free. */
typedef void host_done_fn(void *arg, int n, const struct err *err);

/** For one call, which outlives it. The caller owns it. */
struct host *host_new(struct room_call *rc);
/** NULL is allowed. */
void host_free(struct host *h);
/**
 * Begin. `user`: a user id, or an identity of the SFU. The error of what cannot begin
 * (nobody of this name is there) is returned; `fn` is then not called.
 */
int host_do(struct host *h, enum host_act what, const char *user, host_done_fn *fn, void *arg,
	    struct err *err);
/** What the act was about that host_done_fn is being told of, and whom ("": everybody). Inside of it alone. */
enum host_act host_told_act(const struct host *h);
const char *host_told_user(const struct host *h);
/** Another access token is there, or none could be had (`why`). */
void host_token(struct host *h, const char *jwt, const struct err *why);
/** Forget that `fn` with this `arg` is to be called. */
void host_forget(struct host *h, void *arg);

#endif
