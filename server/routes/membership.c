/*
 * Who is in a room: join, leave, forget, invite, kick, ban, unban, knock.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rooms/auth.h"
#include "server/routes/room_job.h"
#include "server/sync/followed.h"

extern const struct route membership_routes[];

static enum membership mine(const struct room_job *j, struct db_tx *tx)
{
	return room_membership(db_tx_sql(tx), j->nid, j->rq->who.user_nid);
}

/* Appends the member event of `target`, with the body's reason. Replies never name it. */
static int put_member(struct room_job *j, struct db_tx *tx, const char *target, enum membership to,
		      struct err *err)
{
	const char *reason;
	struct event_ref ref;
	int rc = body_str(j->rq->body, "reason", false, &reason, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *content = json_pack("{s:s}", "membership", membership_name(to));
	if (reason)
		json_object_set(content, "reason", json_object_get(j->rq->body, "reason"));
	struct event_draft d = room_job_draft(j, "m.room.member", target, content);
	return room_append(tx, &d, &ref, err);
}

/* --- oneself --- */

static int run_join(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	int rc = room_job_id_or_alias(j, tx, 0, err);
	/* To join twice changes nothing, not even a name that was chosen for this room. */
	if (rc || mine(j, tx) == MEMBERSHIP_JOIN)
		return rc;
	const struct requester *who = &j->rq->who;
	rc = put_member(j, tx, who->user_id, MEMBERSHIP_JOIN, err);
	return rc ? rc : followed_join(tx, who->user_nid, who->user_id, j->nid, err);
}

static int run_knock(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	int rc = room_job_id_or_alias(j, tx, 0, err);
	return rc ? rc : put_member(j, tx, j->rq->who.user_id, MEMBERSHIP_KNOCK, err);
}

/* Was the requester ever a member of any kind? */
static bool known_here(const struct room_job *j, struct db_tx *tx)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "SELECT 1 FROM memberships WHERE user_nid=? AND room_nid=?");
	sql_bind_i64(s, 1, j->rq->who.user_nid);
	sql_bind_i64(s, 2, j->nid);
	return sql_get_i64(s, 0);
}

static int run_leave(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	int rc = room_job_room(j, tx, 0, err);
	if (rc || (mine(j, tx) == MEMBERSHIP_LEAVE && known_here(j, tx)))
		return rc;
	return put_member(j, tx, j->rq->who.user_id, MEMBERSHIP_LEAVE, err);
}

static int run_forget(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	int rc = room_job_room(j, tx, 0, err);
	if (rc)
		return rc;
	enum membership is = mine(j, tx);
	if (is != MEMBERSHIP_LEAVE && is != MEMBERSHIP_BAN)
		return matrix_err(err, 400, "M_UNKNOWN",
				  _("You are still in this room: leave it first"));
	if (!known_here(j, tx))
		return matrix_err(err, 403, "M_FORBIDDEN", _("You were never in this room"));
	struct sql_stmt *s =
		SQL(db_tx_sql(tx),
		    "UPDATE memberships SET forgotten=1 WHERE user_nid=? AND room_nid=?");
	sql_bind_i64(s, 1, j->rq->who.user_nid);
	sql_bind_i64(s, 2, j->nid);
	return sql_run(s, err);
}

/* --- others --- */

/*
 * The membership of `user`, for a requester who may be told it: members are
 * told everybody's, others their own.
 */
static int membership_of(const struct room_job *j, struct db_tx *tx, const char *user,
			 enum membership *ret, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	if (mine(j, tx) != MEMBERSHIP_JOIN && strcmp(user, j->rq->who.user_id) != 0)
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("You are not in this room, join it first"));
	struct sql_stmt *s = SQL(db, "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, user);
	*ret = room_membership(db, j->nid, sql_get_i64(s, 0));
	return 0;
}

/* The room of the path and "user_id" of the body. */
static int find_target(struct room_job *j, struct db_tx *tx, const char **ret_user, struct err *err)
{
	int rc = room_job_room(j, tx, 0, err);
	if (!rc && !json_object_get(j->rq->body, "user_id") &&
	    json_object_get(j->rq->body, "address"))
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("This server has no identity server: invite by user id"));
	return rc ? rc : body_str(j->rq->body, "user_id", true, ret_user, err);
}

static int run_invite(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const char *user = "";
	int rc = find_target(j, tx, &user, err);
	return rc ? rc : put_member(j, tx, user, MEMBERSHIP_INVITE, err);
}

/* The same, and what they are there. */
static int find_member(struct room_job *j, struct db_tx *tx, const char **ret_user,
		       enum membership *ret_is, struct err *err)
{
	int rc = find_target(j, tx, ret_user, err);
	return rc ? rc : membership_of(j, tx, *ret_user, ret_is, err);
}

static int run_kick(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const char *user = "";
	enum membership is = MEMBERSHIP_LEAVE;
	int rc = find_member(j, tx, &user, &is, err);
	if (rc)
		return rc;
	if (is == MEMBERSHIP_LEAVE || is == MEMBERSHIP_BAN)
		return matrix_err(err, 403, "M_FORBIDDEN", _("%s is not in the room"), user);
	return put_member(j, tx, user, MEMBERSHIP_LEAVE, err);
}

static int run_ban(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const char *user = "";
	int rc = find_target(j, tx, &user, err);
	return rc ? rc : put_member(j, tx, user, MEMBERSHIP_BAN, err);
}

static int run_unban(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	const char *user = "";
	enum membership is = MEMBERSHIP_LEAVE;
	int rc = find_member(j, tx, &user, &is, err);
	if (rc)
		return rc;
	if (is != MEMBERSHIP_BAN)
		return matrix_err(err, 403, "M_BAD_STATE", _("%s is not banned"), user);
	return put_member(j, tx, user, MEMBERSHIP_LEAVE, err);
}

#define POST(name)                              \
	static void post_##name(struct rq *rq)  \
	{                                       \
		room_job_start(rq, run_##name); \
	}
POST(join)
POST(knock)
POST(leave)
POST(forget)
POST(invite)
POST(kick)
POST(ban)
POST(unban)

#define ROOM "/_matrix/client/v3/rooms/{}/"

const struct route membership_routes[] = {
	{"POST", "/_matrix/client/v3/join/{}", ROUTE_USER, ROUTE_JSON, post_join, 0},
	{"POST", "/_matrix/client/v3/knock/{}", ROUTE_USER, ROUTE_JSON, post_knock, 0},
	{"POST", ROOM "join", ROUTE_USER, ROUTE_JSON, post_join, 0},
	{"POST", ROOM "leave", ROUTE_USER, ROUTE_JSON, post_leave, 0},
	{"POST", ROOM "forget", ROUTE_USER, ROUTE_JSON, post_forget, 0},
	{"POST", ROOM "invite", ROUTE_USER, ROUTE_JSON, post_invite, 0},
	{"POST", ROOM "kick", ROUTE_USER, ROUTE_JSON, post_kick, 0},
	{"POST", ROOM "ban", ROUTE_USER, ROUTE_JSON, post_ban, 0},
	{"POST", ROOM "unban", ROUTE_USER, ROUTE_JSON, post_unban, 0},
	{0},
};
