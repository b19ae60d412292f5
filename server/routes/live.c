/*
 * The sound of a room's call by plain HTTP: WHEP (draft-ietf-wish-whep) to
 * listen with a browser or a player, WHIP (RFC 9725) to speak with OBS,
 * GStreamer or ffmpeg. Who may is asked as for every call: a person who is in
 * the room, by their access token or by a token for this room's sound alone
 * (live_tokens.c), which knows its room, so that the addresses /whip and /whep
 * do for it. What the SFU does with it: server/sfu/session.h.
 */
#include "server/routes/live.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/rtc_id.h"
#include "server/accounts/device.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"
#include "server/rtc/people.h"
#include "server/sfu/sfu.h"

#include <stdio.h>
#include <string.h>

extern const struct route live_routes[];

#define SDP_TYPE "application/sdp"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"
#define FLAGS (ROUTE_TAKES_PART | ROUTE_LIVE_OK)

/* One request on its way to the SFU and back. */
struct hearing {
	struct rq *rq;
	bool speak;
	enum sfu_asking what;
	int64_t room_nid;
	char room[RTC_ID_SIZE], identity[2 * LIMIT_ID_BYTES + 2];
	char *url; /* of the endpoint, to which a session's name is added */
};

static void hearing_free(void *arg)
{
	struct hearing *h = arg;
	if (!h)
		return;
	mem_free(h->url);
	mem_free(h);
}

static bool is_whip(const struct rq *rq)
{
	return strstr(rq->route->pattern, "/whip") != NULL;
}

/* -- Who asks -------------------------------------------------------------------------- */

static bool refuse(struct rq *rq, int status, const char *errcode, const char *why)
{
	rq_error(rq, status, errcode, "%s", why);
	return false;
}

/* The room of the address, or else the token's. */
static bool find_room(struct rq *rq, int64_t *ret)
{
	struct sql *db = db_reader(rq->srv->db);
	bool named = strstr(rq->route->pattern, "/rooms/{}") != NULL;
	int64_t only = rq->who.live_room_nid;
	*ret = only;
	if (named && (room_find(db, rq->param[0], ret, NULL) ||
		      room_membership(db, *ret, rq->who.user_nid) != MEMBERSHIP_JOIN))
		return refuse(rq, 403, "M_FORBIDDEN", _("You are not in this room, join it first"));
	if (!*ret)
		return refuse(rq, 404, "M_NOT_FOUND",
			      _("Your token is for more than one room: name the room in the "
				"address"));
	if (only && *ret != only)
		return refuse(rq, 403, "M_FORBIDDEN", _("This token is for another room"));
	if (room_membership(db, *ret, rq->who.user_nid) != MEMBERSHIP_JOIN)
		return refuse(rq, 403, "M_FORBIDDEN", _("You are not in this room, join it first"));
	return true;
}

static bool may(struct rq *rq, const struct hearing *h)
{
	int right = h->speak ? LIVE_SPEAK : LIVE_LISTEN;
	if (rq->who.live_room_nid && !(rq->who.live_rights & right))
		return refuse(rq, 403, "M_FORBIDDEN",
			      h->speak ? _("This token is for listening only")
				       : _("This token is for speaking only"));
	return true;
}

/* Without the keys of an encrypted room one hears noise, and says what others could overhear. */
static bool is_open(struct rq *rq, const struct hearing *h)
{
	JSON_AUTO json_t *encryption = NULL;
	if (room_state(db_reader(rq->srv->db), h->room_nid, "m.room.encryption", "", &encryption))
		return true;
	return refuse(rq, 403, "M_FORBIDDEN",
		      _("This room is encrypted: its calls need a client that has its keys"));
}

static bool name_them(struct rq *rq, struct hearing *h)
{
	char room_id[LIMIT_ID_BYTES + 1];
	room_id_of(db_reader(rq->srv->db), h->room_nid, room_id);
	rtc_id_room(room_id, RTC_SLOT_ROOM, h->room);
	int n = snprintf(h->identity, sizeof(h->identity), "%s:%s", rq->who.user_id,
			 rq->who.device_id);
	return n < (int)sizeof(h->identity) ||
	       refuse(rq, 400, "M_INVALID_PARAM", _("Your device has too long a name for a call"));
}

/* Replies and returns NULL when they may not. */
static struct hearing *admit(struct rq *rq, enum sfu_asking what)
{
	struct hearing *h = NEW(struct hearing);
	*h = (struct hearing){.rq = rq, .speak = is_whip(rq), .what = what};
	if (!rq->srv->sfu)
		refuse(rq, 404, "M_UNRECOGNIZED", _("This server carries no calls"));
	else if (find_room(rq, &h->room_nid) && may(rq, h) && name_them(rq, h))
		return h;
	hearing_free(h);
	return NULL;
}

static bool type_is(struct rq *rq, const char *type)
{
	struct span have = httpd_header(rq->http, "Content-Type"), word;
	if (span_split(&have, ';', &word) && span_case_eq_str(span_trim(word), type))
		return true;
	rq_error(rq, 415, "M_INVALID_PARAM", _("The body must be %s"), type);
	return false;
}

/* -- Addresses ------------------------------------------------------------------------- */

/*
 * Whole addresses, as some clients do not resolve others; with what the client itself called
 * us, as that reaches us.
 */
static char *endpoint_url(struct rq *rq)
{
	struct span host = httpd_header(rq->http, "Host");
	const char *base = rq->srv->base_url, *named = strstr(base, "://");
	struct span path = rq->http->path;
	size_t n = strcspn(named ? named + 3 : "", "/");
	if (!named || !host.n || (host.n == n && memcmp(named + 3, host.p, n) == 0))
		return mem_printf("%s%.*s", base, SPAN_ARG(path));
	return mem_printf("http%s://%.*s%.*s", rq->http->tls ? "s" : "", SPAN_ARG(host),
			  SPAN_ARG(path));
}

/* -- Asking ----------------------------------------------------------------------------- */

static void reply(struct hearing *h, const struct sfu_told *t)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	bool begun = h->what == SFU_ASK_START;
	if (t->body.n)
		buf_printf(&b, "Content-Type: %s\r\n", begun ? SDP_TYPE : FRAGMENT_TYPE);
	if (t->etag[0])
		httpd_header_put(&b, "ETag", span_of(t->etag));
	if (begun) {
		AUTO_FREE char *url = mem_printf("%s/%s", h->url, t->session);
		httpd_header_put(&b, "Location", span_of(url));
	}
	buf_put_str(&b, "Cache-Control: no-store\r\n");
	rq_raw(h->rq, t->status, buf_str(&b), t->body);
}

static void reply_trouble(struct rq *rq, const struct sfu_told *t)
{
	const char *errcode = t->status == 404	 ? "M_NOT_FOUND"
			      : t->status == 403 ? "M_FORBIDDEN"
			      : t->status == 413 ? "M_TOO_LARGE"
						 : "M_INVALID_PARAM";
	if (t->status == 429)
		rq_limited(rq, t->retry_after_s * 1000);
	else
		rq_error(rq, t->status, errcode, "%s", t->why);
}

static void forgotten(void *arg, const struct sfu_told *t)
{
	(void)arg;
	(void)t;
}

static void told(void *arg, const struct sfu_told *t)
{
	struct hearing *h = arg;
	struct rq *rq = h->rq;
	/* Nobody knows of it. */
	if (!rq->http && t->status == 201 && rq->srv->sfu) {
		const struct sfu_ask end = {.what = SFU_ASK_END,
					    .speak = h->speak,
					    .room = h->room,
					    .identity = h->identity,
					    .session = t->session};
		sfu_ask(rq->srv->sfu, &end, forgotten, NULL);
	}
	if (t->status < 400)
		reply(h, t);
	else
		reply_trouble(rq, t);
	hearing_free(h);
}

static void ask(struct hearing *h, const char *session)
{
	struct rq *rq = h->rq;
	const struct sfu_ask a = {
		.what = h->what,
		.speak = h->speak,
		.room = h->room,
		.identity = h->identity,
		.session = session,
		.if_match = rq->http ? span_trim(httpd_header(rq->http, "If-Match"))
				     : (struct span){"", 0},
		.body = rq->http ? httpd_body(rq->http) : (struct span){"", 0},
	};
	if (!rq->srv->sfu) {
		refuse(rq, 503, "M_UNKNOWN", _("The server is about to stop"));
		hearing_free(h);
		return;
	}
	sfu_ask(rq->srv->sfu, &a, told, h);
}

/* -- POST ------------------------------------------------------------------------------- */

static int note(struct db_tx *tx, void *arg, struct err *err)
{
	const struct hearing *h = arg;
	const struct people_ask who = {
		.room = h->room,
		.identity = h->identity,
		.room_nid = h->room_nid,
		.user_nid = h->rq->who.user_nid,
		.slot_id = RTC_SLOT_ROOM,
		.device_id = h->rq->who.device_id,
	};
	return people_note(tx, &who, err);
}

static void noted(struct rq *rq, void *arg, int rc, const struct err *err)
{
	if (!rc) {
		ask(arg, "");
		return;
	}
	if (err->http_status == 429)
		rq_limited(rq, err->retry_after_ms);
	else
		rq_err(rq, err);
	hearing_free(arg);
}

static void post(struct rq *rq)
{
	struct hearing *h = type_is(rq, SDP_TYPE) ? admit(rq, SFU_ASK_START) : NULL;
	if (!h)
		return;
	if (!is_open(rq, h)) {
		hearing_free(h);
		return;
	}
	h->url = endpoint_url(rq);
	rq_write(rq, note, noted, h, NULL);
}

/* -- The rest --------------------------------------------------------------------------- */

/* RFC 9725 4.1: there is nothing to be had here, and that is no error. */
static void get_endpoint(struct rq *rq)
{
	rq_raw(rq, 200, "Content-Type: " SDP_TYPE "\r\n", SPAN_LIT(""));
}

static void get_session(struct rq *rq)
{
	rq_raw(rq, 204, NULL, SPAN_LIT(""));
}

static const char *session_of(const struct rq *rq)
{
	bool named = strstr(rq->route->pattern, "/rooms/{}") != NULL;
	return rq->param[named ? 1 : 0].p;
}

static void patch(struct rq *rq)
{
	struct hearing *h = type_is(rq, FRAGMENT_TYPE) ? admit(rq, SFU_ASK_PATCH) : NULL;
	if (h)
		ask(h, session_of(rq));
}

static void delete_session(struct rq *rq)
{
	struct hearing *h = admit(rq, SFU_ASK_END);
	if (h)
		ask(h, session_of(rq));
}

#define ENDPOINT(path)                                                                \
	{"POST", path, ROUTE_USER, FLAGS, post, SFU_OFFER_BYTES_MAX},                 \
		{"GET", path, ROUTE_OPEN, 0, get_endpoint, 0},                        \
		{"GET", path "/{}", ROUTE_OPEN, 0, get_session, 0},                   \
		{"PATCH", path "/{}", ROUTE_USER, FLAGS, patch, SFU_OFFER_BYTES_MAX}, \
	{                                                                             \
		"DELETE", path "/{}", ROUTE_USER, ROUTE_LIVE_OK, delete_session, 0    \
	}

const struct route live_routes[] = {
	ENDPOINT(LIVE_PATH "rooms/{}/whep"),
	ENDPOINT(LIVE_PATH "rooms/{}/whip"),
	ENDPOINT("/whep"),
	ENDPOINT("/whip"),
	{0},
};
