/*
 * One account, as a process uses it: what verbs and the TUI start from.
 * Opening reads two small files and opens no connection and no database;
 * both come with first use.
 *
 * Verb functions (rooms.h, send.h, timeline.h ...) block, keep to the client's
 * deadline and give their results as JSON objects with the stable keys of the
 * command line's contract; times are Unix milliseconds in keys that end in
 * "ts" (the front end prints them as ISO 8601). One client belongs to one
 * thread.
 */
#ifndef MUSTER_CLIENT_CLIENT_H
#define MUSTER_CLIENT_CLIENT_H

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/loop.h"
#include "core/client/account.h"

struct client;
struct session;
struct store; /* core/store/store.h */

/**
 * One row of a result; `row` is borrowed (json_incref to keep it). Anything
 * but 0 ends the listing, and the function returns that value.
 */
typedef int client_row_fn(json_t *row, void *arg);

struct client_options {
	const char *account; /**< NULL: MUSTER_ACCOUNT, the default, or the only one */
	int timeout_ms;	     /**< for everything this client does; 0: none */
	struct loop *loop;   /**< for use on a loop (TUI); NULL: blocking calls only */
	const char *ca_file; /**< extra trusted certificates, or NULL */
	bool stay;	     /**< do not join what replaces a room that we are in (upgrade.h) */
	bool kept; /**< an engine of this process keeps the cache: nothing is synced before reading */
	const int *
		offline; /**< session_set_offline_flag's: borrowed for the client's life, or NULL */
};

/** ERR_AUTH when nobody is logged in. The caller owns *ret. */
int client_open(const struct client_options *opt, struct client **ret, struct err *err);
/** NULL is allowed. */
void client_close(struct client *c);
const struct account *client_account(const struct client *c);
struct session *client_session(struct client *c);
/** The cache, opened and migrated on first use. Borrowed. */
int client_store(struct client *c, struct store **ret, struct err *err);
struct loop *client_loop(struct client *c);
/** Milliseconds left of the deadline; -1 without one; 0 when it has passed. */
int client_time_left_ms(const struct client *c);
/** Move the deadline: `ms` went by in which nothing could be done. */
void client_give_time(struct client *c, int64_t ms);
/**
 * What is done now ends with ERR_CANCELLED in `ms` at the latest, if not sooner. Returns what
 * client_unlimit takes to go on as before.
 */
int64_t client_limit(struct client *c, int64_t ms);
void client_unlimit(struct client *c, int64_t before);
/** ERR_CANCELLED with a sentence once the deadline has passed or client_begin's flag is set. */
int client_check_time(const struct client *c, struct err *err);
/**
 * Begin one of several pieces of work: its time limit (0: none) counts from
 * now, and when `cancel` (borrowed, or NULL; set by any thread with an atomic
 * store) says so, it ends with ERR_CANCELLED at its next step.
 */
void client_begin(struct client *c, int timeout_ms, const int *cancel);

#endif
