/*
 * What Matrix specifies and this server does not do, with the reason: no mail and no
 * text message is sent, no page is fetched, and what /sync replaced stays replaced.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "server/routes/route.h"

extern const struct route absent_routes[];

static void refuse_new(struct rq *rq)
{
	rq_error(rq, 403, "M_THREEPID_DENIED", "%s",
		 _("This server sends no messages: accounts are made by invitation or without "
		   "an address"));
}

/* Addresses are the administrator's to add. */
static void refuse_medium(struct rq *rq)
{
	rq_error(rq, 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED", "%s",
		 _("This server sends no messages: its administrator adds e-mail addresses"));
}

/* For a forgotten password. Whether the address is known here is told to nobody. */
static void refuse_reset(struct rq *rq)
{
	rq_error(rq, 403, "M_THREEPID_DENIED", "%s",
		 _("This server sends no messages: its administrator gives new passwords"));
}

static void get_preview(struct rq *rq)
{
	rq_error(rq, 404, "M_UNRECOGNIZED", "%s",
		 _("This server fetches no web pages, so it has no previews of them"));
}

static void get_replaced(struct rq *rq)
{
	rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This is no longer served: use /sync"));
}

#define V3 "/_matrix/client/v3/"
#define TOKEN "/requestToken", ROUTE_OPEN, ROUTE_JSON

const struct route absent_routes[] = {
	{"POST", V3 "register/email" TOKEN, refuse_new, LIMIT_JSON_LOGIN},
	{"POST", V3 "register/msisdn" TOKEN, refuse_new, LIMIT_JSON_LOGIN},
	{"POST", V3 "account/3pid/email" TOKEN, refuse_medium, LIMIT_JSON_LOGIN},
	{"POST", V3 "account/3pid/msisdn" TOKEN, refuse_medium, LIMIT_JSON_LOGIN},
	{"POST", V3 "account/password/email" TOKEN, refuse_reset, LIMIT_JSON_LOGIN},
	{"POST", V3 "account/password/msisdn" TOKEN, refuse_reset, LIMIT_JSON_LOGIN},
	{"GET", "/_matrix/client/v1/media/preview_url", ROUTE_USER, 0, get_preview, 0},
	{"GET", "/_matrix/media/v3/preview_url", ROUTE_USER, 0, get_preview, 0},
	{"GET", V3 "events", ROUTE_USER, 0, get_replaced, 0},
	{"GET", V3 "events/{}", ROUTE_USER, 0, get_replaced, 0},
	{"GET", V3 "initialSync", ROUTE_USER, 0, get_replaced, 0},
	{"GET", V3 "rooms/{}/initialSync", ROUTE_USER, 0, get_replaced, 0},
	{0},
};
