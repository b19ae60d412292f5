/*
 * What clients that encrypt upload: a letter that says what it is, then JSON.
 * Each runs as a job that is undone, in a store with two people and some keys.
 */
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/device.h"
#include "server/accounts/user.h"
#include "server/keys/backup.h"
#include "server/keys/cross_signing.h"
#include "server/keys/device_keys.h"
#include "server/keys/query.h"
#include "server/keys/to_device.h"
#include "server/routes/route_impl.h"
#include "tests/lib/tmpdir.h"

#include <string.h>

static char dir[256];
static struct db *db;
static const struct keys_owner anna = {1, 1, "@anna:x", "A"};

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void forget(void)
{
	db_close(db);
	tmpdir_remove(dir);
}

static int fill(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	struct grant g = {0};
	int64_t nid;
	int64_t version;
	JSON_AUTO json_t *keys =
		json_pack("{s:{s:s,s:s,s:[],s:{s:s}},s:{s:{s:s}},s:{s:{s:s}}}", "device_keys",
			  "user_id", "@anna:x", "device_id", "A", "algorithms", "keys", "ed25519:A",
			  "a", "one_time_keys", "signed_curve25519:1", "key", "k", "fallback_keys",
			  "signed_curve25519:f", "key", "f");
	JSON_AUTO json_t *backup =
		json_pack("{s:s,s:{}}", "algorithm", "m.megolm_backup.v1", "auth_data");
	demand(user_create(tx, &(struct user_new){.user_id = "@anna:x"}, &nid, err) == 0 &&
	       nid == 1);
	demand(user_create(tx, &(struct user_new){.user_id = "@bert:x"}, &nid, err) == 0);
	demand(device_login(tx, 1, "A", NULL, false, &g, err) == 0);
	grant_done(&g);
	demand(device_login(tx, 2, "B", NULL, false, &g, err) == 0);
	grant_done(&g);
	demand(device_keys_upload(tx, &anna, keys, err) == 0);
	demand(backup_create(tx, 1, backup, &version, err) == 0 && version == 1);
	return 0;
}

static void open_store(void)
{
	struct err err;
	tmpdir_make(dir);
	demand(db_open_offline(dir, &db, &err) == 0);
	demand(db_run_offline(db, fill, NULL, &err) == 0);
	atexit(forget);
}

/* What comes out again must be JSON. */
static void check_json(const struct buf *b)
{
	json_t *j = NULL;
	demand(buf_ok(b) && json_parse(buf_span(b), &j, NULL) == 0);
	json_decref(j);
}

static void check_backup(struct sql *s, const char *room_id, struct buf *b)
{
	struct backup_place at = {0};
	buf_clear(b);
	while (!backup_put_piece(s, 1, 1, room_id, &at, b))
		;
	check_json(b);
}

static void check_stored(struct sql *s)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *all =
		json_pack("{s:[],s:n,s:[s]}", "@anna:x", "@bert:x", "@nobody:x", "D");
	struct keys_query *query;
	struct buf *found;
	demand(keys_query_new(s, 1, all, &query, NULL) == 0);
	while (!keys_query_step(query))
		;
	demand(keys_query_end(query, &found, NULL) == 0);
	check_json(found);
	keys_query_free(query);
	one_time_keys_count(s, 1, &b);
	check_json(&b);
	buf_clear(&b);
	fallback_keys_unused(s, 1, &b);
	check_json(&b);
	buf_clear(&b);
	check_backup(s, NULL, &b);
	check_backup(s, "!r", &b);
	struct sql_stmt *q = SQL(s, "SELECT text,size FROM to_device");
	while (sql_row(q)) {
		buf_clear(&b);
		buf_put_span(&b, sql_col_text(q, 0));
		demand((int64_t)b.n == sql_col_i64(q, 1));
		check_json(&b);
	}
	demand(sql_get_i64(SQL(s, "SELECT count(*) FROM one_time_keys"), -1) <=
	       KEYS_ONE_TIME_COUNT);
	demand(sql_get_i64(SQL(s, "SELECT max(length(keys)) FROM device_keys"), -1) <=
	       KEYS_OBJECT_MAX);
	buf_done(&b);
}

struct input {
	char kind;
	const json_t *body;
};

static int apply(struct db_tx *tx, const struct input *in, struct err *err)
{
	JSON_AUTO json_t *ret = NULL;
	struct backup now = {0};
	struct backup_storing at = {0};
	bool more;
	int rc;
	switch (in->kind) {
	case 'u':
		return device_keys_upload(tx, &anna, in->body, err);
	case 'c':
		return one_time_keys_claim(tx, json_object_get(in->body, "one_time_keys"), &ret,
					   err);
	case 't':
		return to_device_send(tx, &anna, "m.x", "t", json_object_get(in->body, "messages"),
				      err);
	case 'x':
		return cross_signing_upload(tx, &anna, in->body, true, err);
	case 's':
		return cross_signatures_upload(tx, &anna, in->body, &ret, err);
	default:
		do {
			more = false;
			rc = backup_put_keys(tx, 1, 1, in->body, &at, &now, &more, err);
		} while (!rc && more);
		backup_done(&now);
		return rc;
	}
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	if (apply(tx, arg, err) == 0)
		check_stored(db_tx_sql(tx));
	return err_set(err, ERR_CANCELLED, "undone");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {0};
	struct span text = {(const char *)data + 1, size - 1};
	JSON_AUTO json_t *body = NULL;
	if (!db)
		open_store();
	if (size < 2 || route_json_depth(text) > LIMIT_JSON_DEPTH ||
	    json_parse_object(text, &body, NULL))
		return 0;
	in = (struct input){(char)data[0], body};
	db_run_offline(db, run, &in, NULL);
	return 0;
}
