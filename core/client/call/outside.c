#include "core/client/call/outside.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"
#include "core/client/call/company.h"
#include "core/client/call/place.h"
#include "core/client/rooms.h"
#include "core/client/util.h"

#include <string.h>

#define STEP_MS 10000
#define LIMIT_MS 30000

struct outside {
	struct loop *l;
	struct client *c;
	struct place *place;
	struct session *net;
	struct session_call *asking;
	struct loop_timer *limit;
	bool ended;
	struct err err;
};

static void on_ended(struct span body, const struct err *err, void *arg)
{
	struct outside *o = arg;
	JSON_AUTO json_t *j = NULL;
	o->asking = NULL;
	loop_stop(o->l);
	o->ended = !err;
	if (!err)
		return;
	const char *code = json_parse_object(body, &j, NULL) ? NULL : json_get_str(j, "code");
	/* Nobody is in it: then it is over. */
	if (err->http_status == 404 && code && !strcmp(code, "not_found"))
		return;
	o->err = *err;
	if (err->http_status == 401 || err->http_status == 403 || err->http_status == 404) {
		err_set(&o->err, ERR_UNSUPPORTED,
			_("the server of this call, %.200s, lets nobody act on others"),
			session_base_url(o->net));
		err_hint(&o->err,
			 _("muster serve does; elsewhere its access tokens need roomAdmin"));
	}
}

static void on_found(void *arg, const struct rtc_token *t, const struct err *err)
{
	struct outside *o = arg;
	if (err) {
		o->err = *err;
		loop_stop(o->l);
		return;
	}
	AUTO_FREE char *base = mem_printf("http%s", t->url + 2);
	JSON_AUTO json_t *body = json_pack("{s:s}", "room", t->room);
	AUTO_FREE char *text = json_text(body);
	const struct session_request rq = {
		.method = "POST",
		.path = "/twirp/livekit.RoomService/DeleteRoom",
		.body = span_of(text),
		.repeatable = true,
		.timeout_ms = STEP_MS,
	};
	o->net = session_new(o->l, NULL, base, client_ca_file(o->c));
	session_use_token(o->net, t->jwt);
	o->asking = session_start(o->net, &rq, on_ended, o);
}

static void on_elsewhere(void *arg, const struct err *why)
{
	(void)arg;
	(void)why;
}

static void on_limit(void *arg)
{
	struct outside *o = arg;
	err_set(&o->err, ERR_CANCELLED, _("the time limit was reached"));
	loop_stop(o->l);
}

/* Where the people are that the room says are in the call. */
static int find_place(struct outside *o, const char *room_id, struct err *err)
{
	static const struct place_handler h = {on_found, on_elsewhere};
	AUTO(store_room_done) struct store_room room = {0};
	AUTO(company_done) struct company people = {.n = 0};
	const struct account *a = client_account(o->c);
	struct store *s;
	int rc = client_find_room(o->c, room_id, &room, err);
	if (!rc)
		rc = client_store(o->c, &s, err);
	if (rc)
		return rc;
	company_init(&people, a->user_id, a->device_id);
	company_read(&people, s, room.id);
	const char *service = company_service(&people, clock_wall_ms());
	o->place = place_new(o->c, room_id, service, *service != '\0', &h, o);
	place_find(o->place);
	return 0;
}

static int begin(struct outside *o, struct client *up, const char *room_id, struct err *err)
{
	const struct client_options opt = {
		.account = client_account(up)->name,
		.loop = o->l,
		.ca_file = client_ca_file(up),
	};
	int left = client_time_left_ms(up);
	int rc = client_open(&opt, &o->c, err);
	if (!rc)
		rc = find_place(o, room_id, err);
	if (!rc)
		loop_timer_start(o->limit,
				 (uint64_t)(left >= 0 && left < LIMIT_MS ? left : LIMIT_MS), 0);
	return rc;
}

int outside_end_call(struct client *up, const char *room_id, bool *ret_ended, struct err *err)
{
	struct outside o = {.l = loop_new()};
	o.limit = loop_timer_new(o.l, on_limit, &o);
	int rc = begin(&o, up, room_id, err);
	if (!rc)
		loop_run(o.l);
	session_drop(o.asking);
	place_free(o.place);
	session_free(o.net);
	client_close(o.c);
	loop_timer_free(o.limit);
	loop_free(o.l);
	if (!rc && o.err.code) {
		if (err)
			*err = o.err;
		return o.err.code;
	}
	*ret_ended = o.ended;
	return rc;
}
