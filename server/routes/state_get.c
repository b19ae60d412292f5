/*
 * GET /rooms/{roomId}/state/{eventType}[/{stateKey}]; the whole state is in members.c.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/state_at.h"

#include <string.h>

extern const struct route state_get_routes[];

static void reply_one(struct rq *rq, const struct room_access *a, const struct event_row *e)
{
	const char *format = rq_query(rq, "format");
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (format && !strcmp(format, "event")) {
		access_put(&b, a, e);
	} else {
		JSON_AUTO json_t *j = NULL;
		if (!json_parse_object(e->text, &j, NULL))
			json_put(&b, json_object_get(j, "content"));
		if (!b.n)
			buf_put_str(&b, "{}");
	}
	rq_text(rq, 200, &b);
	buf_done(&b);
}

static void get_key(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	const char *format = rq_query(rq, "format");
	if (format && strcmp(format, "event") != 0 && strcmp(format, "content") != 0) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"format\" must be content or event"));
		return;
	}
	if (!read_open(rq, &a))
		return;
	struct span key = rq->param[2].p ? rq->param[2] : SPAN_LIT("");
	if (state_event_at(a.hub, a.room->nid, rq->param[1], key, a.upto, &l))
		reply_one(rq, &a, &l.v[0]);
	else
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("The room has no such state"));
	event_list_done(&l);
	access_done(&a);
}

const struct route state_get_routes[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/state/{}", ROUTE_USER, 0, get_key, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/state/{}/{}", ROUTE_USER, 0, get_key, 0},
	{0},
};
