#include "server/sync/device_feed.h"

#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/keys/device_keys.h"
#include "server/keys/to_device.h"

static struct hub_device *device_of(struct hub *h, int64_t nid)
{
	struct hub_device *d = nidmap_get(&h->devices, nid);
	if (d)
		return d;
	d = NEW(struct hub_device);
	d->nid = nid;
	nidmap_put(&h->devices, nid, d);
	return d;
}

int feed_load(struct hub *h, struct err *err)
{
	struct sql *db = db_reader(h->db);
	struct sql_stmt *s =
		SQL(db, "SELECT device_nid FROM device_keys UNION SELECT device_nid FROM"
			" one_time_keys UNION SELECT device_nid FROM fallback_keys");
	while (sql_row(s))
		device_of(h, sql_col_i64(s, 0));
	int rc = sql_failed(db, err);
	if (rc)
		return rc;
	s = SQL(db, "SELECT device_nid,min(pos),max(pos) FROM to_device GROUP BY device_nid");
	while (sql_row(s)) {
		struct hub_device *d = device_of(h, sql_col_i64(s, 0));
		d->oldest = sql_col_i64(s, 1);
		d->newest = sql_col_i64(s, 2);
	}
	return sql_failed(db, err);
}

static void device_free(struct hub_device *d)
{
	mem_free(d->counts);
	mem_free(d);
}

void feed_free(struct hub *h)
{
	struct hub_device *d;
	for (size_t at = 0; (d = nidmap_next(&h->devices, &at));)
		device_free(d);
	nidmap_done(&h->devices);
}

void feed_message(struct hub *h, const struct db_change *c)
{
	struct hub_device *d = device_of(h, c->device_nid);
	struct hub_user *u = hub_user(h, c->user_nid);
	if (!d->newest)
		d->oldest = c->pos;
	d->newest = c->pos;
	if (u)
		hub_wake_user(h, u);
}

void feed_keys(struct hub *h, const struct db_change *c)
{
	struct hub_device *d = device_of(h, c->device_nid);
	mem_free(d->counts);
	d->counts = NULL;
}

void feed_gone(struct hub *h, const struct db_change *c)
{
	struct hub_device *d = nidmap_remove(&h->devices, c->device_nid);
	if (d)
		device_free(d);
}

struct acknowledging {
	int64_t device_nid, pos;
};

static int acknowledge_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct acknowledging *a = arg;
	return to_device_acknowledge(tx, a->device_nid, a->pos, err);
}

/* When it failed they are told again at a sync with an older token, and deleted with the next. */
static void acknowledge_done(void *arg, int rc, const struct err *err)
{
	if (rc)
		log_error("messages to a device were not deleted: %s", err->msg);
	mem_free(arg);
}

void feed_acknowledge(struct hub *h, int64_t device_nid, int64_t pos)
{
	struct hub_device *d = nidmap_get(&h->devices, device_nid);
	struct acknowledging a = {device_nid, pos};
	if (!d || !d->newest || d->oldest > pos)
		return;
	d->oldest = pos + 1;
	if (d->newest <= pos)
		d->newest = 0;
	db_submit(h->db, acknowledge_run, acknowledge_done, mem_dup(&a, sizeof(a)));
}

bool feed_put_messages(struct hub *h, int64_t device_nid, int64_t after, int64_t upto,
		       struct buf *b, int64_t *ret_upto)
{
	const struct hub_device *d = nidmap_get(&h->devices, device_nid);
	size_t begin = b->n;
	int n = 0;
	*ret_upto = upto;
	if (!d || d->newest <= after)
		return false;
	struct sql_stmt *s =
		SQL(db_reader(h->db), "SELECT pos,text FROM to_device INDEXED BY to_device_queue"
				      " WHERE device_nid=? AND pos>? AND pos<=? ORDER BY pos");
	int64_t told = after;
	sql_bind_i64(s, 1, device_nid);
	sql_bind_i64(s, 2, after);
	sql_bind_i64(s, 3, upto);
	while (sql_row(s)) {
		struct span text = sql_col_text(s, 1);
		if (n == FEED_MESSAGES_MAX || (n && b->n - begin + text.n > FEED_BYTES_MAX)) {
			*ret_upto = told;
			sql_reset(s);
			break;
		}
		if (n++)
			buf_put_char(b, ',');
		buf_put_span(b, text);
		told = sql_col_i64(s, 0);
	}
	return n > 0;
}

void feed_put_counts(struct hub *h, int64_t device_nid, struct buf *b)
{
	struct hub_device *d = nidmap_get(&h->devices, device_nid);
	struct sql *db = db_reader(h->db);
	if (!d) {
		buf_put_str(b, "\"device_one_time_keys_count\":{\"signed_curve25519\":0},"
			       "\"device_unused_fallback_key_types\":[]");
		return;
	}
	if (!d->counts) {
		struct buf text = BUF_INIT(BUF_CAP_OWN);
		buf_put_str(&text, "\"device_one_time_keys_count\":");
		one_time_keys_count(db, device_nid, &text);
		buf_put_str(&text, ",\"device_unused_fallback_key_types\":");
		fallback_keys_unused(db, device_nid, &text);
		d->counts = buf_take(&text);
	}
	buf_put_str(b, d->counts);
}
