/*
 * A whole server in this process, on a thread of its own and a free port, and
 * blocking requests to it.
 */
#ifndef MUSTER_TESTS_SERVER_H
#define MUSTER_TESTS_SERVER_H

#include "core/base/http.h"
#include "server/serve.h"
#include "server/server.h"

#include <jansson.h>

struct test_server {
	struct serve_options opt; /**< set before starting; ports default to free ones */
	char dir[256];		  /**< data folder; made by the first start */
	char url[300];
	struct server *srv; /**< belongs to the server's thread */
	struct http *http;
	struct loop *loop;
	struct test_server_thread *thread;
};

/** Start, or start again on the same folder. Fails the test when it cannot. */
void test_server_start(struct test_server *t);
/** Stop; the folder stays. */
void test_server_stop(struct test_server *t);
/** Stop if needed and remove the folder. */
void test_server_done(struct test_server *t);
/** Run `fn(arg)` on the server's thread and wait for it. */
void test_server_run(struct test_server *t, loop_fn *fn, void *arg);

/**
 * One request; returns the status. `path` verbatim; `token` and `body` may be
 * NULL. *ret (may be NULL) is the reply's JSON, NULL when it is none.
 */
int test_call(struct test_server *t, const char *method, const char *path, const char *token,
	      const char *body, json_t **ret);
/** The same with printf for the body. Returns the JSON and checks the status. */
json_t *test_json(struct test_server *t, int status, const char *method, const char *path,
		  const char *token, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/** The same; checks the Matrix errcode. */
void test_error(struct test_server *t, int status, const char *errcode, const char *method,
		const char *path, const char *token, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

/** Make an account by the administration (no HTTP), cheaply. Password: "password of NAME". */
void test_add_user(struct test_server *t, const char *name, bool admin);
/** "PREFIX0" to "PREFIXn-1", in one go and with one password: people who need never log in. */
void test_add_people(struct test_server *t, const char *prefix, int n);
/** Log in; the caller owns the token. */
char *test_login(struct test_server *t, const char *name, const char *device_id);

#endif
