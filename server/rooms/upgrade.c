#include "server/rooms/upgrade.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/rooms/auth.h"
#include "server/rooms/create.h"
#include "server/rooms/power.h"
#include "server/rooms/room.h"
#include "server/rooms/upgrade_priv.h"
#include "server/routes/route.h"

#include <string.h>

/* Appends a state event by the person; takes `steal`. `trusted`: the levels are not asked. */
static int put(struct moving *m, int64_t room, const char *type, const char *key, json_t *steal,
	       bool trusted, struct err *err)
{
	struct event_ref ref;
	struct event_draft d = {
		.room_nid = room,
		.sender_nid = m->u->user_nid,
		.sender = m->u->user_id,
		.type = type,
		.state_key = key,
		.content = steal,
		.trusted = trusted,
		.encryption_ok = true, /* what is encrypted must stay so */
	};
	int rc = room_append(m->tx, &d, &ref, err);
	json_decref(steal);
	return rc;
}

int upgrade_put(struct moving *m, const char *type, const char *key, json_t *steal, struct err *err)
{
	return put(m, m->u->new_nid, type, key, steal, true, err);
}

static int check(struct moving *m, struct err *err)
{
	if (strcmp(m->u->version, ROOM_VERSION_SERVED) != 0)
		return matrix_err(err, 400, "M_UNSUPPORTED_ROOM_VERSION",
				  _("This server makes rooms of version %s only"),
				  ROOM_VERSION_SERVED);
	if (room_membership(m->db, m->u->room_nid, m->u->user_nid) != MEMBERSHIP_JOIN)
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("You are not in this room, join it first"));
	room_power(m->db, m->u->room_nid, &m->power);
	if (power_can_state(&m->power, m->u->user_id, "m.room.tombstone", ""))
		return 0;
	return matrix_err(err, 403, "M_FORBIDDEN",
			  _("To replace this room takes power level %lld, and yours is %lld"),
			  (long long)power_for_event(&m->power, "m.room.tombstone", true),
			  (long long)power_of_user(&m->power, m->u->user_id));
}

static bool load(struct moving *m, char newest[64])
{
	struct sql_stmt *s = SQL(m->db, "SELECT r.room_id,(SELECT event_id FROM events e WHERE"
					" e.room_nid=r.nid ORDER BY e.pos DESC LIMIT 1)"
					" FROM rooms r WHERE r.nid=?1");
	sql_bind_i64(s, 1, m->u->room_nid);
	if (!sql_row(s))
		return false;
	snprintf(m->old_id, sizeof(m->old_id), "%.*s", SPAN_ARG(sql_col_text(s, 0)));
	snprintf(newest, 64, "%.*s", SPAN_ARG(sql_col_text(s, 1)));
	sql_reset(s);
	return true;
}

static bool is_listed(struct moving *m)
{
	struct sql_stmt *s = SQL(m->db, "SELECT public FROM rooms WHERE nid=?1");
	sql_bind_i64(s, 1, m->u->room_nid);
	return sql_get_i64(s, 0) != 0;
}

/* m.room.create as it was, but for what belongs to one room only. */
static int put_create(struct moving *m, const char *newest, struct err *err)
{
	JSON_AUTO json_t *old = NULL;
	room_state(m->db, m->u->room_nid, "m.room.create", "", &old);
	json_t *content = old ? json_copy(old) : json_object();
	const char *type = json_get_str(old, "type");
	m->space = type && !strcmp(type, "m.space");
	json_object_del(content, "creator");
	json_object_set_new(content, "room_version", json_string(ROOM_VERSION_SERVED));
	json_object_set_new(content, "predecessor",
			    json_pack("{s:s,s:s}", "room_id", m->old_id, "event_id", newest));
	int rc = upgrade_put(m, "m.room.create", "", content, err);
	return rc ? rc
		  : upgrade_put(m, "m.room.member", m->u->user_id,
				json_pack("{s:s}", "membership", "join"), err);
}

const char *const upgrade_copied[] = {
	"m.room.join_rules",
	"m.room.history_visibility",
	"m.room.guest_access",
	"m.room.encryption",
	"m.room.server_acl",
	"m.room.name",
	"m.room.topic",
	"m.room.avatar",
	NULL,
};

static int copy_one(struct moving *m, const char *type, const char *key, struct err *err)
{
	json_t *content = NULL;
	if (room_state(m->db, m->u->room_nid, type, key, &content))
		return 0;
	return upgrade_put(m, type, key, content, err);
}

static int copy_levels(struct moving *m, struct err *err)
{
	json_t *levels = NULL;
	if (room_state(m->db, m->u->room_nid, "m.room.power_levels", "", &levels))
		levels = room_default_levels(m->u->user_id, false);
	return upgrade_put(m, "m.room.power_levels", "", levels, err);
}

static int copy_state(struct moving *m, struct err *err)
{
	int rc = copy_levels(m, err);
	for (size_t i = 0; !rc && upgrade_copied[i]; i++)
		rc = copy_one(m, upgrade_copied[i], "", err);
	return rc;
}

/* State keys of one type, as a list of strings. The caller owns it. */
static json_t *keys_of(struct moving *m, const char *type)
{
	json_t *keys = json_array();
	struct sql_stmt *s =
		SQL(m->db, "SELECT state_key FROM current_state WHERE room_nid=?1 AND type=?2");
	sql_bind_i64(s, 1, m->u->room_nid);
	sql_bind_str(s, 2, type);
	while (sql_row(s))
		json_array_append_new(keys, json_string(sql_col_text(s, 0).p));
	return keys;
}

/* Where a room belongs, and what belongs to a space; what was taken back is left out. */
static int copy_links(struct moving *m, const char *type, struct err *err)
{
	JSON_AUTO json_t *keys = keys_of(m, type);
	size_t i;
	json_t *key;
	int rc = 0;
	json_array_foreach (keys, i, key) {
		JSON_AUTO json_t *content = NULL;
		if (rc || room_state(m->db, m->u->room_nid, type, json_string_value(key), &content))
			continue;
		if (json_get_array(content, "via"))
			rc = upgrade_put(m, type, json_string_value(key), json_incref(content),
					 err);
	}
	return rc;
}

/*
 * The next people who have a place in the old room and none in the new one, without the
 * person: what each becomes, by user id. The caller owns it.
 */
static json_t *next_people(struct moving *m)
{
	json_t *people = json_object();
	struct sql_stmt *s = SQL(m->db, "SELECT u.user_id,m.membership FROM memberships m JOIN"
					" users u ON u.nid=m.user_nid WHERE m.room_nid=?1 AND"
					" m.membership IN(?2,?3,?4) AND u.deactivated=0 AND"
					" NOT EXISTS(SELECT 1 FROM memberships n WHERE"
					" n.user_nid=m.user_nid AND n.room_nid=?5)"
					" ORDER BY m.pos LIMIT ?6");
	sql_bind_i64(s, 1, m->u->room_nid);
	sql_bind_i64(s, 2, MEMBERSHIP_BAN);
	sql_bind_i64(s, 3, m->open ? MEMBERSHIP_BAN : MEMBERSHIP_JOIN);
	sql_bind_i64(s, 4, m->open ? MEMBERSHIP_BAN : MEMBERSHIP_INVITE);
	sql_bind_i64(s, 5, m->u->new_nid);
	sql_bind_i64(s, 6, ROOM_UPGRADE_PEOPLE);
	while (sql_row(s)) {
		bool banned = sql_col_i64(s, 1) == MEMBERSHIP_BAN;
		json_object_set_new(people, sql_col_text(s, 0).p,
				    json_integer(banned ? MEMBERSHIP_BAN : MEMBERSHIP_INVITE));
	}
	return people;
}

static int copy_members(struct moving *m, bool *ret_more, struct err *err)
{
	JSON_AUTO json_t *people = next_people(m);
	const char *id;
	json_t *as;
	int rc = 0;
	json_object_foreach (people, id, as) {
		enum membership to = (enum membership)json_integer_value(as);
		if (!rc)
			rc = upgrade_put(m, "m.room.member", id,
					 json_pack("{s:s}", "membership", membership_name(to)),
					 err);
	}
	*ret_more = json_object_size(people) == ROOM_UPGRADE_PEOPLE;
	return rc;
}

static int move_addresses(struct moving *m, struct err *err)
{
	struct sql_stmt *s = SQL(m->db, "UPDATE aliases SET room_nid=?2 WHERE room_nid=?1");
	sql_bind_i64(s, 1, m->u->room_nid);
	sql_bind_i64(s, 2, m->u->new_nid);
	int rc = sql_run(s, err);
	s = SQL(m->db, "UPDATE rooms SET public=0 WHERE nid=?1");
	sql_bind_i64(s, 1, m->u->room_nid);
	if (!rc)
		rc = sql_run(s, err);
	json_t *canonical = NULL;
	if (rc || room_state(m->db, m->u->room_nid, "m.room.canonical_alias", "", &canonical))
		return rc;
	rc = upgrade_put(m, "m.room.canonical_alias", "", canonical, err);
	return rc ? rc
		  : put(m, m->u->room_nid, "m.room.canonical_alias", "", json_object(), true, err);
}

static void raise(json_t *levels, const char *key, int64_t otherwise, int64_t to)
{
	if (json_get_i64(levels, key, otherwise) < to)
		json_object_set_new(levels, key, json_integer(to));
}

/* Where the person may not change levels, the room stays as it is. */
static int close_old(struct moving *m, struct err *err)
{
	json_t *levels = NULL;
	int rc = put(m, m->u->room_nid, "m.room.tombstone", "",
		     json_pack("{s:s,s:s}", "body", "This room has been replaced",
			       "replacement_room", m->u->new_id),
		     false, err);
	if (rc || !power_can_state(&m->power, m->u->user_id, "m.room.power_levels", "") ||
	    room_state(m->db, m->u->room_nid, "m.room.power_levels", "", &levels))
		return rc;
	int64_t restricted = json_get_i64(levels, "users_default", 0) + 1;
	restricted = restricted < 50 ? 50 : restricted;
	json_t *next = json_copy(levels);
	json_decref(levels);
	raise(next, "events_default", 0, restricted);
	raise(next, "invite", 0, restricted);
	struct err ignored = {0};
	put(m, m->u->room_nid, "m.room.power_levels", "", next, false, &ignored);
	return 0;
}

static int make_new(struct moving *m, const char *newest, struct err *err)
{
	int rc = room_insert(m->tx, m->u->server_name, m->u->user_nid, is_listed(m), m->u->new_id,
			     &m->u->new_nid, err);
	if (!rc)
		rc = put_create(m, newest, err);
	if (!rc)
		rc = copy_state(m, err);
	if (!rc)
		rc = copy_links(m, "m.space.parent", err);
	if (!rc && m->space)
		rc = copy_links(m, "m.space.child", err);
	return rc;
}

static bool anybody_may_join(struct moving *m)
{
	JSON_AUTO json_t *rules = NULL;
	room_state(m->db, m->u->room_nid, "m.room.join_rules", "", &rules);
	const char *rule = json_get_str(rules, "join_rule");
	return rule && !strcmp(rule, "public");
}

/* Somebody may have asked for the same before, and more than once. */
static int begin(struct moving *m, bool *ret_done, struct err *err)
{
	char newest[64];
	if (!load(m, newest))
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no such room"));
	if (upgrade_find_begun(m, ret_done))
		return 0;
	*ret_done = upgrade_find_other(m);
	if (*ret_done)
		return 0;
	if (upgrade_is_others(m))
		return matrix_err(err, 429, "M_LIMIT_EXCEEDED",
				  _("Somebody else is replacing this room: try again in a moment"));
	return make_new(m, newest, err);
}

static bool is_closed(struct moving *m)
{
	JSON_AUTO json_t *tombstone = NULL;
	room_state(m->db, m->u->room_nid, "m.room.tombstone", "", &tombstone);
	const char *next = json_get_str(tombstone, "replacement_room");
	return next && !strcmp(next, m->u->new_id);
}

static int move(struct moving *m, bool *ret_more, struct err *err)
{
	int rc = check(m, err);
	bool done = false;
	if (!rc && !m->u->new_nid)
		rc = begin(m, &done, err);
	if (rc || done || is_closed(m)) /* by the same request, sent twice */
		return rc;
	m->open = anybody_may_join(m);
	rc = copy_members(m, ret_more, err);
	if (!rc && !*ret_more)
		rc = upgrade_catch_up(m, ret_more, err);
	if (rc || *ret_more || upgrade_find_other(m))
		return rc;
	rc = move_addresses(m, err);
	return rc ? rc : close_old(m, err);
}

int room_upgrade(struct db_tx *tx, struct room_upgrade *u, bool *ret_more, struct err *err)
{
	struct moving m = {.tx = tx, .db = db_tx_sql(tx), .u = u};
	int rc = move(&m, ret_more, err);
	power_done(&m.power);
	return rc;
}
