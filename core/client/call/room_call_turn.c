/* TURN servers that the homeserver knows of, for where the server of calls names none. */
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/client/call/ask.h"
#include "core/client/call/room_call_priv.h"
#include "core/matrix/rtc_request.h"

#define STEP_MS 10000
#define URIS_MAX 8

static void take_reply(struct room_call *rc, const json_t *reply)
{
	const char *uris[URIS_MAX];
	const json_t *list = json_object_get(reply, "uris");
	struct call_turn t = {
		.uris = uris,
		.username = json_get_str(reply, "username"),
		.password = json_get_str(reply, "password"),
	};
	for (size_t i = 0; i < json_array_size(list) && t.uris_n < URIS_MAX; i++) {
		const char *uri = json_string_value(json_array_get(list, i));
		if (uri)
			uris[t.uris_n++] = uri;
	}
	if (t.uris_n && rc->call)
		call_turn(rc->call, &t);
}

static void on_turn(struct span body, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	rc->turn_rq = NULL;
	if (ask_reply(body, err, &reply, &e))
		log_debug("call: no TURN servers: %s", e.msg);
	else
		take_reply(rc, reply);
}

void room_call_ask_turn(struct room_call *rc)
{
	session_drop(rc->turn_rq);
	rc->turn_rq = ask(client_session(rc->c), request_turn_server(), STEP_MS, true, on_turn, rc);
}
