#include "core/client/room_prefs.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/relations.h"
#include "core/client/rooms.h"
#include "core/store/spaces.h"

/* -- tags -------------------------------------------------------------------- */

int room_tag_name(const char *word, char **ret, struct err *err)
{
	if (strcmp(word, "favourite") == 0 || strcmp(word, "favorite") == 0)
		*ret = mem_strdup("m.favourite");
	else if (strcmp(word, "low-priority") == 0)
		*ret = mem_strdup("m.lowpriority");
	else if (!*word || strlen(word) > 200)
		return err_set(err, ERR_USAGE, _("a tag has 1 to 200 bytes"));
	else
		*ret = strchr(word, '.') ? mem_strdup(word) : mem_printf("u.%s", word);
	return 0;
}

static json_t *tag_row(const char *room_id, const char *tag, const json_t *what)
{
	const json_t *order = json_object_get(what, "order");
	json_t *row = json_object();
	row_str(row, "room_id", room_id);
	row_str(row, "tag", tag);
	json_object_set_new(row, "order",
			    json_is_number(order) ? json_real(json_number_value(order))
						  : json_null());
	return row;
}

int client_room_tags(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		     struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	const char *tag;
	json_t *what;
	int rc = session_do(client_session(c),
			    request_account_data_get(client_account(c)->user_id, room_id, "m.tag"),
			    &content, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	json_object_foreach (json_get_object(content, "tags"), tag, what) {
		JSON_AUTO json_t *row = tag_row(room_id, tag, what);
		if (!rc)
			rc = fn(row, arg);
	}
	return rc;
}

int client_room_tag(struct client *c, const char *room_id, const char *tag, double order,
		    struct err *err)
{
	return session_do(client_session(c),
			  request_tag_put(client_account(c)->user_id, room_id, tag, order), NULL,
			  err);
}

int client_room_untag(struct client *c, const char *room_id, const char *tag, struct err *err)
{
	return session_do(client_session(c),
			  request_tag_delete(client_account(c)->user_id, room_id, tag), NULL, err);
}

/* -- notifications ---------------------------------------------------------------- */

static const char *const levels[] = {
	[ROOM_NOTIFY_DEFAULT] = "default",
	[ROOM_NOTIFY_ALL] = "all",
	[ROOM_NOTIFY_MENTIONS] = "mentions",
	[ROOM_NOTIFY_NONE] = "none",
};

const char *room_notify_name(enum room_notify level)
{
	return levels[level];
}

bool room_notify_parse(const char *word, enum room_notify *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (strcmp(levels[i], word) != 0)
			continue;
		*ret = (enum room_notify)i;
		return true;
	}
	return false;
}

static int drop_rule(struct client *c, const char *kind, const char *room_id, struct err *err)
{
	struct err e = {0};
	int rc = session_do(client_session(c), request_push_rule_delete(kind, room_id), NULL, &e);
	/* Servers without push rules do not notify anyway. */
	if (rc == ERR_NOT_FOUND || rc == ERR_UNSUPPORTED)
		return 0;
	if (rc && err)
		*err = e;
	return rc;
}

static int put_rule(struct client *c, const char *kind, const char *room_id, json_t *steal,
		    struct err *err)
{
	JSON_AUTO json_t *rule = steal;
	return session_do(client_session(c), request_push_rule_put(kind, room_id, rule), NULL, err);
}

int client_room_notify(struct client *c, const char *room_id, enum room_notify level,
		       struct err *err)
{
	json_t *rule;
	int rc = level == ROOM_NOTIFY_NONE ? 0 : drop_rule(c, "override", room_id, err);
	if (!rc && (level == ROOM_NOTIFY_NONE || level == ROOM_NOTIFY_DEFAULT))
		rc = drop_rule(c, "room", room_id, err);
	if (rc)
		return rc;
	switch (level) {
	case ROOM_NOTIFY_NONE:
		rule = json_pack("{s:[], s:[{s:s, s:s, s:s}]}", "actions", "conditions", "kind",
				 "event_match", "key", "room_id", "pattern", room_id);
		return put_rule(c, "override", room_id, rule, err);
	case ROOM_NOTIFY_ALL:
		rule = json_pack("{s:[s, {s:s, s:s}]}", "actions", "notify", "set_tweak", "sound",
				 "value", "default");
		return put_rule(c, "room", room_id, rule, err);
	case ROOM_NOTIFY_MENTIONS:
		return put_rule(c, "room", room_id, json_pack("{s:[]}", "actions"), err);
	case ROOM_NOTIFY_DEFAULT:
		break;
	}
	return 0;
}

static const json_t *rule_of(const json_t *global, const char *kind, const char *room_id)
{
	size_t i;
	json_t *rule;
	json_array_foreach (json_get_array(global, kind), i, rule) {
		const char *id = json_get_str(rule, "rule_id");
		if (id && strcmp(id, room_id) == 0 && json_get_bool(rule, "enabled", true))
			return rule;
	}
	return NULL;
}

static bool notifies(const json_t *rule)
{
	size_t i;
	json_t *action;
	json_array_foreach (json_get_array(rule, "actions"), i, action)
		if (json_is_string(action) && strcmp(json_string_value(action), "notify") == 0)
			return true;
	return false;
}

enum room_notify room_notify_of(const json_t *push_rules, const char *room_id)
{
	const json_t *global = json_get_object(push_rules, "global");
	const json_t *above = rule_of(global, "override", room_id);
	const json_t *own = rule_of(global, "room", room_id);
	if (above && !notifies(above))
		return ROOM_NOTIFY_NONE;
	if (!own)
		return ROOM_NOTIFY_DEFAULT;
	return notifies(own) ? ROOM_NOTIFY_ALL : ROOM_NOTIFY_MENTIONS;
}

int client_room_notify_get(struct client *c, const char *room_id, enum room_notify *ret,
			   struct err *err)
{
	JSON_AUTO json_t *rules = NULL;
	int rc = session_do(client_session(c), request_push_rules(), &rules, err);
	if (!rc)
		*ret = room_notify_of(rules, room_id);
	return rc;
}

/* -- pins ------------------------------------------------------------------------------ */

int client_room_pin(struct client *c, const char *room_id, const char *event_id, bool on,
		    struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	size_t i;
	json_t *one;
	int rc = client_state_get(c, room_id, "m.room.pinned_events", "", &content, err);
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	if (!content)
		content = json_object();
	json_t *pinned = json_get_array(content, "pinned");
	if (!pinned) {
		pinned = json_array();
		json_object_set_new(content, "pinned", pinned);
	}
	json_array_foreach (pinned, i, one) {
		if (!json_is_string(one) || strcmp(json_string_value(one), event_id) != 0)
			continue;
		if (on)
			return 0;
		json_array_remove(pinned, i);
		return client_state_put(c, room_id, "m.room.pinned_events", "", content, NULL, err);
	}
	if (!on)
		return 0;
	json_array_append_new(pinned, json_string(event_id));
	return client_state_put(c, room_id, "m.room.pinned_events", "", content, NULL, err);
}

static int note_pin(struct span event_id, void *arg)
{
	json_array_append_new(arg, row_text(event_id));
	return 0;
}

int client_room_pins(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		     struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	JSON_AUTO json_t *ids = json_array();
	struct row_context x = {.room = &r, .edits_apply = true};
	size_t i;
	json_t *id;
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &x.s, err);
	if (rc)
		return rc;
	store_pins_walk(x.s, r.id, note_pin, ids);
	json_array_foreach (ids, i, id) {
		JSON_AUTO json_t *event = NULL;
		struct err e = {0};
		int one = event_get(c, &r, json_string_value(id), false, &event, &e);
		JSON_AUTO json_t *row = one ? NULL : foreign_row(&x, event);
		if (row && !rc)
			rc = fn(row, arg);
		if (one && one != ERR_NOT_FOUND && one != ERR_AUTH && !rc) {
			rc = one;
			if (err)
				*err = e;
		}
	}
	return rc;
}
