#include "server/sync/followed.h"

#include "core/base/json.h"
#include "core/base/limits.h"
#include "server/rooms/room.h"
#include "server/sync/account_data.h"
#include "server/sync/pushrules.h"

#include <string.h>

struct follow {
	struct db_tx *tx;
	struct sql *db;
	int64_t user_nid, old_nid, new_nid;
	const char *user_id;
	char old_id[LIMIT_ID_BYTES + 1], new_id[LIMIT_ID_BYTES + 1];
};

/* The predecessor, when it really names this room as its replacement and the person was in it. */
static bool find_old(struct follow *f)
{
	JSON_AUTO json_t *create = NULL, *tombstone = NULL;
	if (room_state(f->db, f->new_nid, "m.room.create", "", &create) ||
	    room_find(f->db, json_get_span(json_get_object(create, "predecessor"), "room_id"),
		      &f->old_nid, NULL) ||
	    room_state(f->db, f->old_nid, "m.room.tombstone", "", &tombstone))
		return false;
	room_id_of(f->db, f->old_nid, f->old_id);
	room_id_of(f->db, f->new_nid, f->new_id);
	const char *to = json_get_str(tombstone, "replacement_room");
	struct sql_stmt *s = SQL(f->db, "SELECT joined_pos IS NOT NULL FROM memberships"
					" WHERE user_nid=?1 AND room_nid=?2");
	sql_bind_i64(s, 1, f->user_nid);
	sql_bind_i64(s, 2, f->old_nid);
	return sql_get_i64(s, 0) != 0 && to && !strcmp(to, f->new_id);
}

static int take_tags(struct follow *f, struct err *err)
{
	JSON_AUTO json_t *tags = account_data_get(f->db, f->user_nid, f->old_nid, "m.tag");
	JSON_AUTO json_t *own = account_data_get(f->db, f->user_nid, f->new_nid, "m.tag");
	return tags && !own ? account_data_put(f->tx, f->user_nid, f->new_nid, "m.tag", tags, err)
			    : 0;
}

static int take_rule(struct follow *f, struct err *err)
{
	JSON_AUTO json_t *stored = account_data_get(f->db, f->user_nid, 0, "m.push_rules");
	JSON_AUTO json_t *set = stored ? pushrules_merge(stored, f->user_id) : NULL;
	const json_t *rule = set ? pushrules_find(set, "room", f->old_id) : NULL;
	if (!rule || pushrules_find(set, "room", f->new_id) ||
	    pushrules_put(set, "room", f->new_id, rule, NULL, NULL, NULL))
		return 0;
	return account_data_put(f->tx, f->user_nid, 0, "m.push_rules", set, err);
}

static bool lists(const json_t *rooms, const char *id)
{
	for (size_t i = 0; i < json_array_size(rooms); i++) {
		const char *s = json_string_value(json_array_get(rooms, i));
		if (s && !strcmp(s, id))
			return true;
	}
	return false;
}

static int take_direct(struct follow *f, struct err *err)
{
	JSON_AUTO json_t *direct = account_data_get(f->db, f->user_nid, 0, "m.direct");
	const char *who;
	json_t *rooms;
	bool any = false;
	json_object_foreach (direct, who, rooms) {
		if (!lists(rooms, f->old_id) || lists(rooms, f->new_id))
			continue;
		json_array_append_new(rooms, json_string(f->new_id));
		any = true;
	}
	return any ? account_data_put(f->tx, f->user_nid, 0, "m.direct", direct, err) : 0;
}

int followed_join(struct db_tx *tx, int64_t user_nid, const char *user_id, int64_t room_nid,
		  struct err *err)
{
	struct follow f = {.tx = tx,
			   .db = db_tx_sql(tx),
			   .user_nid = user_nid,
			   .new_nid = room_nid,
			   .user_id = user_id};
	if (!find_old(&f))
		return 0;
	int rc = take_tags(&f, err);
	if (!rc)
		rc = take_rule(&f, err);
	return rc ? rc : take_direct(&f, err);
}
