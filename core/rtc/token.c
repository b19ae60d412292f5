#include "core/rtc/token.h"

#include "core/base/buf.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned bit;
} sources[] = {
	{"camera", RTC_SOURCE_CAMERA},
	{"microphone", RTC_SOURCE_MICROPHONE},
	{"screen_share", RTC_SOURCE_SCREEN},
	{"screen_share_audio", RTC_SOURCE_SCREEN_AUDIO},
};

static json_t *video_claims(const struct rtc_grant *g)
{
	json_t *v = json_pack("{s:b,s:s,s:b,s:b}", "roomJoin", 1, "room", g->room, "canPublish",
			      g->can_publish, "canSubscribe", g->can_subscribe);
	/* What is left out is had, but for this one. */
	if (g->can_update_metadata)
		json_object_set_new(v, "canUpdateOwnMetadata", json_true());
	if (!g->can_publish_data)
		json_object_set_new(v, "canPublishData", json_false());
	if (g->hidden)
		json_object_set_new(v, "hidden", json_true());
	if (g->can_publish && g->sources != RTC_SOURCE_ALL) {
		json_t *list = json_array();
		for (size_t i = 0; i < ARRAY_LEN(sources); i++)
			if (g->sources & sources[i].bit)
				json_array_append_new(list, json_string(sources[i].name));
		json_object_set_new(v, "canPublishSources", list);
	}
	return v;
}

static void put_part(struct buf *b, const json_t *j)
{
	AUTO(buf_done) struct buf text = BUF_INIT(BUF_CAP_OWN);
	json_put(&text, j);
	base64url_put(b, text.p, text.n);
}

char *rtc_token_make(const struct rtc_grant *g, const char *key, const char *secret, int64_t now_s,
		     int64_t life_s)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	uint8_t mac[32];
	JSON_AUTO json_t *head = json_pack("{s:s,s:s}", "alg", "HS256", "typ", "JWT");
	JSON_AUTO json_t *claims =
		json_pack("{s:s,s:s,s:I,s:I,s:o}", "iss", key, "sub", g->identity, "nbf",
			  (json_int_t)now_s, "exp", (json_int_t)(now_s + life_s), "video",
			  video_claims(g));
	if (g->name[0])
		json_object_set_new(claims, "name", json_string(g->name));
	put_part(&b, head);
	buf_put_char(&b, '.');
	put_part(&b, claims);
	crypto_hmac_sha256(span_of(secret), buf_span(&b), mac);
	buf_put_char(&b, '.');
	base64url_put(&b, mac, sizeof(mac));
	return buf_take(&b);
}

/* Three parts, of which the last is the signature of the first two with their dot. */
struct parts {
	struct span head, claims, signature, sealed;
};

static bool cut(struct span token, struct parts *ret)
{
	struct span rest = token;
	ptrdiff_t one = span_find(rest, '.');
	if (token.n > RTC_TOKEN_MAX_BYTES || one < 0)
		return false;
	ret->head = span_head(rest, (size_t)one);
	rest = span_from(rest, (size_t)one + 1);
	ptrdiff_t two = span_find(rest, '.');
	if (two < 0)
		return false;
	ret->claims = span_head(rest, (size_t)two);
	ret->signature = span_from(rest, (size_t)two + 1);
	ret->sealed = span_head(token, (size_t)one + 1 + (size_t)two);
	return true;
}

static int parse_part(struct span part, json_t **ret, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(RTC_TOKEN_MAX_BYTES);
	if (!base64_decode(&text, part) || json_parse_object(buf_span(&text), ret, NULL))
		return err_set(err, ERR_INVALID, _("This is no access token of a call"));
	return 0;
}

int rtc_token_claims(struct span token, json_t **ret, struct err *err)
{
	struct parts p;
	if (!cut(token, &p))
		return err_set(err, ERR_INVALID, _("This is no access token of a call"));
	return parse_part(p.claims, ret, err);
}

static int refuse(struct err *err, const char *sentence)
{
	err_set(err, ERR_AUTH, "%s", sentence);
	if (err)
		err->http_status = 401;
	return ERR_AUTH;
}

static bool signature_ok(const struct parts *p, const char *secret)
{
	AUTO(buf_done) struct buf given = BUF_INIT(64);
	JSON_AUTO json_t *head = NULL;
	uint8_t mac[32];
	if (parse_part(p->head, &head, NULL))
		return false;
	/* Nothing else is accepted, least of all "none". */
	const char *alg = json_get_str(head, "alg");
	if (!alg || strcmp(alg, "HS256") != 0)
		return false;
	crypto_hmac_sha256(span_of(secret), p->sealed, mac);
	return base64_decode(&given, p->signature) && given.n == sizeof(mac) &&
	       crypto_equal(given.p, mac, sizeof(mac));
}

static unsigned read_sources(const json_t *video)
{
	const json_t *list = json_get_array(video, "canPublishSources");
	unsigned bits = 0;
	if (json_array_size(list) == 0)
		return RTC_SOURCE_ALL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		for (size_t k = 0; name && k < ARRAY_LEN(sources); k++)
			if (strcmp(name, sources[k].name) == 0)
				bits |= sources[k].bit;
	}
	return bits;
}

static bool copy_name(char ret[RTC_TOKEN_NAME_MAX + 1], const char *s)
{
	if (!s || strlen(s) > RTC_TOKEN_NAME_MAX)
		return false;
	snprintf(ret, RTC_TOKEN_NAME_MAX + 1, "%s", s);
	return true;
}

static int read_grant(const json_t *claims, struct rtc_grant *ret, struct err *err)
{
	const json_t *video = json_get_object(claims, "video");
	const char *sub = json_get_str(claims, "sub"), *name = json_get_str(claims, "name");
	struct rtc_grant g = {
		.can_publish = json_get_bool(video, "canPublish", true),
		.can_subscribe = json_get_bool(video, "canSubscribe", true),
		.can_publish_data = json_get_bool(video, "canPublishData", true),
		.can_update_metadata = json_get_bool(video, "canUpdateOwnMetadata", false),
		.hidden = json_get_bool(video, "hidden", false),
		.sources = read_sources(video),
	};
	if (!json_get_bool(video, "roomJoin", false))
		return refuse(err, _("This access token is not for joining a call"));
	if (!copy_name(g.identity, sub ? sub : json_get_str(claims, "jti")) || !g.identity[0])
		return refuse(err, _("This access token says of nobody who they are"));
	if (!copy_name(g.room, json_get_str(video, "room")) || !g.room[0])
		return refuse(err, _("This access token names no room"));
	if (!copy_name(g.name, name ? name : ""))
		return refuse(err, _("The name in this access token is too long"));
	*ret = g;
	return 0;
}

int rtc_token_check(struct span token, const char *key, const char *secret, int64_t now_s,
		    struct rtc_grant *ret, struct err *err)
{
	JSON_AUTO json_t *claims = NULL;
	struct parts p;
	if (!cut(token, &p) || !signature_ok(&p, secret) || parse_part(p.claims, &claims, NULL))
		return refuse(err, _("This access token is not ours"));
	const char *iss = json_get_str(claims, "iss");
	int64_t exp = json_get_i64(claims, "exp", 0);
	if (!iss || strcmp(iss, key) != 0)
		return refuse(err, _("This access token is not ours"));
	if (exp < now_s - RTC_TOKEN_LEEWAY_S)
		return refuse(err, _("This access token is no longer valid, ask for a new one"));
	if (json_get_i64(claims, "nbf", 0) > now_s + RTC_TOKEN_LEEWAY_S)
		return refuse(err, _("This access token is not valid yet, check the clocks"));
	return read_grant(claims, ret, err);
}
