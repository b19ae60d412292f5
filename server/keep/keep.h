/*
 * Keeping a running server: daily backups by themselves, and what administrators ask for.
 * One such work at a time, on a thread of its own that yields to everybody. Loop thread.
 */
#ifndef MUSTER_SERVER_KEEP_KEEP_H
#define MUSTER_SERVER_KEEP_KEEP_H

#include "server/server.h"

#include <jansson.h>

struct keep;

#define KEEP_START_MS (10 * 60 * 1000) /* what was missed is made up for so long after the start */
#define KEEP_RETRY_MS (60 * 60 * 1000) /* after a daily backup failed */

/** After db_open; looks for backups that are there. The caller owns it. */
struct keep *keep_new(struct server *srv);
/** What is under way ends early; its `done` is called. Nothing is begun afterwards. */
void keep_stop(struct keep *k);
/** NULL is allowed. */
void keep_free(struct keep *k);

/** `ret` is handed over when rc is 0. */
typedef void keep_done_fn(void *arg, int rc, json_t *ret, const struct err *err);
/**
 * Begin an operation of ops.h for somebody who asks over the network. `args` is taken
 * over. `done` is called later, or at once with ERR_CONFLICT when another is under way.
 */
void keep_ask(struct keep *k, const char *op, json_t *args, keep_done_fn *done, void *arg);

/** Make the daily backup when it is time; the server's timer does this each minute. */
void keep_look(struct keep *k);

struct keep_status {
	const char *shelf; /**< borrowed */
	bool daily;	   /**< daily backups are on */
	bool busy;	   /**< something is under way */
	int64_t last_ms;   /**< newest whole backup; 0: none */
	int64_t failures;  /**< of daily backups since the start */
	const char *error; /**< why the last one failed; NULL: it did not. Borrowed */
};
/** As far as the loop knows. Loop thread. */
void keep_status(const struct keep *k, struct keep_status *ret);

#endif
