/*
 * LiveKit's signalling: /rtc, /rtc/validate. Clients put it below whatever
 * address they were given, with one slash too many or behind a prefix that a
 * proxy did not take off. Nothing answers /rtc/v1: newer clients then step
 * back to /rtc.
 */
#include "core/base/i18n.h"
#include "server/routes/route.h"
#include "server/sfu/sfu.h"

extern const struct route rtc_signal_routes[];

static void run(struct rq *rq, void (*fn)(struct sfu *s, struct httpd_request *http))
{
	struct sfu *sfu = rq->srv->sfu;
	if (!sfu) {
		rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This server carries no calls"));
		return;
	}
	struct httpd_request *http = rq_hand_over(rq);
	if (http)
		fn(sfu, http);
}

static void get_rtc(struct rq *rq)
{
	run(rq, sfu_signal);
}

static void get_validate(struct rq *rq)
{
	run(rq, sfu_validate);
}

const struct route rtc_signal_routes[] = {
	{"GET", "/rtc", ROUTE_OPEN, ROUTE_WEBSOCKET, get_rtc, 0},
	{"GET", "//rtc", ROUTE_OPEN, ROUTE_WEBSOCKET, get_rtc, 0},
	{"GET", "/{}/rtc", ROUTE_OPEN, ROUTE_WEBSOCKET, get_rtc, 0},
	{"GET", "/{}/{}/rtc", ROUTE_OPEN, ROUTE_WEBSOCKET, get_rtc, 0},
	{"GET", "/rtc/validate", ROUTE_OPEN, 0, get_validate, 0},
	{"GET", "//rtc/validate", ROUTE_OPEN, 0, get_validate, 0},
	{"GET", "/{}/rtc/validate", ROUTE_OPEN, 0, get_validate, 0},
	{"GET", "/{}/{}/rtc/validate", ROUTE_OPEN, 0, get_validate, 0},
	{0},
};
