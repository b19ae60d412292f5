#include "server/keys/to_device.h"

#include "core/base/buf.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/routes/route.h"

#include <string.h>

/* One request under way. */
struct sending {
	struct db_tx *tx;
	const struct keys_owner *me;
	const char *type;
	int sent;
};

/* 1: this request was carried out before. */
static int begin(struct sending *x, const char *txn_id, struct err *err)
{
	struct sql *db = db_tx_sql(x->tx);
	struct sql_stmt *s = SQL(db, "DELETE FROM to_device_txns WHERE ts<?");
	sql_bind_i64(s, 1, db_tx_now_ms(x->tx) - TO_DEVICE_TXN_MS);
	int rc = sql_run(s, err);
	s = SQL(db, "INSERT OR IGNORE INTO to_device_txns(device_nid,type,txn_id,ts)"
		    " VALUES(?,?,?,?)");
	sql_bind_i64(s, 1, x->me->device_nid);
	sql_bind_str(s, 2, x->type);
	sql_bind_str(s, 3, txn_id);
	sql_bind_i64(s, 4, db_tx_now_ms(x->tx));
	if (!rc)
		rc = sql_run(s, err);
	return rc ? rc : sql_changes(db) == 0;
}

/* Who has most in a queue. */
static int64_t greediest(struct sql *db, int64_t device_nid, int64_t *ret_n)
{
	struct sql_stmt *s = SQL(db, "SELECT sender_nid,count(*) FROM to_device WHERE device_nid=?"
				     " GROUP BY sender_nid ORDER BY sum(size) DESC LIMIT 1");
	sql_bind_i64(s, 1, device_nid);
	if (!sql_row(s))
		return 0;
	int64_t nid = sql_col_i64(s, 0);
	*ret_n = sql_col_i64(s, 1);
	sql_reset(s);
	return nid;
}

/* Half of what the greediest has in it, the oldest first. */
static int drop_half(struct sql *db, int64_t device_nid, struct err *err)
{
	int64_t n = 0, sender = greediest(db, device_nid, &n);
	struct sql_stmt *s =
		SQL(db, "DELETE FROM to_device WHERE device_nid=?1 AND sender_nid=?2 AND pos<="
			"(SELECT pos FROM to_device WHERE device_nid=?1 AND sender_nid=?2"
			" ORDER BY pos LIMIT 1 OFFSET ?3)");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_i64(s, 2, sender);
	sql_bind_i64(s, 3, (n - 1) / 2);
	return sql_run(s, err);
}

static int size_of_queue(struct sql *db, int64_t device_nid, int64_t *ret_n, int64_t *ret_bytes)
{
	struct sql_stmt *s = SQL(db, "SELECT count(*),coalesce(sum(size),0) FROM to_device"
				     " WHERE device_nid=?");
	sql_bind_i64(s, 1, device_nid);
	if (!sql_row(s))
		return sql_failed(db, NULL);
	*ret_n = sql_col_i64(s, 0);
	*ret_bytes = sql_col_i64(s, 1);
	sql_reset(s);
	return 0;
}

/* More than this message needs: a queue that is full would be counted out for each otherwise. */
static int make_room(struct sql *db, int64_t device_nid, size_t size, struct err *err)
{
	int64_t n = 0, bytes = 0;
	int rc = size_of_queue(db, device_nid, &n, &bytes);
	if (rc || (n < TO_DEVICE_QUEUE_MAX && bytes + (int64_t)size <= TO_DEVICE_QUEUE_BYTES))
		return rc;
	while (!rc && n &&
	       (n > TO_DEVICE_QUEUE_MAX / 8 * 7 ||
		bytes + (int64_t)size > TO_DEVICE_QUEUE_BYTES / 8 * 7)) {
		rc = drop_half(db, device_nid, err);
		if (!rc)
			rc = size_of_queue(db, device_nid, &n, &bytes);
	}
	return rc;
}

/* What waits of one sender, wherever. */
static int64_t waits_of(struct sql *db, int64_t sender_nid)
{
	struct sql_stmt *s =
		SQL(db, "SELECT coalesce(sum(size+?2),0) FROM to_device WHERE sender_nid=?1");
	sql_bind_i64(s, 1, sender_nid);
	sql_bind_i64(s, 2, TO_DEVICE_COST);
	return sql_get_i64(s, 0);
}

/* Of somebody who has too much waiting in all queues together, the oldest goes. */
static int trim_sender(struct sql *db, int64_t sender_nid, struct err *err)
{
	int64_t over = waits_of(db, sender_nid) - TO_DEVICE_SENDER_BYTES, upto = 0;
	if (over <= 0)
		return 0;
	over += TO_DEVICE_SENDER_BYTES / 8;
	struct sql_stmt *s =
		SQL(db, "SELECT pos,size FROM to_device WHERE sender_nid=? ORDER BY pos");
	sql_bind_i64(s, 1, sender_nid);
	while (over > 0 && sql_row(s)) {
		upto = sql_col_i64(s, 0);
		over -= sql_col_i64(s, 1) + TO_DEVICE_COST;
	}
	sql_reset(s);
	s = SQL(db, "DELETE FROM to_device WHERE sender_nid=? AND pos<=?");
	sql_bind_i64(s, 1, sender_nid);
	sql_bind_i64(s, 2, upto);
	return sql_run(s, err);
}

static int queue(struct sending *x, int64_t user_nid, int64_t device_nid, struct span text,
		 struct err *err)
{
	struct sql *db = db_tx_sql(x->tx);
	struct db_change c = {.kind = CHANGE_TO_DEVICE,
			      .pos = db_tx_position(x->tx),
			      .user_nid = user_nid,
			      .device_nid = device_nid};
	int rc = make_room(db, device_nid, text.n, err);
	struct sql_stmt *s = SQL(db, "INSERT INTO to_device(pos,device_nid,sender_nid,size,text)"
				     " VALUES(?,?,?,?,?)");
	sql_bind_i64(s, 1, c.pos);
	sql_bind_i64(s, 2, device_nid);
	sql_bind_i64(s, 3, x->me->user_nid);
	sql_bind_i64(s, 4, (int64_t)text.n);
	sql_bind_text(s, 5, text);
	if (!rc)
		rc = sql_run(s, err);
	if (!rc)
		db_tx_note(x->tx, &c);
	return rc;
}

/* The event as the device's sync shows it. */
static int event_text(const struct sending *x, const json_t *content, struct buf *b,
		      struct err *err)
{
	struct buf inner = BUF_INIT(TO_DEVICE_CONTENT_MAX);
	bool ok = json_is_object(content) && json_put(&inner, content);
	if (ok) {
		buf_put_str(b, "{\"type\":");
		buf_put_json_str(b, span_of(x->type));
		buf_put_str(b, ",\"sender\":");
		buf_put_json_str(b, span_of(x->me->user_id));
		buf_put_str(b, ",\"content\":");
		buf_put_span(b, buf_span(&inner));
		buf_put_char(b, '}');
	}
	buf_done(&inner);
	if (ok)
		return 0;
	if (json_is_object(content))
		return matrix_err(err, 413, "M_TOO_LARGE", _("A message has at most %d bytes"),
				  TO_DEVICE_CONTENT_MAX);
	return matrix_err(err, 400, "M_BAD_JSON",
			  _("messages maps users to devices to contents, all objects"));
}

/* One device, or all ("*"), of one person. */
static int send_to(struct sending *x, int64_t user_nid, const char *device_id, struct span text,
		   struct err *err)
{
	AUTO_FREE int64_t *nids = NULL;
	size_t n = 0;
	int rc = 0;
	bool all = !strcmp(device_id, "*");
	struct sql_stmt *s = all ? SQL(db_tx_sql(x->tx), "SELECT nid FROM devices WHERE user_nid=?")
				 : SQL(db_tx_sql(x->tx),
				       "SELECT nid FROM devices WHERE user_nid=? AND device_id=?");
	sql_bind_i64(s, 1, user_nid);
	if (!all)
		sql_bind_str(s, 2, device_id);
	while (sql_row(s)) {
		nids = mem_realloc_array(nids, n + 1, sizeof(*nids));
		nids[n++] = sql_col_i64(s, 0);
	}
	for (size_t i = 0; i < n && !rc; i++) {
		if (++x->sent > TO_DEVICE_MESSAGES_MAX)
			rc = matrix_err(err, 413, "M_TOO_LARGE",
					_("At most %d messages are taken at once"),
					TO_DEVICE_MESSAGES_MAX);
		else
			rc = queue(x, user_nid, nids[i], text, err);
	}
	return rc;
}

static int send_to_user(struct sending *x, const char *user_id, const json_t *devices,
			struct err *err)
{
	const char *device_id;
	json_t *content;
	int rc = 0;
	struct sql_stmt *s = SQL(db_tx_sql(x->tx), "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, user_id);
	int64_t user_nid = sql_get_i64(s, 0);
	if (!json_is_object(devices))
		return event_text(x, NULL, NULL, err);
	json_object_foreach ((json_t *)devices, device_id, content) {
		AUTO(buf_done) struct buf text = BUF_INIT(2 * TO_DEVICE_CONTENT_MAX);
		if (!rc)
			rc = event_text(x, content, &text, err);
		if (!rc && user_nid)
			rc = send_to(x, user_nid, device_id, buf_span(&text), err);
	}
	return rc;
}

int to_device_send(struct db_tx *tx, const struct keys_owner *me, const char *type,
		   const char *txn_id, const json_t *messages, struct err *err)
{
	struct sending x = {.tx = tx, .me = me, .type = type};
	const char *user_id;
	json_t *devices;
	if (!json_is_object(messages))
		return event_text(&x, NULL, NULL, err);
	int rc = begin(&x, txn_id, err);
	if (rc)
		return rc == 1 ? 0 : rc;
	json_object_foreach ((json_t *)messages, user_id, devices)
		if (!rc)
			rc = send_to_user(&x, user_id, devices, err);
	return rc ? rc : trim_sender(db_tx_sql(tx), me->user_nid, err);
}

int to_device_acknowledge(struct db_tx *tx, int64_t device_nid, int64_t pos, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "DELETE FROM to_device WHERE device_nid=? AND pos<=?");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_i64(s, 2, pos);
	return sql_run(s, err);
}
