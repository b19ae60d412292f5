/* Reads that any handle may do. */
#include "server/rooms/room.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/routes/route.h"

#include <stdio.h>

int room_find(struct sql *db, struct span room_id, int64_t *ret_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT nid FROM rooms WHERE room_id=?");
	sql_bind_text(s, 1, room_id);
	int64_t nid = sql_get_i64(s, 0);
	if (!nid) {
		int rc = sql_failed(db, err);
		return rc ? rc
			  : matrix_err(err, 404, "M_NOT_FOUND", _("There is no room %.*s"),
				       SPAN_ARG(span_head(room_id, 255)));
	}
	*ret_nid = nid;
	return 0;
}

void room_id_of(struct sql *db, int64_t nid, char ret[LIMIT_ID_BYTES + 1])
{
	struct sql_stmt *s = SQL(db, "SELECT room_id FROM rooms WHERE nid=?");
	sql_bind_i64(s, 1, nid);
	*ret = '\0';
	if (sql_row(s))
		snprintf(ret, LIMIT_ID_BYTES + 1, "%.*s", SPAN_ARG(sql_col_text(s, 0)));
	sql_reset(s);
}

int room_state(struct sql *db, int64_t room_nid, const char *type, const char *state_key,
	       json_t **ret)
{
	struct sql_stmt *s =
		SQL(db, "SELECT e.text FROM current_state c JOIN events e ON "
			"e.pos=c.pos WHERE c.room_nid=? AND c.type=? AND c.state_key=?");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_str(s, 2, type);
	sql_bind_str(s, 3, state_key);
	if (!sql_row(s))
		return ERR_NOT_FOUND;
	JSON_AUTO json_t *event = NULL;
	int rc = json_parse_object(sql_col_text(s, 0), &event, NULL);
	sql_reset(s);
	if (rc)
		return rc;
	*ret = json_incref(json_object_get(event, "content"));
	return *ret ? 0 : ERR_INVALID;
}

enum membership room_membership(struct sql *db, int64_t room_nid, int64_t user_nid)
{
	struct sql_stmt *s =
		SQL(db, "SELECT membership FROM memberships WHERE user_nid=? AND room_nid=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, room_nid);
	return (enum membership)sql_get_i64(s, MEMBERSHIP_LEAVE);
}
