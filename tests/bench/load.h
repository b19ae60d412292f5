/*
 * A small HTTP load generator on libuv: many keep-alive connections, one
 * request under way on each, replies timed. It shares no code with the
 * server it measures.
 */
#ifndef MUSTER_BENCH_LOAD_H
#define MUSTER_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct load_conn;

struct load_reply {
	int status;
	const char *body; /**< borrowed, terminated */
	size_t n;
	int64_t took_ns; /**< from the write of the request to the last byte */
};

typedef void load_reply_fn(struct load_conn *c, const struct load_reply *reply, void *arg);

/** One connection to 127.0.0.1:`port`; connects on first use, again after a close. */
struct load_conn *load_conn_new(uv_loop_t *loop, int port, load_reply_fn *fn, void *arg);
void load_conn_free(struct load_conn *c);
/** Send one request; its reply calls fn. `token` may be NULL. Status 0 tells a broken connection.
 */
void load_request(struct load_conn *c, const char *method, const char *path, const char *token,
		  const char *body);

/** One message a round, a receipt by everybody, all of them in /sync; prints a report. */
int load_receipts(uv_loop_t *loop, int port, const char *room, char *const *tokens, size_t n,
		  size_t rounds);

/** Sorted copy's percentile of `n` values, 0..100. */
int64_t load_percentile(int64_t *values, size_t n, double p);
/** The value of a top-level or nested string member, by plain search; the caller frees it. */
char *load_find_string(const char *json, const char *key);

#endif
