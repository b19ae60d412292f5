#include "server/rooms/create.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/rooms/alias.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

struct preset {
	const char *name, *join_rule, *guest_access;
	bool anyone_invites, invitees_equal;
};

static const struct preset presets[] = {
	{"private_chat", "invite", "can_join", true, false},
	{"trusted_private_chat", "invite", "can_join", true, true},
	{"public_chat", "public", "forbidden", false, false},
};

/* Room creation under way. */
struct making {
	struct db_tx *tx;
	const struct room_creation *c;
	const json_t *body;
	const struct preset *preset;
	int64_t nid;
	char id[LIMIT_ID_BYTES + 1];
	char alias[LIMIT_ID_BYTES + 1]; /* or "" */
};

/* Appends a state event; takes `steal`. */
static int put(struct making *m, const char *type, const char *key, json_t *steal, struct err *err)
{
	struct event_ref ref;
	struct event_draft d = {
		.room_nid = m->nid,
		.sender_nid = m->c->user_nid,
		.sender = m->c->user_id,
		.type = type,
		.state_key = key,
		.content = steal,
		.encryption_ok = m->c->encryption_ok,
	};
	int rc = room_append(m->tx, &d, &ref, err);
	json_decref(steal);
	return rc;
}

static int put_string(struct making *m, const char *type, const char *field, const char *value,
		      struct err *err)
{
	return put(m, type, "", json_pack("{s:s}", field, value), err);
}

/* --- what the request says --- */

static const struct {
	const char *key;
	json_type type;
	const char *what;
} fields[] = {
	{"name", JSON_STRING, N_("a string")},
	{"topic", JSON_STRING, N_("a string")},
	{"preset", JSON_STRING, N_("a string")},
	{"visibility", JSON_STRING, N_("a string")},
	{"room_version", JSON_STRING, N_("a string")},
	{"room_alias_name", JSON_STRING, N_("a string")},
	{"invite", JSON_ARRAY, N_("a list")},
	{"invite_3pid", JSON_ARRAY, N_("a list")},
	{"initial_state", JSON_ARRAY, N_("a list")},
	{"creation_content", JSON_OBJECT, N_("an object")},
	{"power_level_content_override", JSON_OBJECT, N_("an object")},
};

static int check_types(const json_t *body, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const json_t *v = json_object_get(body, fields[i].key);
		if (v && !json_is_null(v) && json_typeof(v) != fields[i].type)
			return matrix_err(err, 400, "M_BAD_JSON", _("\"%s\" is not %s"),
					  fields[i].key, _(fields[i].what));
		if (json_is_string(v) && !json_get_str(body, fields[i].key))
			return matrix_err(err, 400, "M_BAD_JSON", _("\"%s\" holds a NUL character"),
					  fields[i].key);
	}
	return 0;
}

static int check_caps(const json_t *body, struct err *err)
{
	if (json_array_size(json_object_get(body, "invite_3pid")))
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("This server has no identity server: invite by user id"));
	if (json_array_size(json_object_get(body, "invite")) > ROOM_CREATE_MAX_INVITES)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("At most %d people can be invited while a room is made"),
				  ROOM_CREATE_MAX_INVITES);
	if (json_array_size(json_object_get(body, "initial_state")) > ROOM_CREATE_MAX_STATE)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("initial_state may hold at most %d events"),
				  ROOM_CREATE_MAX_STATE);
	return 0;
}

static int find_preset(struct making *m, struct err *err)
{
	const char *visibility = json_get_str(m->body, "visibility");
	const char *name = json_get_str(m->body, "preset");
	if (visibility && strcmp(visibility, "public") != 0 && strcmp(visibility, "private") != 0)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("\"visibility\" is neither public nor private"));
	if (!name)
		name = visibility && strcmp(visibility, "public") == 0 ? "public_chat"
								       : "private_chat";
	for (size_t i = 0; i < ARRAY_LEN(presets); i++)
		if (strcmp(presets[i].name, name) == 0)
			m->preset = &presets[i];
	return m->preset ? 0
			 : matrix_err(err, 400, "M_INVALID_PARAM",
				      _("There is no preset \"%.100s\""), name);
}

static int check_alias(struct making *m, struct err *err)
{
	const char *name = json_get_str(m->body, "room_alias_name");
	if (!name)
		return 0;
	AUTO_FREE char *full = mem_printf("#%s:%s", name, m->c->server_name);
	if (strchr(name, ':') || strlen(full) > LIMIT_ID_BYTES)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("room_alias_name is the part of the alias before the colon"));
	int rc = alias_check(span_of(full), m->c->server_name, err);
	if (!rc)
		snprintf(m->alias, sizeof(m->alias), "%s", full);
	return rc;
}

static int check_version(const json_t *body, struct err *err)
{
	const char *v = json_get_str(body, "room_version");
	if (!v || strcmp(v, ROOM_VERSION_SERVED) == 0)
		return 0;
	return matrix_err(err, 400, "M_UNSUPPORTED_ROOM_VERSION",
			  _("This server makes rooms of version %s only"), ROOM_VERSION_SERVED);
}

/* Entries are objects with type and content; state_key is "" unless given. */
static int check_initial_state(const json_t *body, bool encryption_ok, struct err *err)
{
	size_t i;
	json_t *e;
	json_array_foreach (json_get_array(body, "initial_state"), i, e) {
		json_t *key = json_object_get(e, "state_key");
		if (!json_get_str(e, "type") || !json_get_object(e, "content") ||
		    (key && !json_get_str(e, "state_key")))
			return matrix_err(err, 400, "M_BAD_JSON",
					  _("Entry %zu of initial_state needs a type, a content "
					    "and at most a state_key"),
					  i + 1);
		if (!encryption_ok && strcmp(json_get_str(e, "type"), "m.room.encryption") == 0)
			return room_refuse_encryption(err);
	}
	return 0;
}

static int check_invites(const json_t *body, struct err *err)
{
	size_t i;
	json_t *v;
	struct user_id id;
	json_array_foreach (json_get_array(body, "invite"), i, v)
		if (!json_is_string(v) ||
		    user_id_parse((struct span){json_string_value(v), json_string_length(v)}, &id,
				  NULL))
			return matrix_err(err, 400, "M_INVALID_PARAM",
					  _("Entry %zu of invite is not a user id"), i + 1);
	return 0;
}

static int check(struct making *m, struct err *err)
{
	int rc = check_types(m->body, err);
	if (!rc)
		rc = check_caps(m->body, err);
	if (!rc)
		rc = check_version(m->body, err);
	if (!rc)
		rc = find_preset(m, err);
	if (!rc)
		rc = check_initial_state(m->body, m->c->encryption_ok, err);
	if (!rc)
		rc = check_invites(m->body, err);
	return rc ? rc : check_alias(m, err);
}

/* The entry of initial_state under this type with an empty state key, or NULL. */
static json_t *given(const struct making *m, const char *type)
{
	size_t i;
	json_t *e, *found = NULL;
	json_array_foreach (json_get_array(m->body, "initial_state"), i, e) {
		const char *key = json_get_str(e, "state_key");
		if ((!key || !*key) && strcmp(json_get_str(e, "type"), type) == 0)
			found = e;
	}
	return found;
}

/* --- the events, in the order that the specification gives --- */

int room_insert(struct db_tx *tx, const char *server_name, int64_t creator_nid, bool listed,
		char ret_room_id[LIMIT_ID_BYTES + 1], int64_t *ret_nid, struct err *err)
{
	uint8_t raw[15];
	AUTO(buf_done) struct buf local = BUF_INIT(64);
	crypto_random(raw, sizeof(raw));
	base64url_put(&local, raw, sizeof(raw));
	snprintf(ret_room_id, LIMIT_ID_BYTES + 1, "!%s:%s", buf_str(&local), server_name);
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO rooms(room_id,version,creator_nid,"
						"public,created_ts) VALUES(?,?,?,?,?)");
	sql_bind_str(s, 1, ret_room_id);
	sql_bind_str(s, 2, ROOM_VERSION_SERVED);
	sql_bind_i64(s, 3, creator_nid);
	sql_bind_i64(s, 4, listed);
	sql_bind_i64(s, 5, db_tx_now_ms(tx));
	int rc = sql_run(s, err);
	*ret_nid = sql_last_id(db_tx_sql(tx));
	return rc;
}

static int insert_room(struct making *m, struct err *err)
{
	const char *visibility = json_get_str(m->body, "visibility");
	return room_insert(m->tx, m->c->server_name, m->c->user_nid,
			   visibility && strcmp(visibility, "public") == 0, m->id, &m->nid, err);
}

static int put_create(struct making *m, struct err *err)
{
	json_t *asked = json_get_object(m->body, "creation_content");
	json_t *content = asked ? json_copy(asked) : json_object();
	json_object_del(content, "creator");
	json_object_set_new(content, "room_version", json_string(ROOM_VERSION_SERVED));
	json_t *type = json_object_get(content, "type");
	if (type && !json_is_string(type)) {
		json_decref(content);
		return matrix_err(err, 400, "M_BAD_JSON", _("The room type is not a string"));
	}
	int rc = put(m, "m.room.create", "", content, err);
	return rc ? rc
		  : put(m, "m.room.member", m->c->user_id, json_pack("{s:s}", "membership", "join"),
			err);
}

json_t *room_default_levels(const char *creator, bool anyone_invites)
{
	/* The last two: everybody may take part in calls (MatrixRTC). */
	return json_pack("{s:{s:i}, s:i, s:{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}, s:i, s:i, "
			 "s:i, "
			 "s:i, s:i, s:i, s:{s:i}}",
			 "users", creator, 100, "users_default", 0, "events", "m.room.name", 50,
			 "m.room.avatar", 50, "m.room.canonical_alias", 50, "m.room.power_levels",
			 100, "m.room.history_visibility", 100, "m.room.encryption", 100,
			 "m.room.server_acl", 100, "m.room.tombstone", 100,
			 "org.matrix.msc3401.call.member", 0, "org.matrix.msc4143.rtc.member", 0,
			 "events_default", 0, "state_default", 50, "ban", 50, "kick", 50, "redact",
			 50, "invite", anyone_invites ? 0 : 50, "notifications", "room", 50);
}

/* Calls stay open to everybody unless the client itself said otherwise. */
static void keep_calls_open(json_t *levels)
{
	static const char *const types[] = {"org.matrix.msc3401.call.member",
					    "org.matrix.msc4143.rtc.member"};
	json_t *copy = json_copy(json_object_get(levels, "events"));
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!json_object_get(copy, types[i]))
			json_object_set_new(copy, types[i], json_integer(0));
	json_object_set_new(levels, "events", copy);
}

static int put_levels(struct making *m, struct err *err)
{
	json_t *own = given(m, "m.room.power_levels");
	json_t *override = json_get_object(m->body, "power_level_content_override");
	if (own)
		return put(m, "m.room.power_levels", "",
			   json_incref(json_object_get(own, "content")), err);
	json_t *levels = room_default_levels(m->c->user_id, m->preset->anyone_invites);
	json_t *users = json_object_get(levels, "users"), *v;
	size_t i;
	if (m->preset->invitees_equal)
		json_array_foreach (json_get_array(m->body, "invite"), i, v)
			json_object_set_new(users, json_string_value(v), json_integer(100));
	if (override)
		json_object_update(levels, override);
	if (json_get_object(levels, "events"))
		keep_calls_open(levels);
	return put(m, "m.room.power_levels", "", levels, err);
}

static int put_alias(struct making *m, struct err *err)
{
	if (!*m->alias)
		return 0;
	int rc = alias_add(m->tx, m->alias, m->nid, m->c->user_nid, 400, "M_ROOM_IN_USE", err);
	if (rc || given(m, "m.room.canonical_alias"))
		return rc;
	return put_string(m, "m.room.canonical_alias", "alias", m->alias, err);
}

static int put_preset(struct making *m, struct err *err)
{
	const struct {
		const char *type, *field, *value;
	} events[] = {
		{"m.room.join_rules", "join_rule", m->preset->join_rule},
		{"m.room.history_visibility", "history_visibility", "shared"},
		{"m.room.guest_access", "guest_access", m->preset->guest_access},
	};
	int rc = 0;
	for (size_t i = 0; !rc && i < ARRAY_LEN(events); i++)
		if (!given(m, events[i].type))
			rc = put_string(m, events[i].type, events[i].field, events[i].value, err);
	return rc;
}

static int put_initial_state(struct making *m, struct err *err)
{
	size_t i;
	json_t *e;
	int rc = 0;
	json_array_foreach (json_get_array(m->body, "initial_state"), i, e) {
		const char *type = json_get_str(e, "type"), *key = json_get_str(e, "state_key");
		if (rc)
			break;
		if (strcmp(type, "m.room.power_levels") == 0 && (!key || !*key))
			continue;
		rc = put(m, type, key ? key : "", json_incref(json_object_get(e, "content")), err);
	}
	return rc;
}

static int put_name_topic(struct making *m, struct err *err)
{
	const char *name = json_get_str(m->body, "name"), *topic = json_get_str(m->body, "topic");
	int rc = 0;
	if (name && *name)
		rc = put_string(m, "m.room.name", "name", name, err);
	if (!rc && topic && *topic)
		rc = put(m, "m.room.topic", "",
			 json_pack("{s:s, s:{s:[{s:s}]}}", "topic", topic, "m.topic", "m.text",
				   "body", topic),
			 err);
	return rc;
}

static int put_invites(struct making *m, struct err *err)
{
	bool direct = json_get_bool(m->body, "is_direct", false);
	size_t i;
	json_t *v;
	json_array_foreach (json_get_array(m->body, "invite"), i, v) {
		json_t *content = json_pack("{s:s}", "membership", "invite");
		if (direct)
			json_object_set_new(content, "is_direct", json_true());
		int rc = put(m, "m.room.member", json_string_value(v), content, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* The state that was asked for contradicts itself. */
static int as_room_state(int rc, struct err *err)
{
	if (rc && err && err->http_status == 403 && strcmp(err->errcode, "M_FORBIDDEN") == 0) {
		struct err why = *err;
		return matrix_err(err, 400, "M_INVALID_ROOM_STATE", "%s", why.msg);
	}
	return rc;
}

int room_create(struct db_tx *tx, const struct room_creation *c, char *ret_room_id,
		int64_t *ret_nid, struct err *err)
{
	static int (*const state_steps[])(struct making *, struct err *) = {
		put_levels, put_alias, put_preset, put_initial_state, put_name_topic,
	};
	struct making m = {.tx = tx, .c = c, .body = c->body};
	int rc = check(&m, err);
	if (!rc)
		rc = insert_room(&m, err);
	if (!rc)
		rc = put_create(&m, err);
	for (size_t i = 0; !rc && i < ARRAY_LEN(state_steps); i++)
		rc = as_room_state(state_steps[i](&m, err), err);
	if (!rc)
		rc = put_invites(&m, err);
	if (rc)
		return rc;
	snprintf(ret_room_id, LIMIT_ID_BYTES + 1, "%s", m.id);
	*ret_nid = m.nid;
	return 0;
}
