#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/worker.h"
#include "core/client/poll.h"
#include "core/client/presence.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/sync.h"
#include "core/client/threads.h"
#include "core/client/timeline.h"
#include "core/client/unread.h"
#include "core/client/util.h"
#include "tests/lib/forked.h"

#include <signal.h>

/*
 * A screen's two halves: one client object with a sync engine on the loop,
 * another of the same account that carries out verbs on a thread beside it.
 */

#define MESSAGES 25

static struct home home;
static struct forked server;
static char *room;

static int setup(void **state)
{
	(void)state;
	char dir[300];
	JSON_AUTO json_t *made = NULL;
	struct room_create rq = {.name = "Class"};
	struct err err = {0};
	home_make(&home);
	snprintf(dir, sizeof(dir), "%.250s/server", home.dir);
	forked_serve(&server, dir); /* before there are threads */
	account_register(server.url, "ann");
	struct client *c = client_of("ann", 0, NULL);
	int rc = client_room_create(c, &rq, &made, &err);
	if (rc)
		fail_msg("%s", err.msg);
	room = mem_strdup(json_get_str(made, "room_id"));
	client_close(c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(room);
	forked_end(&server, SIGTERM);
	home_remove(&home);
	return 0;
}

struct screen {
	struct loop *l;
	struct client *c;
	struct engine *e;
	struct loop_timer *guard;
	json_t *seen; /* bodies of the cache, as the loop has seen them */
	bool worked;
	int rounds;
	int rc; /* of the worker */
	struct err err;
};

static int note_body(const struct store_event *e, void *arg)
{
	AUTO_FREE char *body = span_dup(e->body);
	if (body && *body)
		json_object_set_new(arg, body, json_true());
	return 0;
}

static void look(struct screen *s)
{
	struct store *st;
	assert_int_equal(client_store(s->c, &st, NULL), 0);
	int64_t id = store_room_find(st, span_of(room));
	if (id)
		store_events_walk(st, id, 0, INT64_MAX, false, note_body, s->seen);
	s->rounds++;
	char last[32];
	snprintf(last, sizeof(last), "message %d", MESSAGES - 1);
	if (s->worked && (s->rc || json_object_get(s->seen, last)))
		loop_stop(s->l);
}

static void on_commit(void *arg)
{
	look(arg);
}

static void on_worked(void *arg)
{
	struct screen *s = arg;
	s->worked = true;
	engine_sync_now(s->e);
	look(s);
}

static void on_guard(void *arg)
{
	struct screen *s = arg;
	loop_stop(s->l);
}

/* Whatever a screen has carried out, one after the other. */
static int verbs(struct client *c, int i, struct err *err)
{
	JSON_AUTO json_t *rows = json_array(), *row = NULL, *poll = NULL, *vote = NULL;
	char text[32];
	snprintf(text, sizeof(text), "message %d", i);
	struct send_request send = {.room_id = room,
				    .text = span_of(text),
				    .format = SEND_MARKDOWN};
	struct read_request read = {.room_id = room, .last = 5};
	struct thread_query threads = {.room_id = room};
	const char *const answers[] = {"yes", "no", NULL};
	const char *const choice[] = {"yes", NULL};
	struct read_mark mark = {.room_id = room, .secret = i % 2 == 0};
	struct poll_request ask = {.room_id = room, .question = "?", .answers = answers};
	int rc = client_typing(c, room, true, 5000, err);
	if (!rc)
		rc = client_send(c, &send, rows_add, rows, err);
	const char *id = json_get_str(json_array_get(rows, 0), "event_id");
	if (!rc)
		rc = client_react(c, room, id, "+", NULL, &row, err);
	mark.event_id = id;
	if (!rc)
		rc = client_mark(c, &mark, err);
	if (!rc)
		rc = client_read(c, &read, rows_add, rows, err);
	if (!rc && i % 5 == 0)
		rc = client_poll_create(c, &ask, &poll, err);
	if (!rc && i % 5 == 0)
		rc = client_poll_vote(c, room, json_get_str(poll, "event_id"), choice, NULL, &vote,
				      err);
	if (!rc && i % 5 == 0)
		rc = client_thread_list(c, &threads, rows_add, rows, err);
	if (!rc && i % 5 == 0)
		rc = client_search(c, "message", room, 5, rows_add, rows, err);
	return rc ? rc : client_room_list(c, 0, rows_add, rows, err);
}

static void work(void *arg)
{
	struct screen *s = arg;
	struct client_options opt = {.account = "ann"};
	struct client *c = NULL;
	int rc = client_open(&opt, &c, &s->err);
	for (int i = 0; i < MESSAGES && !rc; i++)
		rc = verbs(c, i, &s->err);
	client_close(c);
	s->rc = rc;
	loop_post(s->l, on_worked, s);
}

/* Both halves find their token run out at once. */
static void run_out(struct client *c)
{
	AUTO(secrets_done) struct secrets s = {0};
	assert_int_equal(account_secrets_load(client_account(c), &s, NULL), 0);
	assert_non_null(s.refresh_token);
	s.expires_ms = 1;
	assert_int_equal(account_secrets_save(client_account(c), &s, NULL), 0);
}

static void test_two_halves(void **state)
{
	(void)state;
	static const struct engine_observer observer = {.committed = on_commit};
	struct screen s = {.l = loop_new(), .seen = json_object()};
	struct err err = {0};
	s.c = client_of("ann", 0, s.l);
	run_out(s.c);
	if (engine_new(s.c, &s.e, &err))
		fail_msg("%s", err.msg);
	engine_observe(s.e, &observer, &s);
	engine_set_presence(s.e, "online");
	s.guard = loop_timer_new(s.l, on_guard, &s);
	loop_timer_start(s.guard, 300000, 0);
	struct worker *w = worker_new("verbs");
	loop_post(worker_loop(w), work, &s);
	loop_run(s.l);
	worker_free(w);
	if (s.rc)
		fail_msg("%d %s", s.rc, s.err.msg);
	assert_true(s.worked);
	for (int i = 0; i < MESSAGES; i++) {
		char text[32];
		snprintf(text, sizeof(text), "message %d", i);
		if (!json_object_get(s.seen, text))
			fail_msg("%s was not seen", text);
	}
	assert_true(s.rounds > 1);
	engine_free(s.e);
	loop_timer_free(s.guard);
	client_close(s.c);
	json_decref(s.seen);
	loop_free(s.l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_halves),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
