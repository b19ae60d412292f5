#include "core/store/outbox.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#define COLUMNS                                                                                 \
	"id,room_id,txn_id,type,target,content,file,body,state,keep,event_id,error,created_ms," \
	"tried_ms,attempts,due_ms,delay_id"

static char *col_dup(struct sql_stmt *q, int at)
{
	return sql_col_null(q, at) ? NULL : span_dup(sql_col_text(q, at));
}

static struct store_outbox owned_row(struct sql_stmt *q)
{
	return (struct store_outbox){
		.id = sql_col_i64(q, 0),
		.room_id = col_dup(q, 1),
		.txn_id = col_dup(q, 2),
		.type = col_dup(q, 3),
		.target = col_dup(q, 4),
		.content = col_dup(q, 5),
		.file = col_dup(q, 6),
		.body = col_dup(q, 7),
		.state = col_dup(q, 8),
		.keep = sql_col_i64(q, 9) != 0,
		.event_id = col_dup(q, 10),
		.error = col_dup(q, 11),
		.created_ms = sql_col_i64(q, 12),
		.tried_ms = sql_col_i64(q, 13),
		.attempts = sql_col_i64(q, 14),
		.due_ms = sql_col_i64(q, 15),
		.delay_id = col_dup(q, 16),
	};
}

static bool row_of(struct sql_stmt *q, struct store_outbox *ret)
{
	if (!sql_row(q))
		return false;
	*ret = owned_row(q);
	sql_reset(q);
	return true;
}

void store_outbox_done(struct store_outbox *o)
{
	mem_free(o->room_id);
	mem_free(o->txn_id);
	mem_free(o->type);
	mem_free(o->target);
	mem_free(o->content);
	mem_free(o->file);
	mem_free(o->body);
	mem_free(o->state);
	mem_free(o->event_id);
	mem_free(o->error);
	mem_free(o->delay_id);
	*o = (struct store_outbox){0};
}

bool store_outbox_get(struct store *s, const char *room_id, const char *txn_id,
		      struct store_outbox *ret)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT " COLUMNS " FROM outbox WHERE room_id=? AND txn_id=?");
	sql_bind_str(q, 1, room_id);
	sql_bind_str(q, 2, txn_id);
	return row_of(q, ret);
}

int store_outbox_add(struct store *s, const struct store_outbox *o, struct store_outbox *ret,
		     bool *ret_new, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "INSERT OR IGNORE INTO outbox(room_id,txn_id,type,target,content,"
				  "file,body,state,keep,created_ms,tried_ms,attempts,due_ms)"
				  " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?10*(?11>0),?11,?12)");
	sql_bind_str(q, 1, o->room_id);
	sql_bind_str(q, 2, o->txn_id);
	sql_bind_str(q, 3, o->type);
	sql_bind_str(q, 4, o->target);
	sql_bind_str(q, 5, o->content);
	sql_bind_str(q, 6, o->file);
	sql_bind_str(q, 7, o->body);
	sql_bind_str(q, 8, o->state ? o->state : "sending");
	sql_bind_i64(q, 9, o->keep);
	sql_bind_i64(q, 10, clock_wall_ms());
	sql_bind_i64(q, 11, o->attempts);
	sql_bind_i64(q, 12, o->due_ms);
	int rc = sql_run(q, err);
	if (rc)
		return rc;
	*ret_new = sql_changes(store_sql(s)) > 0;
	if (!store_outbox_get(s, o->room_id, o->txn_id, ret))
		return err_set(err, ERR_FAILED, "the outbox lost a row");
	return 0;
}

bool store_outbox_next(struct store *s, int64_t after, unsigned kinds, struct store_outbox *ret)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT " COLUMNS " FROM outbox WHERE id>?1 AND"
				  " (state IN ('queued','sending') OR (?2 AND state='failed') OR"
				  " (?3 AND state='scheduled')) ORDER BY id LIMIT 1");
	sql_bind_i64(q, 1, after);
	sql_bind_i64(q, 2, (kinds & OUTBOX_FAILED) != 0);
	sql_bind_i64(q, 3, (kinds & OUTBOX_SCHEDULED) != 0);
	return row_of(q, ret);
}

int store_outbox_walk(struct store *s, const char *room_id, store_outbox_fn *fn, void *arg)
{
	struct sql_stmt *q =
		room_id ? SQL(store_sql(s), "SELECT " COLUMNS " FROM outbox WHERE room_id=?"
					    " AND state<>'sent' ORDER BY id")
			: SQL(store_sql(s), "SELECT " COLUMNS " FROM outbox WHERE state IN"
					    " ('queued','sending','failed') ORDER BY id");
	if (room_id)
		sql_bind_str(q, 1, room_id);
	while (sql_row(q)) {
		AUTO(store_outbox_done) struct store_outbox o = owned_row(q);
		int rc = fn(&o, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_outbox_sent(struct store *s, int64_t id, const char *event_id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "DELETE FROM outbox WHERE id=? AND keep=0");
	sql_bind_i64(q, 1, id);
	int rc = sql_run(q, err);
	if (rc || sql_changes(store_sql(s)))
		return rc;
	q = SQL(store_sql(s), "UPDATE outbox SET state='sent', event_id=?2, content='', body=NULL,"
			      " error=NULL WHERE id=?1");
	sql_bind_i64(q, 1, id);
	sql_bind_str(q, 2, event_id);
	return sql_run(q, err);
}

int store_outbox_state(struct store *s, int64_t id, const char *state, const char *error,
		       struct err *err)
{
	/* Never back from "sent": another process may have been quicker. */
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE outbox SET state=?2, error=?3 WHERE id=?1"
					       " AND state<>'sent'");
	sql_bind_i64(q, 1, id);
	sql_bind_str(q, 2, state);
	sql_bind_str(q, 3, error);
	return sql_run(q, err);
}

int store_outbox_content(struct store *s, int64_t id, const char *content, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE outbox SET content=?, file=NULL WHERE id=?");
	sql_bind_str(q, 1, content);
	sql_bind_i64(q, 2, id);
	return sql_run(q, err);
}

int store_outbox_attempt(struct store *s, int64_t id, int64_t now_ms, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE outbox SET state='sending', tried_ms=?,"
					       " attempts=attempts+1 WHERE id=? AND state<>'sent'");
	sql_bind_i64(q, 1, now_ms);
	sql_bind_i64(q, 2, id);
	return sql_run(q, err);
}

int store_outbox_scheduled(struct store *s, int64_t id, const char *delay_id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE outbox SET state='scheduled', delay_id=?2,"
					       " error=NULL WHERE id=?1 AND state<>'sent'");
	sql_bind_i64(q, 1, id);
	sql_bind_str(q, 2, delay_id);
	return sql_run(q, err);
}

bool store_outbox_has_delay(struct store *s, const char *delay_id, int64_t but)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT 1 FROM outbox WHERE delay_id=? AND id<>? LIMIT 1");
	sql_bind_str(q, 1, delay_id);
	sql_bind_i64(q, 2, but);
	bool has = sql_row(q);
	sql_reset(q);
	return has;
}

int store_outbox_drop(struct store *s, int64_t id, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "DELETE FROM outbox WHERE id=? AND state<>'sent'");
	sql_bind_i64(q, 1, id);
	return sql_run(q, err);
}

int store_outbox_prune(struct store *s, int64_t before_ms, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "DELETE FROM outbox WHERE state='sent' AND created_ms<?");
	sql_bind_i64(q, 1, before_ms);
	return sql_run(q, err);
}
