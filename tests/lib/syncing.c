#include "tests/lib/syncing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/hub.h"

#include <stdio.h>
#include <string.h>

#define V3 "/_matrix/client/v3/"
#define WAIT_MS 120000

void chatter_new(struct test_server *t, const char *name, struct chatter *ret)
{
	*ret = (struct chatter){.t = t};
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	snprintf(ret->id, sizeof(ret->id), "@%s:%s", name, t->srv->name);
	test_add_user(t, name, false);
	ret->token = test_login(t, name, NULL);
}

void chatter_done(struct chatter *p)
{
	mem_free(p->token);
	p->token = NULL;
}

static char *quoted(const char *text)
{
	char *s = mem_strdup(text);
	for (char *p = s; p && *p; p++)
		if (*p == '\'')
			*p = '"';
	return s;
}

static json_t *call(struct chatter *p, const char *method, const char *path, const char *body)
{
	json_t *j = NULL;
	AUTO_FREE char *text = quoted(body);
	int status = test_call(p->t, method, path, p->token, text, &j);
	if (status != 200) {
		AUTO_FREE char *got = j ? json_text(j) : mem_strdup("(no JSON)");
		fail_msg("%s %s: %d %s", method, path, status, got);
	}
	return j;
}

void chatter_create(struct chatter *p, const char *body, char ret[LIMIT_ID_BYTES + 1])
{
	JSON_AUTO json_t *j = call(p, "POST", V3 "createRoom", body);
	snprintf(ret, LIMIT_ID_BYTES + 1, "%s", json_get_str(j, "room_id"));
}

void chatter_room(struct chatter *p, const char *room, const char *what, const char *body)
{
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/%s", room, what);
	json_decref(call(p, "POST", path, body));
}

void chatter_say(struct chatter *p, const char *room, const char *text, char ret[64])
{
	static int txn;
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/send/m.room.message/t%d", room, ++txn);
	AUTO_FREE char *body = mem_printf("{'msgtype':'m.text','body':'%s'}", text);
	JSON_AUTO json_t *j = call(p, "PUT", path, body);
	if (ret)
		snprintf(ret, 64, "%s", json_get_str(j, "event_id"));
}

void chatter_state(struct chatter *p, const char *room, const char *type, const char *key,
		   const char *content)
{
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/state/%s/%s", room, type, key);
	json_decref(call(p, "PUT", path, content));
}

json_t *chatter_get(struct chatter *p, const char *room, const char *rest)
{
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/%s", room, rest);
	return call(p, "GET", path, NULL);
}

static char *sync_path(const struct chatter *p, const char *query)
{
	return mem_printf(V3 "sync?%s%s%s", *p->since ? "since=" : "", p->since, query);
}

static json_t *moved(struct chatter *p, json_t *j)
{
	const char *next = json_get_str(j, "next_batch");
	assert_non_null(next);
	snprintf(p->since, sizeof(p->since), "%s", next);
	return j;
}

json_t *chatter_sync(struct chatter *p, const char *query)
{
	AUTO_FREE char *path = sync_path(p, query);
	return moved(p, call(p, "GET", path, NULL));
}

json_t *sync_room(const json_t *sync, const char *section, const char *room)
{
	return json_object_get(json_object_get(json_object_get(sync, "rooms"), section), room);
}

json_t *synced_events(const json_t *room, const char *part)
{
	return json_object_get(json_object_get(room, part), "events");
}

json_t *event_of_type(const json_t *events, const char *type)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		json_t *e = json_array_get(events, i);
		const char *is = json_get_str(e, "type");
		if (is && !strcmp(is, type))
			return e;
	}
	return NULL;
}

const char *body_at(const json_t *events, size_t at)
{
	const json_t *e = json_array_get(events, at);
	const char *s = json_get_str(json_object_get(e, "content"), "body");
	return s ? s : "";
}

struct poll {
	struct chatter *p;
	struct loop *loop;
	struct http *http;
	struct loop_timer *timer;
	int64_t started_ms, took_ms;
	json_t *reply;
	int status;
	bool done;
};

static void on_reply(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct poll *w = arg;
	w->done = true;
	w->status = err ? 0 : reply->status;
	w->took_ms = clock_mono_ms() - w->started_ms;
	if (!err)
		json_parse(reply->body, &w->reply, NULL);
	loop_stop(w->loop);
}

static void on_late(void *arg)
{
	struct poll *w = arg;
	loop_stop(w->loop);
}

struct poll *poll_start(struct chatter *p, const char *query)
{
	struct poll *w = NEW(struct poll);
	AUTO_FREE char *path = sync_path(p, query);
	AUTO_FREE char *url = mem_printf("%s%s", p->t->url, path);
	w->p = p;
	w->loop = loop_new();
	w->http = http_new(w->loop, &(struct http_options){0});
	w->timer = loop_timer_new(w->loop, on_late, w);
	w->started_ms = clock_mono_ms();
	http_start(w->http,
		   &(struct http_request){.method = "GET",
					  .url = url,
					  .bearer = p->token,
					  .timeout_ms = WAIT_MS},
		   on_reply, w);
	/* Get the request out. */
	loop_timer_start(w->timer, 20, 0);
	loop_run(w->loop);
	return w;
}

struct waiting {
	struct test_server *t;
	int count;
};

static void read_waiting(void *arg)
{
	struct waiting *v = arg;
	v->count = v->t->srv->hub->waiting;
}

void polls_waiting(struct test_server *t, int n)
{
	struct waiting v = {t, -1};
	int64_t until = clock_mono_ms() + WAIT_MS;
	while (v.count != n) {
		if (clock_mono_ms() > until)
			fail_msg("%d syncs wait, expected %d", v.count, n);
		test_server_run(t, read_waiting, &v);
	}
}

static void poll_free(struct poll *w)
{
	loop_timer_free(w->timer);
	http_free(w->http);
	loop_free(w->loop);
	mem_free(w);
}

json_t *poll_end(struct poll *w, int *ret_ms)
{
	if (!w->done) {
		loop_timer_start(w->timer, WAIT_MS, 0);
		loop_run(w->loop);
	}
	if (!w->done || w->status != 200)
		fail_msg("a waiting sync ended with %d", w->status);
	json_t *j = moved(w->p, w->reply);
	if (ret_ms)
		*ret_ms = (int)w->took_ms;
	poll_free(w);
	return j;
}

void poll_kill(struct poll *w)
{
	/* http_free answers what is under way; that reply is nobody's. */
	http_free(w->http);
	w->http = NULL;
	json_decref(w->reply);
	poll_free(w);
}
