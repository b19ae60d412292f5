#include "core/client/upgrade.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

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

int client_room_upgrade(struct client *c, const char *room_id, const char *version, json_t **ret,
			struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *otherwise = version ? NULL : default_version(c);
	const char *wanted = version ? version : otherwise ? otherwise : "11";
	int rc = session_do(client_session(c), request_upgrade(room_id, wanted), &reply, err);
	if (rc)
		return rc;
	const char *successor = json_get_str(reply, "replacement_room");
	if (!successor)
		return err_set(err, ERR_PROTOCOL, _("the server does not name the new room"));
	client_note_room(c, successor, NULL, NULL);
	*ret = json_pack("{s:s, s:s, s:s}", "room_id", room_id, "successor", successor, "version",
			 wanted);
	return 0;
}

/* Servers that know the new room: the one of whoever replaced the old one. */
static struct request join_by(const char *successor, struct span sender)
{
	AUTO_FREE char *user = span_dup(sender);
	const char *colon = strchr(user, ':');
	const char *via[] = {colon ? colon + 1 : NULL, NULL};
	return request_join(successor, NULL, via);
}

bool upgrade_next(struct store *s, int64_t now_ms, struct request *ret_join)
{
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "SELECT o.id,o.successor,t.sender FROM rooms o"
		    " JOIN state t ON t.room=o.id AND t.type='m.room.tombstone' AND t.key=''"
		    " LEFT JOIN rooms n ON n.room_id=o.successor"
		    " WHERE o.successor IS NOT NULL AND o.membership='join' AND t.ts>?1 AND"
		    " o.follow_tried<?2 AND coalesce(n.membership,'none') IN ('none','invite')"
		    " LIMIT 1");
	sql_bind_i64(q, 1, now_ms - REPLACED_LATELY_MS);
	sql_bind_i64(q, 2, now_ms - TRY_AGAIN_MS);
	if (!sql_row(q))
		return false;
	int64_t room = sql_col_i64(q, 0);
	AUTO_FREE char *successor = span_dup(sql_col_text(q, 1));
	struct request join = join_by(successor, sql_col_text(q, 2));
	sql_reset(q);
	q = SQL(store_sql(s), "UPDATE rooms SET follow_tried=? WHERE id=?");
	sql_bind_i64(q, 1, now_ms);
	sql_bind_i64(q, 2, room);
	if (sql_run(q, NULL)) { /* without that note there would be no end of it */
		request_done(&join);
		return false;
	}
	*ret_join = join;
	return true;
}

bool upgrade_follow(struct client *c)
{
	struct store *s;
	struct request join;
	bool joined = false;
	if (client_store(c, &s, NULL))
		return false;
	for (int i = 0; i < FOLLOW_MAX && upgrade_next(s, clock_wall_ms(), &join); i++) {
		JSON_AUTO json_t *reply = NULL;
		struct err e = {0};
		if (session_do(client_session(c), join, &reply, &e)) {
			log_warn("joining the room that replaced one: %s", e.msg);
			continue;
		}
		joined = true;
	}
	return joined;
}
