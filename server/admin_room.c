/*
 * Putting people of this server into a room, so that a class need not answer
 * 300 invitations. The rules of the room hold: the administrator must be able
 * to invite there, and the history shows an invitation and a join.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/admin_op.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

static int put_member(struct admin *a, int64_t room_nid, const struct user *sender,
		      const struct user *target, const char *membership, struct err *err)
{
	struct event_ref ref;
	JSON_AUTO json_t *content = json_pack("{s:s}", "membership", membership);
	struct event_draft d = {.room_nid = room_nid,
				.sender_nid = sender->nid,
				.sender = sender->user_id,
				.type = "m.room.member",
				.state_key = target->user_id,
				.content = content,
				.invite_anyhow = true};
	return room_append(a->tx, &d, &ref, err);
}

/* Somebody who was never in the room: not those who left, or were made to. */
static bool is_new(struct admin *a, int64_t room_nid, int64_t user_nid)
{
	struct sql_stmt *s =
		SQL(a->sql, "SELECT 1 FROM memberships WHERE user_nid=? AND room_nid=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, room_nid);
	return !sql_get_i64(s, 0);
}

static const char *bring_in(struct admin *a, int64_t room_nid, const struct user *actor,
			    const struct user *u, int *rc, struct err *err)
{
	enum membership is = room_membership(a->sql, room_nid, u->nid);
	if (is == MEMBERSHIP_JOIN)
		return "existing";
	if (is == MEMBERSHIP_BAN)
		return "banned";
	if (is == MEMBERSHIP_LEAVE && !json_get_bool(a->args, "again", false) &&
	    !is_new(a, room_nid, u->nid))
		return "left";
	if (is != MEMBERSHIP_INVITE)
		*rc = put_member(a, room_nid, actor, u, "invite", err);
	if (!*rc)
		*rc = put_member(a, room_nid, u, u, "join", err);
	return "joined";
}

int admin_room_join(struct admin *a, struct err *err)
{
	struct user actor;
	int64_t room_nid;
	size_t i;
	json_t *v, *list = json_array(), *users = json_get_array(a->args, "users");
	json_object_set_new(a->ret, "users", list);
	if (!users || json_array_size(users) > ADMIN_ROWS_MAX)
		return matrix_err(err, 400, "M_BAD_JSON", _("users must be a list of at most %d"),
				  ADMIN_ROWS_MAX);
	if (!a->env->actor)
		return matrix_err(err, 400, "M_UNKNOWN",
				  _("Somebody must invite them: do this while the server runs"));
	int rc = room_find(a->sql, json_get_span(a->args, "room_id"), &room_nid, err);
	if (!rc)
		rc = admin_find(a, span_of(a->env->actor), &actor, err);
	json_array_foreach (users, i, v) {
		struct user u;
		if (!rc)
			rc = admin_find(a,
					(struct span){json_string_value(v), json_string_length(v)},
					&u, err);
		if (rc)
			break;
		const char *state = bring_in(a, room_nid, &actor, &u, &rc, err);
		json_array_append_new(list,
				      json_pack("{s:s,s:s}", "user_id", u.user_id, "state", state));
	}
	return rc;
}
