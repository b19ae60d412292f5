#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/call/ring.h"
#include "core/client/send.h"
#include "core/client/view/call_bar.h"
#include "core/matrix/rtc_ring.h"
#include "tests/lib/call_pair.h"
#include "tests/lib/calling.h"

#include <string.h>

/* The bar about calls: one of this process, one of another, and being called. */

struct bar {
	struct pair p;
	struct work *looking;
	struct call_bar *b;
	bool rang;
	struct err said;
	bool news_due, muted;
};

static void on_changed(void *arg)
{
	struct bar *x = arg;
	x->rang |= call_bar_row(x->b)->ring_room != NULL;
}

static void on_said(const struct err *e, void *arg)
{
	((struct bar *)arg)->said = *e;
}

static void on_committed(void *arg)
{
	((struct bar *)arg)->news_due = true;
}

static const struct engine_observer observer = {.committed = on_committed};

static void bar_open(struct bar *x, const char *room)
{
	static const struct call_bar_handler h = {on_changed, on_said};
	*x = (struct bar){.rang = false};
	pair_open(&x->p, room);
	x->looking = work_new(x->p.t.l, &(struct work_options){.account = "ann"});
	engine_observe(x->p.t.engine, &observer, x);
	x->b = call_bar_new(&(struct call_bar_options){.client = x->p.t.c,
						       .engine = x->p.t.engine,
						       .looking = x->looking,
						       .sending = x->looking,
						       .h = &h,
						       .arg = x});
}

static void bar_close(struct bar *x)
{
	call_bar_free(x->b);
	work_free(x->looking);
	engine_unobserve(x->p.t.engine, &observer, x);
	pair_close(&x->p);
}

/* What is waited for: a state, and things about the row that hold. */
struct wanted {
	struct bar *x;
	bool (*is)(const struct call_bar_row *r);
};

static void look_around(struct bar *x)
{
	struct calling *t = &x->p.t;
	/* The other process ends with its call. */
	if (t->ended && t->rc) {
		room_call_free(t->rc);
		t->rc = NULL;
	}
	/* The SFU says that it has heard of it. */
	if (fake_call.call && fake_call.muted && !x->muted) {
		x->muted = true;
		fake_call_muted(true, false);
	}
	if (x->news_due) {
		x->news_due = false;
		call_bar_news(x->b);
	}
}

static bool is_so(struct calling *t, void *arg)
{
	struct wanted *w = arg;
	(void)t;
	look_around(w->x);
	return w->is(call_bar_row(w->x->b));
}

static const struct call_bar_row *until(struct bar *x, bool (*is)(const struct call_bar_row *r),
					const char *what)
{
	struct wanted w = {x, is};
	calling_turn(&x->p.t, is_so, &w, what);
	return call_bar_row(x->b);
}

static bool is_joined(const struct call_bar_row *r)
{
	return r->state == CALL_BAR_JOINED;
}

static bool is_none(const struct call_bar_row *r)
{
	return r->state == CALL_BAR_NONE;
}

static bool is_muted(const struct call_bar_row *r)
{
	return r->muted;
}

static bool bob_speaks(const struct call_bar_row *r)
{
	return r->n == 2 && r->people[0].speaking && !r->people[0].self && r->speaking.n;
}

static void join_here(struct bar *x)
{
	struct call_bar_join j = {.room_id = x->p.room, .input = "null:", .output = "null:"};
	OK(call_bar_join(x->b, &j, &err));
	assert_int_equal(call_bar_row(x->b)->state, CALL_BAR_JOINING);
	assert_int_equal(call_bar_join(x->b, &j, &err), ERR_CONFLICT);
	AUTO_FREE char *self = identity_of(x->p.ann);
	calling_wait_made(&x->p.t);
	fake_call_person(CALL_PERSON_JOINED, self, true);
	fake_call_state(CALL_JOINED);
}

static void test_here(void **state)
{
	struct bar x;
	(void)state;
	bar_open(&x, "Here");
	assert_int_equal(call_bar_row(x.b)->state, CALL_BAR_NONE);
	join_here(&x);
	const struct call_bar_row *r = until(&x, is_joined, "joined");
	assert_true(r->here);
	assert_string_equal(r->room_id, x.p.room);
	assert_string_equal(r->room.s, "Here");
	AUTO_FREE char *bob = identity_of(x.p.bob);
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	fake_call_person(CALL_PERSON_SPEAKING, bob, false);
	r = until(&x, bob_speaks, "Bob speaks");
	assert_non_null(strstr(r->speaking.s, "bob"));
	call_bar_mute(x.b, true);
	assert_true(until(&x, is_muted, "muted")->here);
	call_bar_leave(x.b);
	until(&x, is_none, "the end");
	assert_int_equal(x.said.code, 0);
	/* And again. */
	join_here(&x);
	until(&x, is_joined, "joined again");
	call_bar_leave(x.b);
	until(&x, is_none, "the second end");
	bar_close(&x);
}

/* Another process of this account is in a call: it is seen, and steered. */
static void test_elsewhere(void **state)
{
	struct bar x;
	(void)state;
	bar_open(&x, "Elsewhere");
	pair_join(&x.p, (struct room_call_options){.ring = true});
	const struct call_bar_row *r = until(&x, is_joined, "the other's call");
	assert_false(r->here);
	assert_string_equal(r->room_id, x.p.room);
	assert_int_equal(r->n, 1);
	assert_true(r->people[0].self);
	call_bar_mute(x.b, true);
	until(&x, is_muted, "muted there");
	call_bar_leave(x.b);
	until(&x, is_none, "left there");
	assert_int_equal(x.said.code, 0);
	bar_close(&x);
}

static bool is_ringing(const struct call_bar_row *r)
{
	return r->ring_room != NULL;
}

/* Nothing that the bar asked for is unanswered. */
static bool is_idle(struct calling *t, void *arg)
{
	struct bar *x = arg;
	(void)t;
	look_around(x);
	return !work_pending(x->looking);
}

/* Bob is in the call, and rings for as long as anybody may. */
static json_t *ring_ann(struct bar *x)
{
	AUTO_FREE char *member = put_member(x->p.bob, x->p.room, "https://sfu.example");
	JSON_AUTO json_t *ring = rtc_ring_make(true, member, clock_wall_ms());
	json_t *row = NULL;
	json_object_set_new(ring, "lifetime", json_integer(RTC_RING_MAX_MS));
	OK(client_send_event(x->p.bob, x->p.room, RTC_RING_TYPE, ring, NULL, false, &row, &err));
	return row;
}

static void test_ring(void **state)
{
	struct bar x;
	(void)state;
	bar_open(&x, "Ring");
	JSON_AUTO json_t *row = ring_ann(&x);
	const struct call_bar_row *r = until(&x, is_ringing, "the ring");
	assert_string_equal(r->ring_room, x.p.room);
	assert_string_equal(r->ring_room_name.s, "Ring");
	assert_true(r->ring);
	assert_non_null(strstr(r->ring_name.s, "bob"));
	assert_string_equal(r->ring_event, json_get_str(row, "event_id"));
	/* A look that is under way still finds it. */
	call_bar_news(x.b);
	x.rang = false;
	call_bar_decline(x.b);
	assert_null(call_bar_row(x.b)->ring_room);
	calling_turn(&x.p.t, is_idle, &x, "the decline");
	/* It stays declined when it is looked for again, by anybody. */
	call_bar_news(x.b);
	calling_turn(&x.p.t, is_idle, &x, "the look for rings");
	assert_false(x.rang);
	assert_int_equal(x.said.code, 0);
	json_t *again = NULL;
	assert_int_equal(ring_find(x.p.ann, x.p.room, &again, &err), ERR_NOT_FOUND);
	bar_close(&x);
}

/* Whoever has come is not called again when they leave. */
static void test_ring_answered(void **state)
{
	struct bar x;
	(void)state;
	bar_open(&x, "Answered");
	JSON_AUTO json_t *row = ring_ann(&x);
	until(&x, is_ringing, "the ring");
	join_here(&x);
	assert_null(until(&x, is_joined, "joined")->ring_room);
	call_bar_leave(x.b);
	assert_null(until(&x, is_none, "the end")->ring_room);
	call_bar_news(x.b);
	bar_close(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_here),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_ring_answered),
	};
	return cmocka_run_group_tests(tests, pair_setup, pair_teardown);
}
