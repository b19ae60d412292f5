/* m.room.member: the person, the profile, restricted joins, the memberships table. */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/matrix/id.h"
#include "server/rooms/append.h"
#include "server/rooms/auth.h"
#include "server/routes/route.h"

static void fill(struct append *a, const char *key, struct span value)
{
	if (value.n && !json_object_get(a->content, key))
		json_object_set_new(append_own_content(a), key, json_stringn(value.p, value.n));
}

/* The target's row; its profile goes into events that let it in. */
static int find_target(struct append *a, struct err *err)
{
	const char *user = a->d->state_key;
	struct sql_stmt *s = SQL(a->sql, "SELECT nid,display_name,avatar_url,deactivated"
					 " FROM users WHERE user_id=?");
	sql_bind_str(s, 1, user);
	if (!sql_row(s)) {
		int rc = sql_failed(a->sql, err);
		struct user_id id;
		if (rc)
			return rc;
		if (user_id_parse(span_of(user), &id, NULL))
			return matrix_err(err, 400, "M_INVALID_PARAM", _("\"%s\" is not a user id"),
					  user);
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no user %s on this server"),
				  user);
	}
	a->target_nid = sql_col_i64(s, 0);
	bool in = a->target_becomes != MEMBERSHIP_LEAVE && a->target_becomes != MEMBERSHIP_BAN;
	if (in) {
		fill(a, "displayname", sql_col_text(s, 1));
		fill(a, "avatar_url", sql_col_text(s, 2));
	}
	bool gone = sql_col_i64(s, 3) && in && a->target_becomes != MEMBERSHIP_JOIN;
	sql_reset(s);
	return gone ? matrix_err(err, 403, "M_FORBIDDEN", _("The account %s is closed"), user) : 0;
}

/* Is the joiner in one of the rooms that the join rules name? */
static bool in_allowed_room(struct append *a)
{
	size_t i;
	json_t *allow;
	json_array_foreach (json_get_array(a->room->join_rules, "allow"), i, allow) {
		const char *type = json_get_str(allow, "type");
		int64_t nid;
		if (!type || strcmp(type, "m.room_membership") != 0)
			continue;
		if (!room_find(a->sql, json_get_span(allow, "room_id"), &nid, NULL) &&
		    room_membership(a->sql, nid, a->target_nid) == MEMBERSHIP_JOIN)
			return true;
	}
	return false;
}

/* A joined member who may invite; false when there is none. */
static bool find_voucher(struct append *a, struct user_id *ret)
{
	bool found = false;
	struct sql_stmt *s = SQL(a->sql, "SELECT u.user_id FROM memberships m"
					 " JOIN users u ON u.nid=m.user_nid"
					 " WHERE m.room_nid=? AND m.membership=?");
	sql_bind_i64(s, 1, a->d->room_nid);
	sql_bind_i64(s, 2, MEMBERSHIP_JOIN);
	while (!found && sql_row(s))
		found = !user_id_parse(sql_col_text(s, 0), ret, NULL) &&
			power_can_invite(&a->room->power, ret->s);
	sql_reset(s);
	return found;
}

/*
 * Only the server says who vouches for a restricted join (client-server API,
 * "Restricted rooms"): what a client put there is dropped.
 */
static void vouch(struct append *a)
{
	static const char key[] = "join_authorised_via_users_server";
	const char *rule = json_get_str(a->room->join_rules, "join_rule");
	struct user_id by;
	if (json_object_get(a->content, key))
		json_object_del(append_own_content(a), key);
	if (!rule || a->target_becomes != MEMBERSHIP_JOIN || a->target_is == MEMBERSHIP_JOIN ||
	    a->target_is == MEMBERSHIP_INVITE)
		return;
	if (strcmp(rule, "restricted") != 0 && strcmp(rule, "knock_restricted") != 0)
		return;
	if (in_allowed_room(a) && find_voucher(a, &by))
		json_object_set_new(append_own_content(a), key, json_string(by.s));
}

int append_member(struct append *a, struct err *err)
{
	const char *word = json_get_str(a->content, "membership");
	if (!membership_parse(word, &a->target_becomes))
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("A member event needs \"membership\": join, leave, invite, "
				    "ban or knock"));
	int rc = find_target(a, err);
	if (rc)
		return rc;
	a->target_is = a->target_nid == a->d->sender_nid
			       ? a->sender_is
			       : room_membership(a->sql, a->d->room_nid, a->target_nid);
	vouch(a);
	return 0;
}

int append_member_effect(struct append *a, struct err *err)
{
	bool enters = a->target_becomes == MEMBERSHIP_JOIN && a->target_is != MEMBERSHIP_JOIN;
	struct sql_stmt *s =
		SQL(a->sql,
		    "INSERT INTO memberships(user_nid,room_nid,membership,pos,joined_pos)"
		    " VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET membership=?3,pos=?4,"
		    "joined_pos=coalesce(?5,joined_pos),forgotten=0");
	sql_bind_i64(s, 1, a->target_nid);
	sql_bind_i64(s, 2, a->d->room_nid);
	sql_bind_i64(s, 3, a->target_becomes);
	sql_bind_i64(s, 4, a->ref.pos);
	if (enters)
		sql_bind_i64(s, 5, a->ref.pos);
	int rc = sql_run(s, err);
	if (!rc)
		db_tx_note(a->tx, &(struct db_change){
					  .kind = CHANGE_MEMBERSHIP,
					  .pos = a->ref.pos,
					  .room_nid = a->d->room_nid,
					  .user_nid = a->target_nid,
					  .membership = a->target_becomes,
				  });
	return rc;
}
