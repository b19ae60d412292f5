#include "server/rooms/invite_permission.h"

bool invites_blocked(struct sql *db, int64_t user_nid)
{
	struct sql_stmt *s = SQL(db, "SELECT json_extract(content,'$.default_action') IS 'block'"
				     " FROM account_data WHERE user_nid=?1 AND room_nid=0"
				     " AND type='m.invite_permission_config'");
	sql_bind_i64(s, 1, user_nid);
	return sql_get_i64(s, 0) != 0;
}
