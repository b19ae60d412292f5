#include "core/store/lost.h"

#include "core/base/mem.h"
#include "core/store/search.h"

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

/* The index of texts is told before they are gone. */
static int forget_text(struct store *s, int64_t room, struct span event_id, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT seq,body FROM events WHERE room=? AND event_id=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	if (!sql_row(q))
		return sql_failed(store_sql(s), err);
	int64_t seq = sql_col_i64(q, 0);
	AUTO_FREE char *body = sql_col_null(q, 1) ? NULL : span_dup(sql_col_text(q, 1));
	sql_reset(q);
	return store_index_forget(s, seq, span_of(body), err);
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
	if (!rc)
		rc = forget_text(s, room, event_id, err);
	if (rc)
		return rc;
	q = SQL(db, "DELETE FROM events WHERE room=? AND event_id=?");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, event_id);
	return sql_run(q, err);
}
