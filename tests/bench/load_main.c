/*
 * load PORT login N CONNS      users u0..uN-1, password "correct horse battery"; tokens on fd 3
 * load PORT send ROOM N CONNS < tokens      durable messages a second
 * load PORT fanout ROOM ROUNDS < tokens     the first token sends, all others wait in /sync;
 *                                           ROUNDS may be a time, such as 60s
 * load PORT receipts ROOM ROUNDS < tokens   the first sends, all read it and wait in /sync
 *
 * Prints one line of JSON with what was measured.
 */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uv_loop_t *loop;
static int port;
static char **tokens;
static size_t token_count;
static int64_t *times;
static size_t time_count;
static int failed;

static void keep_time(int64_t ns)
{
	times = realloc(times, (time_count + 1) * sizeof(*times));
	times[time_count++] = ns;
}

static void read_tokens(void)
{
	char line[2048];
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		tokens = realloc(tokens, (token_count + 1) * sizeof(*tokens));
		tokens[token_count++] = strdup(line);
	}
}

static void report(const char *what, double seconds)
{
	int64_t p50 = load_percentile(times, time_count, 50);
	int64_t p99 = load_percentile(times, time_count, 99);
	printf("{\"what\":\"%s\",\"done\":%zu,\"failed\":%d,\"seconds\":%.3f,\"per_second\":%.1f,"
	       "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
	       what, time_count, failed, seconds, (double)time_count / seconds, (double)p50 / 1e6,
	       (double)p99 / 1e6, (double)load_percentile(times, time_count, 100) / 1e6);
}

/* login ------------------------------------------------------------------ */

static size_t next_user, users_wanted, users_done;
static FILE *tokens_out;

static void login_next(struct load_conn *c)
{
	char body[256];
	if (next_user >= users_wanted)
		return;
	snprintf(body, sizeof(body),
		 "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":"
		 "\"u%zu\"},\"password\":\"correct horse battery\"}",
		 next_user++);
	load_request(c, "POST", "/_matrix/client/v3/login", NULL, body);
}

static void on_login(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	(void)arg;
	char *token = reply->status == 200 ? load_find_string(reply->body, "access_token") : NULL;
	if (token) {
		fprintf(tokens_out, "%s\n", token);
		keep_time(reply->took_ns);
	} else if (failed++ == 0) {
		fprintf(stderr, "login: %d %.200s\n", reply->status, reply->body);
	}
	free(token);
	if (++users_done == users_wanted)
		uv_stop(loop);
	else
		login_next(c);
}

static void run_login(size_t n, size_t conns)
{
	users_wanted = n;
	tokens_out = fdopen(3, "w");
	if (!tokens_out) {
		fprintf(stderr, "load: login writes its tokens to file descriptor 3\n");
		exit(2);
	}
	int64_t from = (int64_t)uv_hrtime();
	for (size_t i = 0; i < conns; i++)
		login_next(load_conn_new(loop, port, on_login, NULL));
	uv_run(loop, UV_RUN_DEFAULT);
	fclose(tokens_out);
	report("login", (double)((int64_t)uv_hrtime() - from) / 1e9);
}

/* send ------------------------------------------------------------------- */

static const char *room;
static size_t sends_wanted, sends_begun, sends_done;

static void send_next(struct load_conn *c, size_t who)
{
	char path[512], body[128];
	if (sends_begun >= sends_wanted)
		return;
	snprintf(path, sizeof(path), "/_matrix/client/v3/rooms/%s/send/m.room.message/b%d.%zu",
		 room, (int)getpid(), sends_begun);
	snprintf(body, sizeof(body), "{\"msgtype\":\"m.text\",\"body\":\"message %zu\"}",
		 sends_begun++);
	load_request(c, "PUT", path, tokens[who % token_count], body);
}

static void on_sent(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	if (reply->status == 200)
		keep_time(reply->took_ns);
	else if (failed++ == 0)
		fprintf(stderr, "send: %d %.200s\n", reply->status, reply->body);
	if (++sends_done == sends_wanted)
		uv_stop(loop);
	else
		send_next(c, (size_t)arg);
}

static void run_send(size_t n, size_t conns)
{
	sends_wanted = n;
	int64_t from = (int64_t)uv_hrtime();
	for (size_t i = 0; i < conns; i++)
		send_next(load_conn_new(loop, port, on_sent, (void *)i), i);
	uv_run(loop, UV_RUN_DEFAULT);
	report("send", (double)((int64_t)uv_hrtime() - from) / 1e9);
}

/* fanout ----------------------------------------------------------------- */

struct waiter {
	struct load_conn *c;
	char *since, *token;
	bool ready; /* has its first token and waits */
	bool got;   /* this round's message */
};

static struct waiter *waiters;
static size_t waiter_count, ready_count, got_count, round_now, rounds_wanted;
static struct load_conn *sender;
static uv_timer_t pause_timer;
static int64_t sent_at, ends_at; /* ends_at 0: counted in rounds */
static char round_mark[64];

static void wait_in_sync(struct waiter *w)
{
	char path[1024];
	snprintf(path, sizeof(path), "/_matrix/client/v3/sync?timeout=30000%s%s",
		 w->since ? "&since=" : "", w->since ? w->since : "");
	load_request(w->c, "GET", path, w->token, NULL);
}

static void send_round(uv_timer_t *t)
{
	char path[512], body[160];
	(void)t;
	for (size_t i = 0; i < waiter_count; i++)
		waiters[i].got = false;
	got_count = 0;
	snprintf(round_mark, sizeof(round_mark), "round %d.%zu", (int)getpid(), round_now);
	snprintf(path, sizeof(path), "/_matrix/client/v3/rooms/%s/send/m.room.message/f%d.%zu",
		 room, (int)getpid(), round_now);
	snprintf(body, sizeof(body), "{\"msgtype\":\"m.text\",\"body\":\"%s\"}", round_mark);
	sent_at = (int64_t)uv_hrtime();
	load_request(sender, "PUT", path, tokens[0], body);
}

static void on_round_sent(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	(void)c;
	(void)arg;
	if (reply->status != 200 && failed++ == 0)
		fprintf(stderr, "send: %d %.200s\n", reply->status, reply->body);
}

static void round_done(void)
{
	bool late = ends_at && (int64_t)uv_hrtime() >= ends_at;
	if (++round_now == rounds_wanted || late)
		uv_stop(loop);
	else /* let every waiter be back in its long poll */
		uv_timer_start(&pause_timer, send_round, 300, 0);
}

static void on_sync(struct load_conn *c, const struct load_reply *reply, void *arg)
{
	struct waiter *w = arg;
	(void)c;
	if (reply->status != 200) {
		if (failed++ == 0)
			fprintf(stderr, "sync: %d %.200s\n", reply->status, reply->body);
		uv_stop(loop);
		return;
	}
	free(w->since);
	w->since = load_find_string(reply->body, "next_batch");
	bool new_message = w->ready && !w->got && strstr(reply->body, round_mark);
	if (new_message) {
		w->got = true;
		keep_time((int64_t)uv_hrtime() - sent_at);
	}
	wait_in_sync(w);
	if (!w->ready) {
		w->ready = true;
		if (++ready_count == waiter_count)
			uv_timer_start(&pause_timer, send_round, 1000, 0);
	} else if (new_message && ++got_count == waiter_count) {
		round_done();
	}
}

static void run_fanout(const char *rounds)
{
	char *unit;
	rounds_wanted = strtoul(rounds, &unit, 10);
	if (*unit == 's') {
		ends_at = (int64_t)uv_hrtime() + (int64_t)rounds_wanted * 1000000000;
		rounds_wanted = SIZE_MAX;
	}
	waiter_count = token_count - 1;
	waiters = calloc(waiter_count, sizeof(*waiters));
	uv_timer_init(loop, &pause_timer);
	sender = load_conn_new(loop, port, on_round_sent, NULL);
	snprintf(round_mark, sizeof(round_mark), "no round yet");
	for (size_t i = 0; i < waiter_count; i++) {
		waiters[i].token = tokens[i + 1];
		waiters[i].c = load_conn_new(loop, port, on_sync, &waiters[i]);
		wait_in_sync(&waiters[i]);
	}
	int64_t from = (int64_t)uv_hrtime();
	uv_run(loop, UV_RUN_DEFAULT);
	report("fanout", (double)((int64_t)uv_hrtime() - from) / 1e9);
}

int main(int argc, char **argv)
{
	loop = uv_default_loop();
	if (argc >= 5)
		port = (int)strtol(argv[1], NULL, 10);
	if (argc == 5 && strcmp(argv[2], "login") == 0) {
		run_login(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	} else if (argc == 6 && strcmp(argv[2], "send") == 0) {
		read_tokens();
		room = argv[3];
		run_send(strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
	} else if (argc == 5 && strcmp(argv[2], "fanout") == 0) {
		read_tokens();
		room = argv[3];
		run_fanout(argv[4]);
	} else if (argc == 5 && strcmp(argv[2], "receipts") == 0) {
		read_tokens();
		failed = load_receipts(loop, port, argv[3], tokens, token_count,
				       strtoul(argv[4], NULL, 10));
	} else {
		fprintf(stderr, "usage: load PORT login N CONNS | send ROOM N CONNS | fanout ROOM "
				"ROUNDS | receipts ROOM ROUNDS\n");
		return 2;
	}
	return failed ? 1 : 0;
}
