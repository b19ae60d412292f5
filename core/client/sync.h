/*
 * The sync engine: one process per account owns it (lock); the others listen
 * to the owner's socket and read the cache, and one of them takes over when
 * the owner dies. Whoever uses it sees the same: "something was committed".
 */
#ifndef MUSTER_CLIENT_SYNC_H
#define MUSTER_CLIENT_SYNC_H

#include "core/client/client.h"

struct engine;

enum engine_state {
	ENGINE_STARTING,
	ENGINE_LIVE,	   /**< synced, waiting for news (own long poll or the owner's word) */
	ENGINE_OFFLINE,	   /**< network or server trouble; trying again */
	ENGINE_LOGGED_OUT, /**< the token is gone: `muster login` */
};

struct engine_observer {
	/** New rows are in the cache; read them by cursor. */
	void (*committed)(void *arg);
	/** `err` says why for OFFLINE and LOGGED_OUT. */
	void (*state)(enum engine_state now, const struct err *err, void *arg);
};

/** On the client's loop (client_options.loop). Several observers share one engine. */
int engine_new(struct client *c, struct engine **ret, struct err *err);
/** Gives the lock back. NULL is allowed. */
void engine_free(struct engine *e);
void engine_observe(struct engine *e, const struct engine_observer *o, void *arg);
/** No more calls with these two. Also inside one. */
void engine_unobserve(struct engine *e, const struct engine_observer *o, const void *arg);
enum engine_state engine_state(const struct engine *e);
/**
 * Before the process is stopped (Ctrl-Z): give up the lock and the socket, so
 * that others can sync; and go on afterwards. Observers are told nothing in between.
 */
void engine_pause(struct engine *e);
/** Before this process is stopped: wait (some seconds at most) until no reply is half in a cache, as
 * a transaction that stands still holds up every other process. Blocks; behind engine_pause. */
void engine_settle(void);
void engine_resume(struct engine *e);
/**
 * What our own syncing says of us: "online", "unavailable" or "offline" (the
 * default: it says nothing). Borrowed; from the next sync on. Only the owner's word is heard.
 */
void engine_set_presence(struct engine *e, const char *presence);
/** Sync now rather than when the long poll ends. */
void engine_sync_now(struct engine *e);

/** Blocking: sync once when nobody does, else have the owner sync; up to `wait_ms`. */
int sync_once(struct client *c, int wait_ms, struct err *err);
/**
 * Fill the gap `gap_id` with one page of /messages. *ret_more: the gap is
 * still open. Blocking.
 */
int sync_backfill(struct client *c, int64_t room, int64_t gap_pos, int limit, bool *ret_more,
		  struct err *err);

#endif
