#include "core/matrix/power.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "core/matrix/redact.h"

#include <inttypes.h>
#include <string.h>

#define POWER_LIMIT 9007199254740991LL

struct level_default {
	const char *key;
	int64_t value;
};

/* Top-level keys and what holds without them. */
static const struct level_default defaults[] = {
	{"users_default", 0}, {"events_default", 0}, {"state_default", 50}, {"ban", 50},
	{"redact", 50},	      {"kick", 50},	     {"invite", 0},
};

static json_t *collect_creators(const json_t *create, const char *creator, int version)
{
	json_t *list = json_array();
	json_t *more = json_get_array(create, "additional_creators"), *one;
	size_t i;
	if (creator)
		json_array_append_new(list, json_string(creator));
	if (version >= 12)
		json_array_foreach (more, i, one)
			if (json_is_string(one))
				json_array_append(list, one);
	return list;
}

void power_init(struct power *p, const json_t *levels, const json_t *create, const char *creator)
{
	p->version = create ? room_version_parse(json_get_str(create, "room_version"))
			    : ROOM_VERSION_DEFAULT;
	if (!p->version)
		p->version = ROOM_VERSION_NEWEST;
	p->levels = json_is_object(levels) ? json_incref((json_t *)levels) : NULL;
	p->creators = collect_creators(create, creator, p->version);
}

void power_done(struct power *p)
{
	json_decref(p->levels);
	json_decref(p->creators);
	*p = (struct power){0};
}

/* "  +0100 " as room versions 1 to 9 allow it. */
static bool level_from_text(const json_t *v, int64_t *ret)
{
	struct span s = span_trim((struct span){json_string_value(v), json_string_length(v)});
	if (s.n && s.p[0] == '+')
		s = span_from(s, 1);
	return span_i64(s, ret);
}

static bool level_value(const struct power *p, const json_t *v, int64_t *ret)
{
	if (json_is_integer(v)) {
		*ret = json_integer_value(v);
		return true;
	}
	if (p->version >= 10)
		return false;
	if (json_is_string(v))
		return level_from_text(v, ret);
	if (p->version <= 5 && json_is_real(v)) {
		double d = json_real_value(v);
		if (!(d > -9e15 && d < 9e15))
			return false;
		*ret = (int64_t)d;
		return true;
	}
	return false;
}

static int64_t level_at(const struct power *p, const json_t *o, const char *key, int64_t otherwise)
{
	int64_t v;
	return level_value(p, json_object_get(o, key), &v) ? v : otherwise;
}

static int64_t level_default(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (strcmp(defaults[i].key, key) == 0)
			return defaults[i].value;
	return 0;
}

static int64_t level_top(const struct power *p, const char *key)
{
	return level_at(p, p->levels, key, level_default(key));
}

bool power_is_creator(const struct power *p, const char *user)
{
	size_t i;
	json_t *one;
	if (!user)
		return false;
	json_array_foreach (p->creators, i, one)
		if (strcmp(json_string_value(one), user) == 0)
			return true;
	return false;
}

int64_t power_of_user(const struct power *p, const char *user)
{
	bool creator = power_is_creator(p, user);
	if (creator && p->version >= 12)
		return POWER_INFINITE;
	if (!p->levels)
		return creator ? 100 : 0;
	return level_at(p, json_get_object(p->levels, "users"), user ? user : "",
			level_top(p, "users_default"));
}

int64_t power_for_event(const struct power *p, const char *type, bool is_state)
{
	return level_at(p, json_get_object(p->levels, "events"), type,
			level_top(p, is_state ? "state_default" : "events_default"));
}

int64_t power_for_action(const struct power *p, enum power_action action)
{
	switch (action) {
	case POWER_INVITE:
		return level_top(p, "invite");
	case POWER_KICK:
		return level_top(p, "kick");
	case POWER_BAN:
		return level_top(p, "ban");
	case POWER_REDACT:
		return level_top(p, "redact");
	case POWER_NOTIFY_ROOM:
		return level_at(p, json_get_object(p->levels, "notifications"), "room", 50);
	}
	return POWER_INFINITE;
}

bool power_can_send(const struct power *p, const char *user, const char *type)
{
	return power_of_user(p, user) >= power_for_event(p, type, false);
}

bool power_can_state(const struct power *p, const char *user, const char *type,
		     const char *state_key)
{
	if (state_key[0] == '@' && strcmp(state_key, user) != 0)
		return false;
	return power_of_user(p, user) >= power_for_event(p, type, true);
}

bool power_can_invite(const struct power *p, const char *user)
{
	return power_of_user(p, user) >= power_for_action(p, POWER_INVITE);
}

static bool can_over(const struct power *p, const char *user, const char *target,
		     enum power_action action)
{
	int64_t own = power_of_user(p, user);
	return own >= power_for_action(p, action) && power_of_user(p, target) < own;
}

bool power_can_kick(const struct power *p, const char *user, const char *target)
{
	return can_over(p, user, target, POWER_KICK);
}

bool power_can_redact(const struct power *p, const char *user, const char *author)
{
	if (!power_can_send(p, user, "m.room.redaction"))
		return false;
	return (author && strcmp(user, author) == 0) ||
	       power_of_user(p, user) >= power_for_action(p, POWER_REDACT);
}

static int bad_level(const char *key, struct err *err)
{
	return err_set(err, ERR_INVALID, _("the power level \"%.100s\" is not a whole number"),
		       key);
}

static int check_level(const struct power *p, const char *key, const json_t *v, struct err *err)
{
	int64_t level;
	if (!level_value(p, v, &level) || level > POWER_LIMIT || level < -POWER_LIMIT)
		return bad_level(key, err);
	return 0;
}

/* "events", "notifications", "users": objects of levels. */
static int check_map(const struct power *p, const json_t *levels, const char *name, struct err *err)
{
	json_t *map = json_object_get(levels, name), *v;
	const char *key;
	if (!map)
		return 0;
	if (!json_is_object(map))
		return err_set(err, ERR_INVALID, _("\"%s\" of the power levels is not an object"),
			       name);
	json_object_foreach (map, key, v) {
		int rc = check_level(p, key, v, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int check_users(const struct power *p, const json_t *levels, struct err *err)
{
	json_t *users = json_object_get(levels, "users"), *v;
	const char *key;
	json_object_foreach (users, key, v) {
		struct user_id id;
		if (user_id_parse(span_of(key), &id, NULL))
			return err_set(err, ERR_INVALID,
				       _("the power levels name \"%.100s\", which is no user id"),
				       key);
		if (p->version >= 12 && power_is_creator(p, key))
			return err_set(err, ERR_INVALID,
				       _("the power levels may not name %s, who created the room"),
				       key);
	}
	return 0;
}

int power_check_shape(const struct power *p, const json_t *levels, struct err *err)
{
	static const char *const maps[] = {"events", "notifications", "users"};
	if (!json_is_object(levels))
		return err_set(err, ERR_INVALID, _("the power levels are not an object"));
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		const json_t *v = json_object_get(levels, defaults[i].key);
		int rc = v ? check_level(p, defaults[i].key, v, err) : 0;
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		int rc = check_map(p, levels, maps[i], err);
		if (rc)
			return rc;
	}
	return check_users(p, levels, err);
}

static int too_high(const char *key, int64_t level, int64_t own, struct err *err)
{
	return err_set(err, ERR_AUTH,
		       _("changing \"%.100s\" needs power level %" PRId64 "; yours is %" PRId64),
		       key, level, own);
}

struct change {
	const struct power *p;
	int64_t own;	  /* level of who changes */
	const char *self; /* own entry in "users", which may always go down; else NULL */
	bool equal_bars;  /* an old value equal to one's own level bars too */
};

/* One key that was added, changed or removed. */
static int check_entry(const struct change *c, const char *key, const json_t *before,
		       const json_t *after, struct err *err)
{
	int64_t was = 0, will = 0;
	bool had = level_value(c->p, before, &was), has = level_value(c->p, after, &will);
	if (had == has && was == will)
		return 0;
	bool own_entry = c->self && strcmp(key, c->self) == 0;
	if (had && !own_entry && (c->equal_bars ? was >= c->own : was > c->own))
		return too_high(key, was, c->own, err);
	if (has && will > c->own)
		return too_high(key, will, c->own, err);
	return 0;
}

static int check_map_change(const struct change *c, const json_t *before, const json_t *after,
			    struct err *err)
{
	const char *key;
	json_t *v;
	int rc = 0;
	json_object_foreach ((json_t *)before, key, v) {
		rc = check_entry(c, key, v, json_object_get(after, key), err);
		if (rc)
			return rc;
	}
	json_object_foreach ((json_t *)after, key, v) {
		if (json_object_get(before, key))
			continue;
		rc = check_entry(c, key, NULL, v, err);
		if (rc)
			return rc;
	}
	return rc;
}

int power_check_change(const struct power *p, const char *user, const json_t *next, struct err *err)
{
	int rc = power_check_shape(p, next, err);
	if (rc || !p->levels)
		return rc;
	struct change c = {.p = p, .own = power_of_user(p, user)};
	for (size_t i = 0; i < ARRAY_LEN(defaults) && !rc; i++) {
		const char *key = defaults[i].key;
		rc = check_entry(&c, key, json_object_get(p->levels, key),
				 json_object_get(next, key), err);
	}
	static const char *const maps[] = {"events", "notifications", "users"};
	for (size_t i = 0; i < ARRAY_LEN(maps) && !rc; i++) {
		bool users = strcmp(maps[i], "users") == 0;
		c.self = users ? user : NULL;
		c.equal_bars = users;
		rc = check_map_change(&c, json_get_object(p->levels, maps[i]),
				      json_get_object(next, maps[i]), err);
	}
	return rc;
}
