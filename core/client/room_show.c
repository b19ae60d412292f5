#include "core/client/rooms.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/power.h"
#include "core/store/spaces.h"

static json_t *room_row(const struct store_room *r)
{
	json_t *row = json_object();
	row_str(row, "room_id", r->room_id);
	row_str(row, "name", r->display);
	row_str(row, "alias", r->alias);
	row_str(row, "topic", r->topic);
	row_str(row, "membership", r->membership);
	row_int(row, "members", r->joined);
	row_int(row, "invited", r->invited);
	row_int(row, "unread", r->unread + r->thread_unread);
	row_int(row, "highlights", r->highlights + r->thread_highlights);
	row_int(row, "thread_unread", r->thread_unread);
	row_bool(row, "marked_unread", r->marked_unread);
	row_bool(row, "favourite", r->favourite);
	row_bool(row, "low_priority", r->low_priority);
	row_bool(row, "encrypted", r->encrypted);
	row_str(row, "direct", r->direct);
	row_str(row, "type", r->type);
	row_bool(row, "archived", r->archived);
	row_str(row, "successor", r->successor);
	if (r->inviter)
		row_str(row, "inviter", r->inviter);
	if (r->last_ts)
		row_int(row, "last_ts", r->last_ts);
	else
		json_object_set_new(row, "last_ts", json_null());
	return row;
}

static bool is_listed(const struct store_room *r, unsigned flags)
{
	if (strcmp(r->membership, "join") == 0)
		return true;
	if (strcmp(r->membership, "invite") == 0)
		return flags & ROOM_INVITED;
	return (flags & ROOM_LEFT) && strcmp(r->membership, "none") != 0;
}

/* Members that the summary did not count (servers leave it out when it is small). */
static void count_members(struct store *s, struct store_room *r)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT count(*) FROM members WHERE room=?"
					       " AND membership='join'");
	sql_bind_i64(q, 1, r->id);
	int64_t known = sql_get_i64(q, 0);
	if (!r->joined || r->members_complete)
		r->joined = known;
}

int client_room_list(struct client *c, unsigned flags, client_row_fn *fn, void *arg,
		     struct err *err)
{
	struct store *s;
	int rc = client_store(c, &s, err);
	if (!rc && !(flags & ROOM_OFFLINE))
		rc = client_refresh(c, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(s, NULL);
	for (int64_t *p = ids; *p && !rc; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (!store_room_get(s, *p, &r) || !is_listed(&r, flags))
			continue;
		/* One that was replaced, and we are in the new one. */
		if (!(flags & ROOM_LEFT) && r.successor && store_room_newest(s, r.id) != r.id)
			continue;
		count_members(s, &r);
		JSON_AUTO json_t *row = room_row(&r);
		rc = fn(row, arg);
	}
	return rc;
}

static void put_setting(json_t *row, struct store *s, int64_t room, const char *name,
			const char *type, const char *key)
{
	JSON_AUTO json_t *ev = NULL;
	json_t *content = state_content(s, room, type, NULL, &ev);
	row_span(row, name, json_get_span(content, key));
}

static int on_parent(const struct store_state *st, void *arg)
{
	if (span_eq_str(st->type, "m.space.parent"))
		json_array_append_new(arg, row_text(st->key));
	return 0;
}

int client_room_show(struct client *c, const char *room_id, unsigned flags, json_t **ret,
		     struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	JSON_AUTO json_t *create_event = NULL, *power_event = NULL;
	struct store *s;
	const char *creator = NULL;
	int rc = flags & ROOM_OFFLINE ? 0 : client_refresh(c, err);
	if (!rc)
		rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (rc)
		return rc;
	count_members(s, &r);
	json_t *row = room_row(&r), *parents = json_array();
	json_t *create = state_content(s, r.id, "m.room.create", &creator, &create_event);
	const char *version = json_get_str(create, "room_version");
	row_str(row, "creator", creator);
	row_str(row, "version", create ? (version ? version : "1") : NULL);
	put_setting(row, s, r.id, "join_rule", "m.room.join_rules", "join_rule");
	put_setting(row, s, r.id, "history_visibility", "m.room.history_visibility",
		    "history_visibility");
	put_setting(row, s, r.id, "guest_access", "m.room.guest_access", "guest_access");
	json_t *power = state_content(s, r.id, "m.room.power_levels", NULL, &power_event);
	json_object_set_new(row, "power", power ? json_incref(power) : json_object());
	store_state_walk(s, r.id, on_parent, parents);
	json_object_set_new(row, "parents", parents);
	*ret = row;
	return 0;
}

/* -- members and roles ------------------------------------------------------ */

static const struct {
	const char *name;
	int64_t power;
} roles[] = {{"admin", 100}, {"teacher", 50}, {"assistant", 25}, {"student", 0}};

const char *room_role_name(int64_t power)
{
	static _Thread_local char number[24];
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (roles[i].power == power)
			return roles[i].name;
	if (power > 100)
		return "admin";
	snprintf(number, sizeof(number), "%lld", (long long)power);
	return number;
}

struct listing {
	client_row_fn *fn;
	void *arg;
	const struct power *power;
};

static int on_member(const struct store_member *m, void *arg)
{
	struct listing *l = arg;
	AUTO_FREE char *user = span_dup(m->user_id);
	json_t *row = json_object();
	int64_t power = power_of_user(l->power, user);
	if (power > 100)
		power = 100; /* a creator of a version 12 room stands above all numbers */
	row_span(row, "user_id", m->user_id);
	row_span(row, "name", m->name.n ? m->name : (struct span){NULL, 0});
	row_span(row, "membership", m->membership);
	row_int(row, "power", power);
	row_str(row, "role", room_role_name(power));
	int rc = l->fn(row, l->arg);
	json_decref(row);
	return rc;
}

int client_room_members(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
			struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	static const char *const order[] = {"join", "invite", "knock", "ban"};
	JSON_AUTO json_t *create_event = NULL, *power_event = NULL;
	struct power power;
	struct store *s;
	const char *creator = NULL;
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_need_members(c, room_id, err);
	if (!rc)
		rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (rc)
		return rc;
	json_t *levels = state_content(s, r.id, "m.room.power_levels", NULL, &power_event);
	json_t *create = state_content(s, r.id, "m.room.create", &creator, &create_event);
	power_init(&power, levels, create, creator);
	/* One by one: a room may have thousands. */
	struct listing l = {fn, arg, &power};
	for (size_t i = 0; i < ARRAY_LEN(order) && !rc; i++)
		rc = store_member_walk(s, r.id, order[i], on_member, &l);
	power_done(&power);
	return rc;
}

static bool role_power(const char *role, int64_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if (strcmp(roles[i].name, role) == 0) {
			*ret = roles[i].power;
			return true;
		}
	}
	return span_i64(span_of(role), ret) && *ret >= -1000 && *ret <= 100;
}

/* Would nobody be left who can give rights? */
static bool is_last_admin(json_t *users, const char *user_id)
{
	const char *user;
	json_t *level;
	json_object_foreach (users, user, level)
		if (strcmp(user, user_id) != 0 && json_integer_value(level) >= 100)
			return false;
	return json_integer_value(json_object_get(users, user_id)) >= 100;
}

int client_room_role(struct client *c, const char *room_id, const char *user_id, const char *role,
		     bool force, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *levels = NULL;
	int64_t power;
	if (!role_power(role, &power)) {
		err_set(err, ERR_USAGE, _("%s is no role"), role);
		err_hint(err, _("student, assistant, teacher, admin, or a number up to 100"));
		return ERR_USAGE;
	}
	int rc = client_state_get(c, room_id, "m.room.power_levels", "", &levels, err);
	if (rc == ERR_NOT_FOUND)
		levels = json_object();
	else if (rc)
		return rc;
	json_t *users = json_get_object(levels, "users");
	if (!users) {
		users = json_object();
		json_object_set_new(levels, "users", users);
	}
	if (power < 100 && !force && is_last_admin(users, user_id)) {
		err_set(err, ERR_CONFLICT, _("%s is the last one here who can give rights"),
			user_id);
		err_hint(err, _("make somebody else admin first"));
		return ERR_CONFLICT;
	}
	json_object_set_new(users, user_id, json_integer(power));
	rc = client_state_put(c, room_id, "m.room.power_levels", "", levels, NULL, err);
	if (!rc)
		*ret = json_pack("{s:s, s:s, s:I, s:s}", "room_id", room_id, "user_id", user_id,
				 "power", power, "role", room_role_name(power));
	return rc;
}
