#include "core/rtc/token.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/json.h"

#include <string.h>

#define RULES "org.muster.call"
#define NO_SOURCE "none" /* names nothing: an empty list would mean all */

static int sign(struct span secret, struct span text, uint8_t ret[32], struct err *err)
{
	if (!secret.n)
		return err_set(err, ERR_INVALID, _("the secret for call tokens is empty"));
	crypto_hmac_sha256(secret, text, ret);
	return 0;
}

const char *token_source_name(int source)
{
	static const char *const names[TOKEN_SOURCES_MAX] = {
		NULL, "camera", "microphone", "screen_share", "screen_share_audio",
	};
	return source > 0 && source < TOKEN_SOURCES_MAX ? names[source] : NULL;
}

bool token_may_publish(const struct token *t, int source)
{
	bool named = token_source_name(source) && (t->sources & 1u << source);
	return t->publish && (!t->sources || named);
}

static json_t *source_list(unsigned sources)
{
	json_t *list = json_array();
	for (int i = 1; i < TOKEN_SOURCES_MAX; i++)
		if (sources & 1u << i)
			json_array_append_new(list, json_string(token_source_name(i)));
	if (!json_array_size(list))
		json_array_append_new(list, json_string(NO_SOURCE));
	return list;
}

/* A list that names only what we do not know allows nothing: bit 0 stands for that. */
static unsigned read_sources(const json_t *list)
{
	unsigned sources = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));
		sources |= 1;
		for (int k = 1; s && k < TOKEN_SOURCES_MAX; k++)
			if (!strcmp(s, token_source_name(k)))
				sources |= 1u << k;
	}
	return sources;
}

static json_t *claims_of(const struct token *t)
{
	json_t *video =
		json_pack("{s:b,s:s,s:b,s:b,s:b,s:b,s:b,s:b,s:b}", "roomJoin", t->join, "room",
			  t->room, "roomCreate", t->create, "roomAdmin", t->admin, "canPublish",
			  t->publish, "canSubscribe", t->subscribe, "canPublishData", t->data,
			  "hidden", t->hidden, "canUpdateOwnMetadata", t->update_metadata);
	if (video && t->sources)
		json_object_set_new(video, "canPublishSources", source_list(t->sources));
	json_t *all =
		video ? json_pack("{s:s,s:s,s:s,s:I,s:I}", "iss", t->key, "sub", t->identity,
				  "name", t->name, "nbf", (json_int_t)(t->not_before_ms / 1000),
				  "exp", (json_int_t)(t->expires_ms / 1000))
		      : NULL;
	if (all && t->rules)
		json_object_set_new(all, RULES, json_true());
	if (all)
		json_object_set_new(all, "video", video);
	else
		json_decref(video);
	return all;
}

int token_make(const struct token *t, struct span secret, struct buf *ret, struct err *err)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	AUTO(buf_done) struct buf body = BUF_INIT(TOKEN_BYTES_MAX);
	uint8_t mac[32];
	JSON_AUTO json_t *claims = claims_of(t);
	if (!claims || !t->identity[0] || !t->key[0])
		return err_set(err, ERR_INVALID, _("a call token needs a key and an identity"));
	json_put(&body, claims);
	base64url_put(&b, header, sizeof(header) - 1);
	buf_put_char(&b, '.');
	base64url_put(&b, body.p, body.n);
	int rc = sign(secret, buf_span(&b), mac, err);
	if (rc)
		return rc;
	buf_put_char(&b, '.');
	base64url_put(&b, mac, sizeof(mac));
	if (!buf_ok(&b) || !buf_ok(&body) || !buf_put_span(ret, buf_span(&b)))
		return err_set(err, ERR_TOO_LARGE, _("the call token has become too long"));
	return 0;
}

struct parts {
	struct span signed_text, header, claims, mac;
};

static int malformed(struct err *err)
{
	return err_set(err, ERR_AUTH, _("this is not a call token"));
}

static int split(struct span text, struct parts *ret, struct err *err)
{
	struct span rest = text;
	if (text.n > TOKEN_BYTES_MAX || !span_split(&rest, '.', &ret->header) ||
	    !span_split(&rest, '.', &ret->claims) || !span_split(&rest, '.', &ret->mac) || rest.n ||
	    !ret->mac.n)
		return malformed(err);
	ret->signed_text = span_head(text, ret->header.n + 1 + ret->claims.n);
	return 0;
}

static json_t *decode(struct span part)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	json_t *j = NULL;
	if (!base64_decode(&b, part) || json_parse_object(buf_span(&b), &j, NULL))
		return NULL;
	return j;
}

static bool copy(char *ret, const json_t *o, const char *key)
{
	const char *s = json_get_str(o, key);
	size_t n = s ? strlen(s) : 0;
	if (n > TOKEN_NAME_MAX)
		return false;
	memcpy(ret, s ? s : "", n + 1);
	return true;
}

int token_key(struct span text, char ret[TOKEN_NAME_MAX + 1], struct err *err)
{
	struct parts p;
	int rc = split(text, &p, err);
	JSON_AUTO json_t *claims = rc ? NULL : decode(p.claims);
	return claims && copy(ret, claims, "iss") ? 0 : malformed(err);
}

static int check_mac(const struct parts *p, struct span secret, struct err *err)
{
	AUTO(buf_done) struct buf got = BUF_INIT(64);
	uint8_t want[32];
	JSON_AUTO json_t *header = decode(p->header);
	const char *alg = json_get_str(header, "alg");
	if (!alg || strcmp(alg, "HS256") != 0)
		return err_set(err, ERR_AUTH, _("the call token is not signed with HS256"));
	int rc = sign(secret, p->signed_text, want, err);
	if (rc)
		return rc;
	if (!base64_decode(&got, p->mac) || got.n != 32 || !crypto_equal(got.p, want, 32))
		return err_set(err, ERR_AUTH, _("the call token's signature is wrong"));
	return 0;
}

/* Seconds to milliseconds without overflow. */
static int64_t ms_of(const json_t *claims, const char *key)
{
	int64_t s = json_get_i64(claims, key, 0);
	return s < 0 || s > INT64_MAX / 2000 ? 0 : s * 1000;
}

static int read_claims(const json_t *claims, struct token *ret, struct err *err)
{
	const json_t *video = json_get_object(claims, "video");
	struct token t = {
		.not_before_ms = ms_of(claims, "nbf"),
		.expires_ms = ms_of(claims, "exp"),
		.join = json_get_bool(video, "roomJoin", false),
		.create = json_get_bool(video, "roomCreate", false),
		.admin = json_get_bool(video, "roomAdmin", false),
		.publish = json_get_bool(video, "canPublish", true),
		.subscribe = json_get_bool(video, "canSubscribe", true),
		.data = json_get_bool(video, "canPublishData", true),
		.hidden = json_get_bool(video, "hidden", false),
		.update_metadata = json_get_bool(video, "canUpdateOwnMetadata", false),
		.sources = read_sources(json_object_get(video, "canPublishSources")),
		.rules = json_get_bool(claims, RULES, false),
	};
	bool ok = copy(t.key, claims, "iss") && copy(t.identity, claims, "sub") &&
		  copy(t.name, claims, "name") && copy(t.room, video, "room");
	if (ok && !t.identity[0])
		ok = copy(t.identity, claims, "jti");
	/* Who only acts on a room from outside has no name there. */
	if (!ok || (t.join && !t.identity[0]))
		return err_set(err, ERR_AUTH, _("the call token names nobody, or too long a name"));
	*ret = t;
	return 0;
}

int token_verify(struct span text, struct span secret, int64_t wall_ms, struct token *ret,
		 struct err *err)
{
	struct parts p;
	struct token t;
	int rc = split(text, &p, err);
	if (!rc)
		rc = check_mac(&p, secret, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *claims = decode(p.claims);
	if (!claims)
		return malformed(err);
	rc = read_claims(claims, &t, err);
	if (rc)
		return rc;
	if (wall_ms > t.expires_ms + TOKEN_LEEWAY_MS)
		return err_set(err, ERR_AUTH, _("the call token has expired"));
	if (wall_ms < t.not_before_ms - TOKEN_LEEWAY_MS)
		return err_set(err, ERR_AUTH, _("the call token is not valid yet"));
	*ret = t;
	return 0;
}
