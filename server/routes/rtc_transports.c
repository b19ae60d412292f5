/*
 * Where the calls of this server's rooms take place: MSC4143. Nothing is told
 * while the server carries none.
 */
#include "core/base/i18n.h"
#include "server/routes/route.h"
#include "server/rtc/rtc.h"

extern const struct route rtc_transports_routes[];

static void get_transports(struct rq *rq)
{
	if (!rq->srv->config->calls)
		rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This server carries no calls"));
	else
		rq_json(rq, 200,
			json_pack("{s:[{s:s,s:s}]}", "rtc_transports", "type", "livekit",
				  "livekit_service_url", rq->srv->rtc->service_url));
}

const struct route rtc_transports_routes[] = {
	{"GET", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", ROUTE_USER, 0,
	 get_transports, 0},
	{0},
};
