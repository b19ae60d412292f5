#include "core/store/spaces.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/store/rooms.h"

#define PINS_MAX 100
#define UPGRADES_MAX 32

int store_child_set(struct store *s, int64_t space, const struct store_child *c, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "INSERT OR REPLACE INTO children(space,child,ord,"
					       "suggested) VALUES(?,?,?,?)");
	sql_bind_i64(q, 1, space);
	sql_bind_text(q, 2, c->room_id);
	if (c->order.p)
		sql_bind_text(q, 3, c->order);
	sql_bind_i64(q, 4, c->suggested);
	return sql_run(q, err);
}

int store_child_remove(struct store *s, int64_t space, struct span room_id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "DELETE FROM children WHERE space=? AND child=?");
	sql_bind_i64(q, 1, space);
	sql_bind_text(q, 2, room_id);
	return sql_run(q, err);
}

int store_children_walk(struct store *s, int64_t space, store_child_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT c.child,coalesce(r.id,0),c.ord,c.suggested"
					       " FROM children c LEFT JOIN rooms r ON"
					       " r.room_id=c.child WHERE c.space=?"
					       " ORDER BY c.ord IS NULL, c.ord, c.child");
	sql_bind_i64(q, 1, space);
	while (sql_row(q)) {
		struct store_child c = {
			.room_id = sql_col_text(q, 0),
			.room = sql_col_i64(q, 1),
			.order = sql_col_text(q, 2),
			.suggested = sql_col_i64(q, 3) != 0,
		};
		int rc = fn(&c, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int64_t *store_spaces_of(struct store *s, struct span room_id)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT c.space FROM children c JOIN rooms r ON"
					       " r.id=c.space AND r.membership='join'"
					       " WHERE c.child=? ORDER BY r.display, r.id");
	sql_bind_text(q, 1, room_id);
	return sql_col_all(q);
}

int store_pins_walk(struct store *s, int64_t room, store_pin_fn *fn, void *arg)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *event = NULL;
	if (!store_state_get(s, room, "m.room.pinned_events", SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &event, NULL))
		return 0;
	json_t *list = json_get_array(json_get_object(event, "content"), "pinned");
	size_t n = json_array_size(list);
	for (size_t i = n > PINS_MAX ? n - PINS_MAX : 0; i < n; i++) {
		json_t *one = json_array_get(list, i);
		int rc = 0;
		if (json_is_string(one))
			rc = fn((struct span){json_string_value(one), json_string_length(one)},
				arg);
		if (rc)
			return rc;
	}
	return 0;
}

int store_successor_set(struct store *s, int64_t room, struct span room_id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET follow_tried=CASE WHEN successor"
					       " IS ?1 THEN follow_tried ELSE 0 END,successor=?1"
					       " WHERE id=?2");
	if (room_id.n)
		sql_bind_text(q, 1, room_id);
	sql_bind_i64(q, 2, room);
	return sql_run(q, err);
}

int store_predecessor_set(struct store *s, int64_t room, struct span room_id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET predecessor=? WHERE id=?");
	if (room_id.n)
		sql_bind_text(q, 1, room_id);
	sql_bind_i64(q, 2, room);
	return sql_run(q, err);
}

/* Whoever may send a tombstone may name any room; only the true successor names the old one. */
int64_t store_room_newest(struct store *s, int64_t room)
{
	int64_t at = room;
	for (int i = 0; i < UPGRADES_MAX; i++) {
		struct sql_stmt *q = SQL(store_sql(s), "SELECT n.id FROM rooms o JOIN rooms n ON"
						       " n.room_id=o.successor AND"
						       " n.predecessor=o.room_id WHERE o.id=?"
						       " AND n.membership='join'");
		sql_bind_i64(q, 1, at);
		int64_t next = sql_get_i64(q, 0);
		if (!next)
			return at;
		at = next;
	}
	return room; /* two that name each other */
}
