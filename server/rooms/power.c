#include "server/rooms/power.h"

#include "core/base/mem.h"
#include "server/rooms/room.h"

void room_power(struct sql *db, int64_t room_nid, struct power *ret)
{
	JSON_AUTO json_t *levels = NULL, *create = NULL;
	struct sql_stmt *s = SQL(db, "SELECT u.user_id FROM rooms r"
				     " JOIN users u ON u.nid=r.creator_nid WHERE r.nid=?");
	sql_bind_i64(s, 1, room_nid);
	AUTO_FREE char *creator = sql_row(s) ? span_dup(sql_col_text(s, 0)) : NULL;
	sql_reset(s);
	room_state(db, room_nid, "m.room.power_levels", "", &levels);
	room_state(db, room_nid, "m.room.create", "", &create);
	power_init(ret, levels, create, creator);
}

bool room_may_state(struct sql *db, int64_t room_nid, const char *user_id, const char *type)
{
	struct power p;
	room_power(db, room_nid, &p);
	bool may = power_can_state(&p, user_id, type, "");
	power_done(&p);
	return may;
}
