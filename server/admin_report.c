#include "server/admin_op.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

#define LIST_MAX 1000

static void set_text(json_t *row, const char *key, struct span text)
{
	json_object_set_new(row, key, text.p ? json_stringn(text.p, text.n) : json_null());
}

static void set_time(json_t *row, const char *key, int64_t ts)
{
	json_object_set_new(row, key, ts ? json_integer(ts) : json_null());
}

/* What the reported event says, as far as it can be shown in a line. */
static void set_body(json_t *row, struct span event)
{
	JSON_AUTO json_t *j = NULL;
	struct span body = {NULL, 0};
	if (event.p && !json_parse_object(event, &j, NULL))
		body = json_get_span(json_get_object(j, "content"), "body");
	set_text(row, "body", body);
}

static void set_room_name(struct admin *a, json_t *row, int64_t room_nid)
{
	JSON_AUTO json_t *content = NULL;
	if (room_nid)
		room_state(a->sql, room_nid, "m.room.name", "", &content);
	set_text(row, "room", json_get_span(content, "name"));
}

int admin_report_list(struct admin *a, struct err *err)
{
	bool all = json_get_bool(a->args, "all", false);
	json_t *list = json_array();
	struct sql_stmt *s =
		SQL(a->sql, "SELECT r.nid,r.ts,u.user_id,o.room_id,r.event_id,w.user_id,r.reason,"
			    "e.text,r.room_nid,r.handled_ts FROM reports r"
			    " LEFT JOIN users u ON u.nid=r.reporter_nid"
			    " LEFT JOIN rooms o ON o.nid=r.room_nid"
			    " LEFT JOIN users w ON w.nid=r.user_nid"
			    " LEFT JOIN events e ON e.event_id=r.event_id"
			    " WHERE ?1 OR r.handled_ts IS NULL ORDER BY r.nid DESC LIMIT ?2");
	sql_bind_i64(s, 1, all);
	sql_bind_i64(s, 2, LIST_MAX);
	while (sql_row(s)) {
		json_t *row = json_object();
		json_object_set_new(row, "report_id", json_integer(sql_col_i64(s, 0)));
		set_time(row, "ts", sql_col_i64(s, 1));
		set_text(row, "reporter", sql_col_text(s, 2));
		set_text(row, "room_id", sql_col_text(s, 3));
		set_text(row, "event_id", sql_col_text(s, 4));
		set_text(row, "user_id", sql_col_text(s, 5));
		set_text(row, "reason", sql_col_text(s, 6));
		set_body(row, sql_col_text(s, 7));
		set_room_name(a, row, sql_col_i64(s, 8));
		set_time(row, "handled_ts", sql_col_i64(s, 9));
		json_array_append_new(list, row);
	}
	json_object_set_new(a->ret, "reports", list);
	return sql_failed(a->sql, err);
}

int admin_report_done(struct admin *a, struct err *err)
{
	int64_t id = json_get_i64(a->args, "report_id", 0);
	struct sql_stmt *s = SQL(a->sql, "UPDATE reports SET handled_ts=?2 WHERE nid=?1");
	sql_bind_i64(s, 1, id);
	sql_bind_i64(s, 2, db_tx_now_ms(a->tx));
	int rc = sql_run(s, err);
	if (!rc && !sql_changes(a->sql))
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no report %lld"),
				  (long long)id);
	json_object_set_new(a->ret, "report_id", json_integer(id));
	set_time(a->ret, "handled_ts", db_tx_now_ms(a->tx));
	return rc;
}
