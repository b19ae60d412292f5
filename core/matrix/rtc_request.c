#include "core/matrix/rtc_request.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/matrix/live.h"
#include "core/matrix/request_make.h"

#include <stdio.h>
#include <string.h>

#define MSC4140 "org.matrix.msc4140"
#define UNSTABLE "/_matrix/client/unstable/"

struct request request_rtc_transports(void)
{
	return request_make("GET", UNSTABLE "org.matrix.msc4143/rtc/transports");
}

static int read_transports(const json_t *list, char ret_url[RTC_URL_MAX], struct err *err)
{
	if (rtc_transport_find(list, ret_url))
		return 0;
	return err_set(err, ERR_NOT_FOUND, _("the server names no place for calls"));
}

int rtc_transports_read(const json_t *reply, char ret_url[RTC_URL_MAX], struct err *err)
{
	return read_transports(json_get_array(reply, "rtc_transports"), ret_url, err);
}

int rtc_well_known_read(const json_t *reply, char ret_url[RTC_URL_MAX], struct err *err)
{
	return read_transports(json_get_array(reply, "org.matrix.msc4143.rtc_foci"), ret_url, err);
}

struct request request_openid(const char *user_id)
{
	struct request rq = request_make("POST", "/v3/user/{}/openid/request_token", user_id);
	request_body_copy(&rq, NULL);
	rq.repeatable = true;
	return rq;
}

struct request request_turn_server(void)
{
	return request_make("GET", "/v3/voip/turnServer");
}

int rtc_openid_check(const json_t *reply, struct err *err)
{
	if (json_get_str(reply, "access_token") && json_get_str(reply, "matrix_server_name"))
		return 0;
	return err_set(err, ERR_PROTOCOL, _("the server gave no OpenID token"));
}

static json_t *openid_of(const struct rtc_token_ask *a)
{
	static const char *const keys[] = {"access_token", "token_type", "matrix_server_name",
					   "expires_in"};
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_object_get(a->openid, keys[i]))
			json_object_set(o, keys[i], json_object_get(a->openid, keys[i]));
	return o;
}

struct request request_rtc_token(enum rtc_token_way way, const struct rtc_token_ask *a)
{
	static const char *const paths[RTC_TOKEN_WAYS] = {
		[RTC_TOKEN_SFU_GET] = "/sfu/get",
		[RTC_TOKEN_GET] = "/get_token",
	};
	/* Below the service's own address, not the homeserver's API. */
	struct request rq = {.method = "POST",
			     .path = BUF_INIT(BUF_CAP_OWN),
			     .body = BUF_INIT(BUF_CAP_OWN),
			     .anonymous = true,
			     .repeatable = true};
	buf_put_str(&rq.path, paths[way]);
	request_body(&rq,
		     way == RTC_TOKEN_SFU_GET
			     ? json_pack("{s:s,s:o,s:s}", "room", a->room_id, "openid_token",
					 openid_of(a), "device_id", a->device_id)
			     : json_pack("{s:s,s:s,s:o,s:{s:s,s:s,s:s}}", "room_id", a->room_id,
					 "slot_id", RTC_SLOT_ROOM, "openid_token", openid_of(a),
					 "member", "id", a->member_id, "claimed_user_id",
					 a->user_id, "claimed_device_id", a->device_id));
	return rq;
}

bool rtc_token_unknown(const struct err *err)
{
	return err->http_status == 404 || err->http_status == 405 || err->http_status == 501;
}

/* The claims in the middle of "header.claims.signature". */
static int read_claims(const char *jwt, json_t **ret, struct err *err)
{
	struct span rest = span_of(jwt), header, claims, sign;
	AUTO(buf_done) struct buf text = BUF_INIT(RTC_JWT_MAX);
	if (rest.n > RTC_JWT_MAX || !span_split(&rest, '.', &header) ||
	    !span_split(&rest, '.', &claims) || !span_split(&rest, '.', &sign) || !claims.n ||
	    !base64_decode(&text, claims) || json_parse_object(buf_span(&text), ret, NULL))
		return err_set(err, ERR_PROTOCOL,
			       _("what the call's token service gave is no access token"));
	return 0;
}

static bool copy(const char *s, char *ret, size_t size)
{
	if (!s || !*s || strlen(s) >= size)
		return false;
	memcpy(ret, s, strlen(s) + 1);
	return true;
}

/* "ws(s)://..."; some services give it as http(s). */
static bool copy_url(const char *url, char ret[RTC_URL_MAX])
{
	static const struct {
		const char *from, *to;
	} schemes[] = {{"wss://", "wss://"},
		       {"ws://", "ws://"},
		       {"https://", "wss://"},
		       {"http://", "ws://"}};
	for (size_t i = 0; url && i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i].from);
		if (strncmp(url, schemes[i].from, n) != 0 || !url[n] || strpbrk(url, " \t\r\n"))
			continue;
		return snprintf(ret, RTC_URL_MAX, "%s%s", schemes[i].to, url + n) < RTC_URL_MAX;
	}
	return false;
}

int rtc_token_read(const json_t *reply, struct rtc_token *ret, struct err *err)
{
	struct rtc_token t = {.jwt = NULL};
	JSON_AUTO json_t *claims = NULL;
	const char *jwt = json_get_str(reply, "jwt");
	if (!jwt || !copy_url(json_get_str(reply, "url"), t.url))
		return err_set(err, ERR_PROTOCOL,
			       _("the call's token service gave no address and no token"));
	int rc = read_claims(jwt, &claims, err);
	if (rc)
		return rc;
	const json_t *video = json_get_object(claims, "video");
	if (!copy(json_get_str(claims, "sub"), t.identity, sizeof(t.identity)) ||
	    !copy(json_get_str(video, "room"), t.room, sizeof(t.room)))
		return err_set(err, ERR_PROTOCOL,
			       _("the access token for the call names no room or nobody"));
	t.admin = json_get_bool(video, "roomAdmin", false);
	t.rules = json_get_bool(claims, LIVE_TYPE, false);
	t.jwt = mem_strdup(jwt);
	*ret = t;
	return 0;
}

void rtc_token_done(struct rtc_token *t)
{
	mem_free_secret(t->jwt);
	t->jwt = NULL;
}

struct request request_delayed_state(const char *room, const char *type, const char *key,
				     const json_t *content, int64_t delay_ms)
{
	struct request rq = request_state_put(room, type, key, content);
	request_query_int(&rq, MSC4140 ".delay", delay_ms);
	return rq;
}

struct request request_delayed_send(const char *room, const char *type, const char *txn,
				    const json_t *content, int64_t delay_ms)
{
	struct request rq = request_send(room, type, txn, content);
	request_query_int(&rq, MSC4140 ".delay", delay_ms);
	return rq;
}

#define LIVE_TOKENS "/_muster/live/v1/rooms/{}/tokens"

struct request request_live_token_add(const char *room_id, const char *what, const char *name)
{
	struct request rq = request_make("POST", LIVE_TOKENS, room_id);
	json_t *o = json_pack("{s:s}", "for", what);
	if (name)
		json_object_set_new(o, "name", json_string(name));
	request_body(&rq, o);
	return rq;
}

struct request request_live_token_list(const char *room_id)
{
	return request_make("GET", LIVE_TOKENS, room_id);
}

struct request request_live_token_remove(const char *room_id, const char *device_id)
{
	return request_make("DELETE", LIVE_TOKENS "/{}", room_id, device_id);
}

struct request request_delayed_list(const char *from)
{
	struct request rq = request_make("GET", UNSTABLE MSC4140 "/delayed_events");
	request_query(&rq, "from", from);
	return rq;
}

int rtc_delayed_read(const json_t *reply, const char **ret_id, struct err *err)
{
	const char *id = json_get_str(reply, "delay_id");
	if (!id || !*id || strlen(id) > LIMIT_ID_BYTES)
		return err_set(err, ERR_PROTOCOL, _("the server gave no id for the delayed event"));
	*ret_id = id;
	return 0;
}

struct request request_delayed_act(const char *delay_id, enum rtc_delayed_act act, bool older)
{
	static const char *const names[] = {[RTC_DELAYED_SEND] = "send",
					    [RTC_DELAYED_CANCEL] = "cancel",
					    [RTC_DELAYED_RESTART] = "restart"};
	struct request rq;
	if (older) {
		rq = request_make("POST", UNSTABLE MSC4140 "/delayed_events/{}", delay_id);
		request_body(&rq, json_pack("{s:s}", "action", names[act]));
	} else {
		rq = request_make("POST", UNSTABLE MSC4140 "/delayed_events/{}/{}", delay_id,
				  names[act]);
		request_body_copy(&rq, NULL);
	}
	rq.repeatable = true;
	return rq;
}

enum rtc_delayed_trouble rtc_delayed_judge(const struct err *err, struct span body,
					   int64_t *ret_max_ms)
{
	JSON_AUTO json_t *j = NULL;
	if (body.n && body.n <= LIMIT_EVENT_BYTES)
		json_parse_object(body, &j, NULL);
	const char *more = json_get_str(j, MSC4140 ".errcode");
	int64_t max = json_get_i64(j, MSC4140 ".max_delay", 0);
	if (more && strcmp(more, "M_MAX_DELAY_EXCEEDED") == 0 && max > 0) {
		*ret_max_ms = max;
		return RTC_DELAYED_TOO_LONG;
	}
	if (strcmp(err->errcode, "M_UNRECOGNIZED") == 0)
		return RTC_DELAYED_UNKNOWN_WAY;
	if (strcmp(err->errcode, "M_NOT_FOUND") == 0)
		return RTC_DELAYED_GONE;
	/* Without the extension a server takes the request for an ordinary one, or knows no such
	 * path; neither comes as a network's trouble. */
	if (err->http_status >= 400 && err->http_status < 500 && err->code != ERR_LIMITED &&
	    strcmp(err->errcode, "M_UNKNOWN_TOKEN") != 0)
		return RTC_DELAYED_UNSUPPORTED;
	return RTC_DELAYED_FAILED;
}
