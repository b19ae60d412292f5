/*
 * Rooms that were replaced: the engine joins the new one, and leaves it again when that does not
 * name the old one as the room it goes on from (anybody's room can be named in a tombstone).
 */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/client/engine_priv.h"
#include "core/client/util.h"

static void start(struct engine *e, struct request rq, session_done_fn *done)
{
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
		.repeatable = true,
	};
	e->join = session_start(client_session(e->c), &sr, done, e);
	request_done(&rq);
}

static void go_on(struct engine *e)
{
	engine_poll_now(e);
	engine_follow(e);
}

static void on_left(struct span body, const struct err *err, void *arg)
{
	struct engine *e = arg;
	(void)body;
	e->join = NULL;
	if (err)
		log_warn("leaving it: %s", err->msg);
	go_on(e);
}

static void on_create(struct span body, const struct err *err, void *arg)
{
	struct engine *e = arg;
	JSON_AUTO json_t *create = NULL;
	struct store *s;
	e->join = NULL;
	if (err || json_parse_object(body, &create, NULL) || upgrade_is_true(&e->upgrade, create)) {
		go_on(e);
		return;
	}
	if (client_store(e->c, &s, NULL) == 0)
		upgrade_refuse(s, &e->upgrade);
	start(e, request_leave(e->upgrade.new_id, NULL), on_left);
}

static void on_joined(struct span body, const struct err *err, void *arg)
{
	struct engine *e = arg;
	(void)body;
	e->join = NULL;
	if (err) {
		log_warn("joining the room that replaced one: %s", err->msg);
		engine_follow(e);
		return;
	}
	start(e, request_state_get(e->upgrade.new_id, "m.room.create", ""), on_create);
}

void engine_follow(struct engine *e)
{
	struct store *s;
	if (e->join || e->state != ENGINE_LIVE || client_stays(e->c) ||
	    client_store(e->c, &s, NULL))
		return;
	upgrade_done(&e->upgrade);
	if (upgrade_next(s, clock_wall_ms(), &e->upgrade))
		start(e, upgrade_join(&e->upgrade), on_joined);
}

void engine_follow_stop(struct engine *e)
{
	session_drop(take(&e->join));
	upgrade_done(&e->upgrade);
}
