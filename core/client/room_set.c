#include "core/client/rooms.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/util.h"

static const struct room_set_key keys[] = {
	{"name", NULL, N_("The room's name.")},
	{"topic", NULL, N_("What the room is about.")},
	{"alias", NULL, N_("The main alias, #name:server; made when it is new.")},
	{"join", "public|invite|knock", N_("Who may join.")},
	{"history", "invited|joined|shared|world_readable",
	 N_("From when on a new member may read, or everybody.")},
	{"guests", "can_join|forbidden", N_("Whether guests may join.")},
	{"directory", "public|private", N_("Whether the server's directory lists the room.")},
	{"avatar", NULL, N_("An mxc:// address of a picture.")},
	{NULL, NULL, NULL},
};

const struct room_set_key *room_set_keys(void)
{
	return keys;
}

static bool is_choice(const char *values, const char *value)
{
	struct span rest = span_of(values), one;
	while (span_split(&rest, '|', &one))
		if (span_eq_str(one, value))
			return true;
	return false;
}

static const struct room_set_key *check(const char *key, const char *value, struct err *err)
{
	for (const struct room_set_key *k = keys; k->key; k++) {
		if (strcmp(k->key, key) != 0)
			continue;
		if (!k->values || is_choice(k->values, value))
			return k;
		err_set(err, ERR_USAGE, _("%s can be %s, not %s"), key, k->values, value);
		return NULL;
	}
	err_set(err, ERR_USAGE, _("A room has no setting %s"), key);
	err_hint(err, "name, topic, alias, join, history, guests, directory, avatar");
	return NULL;
}

static int set_alias(struct client *c, const char *room_id, const char *value, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	AUTO_FREE char *alias = NULL;
	const char *mark = value[0] == '#' ? "" : "#";
	alias = strchr(value, ':') ? mem_printf("%s%s", mark, value)
				   : mem_printf("%s%s:%s", mark, value, client_server_name(c));
	int rc = session_do(client_session(c), request_alias_put(alias, room_id), NULL, err);
	if (rc == ERR_CONFLICT) {
		/* Fine when it is ours already. */
		AUTO_FREE char *there = NULL;
		if (room_resolve(c, alias, 0, &there, NULL) || strcmp(there, room_id) != 0)
			return rc;
		rc = 0;
	}
	if (rc)
		return rc;
	if (client_state_get(c, room_id, "m.room.canonical_alias", "", &content, NULL))
		content = json_object();
	json_object_set_new(content, "alias", json_string(alias));
	return client_state_put(c, room_id, "m.room.canonical_alias", "", content, NULL, err);
}

int client_room_set(struct client *c, const char *room_id, const char *key, const char *value,
		    struct err *err)
{
	static const struct {
		const char *key, *type, *field;
	} rows[] = {
		{"name", "m.room.name", "name"},
		{"topic", "m.room.topic", "topic"},
		{"join", "m.room.join_rules", "join_rule"},
		{"history", "m.room.history_visibility", "history_visibility"},
		{"guests", "m.room.guest_access", "guest_access"},
		{"avatar", "m.room.avatar", "url"},
	};
	if (!check(key, value, err))
		return ERR_USAGE;
	if (strcmp(key, "alias") == 0)
		return set_alias(c, room_id, value, err);
	if (strcmp(key, "directory") == 0)
		return session_do(client_session(c),
				  request_directory_set(room_id, strcmp(value, "public") == 0),
				  NULL, err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].key, key) != 0)
			continue;
		JSON_AUTO json_t *content = json_object();
		json_object_set_new(content, rows[i].field, row_text(span_of(value)));
		return client_state_put(c, room_id, rows[i].type, "", content, NULL, err);
	}
	return err_set(err, ERR_USAGE, _("A room has no setting %s"), key);
}
