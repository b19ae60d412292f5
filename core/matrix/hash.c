#include "core/matrix/hash.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <string.h>

int room_version_parse(const char *s)
{
	int64_t v;
	if (!s)
		return 1;
	if (!span_i64(span_of(s), &v) || v < 1 || v > ROOM_VERSION_NEWEST || s[0] == '0')
		return 0;
	return (int)v;
}

/* A key that redaction keeps in room versions first..last. */
struct kept {
	const char *type; /* of the event; NULL: top level */
	const char *key;
	int first, last;
};

static const struct kept kept_keys[] = {
	{NULL, "event_id", 1, 99},
	{NULL, "type", 1, 99},
	{NULL, "room_id", 1, 99},
	{NULL, "sender", 1, 99},
	{NULL, "state_key", 1, 99},
	{NULL, "content", 1, 99},
	{NULL, "hashes", 1, 99},
	{NULL, "signatures", 1, 99},
	{NULL, "depth", 1, 99},
	{NULL, "prev_events", 1, 99},
	{NULL, "prev_state", 1, 10},
	{NULL, "auth_events", 1, 99},
	{NULL, "origin", 1, 10},
	{NULL, "origin_server_ts", 1, 99},
	{NULL, "membership", 1, 10},
	{"m.room.member", "membership", 1, 99},
	{"m.room.member", "join_authorised_via_users_server", 9, 99},
	{"m.room.create", "creator", 1, 10},
	{"m.room.join_rules", "join_rule", 1, 99},
	{"m.room.join_rules", "allow", 8, 99},
	{"m.room.power_levels", "ban", 1, 99},
	{"m.room.power_levels", "events", 1, 99},
	{"m.room.power_levels", "events_default", 1, 99},
	{"m.room.power_levels", "invite", 11, 99},
	{"m.room.power_levels", "kick", 1, 99},
	{"m.room.power_levels", "redact", 1, 99},
	{"m.room.power_levels", "state_default", 1, 99},
	{"m.room.power_levels", "users", 1, 99},
	{"m.room.power_levels", "users_default", 1, 99},
	{"m.room.aliases", "aliases", 1, 5},
	{"m.room.history_visibility", "history_visibility", 1, 99},
	{"m.room.redaction", "redacts", 11, 99},
};

static int rules_of(int version)
{
	return version ? version : ROOM_VERSION_NEWEST;
}

static bool same_type(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The members of `from` that the table keeps for `type`. */
static json_t *keep(const char *type, const json_t *from, int version)
{
	json_t *to = json_object();
	for (size_t i = 0; i < ARRAY_LEN(kept_keys); i++) {
		const struct kept *k = &kept_keys[i];
		json_t *v;
		if (version < k->first || version > k->last || !same_type(k->type, type))
			continue;
		v = json_object_get(from, k->key);
		if (v)
			json_object_set_nocheck(to, k->key, v);
	}
	return to;
}

json_t *event_redact_content(const char *type, const json_t *content, int version)
{
	version = rules_of(version);
	if (!type || !json_is_object(content))
		return json_object();
	if (version >= 11 && strcmp(type, "m.room.create") == 0)
		return json_copy((json_t *)content);
	json_t *to = keep(type, content, version);
	if (version >= 11 && strcmp(type, "m.room.member") == 0) {
		json_t *invite = json_get_object(content, "third_party_invite");
		json_t *sig = json_object_get(invite, "signed");
		if (sig)
			json_object_set_new(to, "third_party_invite",
					    json_pack("{s:O}", "signed", sig));
	}
	return to;
}

json_t *event_redact(const json_t *event, int version)
{
	version = rules_of(version);
	json_t *to = keep(NULL, event, version);
	json_object_set_new(to, "content",
			    event_redact_content(json_get_str(event, "type"),
						 json_get_object(event, "content"), version));
	return to;
}

static int hash_canonical(const json_t *j, uint8_t ret[32], struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(2 * LIMIT_EVENT_BYTES);
	int rc = json_put_canonical(&b, j, err);
	if (!rc)
		crypto_sha256(buf_span(&b), ret);
	return rc;
}

int event_content_hash(const json_t *event, uint8_t ret[32], struct err *err)
{
	JSON_AUTO json_t *bare = json_copy((json_t *)event);
	json_object_del(bare, "unsigned");
	json_object_del(bare, "signatures");
	json_object_del(bare, "hashes");
	return hash_canonical(bare, ret, err);
}

int event_put_hashes(json_t *event, struct err *err)
{
	uint8_t hash[32];
	int rc = event_content_hash(event, hash, err);
	if (rc)
		return rc;
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	base64_put_unpadded(&b, hash, sizeof(hash));
	json_object_set_new(event, "hashes", json_pack("{s:s}", "sha256", buf_str(&b)));
	return 0;
}

int event_reference_hash(const json_t *event, int version, uint8_t ret[32], struct err *err)
{
	JSON_AUTO json_t *bare = event_redact(event, version);
	json_object_del(bare, "signatures");
	/* Where the id is this hash, the event itself cannot hold it. */
	if (rules_of(version) >= 3)
		json_object_del(bare, "event_id");
	return hash_canonical(bare, ret, err);
}

int event_id_make(const json_t *event, int version, struct event_id *ret, struct err *err)
{
	uint8_t hash[32];
	version = rules_of(version);
	if (version < 3)
		return err_set(err, ERR_UNSUPPORTED,
			       _("room version %d does not name events by their hash"), version);
	int rc = event_reference_hash(event, version, hash, err);
	if (rc)
		return rc;
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	buf_put_char(&b, '$');
	if (version == 3)
		base64_put_unpadded(&b, hash, sizeof(hash));
	else
		base64url_put(&b, hash, sizeof(hash));
	return event_id_parse(buf_span(&b), ret, err);
}
