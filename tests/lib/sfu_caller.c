#include "tests/lib/sfu_caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"

#define ROOM "room"
#define PATIENCE_MS 100000

static void on_state(void *arg, enum call_state now)
{
	struct sfu_caller *c = arg;
	c->state = now;
	c->joined += now == CALL_JOINED;
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct sfu_caller *c = arg;
	(void)why;
	if (err)
		c->ended = *err;
}

void sfu_caller_open(struct sfu_caller *c, struct sfu_options opt)
{
	*c = (struct sfu_caller){.w.opt = opt, .state = CALL_CONNECTING};
	sfu_world_open(&c->w);
}

void sfu_caller_close(struct sfu_caller *c)
{
	session_close(take(&c->session));
	sfu_world_close(&c->w);
}

void sfu_caller_add_ear(struct sfu_caller *c)
{
	c->ear = sfu_client_join(&c->w, ROOM, "ear");
	sfu_client_connect(c->ear);
}

struct session_options sfu_caller_options(void)
{
	struct session_options o = {
		.times = session_times_default,
		.call.sound = {.input = "tone:440", .opus = {.complexity = 1}},
	};
	o.times.attempt = o.times.publish = o.times.resume = o.times.give_up = PATIENCE_MS;
	return o;
}

void sfu_caller_begin(struct sfu_caller *c, struct session_options o)
{
	static const struct call_handler told = {.state = on_state, .ended = on_ended};
	AUTO_FREE char *token = sfu_token(ROOM, "ann");
	AUTO_FREE char *url = mem_printf("ws://127.0.0.1:%d", c->w.port);
	struct err err = {0};
	o.loop = c->w.loop;
	o.ws = c->w.wsc;
	o.block = &c->block;
	o.call.url = url;
	o.call.token = token;
	if (session_open(&o, &told, c, &c->session, &err))
		fail_msg("%s", err.msg);
}

struct wish {
	struct sfu_caller *c;
	int times;
	size_t packets;
	enum call_way way;
};

static bool has_joined(void *arg)
{
	const struct wish *x = arg;
	return x->c->state == CALL_ENDED ||
	       (x->c->joined >= x->times && x->c->state == CALL_JOINED);
}

void sfu_caller_until_joined(struct sfu_caller *c, int times)
{
	struct wish x = {.c = c, .times = times};
	SFU_UNTIL(&c->w, has_joined, &x);
	if (c->state == CALL_ENDED)
		fail_msg("the call ended: %s", c->ended.msg);
}

static bool has_ended(void *arg)
{
	return ((struct sfu_caller *)arg)->state == CALL_ENDED;
}

int sfu_caller_until_ended(struct sfu_caller *c)
{
	SFU_UNTIL(&c->w, has_ended, c);
	return c->ended.code;
}

static size_t heard_of(const struct sfu_client *ear)
{
	return ear->heard_n ? ear->heard[ear->heard_n - 1]->packets : 0;
}

static bool has_heard(void *arg)
{
	const struct wish *x = arg;
	return heard_of(x->c->ear) >= x->packets;
}

void sfu_caller_until_heard(struct sfu_caller *c, size_t more)
{
	struct wish x = {.c = c, .packets = heard_of(c->ear) + more};
	SFU_UNTIL(&c->w, has_heard, &x);
}

enum call_way sfu_caller_way(const struct sfu_caller *c)
{
	struct call_status st;
	session_status(c->session, &st);
	return st.way;
}

static bool goes_by(void *arg)
{
	const struct wish *x = arg;
	return sfu_caller_way(x->c) == x->way;
}

void sfu_caller_until_way(struct sfu_caller *c, enum call_way way)
{
	struct wish x = {.c = c, .way = way};
	SFU_UNTIL(&c->w, goes_by, &x);
}
