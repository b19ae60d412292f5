#include "core/matrix/live.h"

#include "core/base/limits.h"

#include <string.h>

void live_read(const json_t *content, struct live *ret)
{
	const json_t *floor = json_get_array(content, "floor");
	const char *mode = json_get_str(content, "mode");
	*ret = (struct live){
		.live = mode && !strcmp(mode, "live"),
		.locked = json_get_bool(content, "locked", false),
	};
	for (size_t i = 0; i < json_array_size(floor) && ret->floor_n < LIVE_FLOOR_MAX; i++) {
		const char *user = json_string_value(json_array_get(floor, i));
		if (user && user[0] == '@' && strlen(user) <= LIMIT_ID_BYTES)
			ret->floor[ret->floor_n++] = user;
	}
}

json_t *live_content(const struct live *l)
{
	json_t *floor = json_array();
	for (size_t i = 0; i < l->floor_n; i++)
		json_array_append_new(floor, json_string(l->floor[i]));
	return json_pack("{s:i,s:s,s:o,s:b}", "version", LIVE_VERSION, "mode",
			 l->live ? "live" : "meeting", "floor", floor, "locked", l->locked);
}

static size_t place_of(const struct live *l, const char *user)
{
	size_t i = 0;
	while (i < l->floor_n && strcmp(l->floor[i], user) != 0)
		i++;
	return i;
}

bool live_has_floor(const struct live *l, const char *user)
{
	return place_of(l, user) < l->floor_n;
}

bool live_set_floor(struct live *l, const char *user, bool give)
{
	size_t i = place_of(l, user);
	if (give == (i < l->floor_n) || (give && l->floor_n == LIVE_FLOOR_MAX))
		return false;
	if (give) {
		l->floor[l->floor_n++] = user;
		return true;
	}
	memmove(&l->floor[i], &l->floor[i + 1], (l->floor_n - i - 1) * sizeof(l->floor[0]));
	l->floor_n--;
	return true;
}

bool live_is_host(const struct power *p, const char *user)
{
	return power_of_user(p, user) >= POWER_STAFF;
}

bool live_may_speak(const struct live *l, const struct power *p, const char *user)
{
	return !l->live || live_is_host(p, user) || live_has_floor(l, user);
}
