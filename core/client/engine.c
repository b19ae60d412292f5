#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/client/engine_priv.h"
#include "core/store/store.h"

#include <signal.h>

#define RETRY_LOCK_MS 60

static void take_over(void *arg);

void engine_publish(struct engine *e)
{
	if (e->server)
		ipc_broadcast(e->server, SPAN_LIT("{\"commit\":1}"));
	for (int i = 0; i < e->observer_count; i++)
		if (e->observers[i]->committed)
			e->observers[i]->committed(e->observer_args[i]);
}

static const char *const state_names[] = {
	[ENGINE_STARTING] = "starting",
	[ENGINE_LIVE] = "live",
	[ENGINE_OFFLINE] = "offline",
	[ENGINE_LOGGED_OUT] = "logged_out",
};

static void put_state(const struct engine *e, struct buf *b)
{
	buf_printf(b, "{\"state\":\"%s\",\"error\":", state_names[e->state]);
	buf_put_json_str(b, span_of(e->state == ENGINE_LIVE ? "" : e->why.msg));
	buf_put_char(b, '}');
}

void engine_set_state(struct engine *e, enum engine_state now, const struct err *why)
{
	bool same = e->state == now;
	e->state = now;
	if (why)
		e->why = *why;
	if (same)
		return;
	if (e->server) {
		AUTO(buf_done) struct buf b = BUF_INIT(8192);
		put_state(e, &b);
		ipc_broadcast(e->server, buf_span(&b));
	}
	for (int i = 0; i < e->observer_count; i++)
		if (e->observers[i]->state)
			e->observers[i]->state(now, &e->why, e->observer_args[i]);
}

void engine_answer(struct engine *e, const struct err *why)
{
	AUTO(buf_done) struct buf b = BUF_INIT(8192);
	buf_put_str(&b, "{\"synced\":1");
	if (why) {
		e->asker_old = e->asker_count;
		buf_put_str(&b, ",\"error\":");
		buf_put_json_str(&b, span_of(why->msg));
	}
	buf_put_char(&b, '}');
	for (int i = 0; i < e->asker_old; i++)
		ipc_send(e->askers[i], buf_span(&b));
	e->asker_count -= e->asker_old;
	memmove(e->askers, e->askers + e->asker_old, (size_t)e->asker_count * sizeof(*e->askers));
	e->asker_old = 0;
}

/* -- as owner ------------------------------------------------------------- */

static void peer_opened(struct ipc *c, void *arg)
{
	AUTO(buf_done) struct buf b = BUF_INIT(8192);
	put_state(arg, &b);
	ipc_send(c, buf_span(&b));
}

static void peer_line(struct ipc *c, struct span line, void *arg)
{
	struct engine *e = arg;
	JSON_AUTO json_t *j = NULL;
	if (json_parse_object(line, &j, NULL))
		return;
	const char *op = json_get_str(j, "op");
	if (!op || strcmp(op, "sync") != 0)
		return;
	if (e->asker_count == ENGINE_ASKERS) {
		ipc_send(c, SPAN_LIT("{\"synced\":0,\"error\":\"busy\"}"));
		return;
	}
	e->askers[e->asker_count++] = c;
	if (e->state == ENGINE_LOGGED_OUT) /* no sync will come that could answer */
		engine_answer(e, &e->why);
	else
		engine_poll_now(e);
}

static void peer_closed(struct ipc *c, void *arg)
{
	struct engine *e = arg;
	for (int i = 0; i < e->asker_count; i++) {
		if (e->askers[i] != c)
			continue;
		e->asker_count--;
		if (i < e->asker_old)
			e->asker_old--;
		memmove(e->askers + i, e->askers + i + 1,
			(size_t)(e->asker_count - i) * sizeof(*e->askers));
		i--;
	}
}

static int become_owner(struct engine *e, struct err *err)
{
	static const struct ipc_handler h = {peer_opened, peer_line, peer_closed};
	AUTO_FREE char *socket = NULL;
	AUTO_FREE char *db = account_path(client_account(e->c), "cache.db");
	int rc = e->store ? 0 : store_open(db, &e->store, err);
	if (!rc)
		rc = sync_socket_path(client_account(e->c), &socket, err);
	if (!rc)
		rc = sync_socket_note(client_account(e->c), socket, err);
	if (!rc)
		rc = ipc_listen(e->l, socket, &h, e, &e->server, err);
	if (rc)
		return rc;
	/* What others committed between the last owner's end and now, nobody has told. */
	engine_publish(e);
	engine_poll(e);
	return 0;
}

/* -- as listener ---------------------------------------------------------- */

static void owner_opened(struct ipc *c, void *arg)
{
	struct engine *e = arg;
	(void)c;
	/* What was committed before we listened is in the cache by now. */
	engine_publish(e);
}

static void owner_line(struct ipc *c, struct span line, void *arg)
{
	struct engine *e = arg;
	JSON_AUTO json_t *j = NULL;
	(void)c;
	if (json_parse_object(line, &j, NULL))
		return;
	if (json_object_get(j, "commit"))
		engine_publish(e);
	const char *state = json_get_str(j, "state");
	for (size_t i = 0; state && i < ARRAY_LEN(state_names); i++) {
		struct err why;
		const char *msg = json_get_str(j, "error");
		if (strcmp(state, state_names[i]) != 0)
			continue;
		err_set(&why, i == ENGINE_LOGGED_OUT ? ERR_AUTH : ERR_NETWORK, "%s",
			msg ? msg : "");
		engine_set_state(e, (enum engine_state)i, &why);
	}
}

static void owner_closed(struct ipc *c, void *arg)
{
	struct engine *e = arg;
	(void)c;
	e->owner = NULL;
	loop_timer_start(e->timer, RETRY_LOCK_MS, 0);
}

/* Own sync, or listen to the process that does; tried again until one works. */
static void take_over(void *arg)
{
	static const struct ipc_handler h = {owner_opened, owner_line, owner_closed};
	struct engine *e = arg;
	struct err err = {0};
	if (e->server) {
		engine_poll(e);
		return;
	}
	AUTO_FREE char *path = sync_lock_path(client_account(e->c));
	int rc = e->lock ? 0 : fs_lock(path, false, &e->lock, &err);
	if (!rc) {
		rc = become_owner(e, &err);
		if (!rc)
			return;
	} else if (rc == ERR_CONFLICT) {
		AUTO_FREE char *socket = NULL;
		rc = sync_socket_of_owner(client_account(e->c), &socket, &err);
		if (!rc) {
			e->owner = ipc_connect(e->l, socket, &h, e);
			return;
		}
	}
	engine_set_state(e, ENGINE_OFFLINE, &err);
	loop_timer_start(e->timer, 1000, 0);
}

int engine_new(struct client *c, struct engine **ret, struct err *err)
{
	struct store *s;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	/* A listener that has gone must not end us. */
	signal(SIGPIPE, SIG_IGN);
	struct engine *e = NEW(struct engine);
	e->c = c;
	e->l = client_loop(c);
	e->presence = "offline";
	buf_init(&e->reply, LIMIT_SYNC_REPLY);
	buf_init(&e->page, LIMIT_SYNC_REPLY);
	e->timer = loop_timer_new(e->l, take_over, e);
	loop_timer_start(e->timer, 0, 0);
	*ret = e;
	return 0;
}

void engine_pause(struct engine *e)
{
	ipc_drop(take(&e->owner));
	ipc_server_free(take(&e->server));
	engine_poll_stop(e);
	e->asker_count = e->asker_old = 0;
	fs_unlock(take(&e->lock));
}

void engine_resume(struct engine *e)
{
	loop_timer_start(e->timer, 0, 0);
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	engine_pause(e);
	loop_timer_free(e->timer);
	buf_done(&e->reply);
	buf_done(&e->page);
	store_close(e->store);
	mem_free(e);
}

/* A place that nobody has: it stays while others are being told, and may be taken again. */
static const struct engine_observer nobody;

void engine_observe(struct engine *e, const struct engine_observer *o, void *arg)
{
	int i = 0;
	while (i < e->observer_count && e->observers[i] != &nobody)
		i++;
	if (i == ENGINE_OBSERVERS)
		return;
	e->observers[i] = o;
	e->observer_args[i] = arg;
	if (i == e->observer_count)
		e->observer_count++;
}

void engine_unobserve(struct engine *e, const struct engine_observer *o, const void *arg)
{
	for (int i = 0; i < e->observer_count; i++)
		if (e->observers[i] == o && e->observer_args[i] == arg)
			e->observers[i] = &nobody;
}

enum engine_state engine_state(const struct engine *e)
{
	return e->state;
}

void engine_set_presence(struct engine *e, const char *presence)
{
	e->presence = presence;
}

void engine_sync_now(struct engine *e)
{
	if (e->server)
		engine_poll_now(e);
	else if (e->owner)
		ipc_send(e->owner, SPAN_LIT("{\"op\":\"sync\"}"));
}
