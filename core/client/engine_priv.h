/* What engine.c (who syncs, who listens), engine_poll.c (syncing) and engine_follow.c share. */
#ifndef MUSTER_CLIENT_ENGINE_PRIV_H
#define MUSTER_CLIENT_ENGINE_PRIV_H

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/base/ipc.h"
#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/client/sync_priv.h"
#include "core/client/upgrade.h"

#define ENGINE_OBSERVERS 8
#define ENGINE_ASKERS 64
#define ENGINE_WAITS 64
/* Where messages come thick and fast, each sync costs more than what it brings: one that brought
 * something within this time of the one before is followed by a rest. */
#define ENGINE_BUSY_MS 160
#define ENGINE_REST_MS 80

struct job;

/* Not before this clock_mono_ms. */
struct engine_wait {
	int64_t room, after_ms;
	int failures;
};

struct engine {
	struct client *c;
	struct loop *l;
	enum engine_state state;
	const char *presence; /* what a sync makes of ours */
	struct err why;
	const struct engine_observer *observers[ENGINE_OBSERVERS];
	void *observer_args[ENGINE_OBSERVERS];
	int observer_count;

	struct loop_timer *timer; /* next attempt: for the lock, or to sync */
	struct fs_lock *lock;	  /* held: we own sync */
	struct ipc_server *server;
	struct ipc *owner; /* connection to the process that owns it */
	/* Who wants "synced up to now"; the first asker_old asked before `poll` began. */
	struct ipc *askers[ENGINE_ASKERS];
	int asker_count, asker_old;

	struct store *store; /* for the pool, one job at a time */
	struct job *job;
	bool index_done;	   /* all that came is searchable */
	struct session_call *poll; /* GET /sync under way */
	char *since;		   /* its token */
	struct buf reply;	   /* of a poll, waits for the pool */
	bool reply_waits;
	bool poll_waits; /* `poll` is a long one */
	bool restart;	 /* it was cancelled to sync at once */
	bool whole;	 /* the next one asks without a token */
	bool resting;	 /* the next one waits for `timer`, so that it brings more at once */
	int64_t news_ms; /* clock_mono_ms of the last one that brought anything */
	int failures;

	struct session_call *fill; /* GET /messages under way */
	struct store_gap gap;	   /* which it fills */
	struct buf page;	   /* its reply, waits for the pool */
	bool page_waits;
	struct engine_wait waits[ENGINE_WAITS]; /* rooms whose history could not be had */
	int wait_count;

	struct session_call *join; /* a request about the room that replaced one of ours: */
	struct upgrade upgrade;
};

/** engine_poll.c: begin syncing, and stop; `store` must be open. */
void engine_poll(struct engine *e);
void engine_poll_stop(struct engine *e);
/** Cut the long poll short. */
void engine_poll_now(struct engine *e);

/** engine_follow.c: join rooms that replaced ours, one after the other. */
void engine_follow(struct engine *e);
void engine_follow_stop(struct engine *e);

/** engine.c: to observers and listening processes. */
void engine_publish(struct engine *e);
void engine_set_state(struct engine *e, enum engine_state now, const struct err *why);
/** Answer who asked before the sync that has just ended; `why`: it failed, answer everybody. */
void engine_answer(struct engine *e, const struct err *why);

#endif
