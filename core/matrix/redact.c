#include "core/matrix/redact.h"

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

/* A key of the content that redaction keeps in room versions first..last. */
struct kept {
	const char *type; /* of the event */
	const char *key;
	int first, last;
};

static const struct kept kept_keys[] = {
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

/* The members of `from` that the table keeps for `type`. */
static json_t *keep(const char *type, const json_t *from, int version)
{
	json_t *to = json_object();
	for (size_t i = 0; i < ARRAY_LEN(kept_keys); i++) {
		const struct kept *k = &kept_keys[i];
		json_t *v;
		if (version < k->first || version > k->last || strcmp(k->type, type) != 0)
			continue;
		v = json_object_get(from, k->key);
		if (v)
			json_object_set_nocheck(to, k->key, v);
	}
	return to;
}

json_t *event_redact_content(const char *type, const json_t *content, int version)
{
	if (!version)
		version = ROOM_VERSION_NEWEST;
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
