#include "tests/lib/sfu_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>

#define LIMIT_MS 120000
#define LOOK_MS 2
#define JUMP_LOOK_MS 25 /* the SFU's own clock ticks in this time */

/* -- The front --------------------------------------------------------------- */

static void on_begin(struct httpd_request *rq, void *arg)
{
	(void)arg;
	httpd_body_memory(rq, 1000);
}

static void on_ready(struct httpd_request *rq, void *arg)
{
	struct sfu_world *w = arg;
	if (w->sfu && span_eq_str(rq->path, "/rtc"))
		sfu_signal(w->sfu, rq);
	else if (w->sfu && span_eq_str(rq->path, "/rtc/validate"))
		sfu_validate(w->sfu, rq);
	else
		httpd_reply(rq, 404, NULL, SPAN_LIT("nothing"));
}

static void on_gone(struct httpd_request *rq, void *arg)
{
	(void)rq;
	(void)arg;
}

static void on_admit(void *arg, const char *room, const char *identity, struct sfu_permit *ret)
{
	const struct sfu_world *w = arg;
	ret->enter = !w->refuse;
	if (w->permit)
		w->permit(room, identity, ret);
}

static void on_presence(void *arg, const struct sfu_presence *p)
{
	struct sfu_world *w = arg;
	size_t i = w->presence_n++;
	assert_true(i < SFU_PRESENCE_MAX);
	snprintf(w->presence[i].room, sizeof(w->presence[i].room), "%s", p->room);
	snprintf(w->presence[i].identity, sizeof(w->presence[i].identity), "%s", p->identity);
	snprintf(w->presence[i].reason, sizeof(w->presence[i].reason), "%s", p->reason);
	w->presence[i].present = p->present;
	w->presence[i].at_ms = p->at_ms;
}

static void tick_link(struct sfu_client_link *l, int64_t now)
{
	if (l->peer && peer_deadline(l->peer) <= now)
		peer_tick(l->peer, now);
}

static void on_ticks(void *arg)
{
	struct sfu_world *w = arg;
	int64_t now = clock_mono_ms();
	for (struct sfu_client *c = w->clients; c; c = c->next) {
		struct lk_request ping = {.kind = LK_REQ_PING_REQ};
		tick_link(&c->pub, now);
		tick_link(&c->sub, now);
		if (!c->open || c->quiet || now - c->pinged < 5000)
			continue;
		c->pinged = now;
		sfu_client_send(c, &ping);
	}
}

void sfu_world_open(struct sfu_world *w)
{
	static const struct httpd_handler handler = {.begin = on_begin,
						     .ready = on_ready,
						     .gone = on_gone};
	struct err err = {0};
	w->loop = loop_new();
	w->opt.loop = w->loop;
	if (w->every_address)
		w->opt.bind_ip = NULL;
	else if (!w->opt.bind_ip)
		w->opt.bind_ip = "127.0.0.1";
	/* A machine under load is slow, and tests that count packets want all of them. */
	if (!w->opt.stale_ms)
		w->opt.stale_ms = -1;
	w->opt.key = SFU_KEY;
	w->opt.secret = SFU_SECRET;
	w->opt.admit = on_admit;
	w->opt.presence = on_presence;
	w->opt.arg = w;
	w->presence_n = 0;
	w->httpd = httpd_new(w->loop, &(struct httpd_options){0}, &handler, w);
	if (httpd_listen(w->httpd, "127.0.0.1", 0, false, &w->port, &err) ||
	    sfu_open(&w->opt, &w->sfu, &err) || !(w->wsc = ws_client_new(w->loop, &err)) ||
	    !(w->cert = dtls_cert_new(&err)))
		fail_msg("%s", err.msg);
	w->ticks = loop_timer_new(w->loop, on_ticks, w);
	loop_timer_start(w->ticks, 5, 5);
}

void sfu_world_end(struct sfu_world *w)
{
	sfu_close(w->sfu);
	w->sfu = NULL;
}

void sfu_world_close(struct sfu_world *w)
{
	while (w->clients)
		sfu_client_free(w->clients);
	ws_client_free(w->wsc);
	sfu_world_end(w);
	httpd_free(w->httpd);
	loop_timer_free(w->ticks);
	dtls_cert_unref(w->cert);
	loop_free(w->loop);
	clock_fake_clear();
	w->jump_ms = 0;
}

void sfu_world_jump(struct sfu_world *w, int64_t ms)
{
	if (!w->jump_ms) {
		w->mono = clock_mono_ms();
		w->wall = clock_wall_ms();
	}
	w->jump_ms = ms;
	clock_fake_set(w->wall, w->mono);
}

struct wait {
	struct sfu_world *w;
	bool (*done)(void *arg);
	void *arg;
	struct loop_timer *timer;
	int64_t left_ms;
	bool ok;
};

static void on_look(void *arg)
{
	struct wait *x = arg;
	struct sfu_world *w = x->w;
	if (w->jump_ms) {
		w->mono += w->jump_ms;
		w->wall += w->jump_ms;
		clock_fake_set(w->wall, w->mono);
	}
	x->left_ms -= w->jump_ms ? JUMP_LOOK_MS : LOOK_MS;
	x->ok = x->done && x->done(x->arg);
	if (x->ok || x->left_ms <= 0)
		loop_stop(w->loop);
}

static bool wait_for(struct sfu_world *w, bool (*done)(void *), void *arg, int64_t ms)
{
	struct wait x = {.w = w, .done = done, .arg = arg, .left_ms = ms};
	if (done && done(arg))
		return true;
	x.timer = loop_timer_new(w->loop, on_look, &x);
	loop_timer_start(x.timer, 1, w->jump_ms ? JUMP_LOOK_MS : LOOK_MS);
	loop_run(w->loop);
	loop_timer_free(x.timer);
	return x.ok;
}

void sfu_until(struct sfu_world *w, bool (*done)(void *), void *arg, const char *what)
{
	if (!wait_for(w, done, arg, LIMIT_MS))
		fail_msg("%s: not within %d s", what, LIMIT_MS / 1000);
}

void sfu_pass(struct sfu_world *w, int64_t ms)
{
	wait_for(w, NULL, NULL, w->jump_ms ? ms * JUMP_LOOK_MS / w->jump_ms : ms);
}

const char *sfu_presence_of(const struct sfu_world *w, const char *identity)
{
	for (size_t i = w->presence_n; i-- > 0;)
		if (!strcmp(w->presence[i].identity, identity))
			return w->presence[i].present ? "present" : w->presence[i].reason;
	return "";
}
