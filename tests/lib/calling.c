#include "tests/lib/calling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/call/room_call_priv.h"
#include "tests/lib/forked.h"

#include <string.h>
#include <sys/wait.h>

#define WAIT_MS 120000

static void on_row(void *arg, json_t *row)
{
	struct calling *t = arg;
	json_array_append(t->rows, row);
}

static void on_warning(void *arg, const struct err *err)
{
	struct calling *t = arg;
	json_array_append_new(t->warnings, json_string(err->msg));
}

static void on_ended(void *arg, const struct err *err)
{
	struct calling *t = arg;
	t->ended = true;
	if (err)
		t->err = *err;
}

void calling_open(struct calling *t, const char *account)
{
	struct err err;
	*t = (struct calling){.l = loop_new(), .rows = json_array(), .warnings = json_array()};
	t->c = client_of(account, 0, t->l);
	if (engine_new(t->c, &t->engine, &err))
		fail_msg("%s", err.msg);
}

void calling_close(struct calling *t)
{
	room_call_free(t->rc);
	engine_free(t->engine);
	client_close(t->c);
	loop_free(t->l);
	json_decref(t->rows);
	json_decref(t->warnings);
}

void calling_join(struct calling *t, const struct room_call_options *o)
{
	static const struct room_call_handler h = {on_row, on_warning, on_ended};
	struct err err;
	room_call_free(t->rc);
	t->rc = NULL;
	json_array_clear(t->rows);
	json_array_clear(t->warnings);
	t->waited = 0;
	t->ended = false;
	t->err.code = 0;
	if (room_call_new(t->c, t->engine, o, &h, t, &t->rc, &err))
		fail_msg("%s", err.msg);
}

static void on_tick(void *arg)
{
	loop_stop(arg);
}

/* Turn the loop until `done`; what keeps it waiting is a tick that looks again. */
void calling_turn(struct calling *t, bool (*done)(struct calling *t, void *arg), void *arg,
		  const char *what)
{
	int64_t limit = clock_mono_ms() + WAIT_MS;
	struct loop_timer *tick = loop_timer_new(t->l, on_tick, t->l);
	loop_timer_start(tick, 1, 2);
	while (!done(t, arg)) {
		if (clock_mono_ms() > limit) {
			AUTO_FREE char *rows = json_text(t->rows);
			fail_msg("never came: %s in %s (%s)", what, rows, t->err.msg);
		}
		loop_run(t->l);
	}
	loop_timer_free(tick);
}

static void on_passed(void *arg)
{
	*(bool *)arg = true;
}

static bool has_passed(struct calling *t, void *arg)
{
	(void)t;
	return *(bool *)arg;
}

/* By a timer of the same loop, which is never ahead of the others. */
void calling_pass(struct calling *t, int ms)
{
	bool passed = false;
	struct loop_timer *timer = loop_timer_new(t->l, on_passed, &passed);
	loop_timer_start(timer, (uint64_t)ms, 0);
	calling_turn(t, has_passed, &passed, "the time to pass");
	loop_timer_free(timer);
}

static bool is_made(struct calling *t, void *arg)
{
	(void)arg;
	return t->ended || fake_call.call != NULL;
}

void calling_wait_made(struct calling *t)
{
	calling_turn(t, is_made, NULL, "the connection");
	if (t->ended)
		fail_msg("it ended: %s", t->err.msg);
}

struct wanted_url {
	const char *url;
	bool there;
};

static bool is_there(struct calling *t, void *arg)
{
	const struct wanted_url *w = arg;
	(void)t;
	return fake_call_select(w->url) == w->there;
}

void calling_wait_url(struct calling *t, const char *url, bool there)
{
	struct wanted_url w = {url, there};
	calling_turn(t, is_there, &w, url);
}

static bool has_row(struct calling *t, void *arg)
{
	for (size_t i = t->waited; i < json_array_size(t->rows); i++) {
		const char *event = json_get_str(json_array_get(t->rows, i), "event");
		if (strcmp(event, arg) != 0)
			continue;
		t->waited = i + 1;
		return true;
	}
	return false;
}

void calling_wait(struct calling *t, const char *event)
{
	calling_turn(t, has_row, (void *)event, event);
}

static bool has_ended(struct calling *t, void *arg)
{
	(void)arg;
	return t->ended;
}

void calling_wait_ended(struct calling *t)
{
	calling_turn(t, has_ended, NULL, "the end");
}

static bool is_quiet(struct calling *t, void *arg)
{
	const struct room_call *rc = t->rc;
	(void)arg;
	return !rc->ring_rq && !rc->note_rq && !rc->hand_rq && !place_is_asking(rc->place);
}

void calling_wait_quiet(struct calling *t)
{
	calling_turn(t, is_quiet, NULL, "the answers");
}

static bool is_new_seat(struct calling *t, void *arg)
{
	return strcmp(t->rc->member_event, arg) != 0;
}

void calling_wait_seat(struct calling *t, const char *old)
{
	calling_turn(t, is_new_seat, (void *)old, "another member event");
}

static bool has_hand(struct calling *t, void *arg)
{
	(void)arg;
	return !t->rc->hand_rq && t->rc->hand_event &&
	       strcmp(t->rc->hand_for, t->rc->member_event) == 0;
}

void calling_wait_hand(struct calling *t)
{
	calling_turn(t, has_hand, NULL, "our hand");
}

static bool has_members(struct calling *t, void *arg)
{
	return company_others(&t->rc->people, clock_wall_ms()) == *(size_t *)arg;
}

void calling_wait_members(struct calling *t, size_t n)
{
	calling_turn(t, has_members, &n, "members");
}

static bool is_guarded(struct calling *t, void *arg)
{
	(void)arg;
	return seat_guarded(t->rc->seat);
}

void calling_wait_guarded(struct calling *t)
{
	calling_turn(t, is_guarded, NULL, "a scheduled leave");
}

struct count {
	const struct forked *f;
	const char *prefix;
	int times;
};

static bool was_asked(struct calling *t, void *arg)
{
	const struct count *c = arg;
	(void)t;
	return forked_count(c->f, c->prefix) >= c->times;
}

void calling_wait_asked(struct calling *t, const struct forked *f, const char *prefix, int times)
{
	struct count c = {f, prefix, times};
	calling_turn(t, was_asked, &c, prefix);
}

static bool child_ended(struct calling *t, void *arg)
{
	int status;
	pid_t *pid = arg;
	(void)t;
	if (waitpid(*pid, &status, WNOHANG) != *pid)
		return false;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return true;
}

void calling_run_beside(struct calling *t, pid_t child)
{
	calling_turn(t, child_ended, &child, "the child's end");
}

json_t *calling_row(struct calling *t, const char *event)
{
	for (size_t i = json_array_size(t->rows); i-- > 0;) {
		json_t *row = json_array_get(t->rows, i);
		if (strcmp(json_get_str(row, "event"), event) == 0)
			return row;
	}
	return NULL;
}

const char *calling_member_event(const struct calling *t)
{
	return t->rc->member_event;
}
