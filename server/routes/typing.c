/*
 * PUT /rooms/{roomId}/typing/{userId}
 */
#include "server/sync/typing.h"

#include "core/base/i18n.h"
#include "server/routes/read.h"

extern const struct route typing_routes[];

static void put_typing(struct rq *rq)
{
	struct room_access a;
	const json_t *typing = json_object_get(rq->body, "typing");
	int64_t timeout = json_get_i64(rq->body, "timeout", TYPING_DEFAULT_MS);
	if (!read_own(rq, 1))
		return;
	if (!json_is_boolean(typing)) {
		rq_error(rq, 400, "M_BAD_JSON", "%s", _("\"typing\" must be true or false"));
		return;
	}
	if (!read_open_joined(rq, &a))
		return;
	if (json_is_false(typing) || timeout < 0)
		timeout = 0;
	hub_typing(a.hub, a.room, a.me, (int)(timeout > TYPING_MAX_MS ? TYPING_MAX_MS : timeout));
	access_done(&a);
	rq_empty(rq);
}

const struct route typing_routes[] = {
	{"PUT", "/_matrix/client/v3/rooms/{}/typing/{}", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART,
	 put_typing, 0},
	{0},
};
