#include "core/store/drafts.h"

#include "core/base/i18n.h"

int store_draft_set(struct store *s, const struct store_draft *d, struct err *err)
{
	struct span thread = d->thread.p ? d->thread : SPAN_LIT("");
	if (d->text.n > STORE_DRAFT_MAX)
		return err_set(err, ERR_TOO_LARGE, _("A draft may have %d bytes at most"),
			       STORE_DRAFT_MAX);
	struct sql_stmt *q =
		d->text.n ? SQL(store_sql(s), "INSERT OR REPLACE INTO drafts(room,thread,text,"
					      "updated_ms) VALUES(?,?,?,?)")
			  : SQL(store_sql(s), "DELETE FROM drafts WHERE room=? AND thread=?");
	sql_bind_i64(q, 1, d->room);
	sql_bind_text(q, 2, thread);
	if (d->text.n) {
		sql_bind_text(q, 3, d->text);
		sql_bind_i64(q, 4, d->updated_ms);
	}
	return sql_run(q, err);
}

bool store_draft_get(struct store *s, int64_t room, const char *thread, struct buf *ret)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT text FROM drafts WHERE room=? AND thread=?");
	sql_bind_i64(q, 1, room);
	sql_bind_str(q, 2, thread);
	if (!sql_row(q))
		return false;
	bool ok = buf_put_span(ret, sql_col_text(q, 0));
	sql_reset(q);
	return ok;
}

int store_drafts_walk(struct store *s, store_draft_fn *fn, void *arg)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT room,thread,text,updated_ms FROM drafts"
					       " ORDER BY updated_ms DESC, room, thread");
	while (sql_row(q)) {
		struct store_draft d = {sql_col_i64(q, 0), sql_col_text(q, 1), sql_col_text(q, 2),
					sql_col_i64(q, 3)};
		int rc = fn(&d, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}
