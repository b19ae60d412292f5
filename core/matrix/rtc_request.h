/*
 * What a client asks for to take part in a call: where calls take place
 * (MSC4143), an OpenID token, an access token of the SFU (lk-jwt-service), and
 * delayed events (MSC4140 in its deployed, unstable form).
 */
#ifndef MUSTER_MATRIX_RTC_REQUEST_H
#define MUSTER_MATRIX_RTC_REQUEST_H

#include "core/matrix/request.h"
#include "core/matrix/rtc_member.h"

#define RTC_JWT_MAX 16384

/* -- Where calls take place ------------------------------------------------- */

/** GET .../org.matrix.msc4143/rtc/transports; 404 M_UNRECOGNIZED without. */
struct request request_rtc_transports(void);
/** The token service of the first LiveKit transport of such a reply; ERR_NOT_FOUND. */
int rtc_transports_read(const json_t *reply, char ret_url[RTC_URL_MAX], struct err *err);
/** The same of /.well-known/matrix/client. */
int rtc_well_known_read(const json_t *reply, char ret_url[RTC_URL_MAX], struct err *err);

/* -- Access tokens ---------------------------------------------------------- */

/** POST /v3/user/{}/openid/request_token; its reply goes into rtc_token_ask as it is. */
struct request request_openid(const char *user_id);
/** TURN servers with credentials: GET /v3/voip/turnServer. */
struct request request_turn_server(void);
/** ERR_PROTOCOL unless it is an OpenID token. */
int rtc_openid_check(const json_t *reply, struct err *err);

/** Who asks for an access token, and for which room. Borrowed. */
struct rtc_token_ask {
	const json_t *openid; /**< reply to request_openid */
	const char *room_id, *user_id, *device_id, *member_id;
};
/** How to ask, in the order in which it is tried. */
enum rtc_token_way {
	RTC_TOKEN_SFU_GET, /**< POST {service}/sfu/get: identity "@user:server:DEVICE" */
	RTC_TOKEN_GET,	   /**< POST {service}/get_token: identity a hash */
	RTC_TOKEN_WAYS
};
/** The request, its path below the service's address. */
struct request request_rtc_token(enum rtc_token_way way, const struct rtc_token_ask *a);
/** Does this answer mean that the service does not know that way? */
bool rtc_token_unknown(const struct err *err);

/** An access token and what it says, without its signature being checked: that is the SFU's. */
struct rtc_token {
	char url[RTC_URL_MAX]; /**< ws(s) address of the SFU */
	char *jwt;	       /**< owned; wiped by rtc_token_done */
	char identity[2 * LIMIT_ID_BYTES + 2];
	char room[LIMIT_ID_BYTES + 1]; /**< LiveKit's name of it */
	bool admin;		       /**< it lets us act on others: roomAdmin */
	bool rules;		       /**< the SFU holds everybody to the room's org.muster.call */
};
/** ERR_PROTOCOL with the reason. */
int rtc_token_read(const json_t *reply, struct rtc_token *ret, struct err *err);
/** A zeroed struct is allowed. */
void rtc_token_done(struct rtc_token *t);

/* -- Tokens for programs: server/routes/live_tokens.c ------------------------- */

/** `what`: "speak" or "listen"; `name` NULL: none. */
struct request request_live_token_add(const char *room_id, const char *what, const char *name);
struct request request_live_token_list(const char *room_id);
struct request request_live_token_remove(const char *room_id, const char *device_id);

/* -- Delayed events --------------------------------------------------------- */

/** PUT /v3/rooms/{}/state/{}/{}?org.matrix.msc4140.delay= */
struct request request_delayed_state(const char *room, const char *type, const char *key,
				     const json_t *content, int64_t delay_ms);
/** PUT /v3/rooms/{}/send/{}/{}?org.matrix.msc4140.delay= */
struct request request_delayed_send(const char *room, const char *type, const char *txn,
				    const json_t *content, int64_t delay_ms);
/** GET .../delayed_events: what waits of us; `from` NULL: the first page. */
struct request request_delayed_list(const char *from);
/** The feature's name in /versions: where it is missing, both PUTs would send at once. */
#define RTC_DELAYED_FEATURE "org.matrix.msc4140"
/** Its reply: borrowed id; ERR_PROTOCOL. */
int rtc_delayed_read(const json_t *reply, const char **ret_id, struct err *err);

enum rtc_delayed_act { RTC_DELAYED_SEND, RTC_DELAYED_CANCEL, RTC_DELAYED_RESTART };
/** POST .../delayed_events/{id}/{action}, or with the action in the body (`older`). */
struct request request_delayed_act(const char *delay_id, enum rtc_delayed_act act, bool older);

/** What a server's refusal means for a leave that is to be scheduled or kept. */
enum rtc_delayed_trouble {
	RTC_DELAYED_FAILED,	 /**< network trouble, rate limit: try again */
	RTC_DELAYED_UNSUPPORTED, /**< the server has no delayed events, or not for us */
	RTC_DELAYED_UNKNOWN_WAY, /**< of an action: perhaps the older way works */
	RTC_DELAYED_GONE,	 /**< no such event waits: it was sent or cancelled */
	RTC_DELAYED_TOO_LONG,	 /**< *ret_max_ms is the longest delay */
};
/** `body`: of the error reply, may be anything. */
enum rtc_delayed_trouble rtc_delayed_judge(const struct err *err, struct span body,
					   int64_t *ret_max_ms);

#endif
