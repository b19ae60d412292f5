#include "server/keys/device_keys.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

#define ALGORITHMS_MAX 20

static bool is_text_list(const json_t *list)
{
	size_t i;
	json_t *v;
	if (!json_is_array(list) || json_array_size(list) > ALGORITHMS_MAX)
		return false;
	json_array_foreach ((json_t *)list, i, v)
		if (!json_is_string(v))
			return false;
	return true;
}

static bool is_text_map(const json_t *map)
{
	const char *key;
	json_t *v;
	if (!json_is_object(map) || json_object_size(map) == 0)
		return false;
	json_object_foreach ((json_t *)map, key, v)
		if (!json_is_string(v))
			return false;
	return true;
}

static bool is_str(const json_t *o, const char *key, const char *want)
{
	const char *s = json_get_str(o, key);
	return s && !strcmp(s, want);
}

static int check(const struct keys_owner *me, const json_t *keys, struct err *err)
{
	if (!json_is_object(keys) || !is_text_map(json_object_get(keys, "keys")) ||
	    !is_text_list(json_object_get(keys, "algorithms")) ||
	    !signed_structure_ok(json_object_get(keys, "signatures")))
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("device_keys needs algorithms, keys and signatures, all text"));
	if (!is_str(keys, "user_id", me->user_id) || !is_str(keys, "device_id", me->device_id))
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("device_keys must name the user and the device that send it: "
				    "%s, %s"),
				  me->user_id, me->device_id);
	return 0;
}

int device_keys_put(struct sql *db, int64_t device_nid, const json_t *keys, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(KEYS_OBJECT_MAX);
	int rc = signed_text(keys, KEYS_OBJECT_MAX, &text, err);
	struct sql_stmt *s = SQL(db, "UPDATE device_keys SET keys=? WHERE device_nid=?");
	sql_bind_text(s, 1, buf_span(&text));
	sql_bind_i64(s, 2, device_nid);
	return rc ? rc : sql_run(s, err);
}

json_t *device_keys_get(struct sql *db, int64_t user_nid, const char *device_id, int64_t *ret_nid)
{
	json_t *j = NULL;
	struct sql_stmt *s =
		SQL(db, "SELECT keys,device_nid FROM device_keys WHERE user_nid=? AND device_id=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, device_id);
	if (!sql_row(s))
		return NULL;
	json_parse_object(sql_col_text(s, 0), &j, NULL);
	*ret_nid = sql_col_i64(s, 1);
	sql_reset(s);
	return j;
}

/* Signatures that came by /keys/signatures/upload stay when the device says the same again. */
static void keep_signatures(json_t *keys, const json_t *old, const char *user_id)
{
	const char *key_id;
	json_t *v, *by = json_get_object(json_get_object(old, "signatures"), user_id);
	json_object_foreach (by, key_id, v)
		if (!signed_by(keys, user_id, key_id))
			signed_add(keys, user_id, key_id, json_string_value(v));
}

static int forget_claimable(struct sql *db, int64_t device_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db, "DELETE FROM one_time_keys WHERE device_nid=?");
	sql_bind_i64(s, 1, device_nid);
	int rc = sql_run(s, err);
	s = SQL(db, "DELETE FROM fallback_keys WHERE device_nid=?");
	sql_bind_i64(s, 1, device_nid);
	return rc ? rc : sql_run(s, err);
}

static int store(struct db_tx *tx, const struct keys_owner *me, struct span text, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO device_keys(device_nid,user_nid,device_id,keys)"
				   " VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE SET keys=?4");
	sql_bind_i64(s, 1, me->device_nid);
	sql_bind_i64(s, 2, me->user_nid);
	sql_bind_str(s, 3, me->device_id);
	sql_bind_text(s, 4, text);
	int rc = sql_run(s, err);
	return rc ? rc : keys_list_changed(tx, me->user_nid, err);
}

static int put_identity(struct db_tx *tx, const struct keys_owner *me, const json_t *given,
			struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	int64_t nid;
	JSON_AUTO json_t *old = device_keys_get(db, me->user_nid, me->device_id, &nid);
	JSON_AUTO json_t *keys = json_deep_copy(given);
	AUTO(buf_done) struct buf text = BUF_INIT(KEYS_OBJECT_MAX);
	int rc = check(me, given, err);
	if (rc)
		return rc;
	json_object_del(keys, "unsigned");
	if (old && signed_same(old, keys))
		keep_signatures(keys, old, me->user_id);
	if (old && json_equal(old, keys))
		return 0;
	rc = signed_text(keys, KEYS_OBJECT_MAX, &text, err);
	if (!rc && old && !json_equal(json_object_get(old, "keys"), json_object_get(keys, "keys")))
		rc = forget_claimable(db, me->device_nid, err);
	return rc ? rc : store(tx, me, buf_span(&text), err);
}

/* A token may outlive its device by a moment: nothing is stored for nobody. */
static bool is_there(struct sql *db, int64_t device_nid)
{
	struct sql_stmt *s = SQL(db, "SELECT 1 FROM devices WHERE nid=?");
	sql_bind_i64(s, 1, device_nid);
	return sql_get_i64(s, 0) != 0;
}

int device_keys_upload(struct db_tx *tx, const struct keys_owner *me, const json_t *body,
		       struct err *err)
{
	const json_t *identity = json_object_get(body, "device_keys");
	int rc = 0;
	if (!is_there(db_tx_sql(tx), me->device_nid))
		return matrix_err(err, 401, "M_UNKNOWN_TOKEN", _("Unknown access token"));
	if (identity && !json_is_null(identity))
		rc = put_identity(tx, me, identity, err);
	if (!rc)
		rc = one_time_keys_add(tx, me->device_nid, json_object_get(body, "one_time_keys"),
				       err);
	if (!rc)
		rc = fallback_keys_set(tx, me->device_nid, json_object_get(body, "fallback_keys"),
				       err);
	if (!rc) {
		struct db_change c = {.kind = CHANGE_DEVICE_KEYS,
				      .pos = db_tx_position(tx),
				      .user_nid = me->user_nid,
				      .device_nid = me->device_nid};
		db_tx_note(tx, &c);
	}
	return rc;
}
