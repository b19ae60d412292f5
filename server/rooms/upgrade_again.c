/* Between the pieces of an upgrade: what others do meanwhile, and the same upgrade once more. */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/rooms/auth.h"
#include "server/rooms/room.h"
#include "server/rooms/upgrade_priv.h"

#include <string.h>

#define AGAIN_MS 600000 /* later than that it is meant anew */
#define NEWEST 1000	/* rooms that may have been made since */
#define UNDER_WAY_MS \
	60000 /* so long another's pieces are waited for: the server may have been killed between them */

/* -- Begun before -------------------------------------------------------------------------- */

static bool replaces(struct moving *m, int64_t room)
{
	JSON_AUTO json_t *create = NULL;
	room_state(m->db, room, "m.room.create", "", &create);
	const char *old = json_get_str(json_get_object(create, "predecessor"), "room_id");
	return old && !strcmp(old, m->old_id);
}

bool upgrade_find_begun(struct moving *m, bool *ret_done)
{
	JSON_AUTO json_t *tombstone = NULL;
	room_state(m->db, m->u->room_nid, "m.room.tombstone", "", &tombstone);
	const char *next = json_get_str(tombstone, "replacement_room");
	/* Who makes a room is in it; by their rooms, as there is no index of creators. */
	struct sql_stmt *s =
		SQL(m->db, "SELECT r.nid,r.room_id FROM memberships m"
			   " JOIN rooms r ON r.nid=m.room_nid WHERE m.user_nid=?1 AND"
			   " r.creator_nid=?1 AND r.created_ts>?2 ORDER BY r.nid DESC");
	int64_t nid = 0;
	sql_bind_i64(s, 1, m->u->user_nid);
	sql_bind_i64(s, 2, clock_wall_ms() - AGAIN_MS);
	while (!nid && sql_row(s)) {
		bool fits = !next || span_eq_str(sql_col_text(s, 1), next);
		if (!fits || !replaces(m, sql_col_i64(s, 0)))
			continue;
		nid = sql_col_i64(s, 0);
		snprintf(m->u->new_id, sizeof(m->u->new_id), "%.*s", SPAN_ARG(sql_col_text(s, 1)));
	}
	sql_reset(s);
	m->u->new_nid = nid;
	*ret_done = nid && next;
	return nid != 0;
}

/* -- By somebody else ------------------------------------------------------------------------- */

bool upgrade_find_other(struct moving *m)
{
	JSON_AUTO json_t *tombstone = NULL;
	room_state(m->db, m->u->room_nid, "m.room.tombstone", "", &tombstone);
	const char *next = json_get_str(tombstone, "replacement_room");
	struct sql_stmt *s = SQL(m->db, "SELECT nid FROM rooms WHERE room_id=?1 AND created_ts>?2");
	sql_bind_str(s, 1, next ? next : "");
	sql_bind_i64(s, 2, clock_wall_ms() - AGAIN_MS);
	int64_t nid = sql_get_i64(s, 0);
	if (!nid || nid == m->u->new_nid || !replaces(m, nid))
		return false;
	m->u->new_nid = nid;
	snprintf(m->u->new_id, sizeof(m->u->new_id), "%s", next);
	return true;
}

/* Anybody may say of a room that it goes on from another. */
static bool may_replace(struct moving *m, const char *user_id)
{
	JSON_AUTO json_t *member = NULL;
	room_state(m->db, m->u->room_nid, "m.room.member", user_id, &member);
	const char *is = json_get_str(member, "membership");
	return is && !strcmp(is, "join") &&
	       power_can_state(&m->power, user_id, "m.room.tombstone", "");
}

bool upgrade_is_others(struct moving *m)
{
	/* Among the newest: there is no index of times, and who makes rooms is paced. */
	struct sql_stmt *s =
		SQL(m->db, "SELECT r.nid,u.user_id FROM rooms r JOIN users u ON u.nid=r.creator_nid"
			   " WHERE r.nid>(SELECT max(nid) FROM rooms)-?3 AND"
			   " r.created_ts>?1 AND r.creator_nid<>?2");
	bool found = false;
	sql_bind_i64(s, 3, NEWEST);
	sql_bind_i64(s, 1, clock_wall_ms() - UNDER_WAY_MS);
	sql_bind_i64(s, 2, m->u->user_nid);
	while (!found && sql_row(s)) {
		AUTO_FREE char *creator = span_dup(sql_col_text(s, 1));
		found = replaces(m, sql_col_i64(s, 0)) && may_replace(m, creator);
	}
	sql_reset(s);
	return found;
}

/* -- Changed since --------------------------------------------------------------------------- */

/* Where the new room begins: what is later in the old one was not seen when it was copied. */
static int64_t begun_at(struct moving *m)
{
	struct sql_stmt *s = SQL(m->db, "SELECT pos FROM current_state WHERE room_nid=?1 AND"
					" type='m.room.create' AND state_key=''");
	sql_bind_i64(s, 1, m->u->new_nid);
	return sql_get_i64(s, 0);
}

static int copy_if_later(struct moving *m, const char *type, int64_t pos, struct err *err)
{
	json_t *content = NULL;
	struct sql_stmt *s = SQL(m->db, "SELECT pos FROM current_state WHERE room_nid=?1 AND"
					" type=?2 AND state_key=''");
	sql_bind_i64(s, 1, m->u->room_nid);
	sql_bind_str(s, 2, type);
	if (sql_get_i64(s, 0) <= pos || room_state(m->db, m->u->room_nid, type, "", &content))
		return 0;
	return upgrade_put(m, type, "", content, err);
}

/*
 * What people have become in the old room who had a place in the new one already. Bans count, and their end;
 * who was taken out, or has gone, is no longer invited; who has gone by themselves and is in the new room stays.
 */
static json_t *changed_people(struct moving *m, int64_t pos)
{
	json_t *people = json_object();
	struct sql_stmt *s =
		SQL(m->db, "SELECT u.user_id,o.membership FROM memberships o"
			   " JOIN memberships n ON n.user_nid=o.user_nid AND n.room_nid=?2"
			   " JOIN users u ON u.nid=o.user_nid JOIN events e ON e.pos=o.pos"
			   " WHERE o.room_nid=?1 AND o.pos>?3 AND o.user_nid<>?4 AND"
			   " ((o.membership=?5 AND n.membership<>?5) OR"
			   "  (o.membership<>?5 AND n.membership=?5) OR"
			   "  (o.membership=?6 AND (n.membership=?7 OR"
			   "   (n.membership=?8 AND e.sender_nid<>o.user_nid))))"
			   " ORDER BY o.pos LIMIT ?9");
	sql_bind_i64(s, 1, m->u->room_nid);
	sql_bind_i64(s, 2, m->u->new_nid);
	sql_bind_i64(s, 3, pos);
	sql_bind_i64(s, 4, m->u->user_nid);
	sql_bind_i64(s, 5, MEMBERSHIP_BAN);
	sql_bind_i64(s, 6, MEMBERSHIP_LEAVE);
	sql_bind_i64(s, 7, MEMBERSHIP_INVITE);
	sql_bind_i64(s, 8, MEMBERSHIP_JOIN);
	sql_bind_i64(s, 9, ROOM_UPGRADE_PEOPLE);
	while (sql_row(s))
		json_object_set_new(people, sql_col_text(s, 0).p, json_integer(sql_col_i64(s, 1)));
	return people;
}

static int change_person(struct moving *m, const char *user, enum membership was, struct err *err)
{
	enum membership to = was == MEMBERSHIP_BAN ? MEMBERSHIP_BAN : MEMBERSHIP_LEAVE;
	int rc = upgrade_put(m, "m.room.member", user,
			     json_pack("{s:s}", "membership", membership_name(to)), err);
	bool back = was == MEMBERSHIP_JOIN || was == MEMBERSHIP_INVITE;
	if (!rc && back && !m->open) /* the ban was lifted, and they are there again */
		rc = upgrade_put(m, "m.room.member", user,
				 json_pack("{s:s}", "membership", "invite"), err);
	return rc;
}

int upgrade_catch_up(struct moving *m, bool *ret_more, struct err *err)
{
	int64_t pos = begun_at(m);
	JSON_AUTO json_t *people = changed_people(m, pos);
	const char *id;
	json_t *was;
	int rc = copy_if_later(m, "m.room.power_levels", pos, err);
	for (size_t i = 0; !rc && upgrade_copied[i]; i++)
		rc = copy_if_later(m, upgrade_copied[i], pos, err);
	json_object_foreach (people, id, was)
		if (!rc)
			rc = change_person(m, id, (enum membership)json_integer_value(was), err);
	*ret_more = json_object_size(people) == ROOM_UPGRADE_PEOPLE;
	return rc;
}
