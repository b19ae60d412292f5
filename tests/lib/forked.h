/*
 * For tests of the client: a home of its own, a server in a process of its
 * own (the real one, or one that plays a script), and workers that can be
 * killed. The test's process has no threads, so it may fork at any time.
 */
#ifndef MUSTER_TESTS_FORKED_H
#define MUSTER_TESTS_FORKED_H

#include "core/client/client.h"

#include <stdbool.h>
#include <sys/types.h>

/** Throw-away XDG folders; they are this process's and its children's from now on. */
struct home {
	char dir[256];
};
void home_make(struct home *h);
void home_remove(struct home *h);

struct forked {
	pid_t pid;
	char url[300];
	char log[300]; /**< script: one line "METHOD target body" per request */
};

/** The real server with open registration, on `dir` (kept: start again there after a kill). */
void forked_serve(struct forked *f, const char *dir);
/** The same on the port that `f` had. */
void forked_serve_again(struct forked *f, const char *dir);
/** End by signal and wait. 0: does nothing when it is gone. */
void forked_end(struct forked *f, int signum);

/** One request expected and the reply given. */
struct script_step {
	const char *method; /**< NULL: any */
	const char *target; /**< beginning of the request target */
	const char *with;   /**< text in target, body or Authorization header, or NULL */
	int status;	    /**< 0: hang up without an answer; -1: never answer */
	const char *body;   /**< "@URL@" in it stands for the script's own address */
	bool repeat;	    /**< may be used any number of times */
};
/**
 * A server that answers each request by the first unused step that fits (ends
 * with target == NULL); what fits none gets 404 M_UNRECOGNIZED.
 */
void forked_script(struct forked *f, const char *dir, const struct script_step *steps);
/** Requests seen so far whose log line begins with `prefix`. */
int forked_count(const struct forked *f, const char *prefix);

/** fork(), but the child is killed when this process ends, however that comes. */
pid_t forked_fork(void);

/** Run fn(arg) in a child, which ends with its value as exit status. */
pid_t worker_start(int (*fn)(void *arg), void *arg);
/** Wait (at most 60 s, then the test fails); the exit status, or 128 + signal. */
int worker_wait(pid_t pid);
void worker_kill(pid_t pid, int signum);

/** Register with the real server at `url`; the account's local name is `user`. */
void account_register(const char *url, const char *user);
/** An account folder by hand, for scripts: user @NAME:test, token "token-NAME". */
void account_fake(const char *url, const char *name, const char *token, const char *refresh);
/** Open; fails the test when it cannot. */
struct client *client_of(const char *account, int timeout_ms, struct loop *l);

/** Collects rows (new references) in an array. */
int rows_add(json_t *row, void *array);

#endif
