/*
 * One-time and fallback keys. One writer claims, so that no key is given out twice.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/keys/device_keys.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

/* The algorithm without which no client can write to the device. */
#define USUAL "signed_curve25519"

/* "ALGORITHM:ID" in two. */
static bool split(const char *name, struct span *ret_algorithm, struct span *ret_id)
{
	struct span all = span_of(name);
	ptrdiff_t colon = span_find(all, ':');
	if (colon <= 0 || (size_t)colon + 1 == all.n || all.n > LIMIT_ID_BYTES)
		return false;
	*ret_algorithm = span_head(all, (size_t)colon);
	*ret_id = span_from(all, (size_t)colon + 1);
	return true;
}

static int check(const char *name, const json_t *key, struct buf *ret, struct err *err)
{
	struct span algorithm = {NULL, 0}, id = algorithm;
	bool ok = split(name, &algorithm, &id);
	if (!ok || (!json_is_object(key) && !json_is_string(key)) ||
	    !signed_structure_ok(json_object_get(key, "signatures")))
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("A key is named ALGORITHM:ID, and is text or an object"));
	buf_clear(ret);
	return signed_text(key, KEYS_ONE_TIME_MAX, ret, err);
}

static int is_map(const json_t *keys, size_t most, struct err *err)
{
	if (!json_is_object(keys))
		return matrix_err(err, 400, "M_BAD_JSON", _("Keys must be an object"));
	if (json_object_size(keys) > most)
		return matrix_err(err, 413, "M_TOO_LARGE", _("At most %zu keys are kept"), most);
	return 0;
}

/* 1: there already with the same content. */
static int known(struct sql *db, int64_t device_nid, const char *name, struct span text,
		 struct err *err)
{
	struct span algorithm = {NULL, 0}, id = algorithm;
	split(name, &algorithm, &id);
	struct sql_stmt *s = SQL(db, "SELECT key FROM one_time_keys WHERE device_nid=? AND"
				     " algorithm=? AND key_id=?");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_text(s, 2, algorithm);
	sql_bind_text(s, 3, id);
	if (!sql_row(s))
		return 0;
	bool same = span_eq(sql_col_text(s, 0), text);
	sql_reset(s);
	/* Clients look for these words. */
	return same ? 1 : matrix_err(err, 400, "M_UNKNOWN", "One time key %s already exists", name);
}

/* The same key again is no other one. */
static int add(struct sql *db, int64_t device_nid, const char *name, struct span text,
	       struct err *err)
{
	struct span algorithm = {NULL, 0}, id = algorithm;
	int there = known(db, device_nid, name, text, err);
	if (there)
		return there == 1 ? 0 : there;
	split(name, &algorithm, &id);
	struct sql_stmt *s = SQL(db, "INSERT INTO one_time_keys(device_nid,algorithm,key_id,key)"
				     " VALUES(?,?,?,?)");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_text(s, 2, algorithm);
	sql_bind_text(s, 3, id);
	sql_bind_text(s, 4, text);
	return sql_run(s, err);
}

/* `too_many` says with a %d how many there may be. */
static int check_count(struct sql_stmt *count, int64_t device_nid, int most, const char *too_many,
		       struct err *err)
{
	sql_bind_i64(count, 1, device_nid);
	if (sql_get_i64(count, 0) <= most)
		return 0;
	return matrix_err(err, 413, "M_TOO_LARGE", too_many, most);
}

typedef int store_fn(struct sql *db, int64_t device_nid, const char *name, struct span text,
		     struct err *err);

static int store_all(struct sql *db, int64_t device_nid, const json_t *keys, size_t most,
		     store_fn *store, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(KEYS_ONE_TIME_MAX);
	const char *name;
	json_t *key;
	int rc = is_map(keys, most, err);
	json_object_foreach ((json_t *)keys, name, key) {
		if (!rc)
			rc = check(name, key, &text, err);
		if (!rc)
			rc = store(db, device_nid, name, buf_span(&text), err);
	}
	return rc;
}

int one_time_keys_add(struct db_tx *tx, int64_t device_nid, const json_t *keys, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	if (!keys || json_is_null(keys))
		return 0;
	int rc = store_all(db, device_nid, keys, KEYS_ONE_TIME_COUNT, add, err);
	if (rc)
		return rc;
	return check_count(SQL(db, "SELECT count(*) FROM one_time_keys WHERE device_nid=?"),
			   device_nid, KEYS_ONE_TIME_COUNT,
			   _("A device has at most %d one-time keys"), err);
}

/* The same key again stays marked as used. */
static int set_fallback(struct sql *db, int64_t device_nid, const char *name, struct span text,
			struct err *err)
{
	struct span algorithm = {NULL, 0}, id = algorithm;
	split(name, &algorithm, &id);
	struct sql_stmt *s =
		SQL(db, "INSERT INTO fallback_keys(device_nid,algorithm,key_id,key)"
			" VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE SET key_id=?3,key=?4,used=0"
			" WHERE key_id<>?3 OR key<>?4");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_text(s, 2, algorithm);
	sql_bind_text(s, 3, id);
	sql_bind_text(s, 4, text);
	return sql_run(s, err);
}

int fallback_keys_set(struct db_tx *tx, int64_t device_nid, const json_t *keys, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	if (!keys || json_is_null(keys))
		return 0;
	int rc = store_all(db, device_nid, keys, KEYS_FALLBACK_COUNT, set_fallback, err);
	if (rc)
		return rc;
	return check_count(SQL(db, "SELECT count(*) FROM fallback_keys WHERE device_nid=?"),
			   device_nid, KEYS_FALLBACK_COUNT,
			   _("A device has at most %d fallback keys"), err);
}

void one_time_keys_count(struct sql *db, int64_t device_nid, struct buf *b)
{
	bool usual = false;
	struct sql_stmt *s = SQL(db, "SELECT algorithm,count(*) FROM one_time_keys"
				     " WHERE device_nid=? GROUP BY algorithm");
	sql_bind_i64(s, 1, device_nid);
	buf_put_char(b, '{');
	while (sql_row(s)) {
		usual |= span_eq_str(sql_col_text(s, 0), USUAL);
		buf_put_json_str(b, sql_col_text(s, 0));
		buf_printf(b, ":%lld,", (long long)sql_col_i64(s, 1));
	}
	if (usual)
		buf_truncate(b, b->n - 1);
	else
		buf_put_str(b, "\"" USUAL "\":0");
	buf_put_char(b, '}');
}

void fallback_keys_unused(struct sql *db, int64_t device_nid, struct buf *b)
{
	const char *comma = "";
	struct sql_stmt *s =
		SQL(db, "SELECT algorithm FROM fallback_keys WHERE device_nid=? AND used=0");
	sql_bind_i64(s, 1, device_nid);
	buf_put_char(b, '[');
	while (sql_row(s)) {
		buf_put_str(b, comma);
		buf_put_json_str(b, sql_col_text(s, 0));
		comma = ",";
	}
	buf_put_char(b, ']');
}

/* A device for which a key is wanted. */
struct claim {
	int64_t user_nid, device_nid;
	const char *algorithm;
};

static bool find_device(struct sql *db, const char *user_id, const char *device_id,
			struct claim *ret)
{
	struct sql_stmt *s =
		SQL(db, "SELECT d.user_nid,d.nid FROM users u JOIN devices d ON d.user_nid=u.nid"
			" WHERE u.user_id=? AND d.device_id=?");
	sql_bind_str(s, 1, user_id);
	sql_bind_str(s, 2, device_id);
	if (!sql_row(s))
		return false;
	ret->user_nid = sql_col_i64(s, 0);
	ret->device_nid = sql_col_i64(s, 1);
	sql_reset(s);
	return true;
}

/* {"ALGORITHM:ID": key} from the statement's columns key_id and key. */
static json_t *key_of(struct sql_stmt *s, const char *algorithm)
{
	json_t *key = NULL;
	struct span id = sql_col_text(s, 0);
	AUTO_FREE char *name = mem_printf("%s:%.*s", algorithm, SPAN_ARG(id));
	return json_parse(sql_col_text(s, 1), &key, NULL) ? NULL : json_pack("{s:o}", name, key);
}

static int take_one_time(struct sql *db, const struct claim *c, json_t **ret, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT key_id,key,nid FROM one_time_keys WHERE"
				     " device_nid=? AND algorithm=? ORDER BY nid LIMIT 1");
	sql_bind_i64(s, 1, c->device_nid);
	sql_bind_str(s, 2, c->algorithm);
	if (!sql_row(s))
		return 0;
	*ret = key_of(s, c->algorithm);
	int64_t nid = sql_col_i64(s, 2);
	sql_reset(s);
	s = SQL(db, "DELETE FROM one_time_keys WHERE nid=?");
	sql_bind_i64(s, 1, nid);
	return sql_run(s, err);
}

static int take_fallback(struct sql *db, const struct claim *c, json_t **ret, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT key_id,key FROM fallback_keys WHERE"
				     " device_nid=? AND algorithm=?");
	sql_bind_i64(s, 1, c->device_nid);
	sql_bind_str(s, 2, c->algorithm);
	if (!sql_row(s))
		return 0;
	*ret = key_of(s, c->algorithm);
	sql_reset(s);
	s = SQL(db, "UPDATE fallback_keys SET used=1 WHERE device_nid=? AND algorithm=? AND"
		    " used=0");
	sql_bind_i64(s, 1, c->device_nid);
	sql_bind_str(s, 2, c->algorithm);
	return sql_run(s, err);
}

static int take_key(struct db_tx *tx, const struct claim *c, json_t **ret, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	int rc = take_one_time(db, c, ret, err);
	if (!rc && !*ret)
		rc = take_fallback(db, c, ret, err);
	if (rc || !*ret)
		return rc;
	struct db_change note = {.kind = CHANGE_DEVICE_KEYS,
				 .pos = db_tx_position(tx),
				 .user_nid = c->user_nid,
				 .device_nid = c->device_nid};
	db_tx_note(tx, &note);
	return 0;
}

static int claim_of_user(struct db_tx *tx, const char *user_id, const json_t *devices, json_t *ret,
			 int *left, struct err *err)
{
	const char *device_id;
	json_t *algorithm;
	json_t *got = json_object();
	int rc = 0;
	json_object_foreach ((json_t *)devices, device_id, algorithm) {
		struct claim c = {.algorithm = json_string_value(algorithm)};
		json_t *key = NULL;
		if (!c.algorithm || (*left)-- <= 0)
			rc = matrix_err(err, 400, "M_BAD_JSON",
					_("one_time_keys maps users to devices to algorithms, %d "
					  "devices at most"),
					KEYS_CLAIM_MAX);
		else if (find_device(db_tx_sql(tx), user_id, device_id, &c))
			rc = take_key(tx, &c, &key, err);
		if (key)
			json_object_set_new(got, device_id, key);
		if (rc)
			break;
	}
	if (json_object_size(got))
		json_object_set(ret, user_id, got);
	json_decref(got);
	return rc;
}

int one_time_keys_claim(struct db_tx *tx, const json_t *wanted, json_t **ret, struct err *err)
{
	const char *user_id;
	json_t *devices;
	int left = KEYS_CLAIM_MAX, rc = 0;
	*ret = json_object();
	if (!json_is_object(wanted))
		return matrix_err(err, 400, "M_BAD_JSON", _("one_time_keys must be an object"));
	json_object_foreach ((json_t *)wanted, user_id, devices) {
		if (!json_is_object(devices))
			rc = matrix_err(err, 400, "M_BAD_JSON",
					_("one_time_keys maps users to devices to algorithms"));
		else
			rc = claim_of_user(tx, user_id, devices, *ret, &left, err);
		if (rc)
			break;
	}
	return rc;
}
