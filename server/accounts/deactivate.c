#include "server/accounts/user.h"

#include "core/base/mem.h"
#include "server/accounts/device.h"
#include "server/keys/keys.h"
#include "server/rooms/room.h"
#include "server/rtc/delayed.h"

/* Rooms that somebody is in, or asked into. The caller owns *ret. */
static size_t rooms_of(struct sql *db, int64_t user_nid, int64_t **ret)
{
	size_t n = 0;
	int64_t *list = NULL;
	struct sql_stmt *s =
		SQL(db, "SELECT room_nid FROM memberships WHERE user_nid=? AND membership IN(1,2,3)"
			" ORDER BY room_nid");
	sql_bind_i64(s, 1, user_nid);
	while (sql_row(s)) {
		list = mem_realloc_array(list, n + 1, sizeof(*list));
		list[n++] = sql_col_i64(s, 0);
	}
	*ret = list;
	return n;
}

static int leave_all(struct db_tx *tx, const struct user *u, struct err *err)
{
	AUTO_FREE int64_t *rooms = NULL;
	size_t n = rooms_of(db_tx_sql(tx), u->nid, &rooms);
	json_t *content = json_pack("{s:s}", "membership", "leave");
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++) {
		struct event_ref ref;
		struct event_draft d = {.room_nid = rooms[i],
					.sender_nid = u->nid,
					.sender = u->user_id,
					.type = "m.room.member",
					.state_key = u->user_id,
					.content = content,
					.trusted = true};
		rc = room_append(tx, &d, &ref, err);
	}
	json_decref(content);
	return rc;
}

/* What is the account's alone. */
static int delete_all(struct sql *db, int64_t nid, struct err *err)
{
	struct sql_stmt *all[] = {
		SQL(db, "DELETE FROM threepids WHERE user_nid=?"),
		SQL(db, "DELETE FROM openid_tokens WHERE user_nid=?"),
		SQL(db, "DELETE FROM account_data WHERE user_nid=?"),
		SQL(db, "DELETE FROM filters WHERE user_nid=?"),
		SQL(db, "DELETE FROM links WHERE user_nid=?"),
	};
	int rc = 0;
	for (size_t i = 0; !rc && i < ARRAY_LEN(all); i++) {
		sql_bind_i64(all[i], 1, nid);
		rc = sql_run(all[i], err);
	}
	return rc;
}

/* Nothing is left of the profile, and who comes later reads no message of theirs. */
static int forget(struct sql *db, int64_t nid, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE users SET erased=1, display_name=NULL, avatar_url=NULL"
				     " WHERE nid=?");
	sql_bind_i64(s, 1, nid);
	int rc = sql_run(s, err);
	s = SQL(db, "DELETE FROM profile_fields WHERE user_nid=?");
	sql_bind_i64(s, 1, nid);
	return rc ? rc : sql_run(s, err);
}

int user_deactivate(struct db_tx *tx, const struct user *u, bool erase, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	int rc = leave_all(tx, u, err);
	if (!rc)
		rc = delayed_cancel_all(tx, u->nid, err);
	if (!rc)
		rc = device_delete_all(tx, u->nid, 0, err);
	if (!rc)
		rc = keys_account_gone(tx, u->nid, err);
	if (rc)
		return rc;
	struct sql_stmt *s = SQL(db, "UPDATE users SET deactivated=1, admin=0, password=NULL,"
				     " external_id=NULL WHERE nid=?");
	sql_bind_i64(s, 1, u->nid);
	rc = sql_run(s, err);
	if (!rc)
		rc = delete_all(db, u->nid, err);
	if (!rc && erase)
		rc = forget(db, u->nid, err);
	if (!rc)
		db_tx_note(tx, &(struct db_change){.kind = CHANGE_PROFILE,
						   .pos = db_tx_position(tx),
						   .user_nid = u->nid});
	return rc;
}
