#include "server/sync/pushrules.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/routes/route.h"

#include <string.h>

static const char *const kinds[] = {"override", "content", "room", "sender", "underride"};

/*
 * Rows of JSON text; '%' stands for the person's id. Kept as text because it
 * is read more easily beside the spec than as code.
 */
struct default_rule {
	const char *kind, *id;
	bool off;
	const char *conditions, *actions;
};

#define TYPE_IS(t) "{\"kind\":\"event_match\",\"key\":\"type\",\"pattern\":\"" t "\"}"
#define KEY_IS(k, p) "{\"kind\":\"event_match\",\"key\":\"" k "\",\"pattern\":\"" p "\"}"
#define TWO_MEMBERS "{\"kind\":\"room_member_count\",\"is\":\"2\"}"
#define SOUND(s) "{\"set_tweak\":\"sound\",\"value\":\"" s "\"}"
#define HIGHLIGHT "{\"set_tweak\":\"highlight\"}"

static const struct default_rule defaults[] = {
	{"override", ".m.rule.master", true, "[]", "[]"},
	{"override", ".m.rule.suppress_notices", false,
	 "[" KEY_IS("content.msgtype", "m.notice") "]", "[]"},
	{"override", ".m.rule.invite_for_me", false,
	 "[" TYPE_IS("m.room.member") "," KEY_IS("content.membership",
						 "invite") "," KEY_IS("state_key", "%") "]",
	 "[\"notify\"," SOUND("default") "]"},
	{"override", ".m.rule.member_event", false, "[" TYPE_IS("m.room.member") "]", "[]"},
	{"override", ".m.rule.is_user_mention", false,
	 "[{\"kind\":\"event_property_contains\",\"key\":\"content.m\\\\.mentions.user_ids\","
	 "\"value\":\"%\"}]",
	 "[\"notify\"," SOUND("default") "," HIGHLIGHT "]"},
	{"override", ".m.rule.is_room_mention", false,
	 "[{\"kind\":\"event_property_is\",\"key\":\"content.m\\\\.mentions.room\",\"value\":true},"
	 "{\"kind\":\"sender_notification_permission\",\"key\":\"room\"}]",
	 "[\"notify\"," HIGHLIGHT "]"},
	{"override", ".m.rule.tombstone", false,
	 "[" TYPE_IS("m.room.tombstone") "," KEY_IS("state_key", "") "]",
	 "[\"notify\"," HIGHLIGHT "]"},
	{"override", ".m.rule.reaction", false, "[" TYPE_IS("m.reaction") "]", "[]"},
	{"override", ".m.rule.room.server_acl", false,
	 "[" TYPE_IS("m.room.server_acl") "," KEY_IS("state_key", "") "]", "[]"},
	{"override", ".m.rule.suppress_edits", false,
	 "[{\"kind\":\"event_property_is\",\"key\":\"content.m\\\\.relates_to.rel_type\","
	 "\"value\":\"m.replace\"}]",
	 "[]"},
	{"underride", ".m.rule.call", false, "[" TYPE_IS("m.call.invite") "]",
	 "[\"notify\"," SOUND("ring") "]"},
	{"underride", ".m.rule.encrypted_room_one_to_one", false,
	 "[" TWO_MEMBERS "," TYPE_IS("m.room.encrypted") "]", "[\"notify\"," SOUND("default") "]"},
	{"underride", ".m.rule.room_one_to_one", false,
	 "[" TWO_MEMBERS "," TYPE_IS("m.room.message") "]", "[\"notify\"," SOUND("default") "]"},
	{"underride", ".m.rule.message", false, "[" TYPE_IS("m.room.message") "]", "[\"notify\"]"},
	{"underride", ".m.rule.encrypted", false, "[" TYPE_IS("m.room.encrypted") "]",
	 "[\"notify\"]"},
};

/* Puts the person's id where a lone "%" stands. */
static void fill_in(json_t *conditions, const char *user_id)
{
	for (size_t i = 0; i < json_array_size(conditions); i++) {
		json_t *c = json_array_get(conditions, i);
		const char *pattern = json_get_str(c, "pattern"), *value = json_get_str(c, "value");
		if (pattern && !strcmp(pattern, "%"))
			json_object_set_new(c, "pattern", json_string(user_id));
		if (value && !strcmp(value, "%"))
			json_object_set_new(c, "value", json_string(user_id));
	}
}

static json_t *default_rule(const struct default_rule *d, const char *user_id)
{
	json_t *conditions = json_loads(d->conditions, 0, NULL);
	fill_in(conditions, user_id);
	return json_pack("{s:s,s:b,s:b,s:o,s:o}", "rule_id", d->id, "default", 1, "enabled",
			 !d->off, "conditions", conditions, "actions",
			 json_loads(d->actions, 0, NULL));
}

json_t *pushrules_default(const char *user_id)
{
	json_t *global = json_object();
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		json_object_set_new(global, kinds[i], json_array());
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		json_array_append_new(json_object_get(global, defaults[i].kind),
				      default_rule(&defaults[i], user_id));
	return json_pack("{s:o}", "global", global);
}

bool pushrules_kind_ok(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static json_t *rules_of(const json_t *set, const char *kind)
{
	return json_get_array(json_get_object(set, "global"), kind);
}

static size_t index_of(const json_t *rules, const char *rule_id)
{
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const char *id = json_get_str(json_array_get(rules, i), "rule_id");
		if (id && !strcmp(id, rule_id))
			return i;
	}
	return (size_t)-1;
}

json_t *pushrules_find(const json_t *set, const char *kind, const char *rule_id)
{
	json_t *rules = rules_of(set, kind);
	size_t at = index_of(rules, rule_id);
	return at == (size_t)-1 ? NULL : json_array_get(rules, at);
}

/* Own rules stand before the default ones, but after .m.rule.master. */
static size_t own_begin(const json_t *rules)
{
	return index_of(rules, ".m.rule.master") == 0 ? 1 : 0;
}

static bool is_own(const json_t *rule)
{
	const char *id = json_get_str(rule, "rule_id");
	return id && id[0] != '.' && json_get_array(rule, "actions");
}

json_t *pushrules_merge(const json_t *stored, const char *user_id)
{
	json_t *set = pushrules_default(user_id);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		json_t *to = rules_of(set, kinds[k]), *from = rules_of(stored, kinds[k]);
		size_t at = own_begin(to);
		for (size_t i = 0; i < json_array_size(from); i++) {
			json_t *rule = json_array_get(from, i);
			const char *id = json_get_str(rule, "rule_id");
			size_t mine = id ? index_of(to, id) : (size_t)-1;
			if (is_own(rule) && mine == (size_t)-1) {
				json_array_insert_new(to, at++, json_deep_copy(rule));
				continue;
			}
			json_t *here = mine == (size_t)-1 ? NULL : json_array_get(to, mine);
			if (!here || !json_get_array(rule, "actions"))
				continue;
			json_object_set_new(here, "actions",
					    json_deep_copy(json_object_get(rule, "actions")));
			json_object_set_new(here, "enabled",
					    json_boolean(json_get_bool(rule, "enabled", true)));
		}
	}
	return set;
}

static int check_actions(const json_t *actions, struct err *err)
{
	if (!json_is_array(actions))
		return matrix_err(err, 400, "M_BAD_JSON", "%s",
				  _("\"actions\" must be a list of actions"));
	for (size_t i = 0; i < json_array_size(actions); i++) {
		const json_t *a = json_array_get(actions, i);
		if (!json_is_string(a) && !json_get_str(a, "set_tweak"))
			return matrix_err(err, 400, "M_BAD_JSON", "%s",
					  _("an action is a word or an object with \"set_tweak\""));
	}
	return 0;
}

static int check_conditions(const json_t *conditions, struct err *err)
{
	if (conditions && !json_is_array(conditions))
		return matrix_err(err, 400, "M_BAD_JSON", "%s",
				  _("\"conditions\" must be a list of conditions"));
	for (size_t i = 0; i < json_array_size(conditions); i++)
		if (!json_get_str(json_array_get(conditions, i), "kind"))
			return matrix_err(err, 400, "M_BAD_JSON", "%s",
					  _("a condition is an object with a \"kind\""));
	return 0;
}

static int make_rule(const char *kind, const char *rule_id, const json_t *body, json_t **ret,
		     struct err *err)
{
	const json_t *conditions = json_object_get(body, "conditions");
	const char *pattern = json_get_str(body, "pattern");
	int rc = check_actions(json_object_get(body, "actions"), err);
	rc = rc ? rc : check_conditions(conditions, err);
	if (rc)
		return rc;
	if (rule_id[0] == '.' || !rule_id[0] || strpbrk(rule_id, "/\\") || strlen(rule_id) > 255)
		return matrix_err(err, 400, "M_INVALID_PARAM", "%s",
				  _("a rule's name must not begin with a dot nor hold slashes"));
	if (!strcmp(kind, "content") && !pattern)
		return matrix_err(err, 400, "M_MISSING_PARAM", "%s",
				  _("a content rule needs a \"pattern\""));
	json_t *rule = json_pack("{s:s,s:b,s:b,s:O}", "rule_id", rule_id, "default", 0, "enabled",
				 1, "actions", json_object_get(body, "actions"));
	if (!strcmp(kind, "content"))
		json_object_set_new(rule, "pattern", json_string(pattern));
	if (!strcmp(kind, "override") || !strcmp(kind, "underride"))
		json_object_set_new(rule, "conditions",
				    conditions ? json_deep_copy(conditions) : json_array());
	*ret = rule;
	return 0;
}

static int place(const json_t *rules, const char *before, const char *after, size_t *ret,
		 struct err *err)
{
	const char *anchor = before ? before : after;
	if (!anchor)
		return 0;
	size_t at = anchor[0] == '.' ? (size_t)-1 : index_of(rules, anchor);
	if (at == (size_t)-1)
		return matrix_err(err, 400, "M_UNKNOWN", _("before/after rule not found: %s"),
				  anchor);
	*ret = before ? at : at + 1;
	return 0;
}

int pushrules_put(json_t *set, const char *kind, const char *rule_id, const json_t *body,
		  const char *before, const char *after, struct err *err)
{
	JSON_AUTO json_t *rule = NULL;
	json_t *rules = rules_of(set, kind);
	int rc = make_rule(kind, rule_id, body, &rule, err);
	if (rc)
		return rc;
	if (json_array_size(rules) >= PUSHRULES_MAX)
		return matrix_err(err, 400, "M_TOO_LARGE", "%s",
				  _("too many push rules: delete some first"));
	size_t old = index_of(rules, rule_id);
	bool stays = old != (size_t)-1 && !before && !after;
	if (old != (size_t)-1) {
		/* Changing a rule does not switch it on. */
		json_object_set(rule, "enabled",
				json_object_get(json_array_get(rules, old), "enabled"));
	}
	size_t at = stays ? old : own_begin(rules);
	if ((before && !strcmp(before, rule_id)) || (after && !strcmp(after, rule_id)))
		return matrix_err(err, 400, "M_INVALID_PARAM", "%s",
				  _("a rule cannot be placed beside itself"));
	rc = place(rules, before, after, &at, err);
	if (rc)
		return rc;
	if (old != (size_t)-1) {
		json_array_remove(rules, old);
		at -= !stays && old < at;
	}
	json_array_insert(rules, at, rule);
	return 0;
}

static json_t *find_or_404(json_t *set, const char *kind, const char *rule_id, struct err *err)
{
	json_t *rule = pushrules_find(set, kind, rule_id);
	if (!rule)
		matrix_err(err, 404, "M_NOT_FOUND", "%s", _("there is no such push rule"));
	return rule;
}

int pushrules_delete(json_t *set, const char *kind, const char *rule_id, struct err *err)
{
	json_t *rules = rules_of(set, kind);
	if (rule_id[0] == '.')
		return matrix_err(err, 400, "M_INVALID_PARAM", "%s",
				  _("a default rule cannot be deleted: switch it off"));
	if (!find_or_404(set, kind, rule_id, err))
		return ERR_NOT_FOUND;
	json_array_remove(rules, index_of(rules, rule_id));
	return 0;
}

int pushrules_set_enabled(json_t *set, const char *kind, const char *rule_id, const json_t *body,
			  struct err *err)
{
	const json_t *enabled = json_object_get(body, "enabled");
	if (!json_is_boolean(enabled))
		return matrix_err(err, 400, "M_BAD_JSON", "%s",
				  _("\"enabled\" must be true or false"));
	json_t *rule = find_or_404(set, kind, rule_id, err);
	if (!rule)
		return ERR_NOT_FOUND;
	return json_object_set(rule, "enabled", (json_t *)enabled);
}

int pushrules_set_actions(json_t *set, const char *kind, const char *rule_id, const json_t *body,
			  struct err *err)
{
	json_t *actions = json_object_get(body, "actions");
	int rc = check_actions(actions, err);
	json_t *rule = rc ? NULL : find_or_404(set, kind, rule_id, err);
	if (!rule)
		return rc ? rc : ERR_NOT_FOUND;
	return json_object_set(rule, "actions", actions);
}
