/* load PORT receipts ROOM ROUNDS: one message, which everybody reads within a second. */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_WITHIN_MS 1000
#define SETTLE_MS 4000 /* after the last receipt: let what is still to be told come */

struct reader {
	struct load_conn *sync, *post;
	char *since;
	const char *token;
	uv_timer_t reads;
};

static struct {
	uv_loop_t *loop;
	const char *room;
	struct reader *readers;
	struct load_conn *sender;
	char *const *tokens;
	char event_id[128];
	uv_timer_t pause;
	size_t n, waiting, acked, round, rounds, replies, bytes;
	int failed;
} run;

static void complain(const char *what, const struct load_reply *reply)
{
	if (run.failed++ == 0)
		fprintf(stderr, "%s: %d %.200s\n", what, reply->status, reply->body);
}

static void wait_in_sync(struct reader *r)
{
	char path[1024];
	snprintf(path, sizeof(path), "/_matrix/client/v3/sync?timeout=30000%s%s",
		 r->since ? "&since=" : "", r->since ? r->since : "");
	load_request(r->sync, "GET", path, r->token, NULL);
}

static void read_it(uv_timer_t *t)
{
	struct reader *r = t->data;
	char path[1024];
	snprintf(path, sizeof(path), "/_matrix/client/v3/rooms/%s/receipt/m.read/%s", run.room,
		 run.event_id);
	load_request(r->post, "POST", path, r->token, "{}");
}

static void next_round(uv_timer_t *t)
{
	char path[512], body[128];
	(void)t;
	if (run.round == run.rounds) {
		uv_stop(run.loop);
		return;
	}
	if (run.round == 0)
		run.replies = run.bytes = 0;
	run.acked = 0;
	snprintf(path, sizeof(path), "/_matrix/client/v3/rooms/%s/send/m.room.message/r%d.%zu",
		 run.room, (int)getpid(), run.round++);
	snprintf(body, sizeof(body), "{\"msgtype\":\"m.text\",\"body\":\"read this\"}");
	load_request(run.sender, "PUT", path, run.tokens[0], body);
}

static void on_sent(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	(void)c;
	(void)arg;
	char *id = reply->status == 200 ? load_find_string(reply->body, "event_id") : NULL;
	if (!id) {
		complain("send", reply);
		uv_stop(run.loop);
		return;
	}
	snprintf(run.event_id, sizeof(run.event_id), "%s", id);
	free(id);
	for (size_t i = 0; i < run.n; i++)
		uv_timer_start(&run.readers[i].reads, read_it, READ_WITHIN_MS * i / run.n, 0);
}

static void on_read(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	(void)c;
	(void)arg;
	if (reply->status != 200)
		complain("receipt", reply);
	if (++run.acked == run.n)
		uv_timer_start(&run.pause, next_round, SETTLE_MS, 0);
}

static void on_sync(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	struct reader *r = arg;
	(void)c;
	if (reply->status != 200) {
		complain("sync", reply);
		uv_stop(run.loop);
		return;
	}
	run.replies++;
	run.bytes += reply->n;
	if (!r->since && ++run.waiting == run.n)
		uv_timer_start(&run.pause, next_round, 1000, 0);
	free(r->since);
	r->since = load_find_string(reply->body, "next_batch");
	wait_in_sync(r);
}

int load_receipts(uv_loop_t *loop, int port, const char *room, char *const *tokens, size_t n,
		  size_t rounds)
{
	run.loop = loop;
	run.room = room;
	run.tokens = tokens;
	run.n = n;
	run.rounds = rounds;
	run.readers = calloc(n, sizeof(*run.readers));
	run.sender = load_conn_new(loop, port, on_sent, NULL);
	uv_timer_init(loop, &run.pause);
	for (size_t i = 0; i < n; i++) {
		struct reader *r = &run.readers[i];
		r->token = tokens[i];
		r->sync = load_conn_new(loop, port, on_sync, r);
		r->post = load_conn_new(loop, port, on_read, NULL);
		uv_timer_init(loop, &r->reads);
		r->reads.data = r;
		wait_in_sync(r);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	printf("{\"what\":\"receipts\",\"done\":%zu,\"failed\":%d,\"people\":%zu,\"replies\":%zu,"
	       "\"bytes\":%zu}\n",
	       run.round, run.failed, n, run.replies, run.bytes);
	return run.failed;
}
