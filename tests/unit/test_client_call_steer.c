/* A running call asked and steered from other processes; core/call is replaced (fake_call.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/call/company.h"
#include "core/client/call/mode.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/call/steer.h"
#include "core/client/call/steer_priv.h"
#include "core/client/rooms.h"
#include "tests/lib/call_pair.h"
#include "tests/lib/calling.h"
#include "tests/lib/toy_http.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

struct order {
	const char *room;
	enum calls_act what;
	int want;
};

static int give_order(void *arg)
{
	const struct order *o = arg;
	struct client *c = client_of("ann", 120000, NULL);
	JSON_AUTO json_t *row = NULL;
	int rc = calls_act(c, o->room, o->what, &row, &err);
	if (rc != o->want)
		fprintf(stderr, "order: %d %s\n", rc, err.msg);
	client_close(c);
	return rc == o->want ? 0 : 1;
}

static int keep_row(json_t *row, void *arg)
{
	json_array_append(arg, row);
	return 0;
}

struct sight {
	const char *room;
	size_t people, speaking;
};

static int look(void *arg)
{
	const struct sight *want = arg;
	struct client *c = client_of("ann", 120000, NULL);
	JSON_AUTO json_t *status = json_array(), *people = json_array();
	int rc = calls_status(c, NULL, keep_row, status, &err);
	if (!rc)
		rc = calls_people(c, want->room, keep_row, people, &err);
	if (rc)
		fprintf(stderr, "look: %d %s\n", rc, err.msg);
	json_t *row = json_array_get(status, 0);
	bool right = json_array_size(status) == 1 && json_array_size(people) == want->people &&
		     strcmp(json_get_str(row, "room_id"), want->room) == 0 &&
		     json_array_size(json_get_array(row, "speaking")) == want->speaking &&
		     json_get_i64(row, "pid", 0) == getppid() &&
		     json_get_bool(json_array_get(people, 0), "self", false);
	client_close(c);
	return rc || !right;
}

/* Run a child beside the call, whose loop must turn meanwhile. */
static void beside(struct pair *p, int (*fn)(void *arg), void *arg)
{
	pid_t pid = worker_start(fn, arg);
	calling_run_beside(&p->t, pid);
}

static void test_steering(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Steered");
	pair_join(&p, (struct room_call_options){.ring = false});
	beside(&p, look, &(struct sight){p.room, 1, 0});
	beside(&p, give_order, &(struct order){p.room, CALLS_MUTE, 0});
	assert_true(fake_call.muted);
	beside(&p, give_order, &(struct order){NULL, CALLS_UNMUTE, 0});
	assert_false(fake_call.muted);
	beside(&p, give_order, &(struct order){NULL, CALLS_HAND_UP, 0});
	calling_wait(&p.t, "hand");
	json_t *row = calling_row(&p.t, "hand");
	assert_true(json_get_bool(row, "self", false) && json_get_bool(row, "hand", false));
	beside(&p, give_order, &(struct order){NULL, CALLS_HAND_UP, 0});
	beside(&p, give_order, &(struct order){NULL, CALLS_HAND_DOWN, 0});
	calling_wait(&p.t, "hand");
	assert_false(json_get_bool(calling_row(&p.t, "hand"), "hand", true));
	beside(&p, give_order, &(struct order){"!other:localhost", CALLS_LEAVE, ERR_NOT_FOUND});
	beside(&p, give_order, &(struct order){NULL, CALLS_LEAVE, 0});
	calling_wait_ended(&p.t);
	assert_string_equal(json_get_str(calling_row(&p.t, "ended"), "reason"), "left");
	room_call_free(p.t.rc);
	p.t.rc = NULL;
	json_t *none = NULL;
	assert_int_equal(calls_act(p.ann, NULL, CALLS_MUTE, &none, &err), ERR_NOT_FOUND);
	pair_close(&p);
}

/* However long people call themselves, who asks is answered. */
static void test_long_names(void **state)
{
	(void)state;
	struct pair p;
	char name[40000], *id = NULL;
	pair_open(&p, "Long names");
	pair_join(&p, (struct room_call_options){.ring = false});
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	JSON_AUTO json_t *me = json_pack("{s:s,s:s}", "membership", "join", "displayname", name);
	OK(client_state_put(p.bob, p.room, "m.room.member", "@bob:localhost", me, &id, &err));
	AUTO_FREE char *named = id, *member = put_member(p.bob, p.room, "https://sfu.example");
	calling_wait_members(&p.t, 1);
	for (int i = 0; i < 3; i++) {
		AUTO_FREE char *device = mem_printf("@bob:localhost:%d", i);
		fake_call_person(CALL_PERSON_JOINED, device, false);
		calling_wait(&p.t, "joined");
		fake_call_person(CALL_PERSON_SPEAKING, device, false);
	}
	const char *shown = json_get_str(calling_row(&p.t, "joined"), "name");
	assert_int_equal(strspn(shown, "x"), COMPANY_NAME_MAX);
	beside(&p, look, &(struct sight){p.room, 4, 3});
	pair_close(&p);
}

static void test_several(void **state)
{
	(void)state;
	struct pair p, q;
	json_t *none = NULL;
	pair_open(&p, "One");
	pair_open(&q, "Two");
	struct room_call_options o = {.room_id = p.room};
	struct room_call *rc = NULL;
	static const struct room_call_handler quiet;
	pair_join(&q, (struct room_call_options){.ring = false});
	OK(room_call_new(q.t.c, q.t.engine, &o, &quiet, NULL, &rc, &err));
	assert_int_equal(calls_act(p.ann, NULL, CALLS_MUTE, &none, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, "\"One\""));
	assert_non_null(strstr(err.msg, "\"Two\""));
	room_call_free(rc);
	pair_close(&q);
	pair_close(&p);
}

struct victim {
	const char *room;
	int fd;
};

/* Joins, says so, and goes on until it is killed. */
static int join_and_stay(void *arg)
{
	const struct victim *v = arg;
	struct calling t;
	calling_open(&t, "ann");
	struct room_call_options o = {.room_id = v->room};
	calling_join(&t, &o);
	calling_wait_made(&t);
	fake_call_state(CALL_JOINED);
	calling_wait(&t, "joined");
	if (write(v->fd, "x", 1) != 1)
		return 1;
	loop_run(t.l);
	return 1;
}

static void test_killed(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 60000, NULL), *bob = client_of("bob", 60000, NULL);
	AUTO_FREE char *room = make_room(ann, bob, "Killed");
	JSON_AUTO json_t *list = json_array();
	struct victim v = {.room = room};
	char x;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	v.fd = fds[1];
	pid_t pid = worker_start(join_and_stay, &v);
	assert_int_equal(read(fds[0], &x, 1), 1);
	assert_true(is_member(bob, room, ann));
	worker_kill(pid, SIGKILL);
	worker_wait(pid);
	int64_t limit = clock_mono_ms() + 120000;
	while (is_member(bob, room, ann)) {
		assert_true(clock_mono_ms() < limit);
		usleep(100000);
	}
	/* What it left behind keeps nobody out, and is no call. */
	assert_int_equal(calls_status(ann, NULL, keep_row, list, &err), ERR_NOT_FOUND);
	/* Who looks takes no lock, in which its own number would stand: joining needs it. */
	AUTO(steer_paths_done) struct steer_paths paths = {NULL, NULL, NULL};
	AUTO(buf_done) struct buf holder = BUF_INIT(64);
	OK(steer_paths(client_account(ann), room, &paths, &err));
	OK(fs_read(paths.lock, &holder, &err));
	assert_int_equal(strtol(buf_str(&holder), NULL, 10), pid);
	close(fds[0]);
	close(fds[1]);
	client_close(ann);
	client_close(bob);
}

/* -- A lesson on a server without rules of its own ----------------------------------------- */

#define PUPILS 80

static bool all_forbidden(struct calling *t, void *arg)
{
	struct toy *sfu = arg;
	size_t n = 0;
	for (const struct person *who = t->rc->people.first; who; who = who->next)
		n += who->silenced;
	return n == PUPILS && atomic_load(&sfu->requests) == PUPILS;
}

/* However many they are: those that there was no room for come after the others. */
static void test_everybody_is_forbidden(void **state)
{
	(void)state;
	struct pair p;
	struct toy sfu;
	JSON_AUTO json_t *row = NULL;
	pair_open(&p, "Lesson");
	OK(call_mode_change(p.ann, p.room, CALL_GO_LIVE, NULL, &row, &err));
	pair_join(&p, (struct room_call_options){.ring = false});
	assert_int_equal(toy_start(&sfu), 0);
	struct room_call *rc = p.t.rc;
	snprintf(rc->sfu_url, sizeof(rc->sfu_url), "ws://127.0.0.1:%d", sfu.port);
	rc->sfu_admin = true;
	rc->sfu_rules = false;
	host_token(rc->host, "token", NULL);
	for (int i = 0; i < PUPILS; i++) {
		AUTO_FREE char *id = mem_printf("@p%d:localhost:D", i);
		company_update(&rc->people, &(struct call_person){.identity = id, .name = ""}, 1);
	}
	room_call_enforce(rc);
	calling_turn(&p.t, all_forbidden, &sfu, "everybody forbidden to speak");
	pair_close(&p);
	toy_stop(&sfu);
}

struct refusing {
	struct toy sfu;
	int after; /* requests in all */
};

static bool is_silenced(struct calling *t, void *arg)
{
	struct refusing *r = arg;
	const struct person *who = company_find(&t->rc->people, "@pupil:localhost:D");
	return who && who->silenced && !who->refused && atomic_load(&r->sfu.requests) == r->after;
}

/* Ann leads a live lesson on a server that refuses so often what she asks of it; a pupil comes. */
static struct room_call *lead(struct pair *p, struct refusing *r, const char *name, int refusals)
{
	JSON_AUTO json_t *row = NULL;
	pair_open(p, name);
	OK(call_mode_change(p->ann, p->room, CALL_GO_LIVE, NULL, &row, &err));
	pair_join(p, (struct room_call_options){.ring = false, .times = {.enforce = 1}});
	assert_int_equal(toy_start(&r->sfu), 0);
	atomic_store(&r->sfu.refuse, refusals);
	struct room_call *rc = p->t.rc;
	snprintf(rc->sfu_url, sizeof(rc->sfu_url), "ws://127.0.0.1:%d", r->sfu.port);
	rc->sfu_admin = true;
	rc->sfu_rules = false;
	host_token(rc->host, "token", NULL);
	json_array_clear(p->t.warnings);
	company_update(&rc->people,
		       &(struct call_person){.identity = "@pupil:localhost:D", .name = "Pupil"}, 1);
	return rc;
}

/* Who could not be silenced is asked for again, and who leads is told once when it stays so. */
static void test_asked_again(void **state)
{
	(void)state;
	struct pair p;
	struct refusing r = {.after = 6};
	struct room_call *rc = lead(&p, &r, "Refused", r.after - 1);
	room_call_enforce(rc);
	calling_turn(&p.t, is_silenced, &r, "silenced after five refusals");
	assert_int_equal(json_array_size(p.t.warnings), 1);
	assert_non_null(
		strstr(json_string_value(json_array_get(p.t.warnings, 0)), "can still speak"));
	pair_close(&p);
	toy_stop(&r.sfu);
}

static bool is_given_up(struct calling *t, void *arg)
{
	struct refusing *r = arg;
	const struct person *who = company_find(&t->rc->people, "@pupil:localhost:D");
	return who && who->refused == r->after && atomic_load(&r->sfu.requests) == r->after;
}

/* What was given up is tried anew when they were allowed to speak in between. */
static void test_asked_anew(void **state)
{
	(void)state;
	struct pair p;
	struct refusing r = {.after = 8};
	struct room_call *rc = lead(&p, &r, "Given up", r.after);
	room_call_enforce(rc);
	calling_turn(&p.t, is_given_up, &r, "given up");
	rc->mode.live.live = false;
	room_call_enforce(rc);
	rc->mode.live.live = true;
	r.after++;
	room_call_enforce(rc);
	calling_turn(&p.t, is_silenced, &r, "silenced at last");
	pair_close(&p);
	toy_stop(&r.sfu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steering),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_everybody_is_forbidden),
		cmocka_unit_test(test_asked_again),
		cmocka_unit_test(test_asked_anew),
	};
	return cmocka_run_group_tests(tests, pair_setup, pair_teardown);
}
