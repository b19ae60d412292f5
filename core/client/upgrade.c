#include "core/client/upgrade.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#include <string.h>

#define REPLACED_LATELY_MS 2592000000 /* 30 days */
#define TRY_AGAIN_MS 3600000
#define FOLLOW_MAX 16 /* at one time */

/* What the server makes when nothing is said, or NULL. The caller owns it. */
static char *default_version(struct client *c)
{
	JSON_AUTO json_t *reply = NULL;
	if (session_do(client_session(c), request_capabilities(), &reply, NULL))
		return NULL;
	json_t *caps = json_get_object(reply, "capabilities");
	return mem_strdup(json_get_str(json_get_object(caps, "m.room_versions"), "default"));
}

static char *server_of(struct span user)
{
	ptrdiff_t colon = span_find(user, ':');
	return colon < 0 ? NULL : span_dup(span_from(user, (size_t)colon + 1));
}

/* -- By us ---------------------------------------------------------------------------------- */

/* Where the old room says that it went, as the server has it now; NULL: nowhere. The caller owns it. */
static char *replaced_by(struct client *c, const char *room_id)
{
	JSON_AUTO json_t *tombstone = NULL;
	if (session_do(client_session(c), request_state_get(room_id, "m.room.tombstone", ""),
		       &tombstone, NULL))
		return NULL;
	const char *next = json_get_str(tombstone, "replacement_room");
	return next && *next ? mem_strdup(next) : NULL;
}

/* Whoever may send a tombstone may name any room. */
static int check_successor(struct client *c, const struct upgrade *u, bool *ret_true,
			   struct err *err)
{
	JSON_AUTO json_t *create = NULL;
	int rc = session_do(client_session(c), request_state_get(u->new_id, "m.room.create", ""),
			    &create, err);
	*ret_true = !rc && upgrade_is_true(u, create);
	return rc;
}

/* *ret_in false: there is no such room, or it does not go on from the old one. */
static int enter(struct client *c, const struct upgrade *u, bool *ret_in, struct err *err)
{
	struct err e = {0};
	int rc = session_do(client_session(c), upgrade_join(u), NULL, &e);
	*ret_in = false;
	if (rc && e.http_status == 404)
		return 0;
	if (rc && e.http_status == 403) {
		err_set(err, ERR_CONFLICT,
			_("somebody else has replaced this room by %.255s, which you cannot enter"),
			u->new_id);
		err_hint(err, _("who did it can invite you"));
		return ERR_CONFLICT;
	}
	if (rc) {
		*err = e;
		return rc;
	}
	/* Not known is not false: nobody leaves a room for a server that is slow. */
	rc = check_successor(c, u, ret_in, err);
	if (!rc && !*ret_in &&
	    session_do(client_session(c), request_leave(u->new_id, NULL), NULL, &e))
		log_warn("leaving what does not replace the room: %s", e.msg);
	return rc;
}

/*
 * Go where somebody else has moved the room. `ours`: a room that we made for it, or NULL. *ret
 * stays NULL where that leads nowhere.
 */
static int go_along(struct client *c, const char *room_id, const char *next, const char *ours,
		    json_t **ret, struct err *err)
{
	AUTO_FREE char *server = server_of(span_of(room_id));
	const struct upgrade u = {.old_id = (char *)room_id,
				  .new_id = (char *)next,
				  .server = server};
	struct err e = {0};
	bool in;
	int rc = enter(c, &u, &in, err);
	if (rc || !in)
		return rc;
	if (ours && session_do(client_session(c), request_leave(ours, NULL), NULL, &e))
		log_warn("leaving the room that was made at the same time: %s", e.msg);
	client_note_room(c, next, NULL, NULL);
	*ret = json_pack("{s:s, s:s, s:n, s:b}", "room_id", room_id, "successor", next, "version",
			 "existing", 1);
	return 0;
}

/* Did we make that room? Who did is in it; others may not look. */
static bool is_ours(struct client *c, const char *room_id)
{
	JSON_AUTO json_t *member = NULL;
	struct err e = {0};
	const char *own = client_account(c)->user_id;
	if (session_do(client_session(c), request_state_get(room_id, "m.room.member", own), &member,
		       &e))
		return e.http_status != 403 && e.http_status != 404;
	const char *membership = json_get_str(member, "membership");
	return membership && strcmp(membership, "join") == 0;
}

int client_room_upgrade(struct client *c, const char *room_id, const char *version, json_t **ret,
			struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *otherwise = version ? NULL : default_version(c);
	const char *wanted = version ? version : otherwise ? otherwise : "11";
	AUTO_FREE char *before = replaced_by(c, room_id);
	*ret = NULL;
	int rc = before ? go_along(c, room_id, before, NULL, ret, err) : 0;
	if (rc || *ret)
		return rc;
	rc = session_do(client_session(c), request_upgrade(room_id, wanted), &reply, err);
	if (rc)
		return rc;
	const char *successor = json_get_str(reply, "replacement_room");
	if (!successor)
		return err_set(err, ERR_PROTOCOL, _("the server does not name the new room"));
	/* Of two who do it at once one's word stands in the old room. */
	AUTO_FREE char *now = replaced_by(c, room_id);
	rc = now && strcmp(now, successor) != 0 ? go_along(c, room_id, now, successor, ret, err)
						: 0;
	if (!rc && !*ret && !is_ours(c, successor))
		rc = go_along(c, room_id, successor, NULL, ret, err);
	if (rc || *ret)
		return rc;
	client_note_room(c, successor, NULL, NULL);
	*ret = json_pack("{s:s, s:s, s:s, s:b}", "room_id", room_id, "successor", successor,
			 "version", wanted, "existing", 0);
	return 0;
}

void upgrade_done(struct upgrade *u)
{
	mem_free(u->old_id);
	mem_free(u->new_id);
	mem_free(u->server);
	*u = (struct upgrade){0};
}

static int note_tried(struct store *s, int64_t room, int64_t at_ms)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET follow_tried=? WHERE id=?");
	sql_bind_i64(q, 1, at_ms);
	sql_bind_i64(q, 2, room);
	return sql_run(q, NULL);
}

bool upgrade_next(struct store *s, int64_t now_ms, struct upgrade *ret)
{
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "SELECT o.id,o.room_id,o.successor,t.sender FROM rooms o"
		    " JOIN state t ON t.room=o.id AND t.type='m.room.tombstone' AND t.key=''"
		    " LEFT JOIN rooms n ON n.room_id=o.successor"
		    " WHERE o.successor IS NOT NULL AND o.membership='join' AND t.ts>?1 AND"
		    " o.follow_tried<?2 AND coalesce(n.membership,'none') IN ('none','invite')"
		    " LIMIT 1");
	sql_bind_i64(q, 1, now_ms - REPLACED_LATELY_MS);
	sql_bind_i64(q, 2, now_ms - TRY_AGAIN_MS);
	if (!sql_row(q))
		return false;
	struct upgrade u = {
		.room = sql_col_i64(q, 0),
		.old_id = span_dup(sql_col_text(q, 1)),
		.new_id = span_dup(sql_col_text(q, 2)),
		.server = server_of(sql_col_text(q, 3)),
	};
	sql_reset(q);
	if (note_tried(s, u.room, now_ms)) { /* without that note there would be no end of it */
		upgrade_done(&u);
		return false;
	}
	*ret = u;
	return true;
}

struct request upgrade_join(const struct upgrade *u)
{
	const char *via[] = {u->server, NULL};
	return request_join(u->new_id, NULL, via);
}

bool upgrade_is_true(const struct upgrade *u, const json_t *create)
{
	const char *old = json_get_str(json_get_object(create, "predecessor"), "room_id");
	return old && strcmp(old, u->old_id) == 0;
}

void upgrade_refuse(struct store *s, const struct upgrade *u)
{
	log_warn("%s does not go on from %s: not followed", u->new_id, u->old_id);
	note_tried(s, u->room, INT64_MAX);
}

static bool follow(struct client *c, struct store *s, const struct upgrade *u)
{
	struct session *net = client_session(c);
	JSON_AUTO json_t *create = NULL;
	struct err e = {0};
	if (session_do(net, upgrade_join(u), NULL, &e)) {
		log_warn("joining the room that replaced one: %s", e.msg);
		return false;
	}
	/* Before that only who is in it may look. */
	if (session_do(net, request_state_get(u->new_id, "m.room.create", ""), &create, NULL) ||
	    upgrade_is_true(u, create))
		return true;
	upgrade_refuse(s, u);
	if (session_do(net, request_leave(u->new_id, NULL), NULL, &e))
		log_warn("leaving it: %s", e.msg);
	return true;
}

bool upgrade_follow(struct client *c)
{
	struct store *s;
	bool joined = false;
	if (client_store(c, &s, NULL))
		return false;
	for (int i = 0; i < FOLLOW_MAX; i++) {
		AUTO(upgrade_done) struct upgrade u = {0};
		if (!upgrade_next(s, clock_wall_ms(), &u))
			break;
		joined = follow(c, s, &u) || joined;
	}
	return joined;
}
