#include "core/store/lost.h"

static int run_for(struct sql_stmt *q, int64_t room, struct err *err)
{
	sql_bind_i64(q, 1, room);
	return sql_run(q, err);
}

int store_lost_state(struct store *s, int64_t room, struct err *err)
{
	struct sql *db = store_sql(s);
	int rc = run_for(SQL(db, "DELETE FROM state WHERE room=?"), room, err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM members WHERE room=?"), room, err);
	if (!rc)
		rc = run_for(SQL(db, "DELETE FROM children WHERE space=?"), room, err);
	if (!rc)
		rc = run_for(SQL(db, "UPDATE rooms SET name=NULL,alias=NULL,topic=NULL,"
				     "successor=NULL,members_complete=0 WHERE id=?"),
			     room, err);
	return rc;
}

int store_lost_event(struct store *s, int64_t room, struct span event_id, struct err *err)
{
	struct sql *db = store_sql(s);
	struct sql_stmt *q = SQL(db, "DELETE FROM outbox WHERE state='sent' AND event_id=?");
	sql_bind_text(q, 1, event_id);
	int rc = sql_run(q, err);
	if (rc)
		return rc;
	q = SQL(db, "DELETE FROM receipts WHERE room=? AND event_id=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	rc = sql_run(q, err);
	if (rc)
		return rc;
	q = SQL(db, "DELETE FROM events WHERE room=? AND event_id=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	return sql_run(q, err);
}
