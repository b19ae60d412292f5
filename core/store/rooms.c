#include "core/store/rooms.h"

#include "core/base/json.h"
#include "core/base/mem.h"

int64_t store_room_find(struct store *s, struct span room_id)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT id FROM rooms WHERE room_id=?");
	sql_bind_text(q, 1, room_id);
	return sql_get_i64(q, 0);
}

int64_t store_room_make(struct store *s, struct span room_id, struct err *err)
{
	int64_t id = store_room_find(s, room_id);
	if (id)
		return id;
	struct sql_stmt *q = SQL(store_sql(s), "INSERT INTO rooms(room_id,display,changed)"
					       " VALUES(?1,?1,1+(SELECT coalesce(max(changed),0)"
					       " FROM rooms))");
	sql_bind_text(q, 1, room_id);
	int rc = sql_run(q, err);
	return rc ? rc : sql_last_id(store_sql(s));
}

/* In an UPDATE: what lists of rooms look at has changed. */
#define CHANGED "changed=1+(SELECT max(changed) FROM rooms)"

static char *col_dup(struct sql_stmt *q, int at)
{
	return sql_col_null(q, at) ? NULL : span_dup(sql_col_text(q, at));
}

bool store_room_get(struct store *s, int64_t id, struct store_room *ret)
{
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "SELECT room_id,membership,display,name,alias,topic,type,direct,"
		    "inviter,encrypted,members_complete,archived,joined,invited,unread,"
		    "highlights,last_ts,fully_read,successor,predecessor,favourite,"
		    "low_priority,marked_unread,tag_order,thread_unread,thread_highlights,changed"
		    " FROM rooms WHERE id=?");
	sql_bind_i64(q, 1, id);
	if (!sql_row(q))
		return false;
	*ret = (struct store_room){
		.id = id,
		.room_id = col_dup(q, 0),
		.membership = col_dup(q, 1),
		.display = col_dup(q, 2),
		.name = col_dup(q, 3),
		.alias = col_dup(q, 4),
		.topic = col_dup(q, 5),
		.type = col_dup(q, 6),
		.direct = col_dup(q, 7),
		.inviter = col_dup(q, 8),
		.encrypted = sql_col_i64(q, 9) != 0,
		.members_complete = sql_col_i64(q, 10) != 0,
		.archived = sql_col_i64(q, 11) != 0,
		.joined = sql_col_i64(q, 12),
		.invited = sql_col_i64(q, 13),
		.unread = sql_col_i64(q, 14),
		.highlights = sql_col_i64(q, 15),
		.last_ts = sql_col_i64(q, 16),
		.fully_read = col_dup(q, 17),
		.successor = col_dup(q, 18),
		.predecessor = col_dup(q, 19),
		.favourite = sql_col_i64(q, 20) != 0,
		.low_priority = sql_col_i64(q, 21) != 0,
		.marked_unread = sql_col_i64(q, 22) != 0,
		.tag_order = sql_col_i64(q, 23),
		.thread_unread = sql_col_i64(q, 24),
		.thread_highlights = sql_col_i64(q, 25),
		.changed = sql_col_i64(q, 26),
	};
	sql_reset(q);
	return true;
}

void store_room_done(struct store_room *r)
{
	mem_free(r->room_id);
	mem_free(r->membership);
	mem_free(r->display);
	mem_free(r->name);
	mem_free(r->alias);
	mem_free(r->topic);
	mem_free(r->type);
	mem_free(r->direct);
	mem_free(r->inviter);
	mem_free(r->fully_read);
	mem_free(r->successor);
	mem_free(r->predecessor);
	*r = (struct store_room){0};
}

int store_room_changed(struct store *s, int64_t id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET " CHANGED " WHERE id=?");
	sql_bind_i64(q, 1, id);
	return sql_run(q, err);
}

int64_t *store_rooms_since(struct store *s, int64_t *mark)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT id,changed FROM rooms WHERE changed>?"
					       " ORDER BY changed");
	sql_bind_i64(q, 1, *mark);
	return sql_col_all_last(q, mark);
}

int64_t *store_room_ids(struct store *s, const char *membership)
{
	struct sql_stmt *q = membership ? SQL(store_sql(s), "SELECT id FROM rooms WHERE"
							    " membership=? ORDER BY display, id")
					: SQL(store_sql(s), "SELECT id FROM rooms"
							    " ORDER BY display, id");
	if (membership)
		sql_bind_str(q, 1, membership);
	return sql_col_all(q);
}

int64_t *store_room_named(struct store *s, struct span text)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT id FROM rooms WHERE display=?1 OR alias=?1"
					       " OR room_id=?1 OR name=?1 ORDER BY id");
	sql_bind_text(q, 1, text);
	return sql_col_all(q);
}

int64_t *store_room_prefix(struct store *s, struct span text)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT id FROM rooms WHERE"
				  " substr(display,1,length(?1))=?1 COLLATE NOCASE"
				  " OR substr(alias,1,length(?1))=?1 COLLATE NOCASE ORDER BY id");
	sql_bind_text(q, 1, text);
	return sql_col_all(q);
}

int64_t *store_room_direct(struct store *s, const char *user_id)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT id FROM rooms WHERE direct=? AND"
					       " membership IN ('join','invite')"
					       " ORDER BY membership='join' DESC, last_ts DESC");
	sql_bind_str(q, 1, user_id);
	return sql_col_all(q);
}

int store_room_membership(struct store *s, int64_t id, const char *membership, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET membership=?2 WHERE id=?1"
					       " AND membership<>?2");
	sql_bind_i64(q, 1, id);
	sql_bind_str(q, 2, membership);
	int rc = sql_run(q, err);
	if (rc || !sql_changes(store_sql(s)))
		return rc;
	/* A room that this one has replaced is out of sight from now on, or in sight again. */
	q = SQL(store_sql(s), "UPDATE rooms SET " CHANGED " WHERE successor="
			      "(SELECT room_id FROM rooms WHERE id=?)");
	sql_bind_i64(q, 1, id);
	return sql_run(q, err);
}

int store_room_counts(struct store *s, int64_t id, int64_t unread, int64_t highlights,
		      struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET unread=?, highlights=? WHERE id=?");
	sql_bind_i64(q, 1, unread);
	sql_bind_i64(q, 2, highlights);
	sql_bind_i64(q, 3, id);
	return sql_run(q, err);
}

int store_room_summary(struct store *s, int64_t id, int64_t joined, int64_t invited,
		       const char *heroes_json, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET joined=CASE WHEN ?2<0 THEN joined ELSE ?2 END,"
				  " invited=CASE WHEN ?3<0 THEN invited ELSE ?3 END,"
				  " heroes=coalesce(?4,heroes) WHERE id=?1");
	sql_bind_i64(q, 1, id);
	sql_bind_i64(q, 2, joined);
	sql_bind_i64(q, 3, invited);
	sql_bind_str(q, 4, heroes_json);
	return sql_run(q, err);
}

int store_room_touch(struct store *s, int64_t id, int64_t ts, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET last_ts=?2 WHERE id=?1 AND last_ts<?2");
	sql_bind_i64(q, 1, id);
	sql_bind_i64(q, 2, ts);
	return sql_run(q, err);
}

int store_room_members_complete(struct store *s, int64_t id, bool complete, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET members_complete=?2 WHERE id=?1"
					       " AND members_complete<>?2");
	sql_bind_i64(q, 1, id);
	sql_bind_i64(q, 2, complete);
	return sql_run(q, err);
}

int store_room_encrypted(struct store *s, int64_t id, struct err *err)
{
	/* There is no way back: encryption in a room is never turned off. */
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET encrypted=1 WHERE id=? AND encrypted=0");
	sql_bind_i64(q, 1, id);
	return sql_run(q, err);
}

int store_room_archived(struct store *s, int64_t id, bool archived, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET archived=? WHERE id=?");
	sql_bind_i64(q, 1, archived);
	sql_bind_i64(q, 2, id);
	return sql_run(q, err);
}

static int set_direct(struct store *s, const char *user, struct span room_id, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET direct=?," CHANGED " WHERE room_id=?");
	sql_bind_str(q, 1, user);
	sql_bind_text(q, 2, room_id);
	return sql_run(q, err);
}

int store_direct_set(struct store *s, struct span m_direct_json, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	const char *user;
	json_t *rooms, *room;
	size_t i;
	if (json_parse_object(m_direct_json, &content, NULL))
		return 0;
	int rc = sql_run(SQL(store_sql(s),
			     "UPDATE rooms SET direct=NULL," CHANGED " WHERE direct IS NOT NULL"),
			 err);
	json_object_foreach (content, user, rooms) {
		json_array_foreach (rooms, i, room) {
			if (rc || !json_is_string(room))
				continue;
			rc = set_direct(s, user,
					(struct span){json_string_value(room),
						      json_string_length(room)},
					err);
		}
	}
	return rc;
}

int store_room_seen(struct store *s, int64_t id, int64_t generation, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET seen=? WHERE id=?");
	sql_bind_i64(q, 1, generation);
	sql_bind_i64(q, 2, id);
	return sql_run(q, err);
}

int store_rooms_unseen_leave(struct store *s, int64_t generation, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "UPDATE rooms SET membership='leave'," CHANGED " WHERE seen<>?"
				  " AND membership IN ('join','invite','knock')");
	sql_bind_i64(q, 1, generation);
	return sql_run(q, err);
}
