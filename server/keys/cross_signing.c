#include "server/keys/cross_signing.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keys/device_keys.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

/* In the order in which they are stored: the first signs the others. */
static const struct kind {
	const char *usage, *member;
} kinds[] = {
	{"master", "master_key"},
	{"self_signing", "self_signing_key"},
	{"user_signing", "user_signing_key"},
};

json_t *cross_signing_key(struct sql *db, int64_t user_nid, const char *usage)
{
	json_t *j = NULL;
	struct sql_stmt *s =
		SQL(db, "SELECT keys FROM cross_signing_keys WHERE user_nid=? AND usage=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, usage);
	if (!sql_row(s))
		return NULL;
	json_parse_object(sql_col_text(s, 0), &j, NULL);
	sql_reset(s);
	return j;
}

const char *cross_signing_public(const json_t *key)
{
	AUTO(buf_done) struct buf bits = BUF_INIT(64);
	json_t *keys = json_get_object(key, "keys");
	const char *id = json_object_iter_key(json_object_iter(keys));
	if (!id || json_object_size(keys) != 1 || strncmp(id, "ed25519:", 8) != 0)
		return NULL;
	const char *public = json_get_str(keys, id);
	if (!public || strcmp(public, id + 8) != 0 || !base64_decode(&bits, span_of(public)) ||
	    bits.n != 32)
		return NULL;
	return public;
}

/* A member that is not null. */
static json_t *given(const json_t *body, const struct kind *k)
{
	json_t *v = json_object_get(body, k->member);
	return json_is_null(v) ? NULL : v;
}

bool cross_signing_needs_auth(struct sql *db, int64_t user_nid, const json_t *body)
{
	JSON_AUTO json_t *master = cross_signing_key(db, user_nid, "master");
	if (!master)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const json_t *now = given(body, &kinds[i]);
		JSON_AUTO json_t *old = cross_signing_key(db, user_nid, kinds[i].usage);
		if (now && (!old || !signed_same(old, now)))
			return true;
	}
	return false;
}

static bool has_usage(const json_t *key, const char *usage)
{
	const json_t *list = json_get_array(key, "usage");
	const char *s = json_string_value(json_array_get(list, 0));
	return json_array_size(list) == 1 && s && !strcmp(s, usage);
}

static int check_shape(const struct keys_owner *me, const json_t *key, const struct kind *k,
		       struct err *err)
{
	const char *user = json_get_str(key, "user_id");
	if (!has_usage(key, k->usage) || !cross_signing_public(key) ||
	    !signed_structure_ok(json_object_get(key, "signatures")))
		return matrix_err(err, 400, "M_BAD_JSON",
				  _("%s must have the usage %s and one Ed25519 key"), k->member,
				  k->usage);
	if (!user || strcmp(user, me->user_id) != 0)
		return matrix_err(err, 400, "M_INVALID_PARAM", _("%s must name its user, %s"),
				  k->member, me->user_id);
	return 0;
}

static int check_unlike_devices(struct sql *db, int64_t user_nid, const json_t *key,
				struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT 1 FROM devices WHERE user_nid=? AND device_id=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, cross_signing_public(key));
	if (sql_get_i64(s, 0))
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("A device of this account has the name of that key"));
	return 0;
}

static int check_signed(const struct keys_owner *me, const json_t *key, const json_t *master,
			const struct kind *k, struct err *err)
{
	const char *public = cross_signing_public(master);
	AUTO_FREE char *id = mem_printf("ed25519:%s", public);
	if (signed_verify(key, public, signed_by(key, me->user_id, id)))
		return 0;
	return matrix_err(err, 400, "M_INVALID_SIGNATURE", _("%s is not signed by the master key"),
			  k->member);
}

int cross_signing_store(struct db_tx *tx, int64_t user_nid, const char *usage, const json_t *key,
			struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(KEYS_OBJECT_MAX);
	int rc = signed_text(key, KEYS_OBJECT_MAX, &text, err);
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO cross_signing_keys(user_nid,usage,key_id,keys)"
				   " VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE SET key_id=?3,"
				   "keys=?4");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, usage);
	sql_bind_str(s, 3, cross_signing_public(key));
	sql_bind_text(s, 4, buf_span(&text));
	return rc ? rc : sql_run(s, err);
}

/* Signatures of devices by a key that is no more: they would add up. */
static int drop_device_signatures(struct sql *db, const struct keys_owner *me,
				  const char *old_public, struct err *err)
{
	AUTO_FREE char *key_id = mem_printf("ed25519:%s", old_public);
	JSON_AUTO json_t *ids = json_array();
	int rc = 0;
	size_t i;
	json_t *id;
	struct sql_stmt *s = SQL(db, "SELECT device_id FROM device_keys WHERE user_nid=?");
	sql_bind_i64(s, 1, me->user_nid);
	while (sql_row(s))
		json_array_append_new(ids, json_string(sql_col_text(s, 0).p));
	json_array_foreach (ids, i, id) {
		int64_t nid;
		JSON_AUTO json_t *keys =
			device_keys_get(db, me->user_nid, json_string_value(id), &nid);
		json_t *by = json_get_object(json_get_object(keys, "signatures"), me->user_id);
		if (!rc && json_object_del(by, key_id) == 0)
			rc = device_keys_put(db, nid, keys, err);
	}
	return rc;
}

static int drop(struct sql *db, int64_t user_nid, const char *usage, struct err *err)
{
	struct sql_stmt *s = SQL(db, "DELETE FROM cross_signing_keys WHERE user_nid=? AND usage=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, usage);
	return sql_run(s, err);
}

static int drop_signatures(struct sql *db, int64_t user_nid, const char *usage, struct err *err)
{
	struct sql_stmt *s;
	if (!strcmp(usage, "master"))
		s = SQL(db, "DELETE FROM key_signatures WHERE user_nid=?");
	else
		s = SQL(db, "DELETE FROM key_signatures WHERE signer_nid=?");
	sql_bind_i64(s, 1, user_nid);
	return sql_run(s, err);
}

/* What hung on a key that is replaced (or, `now` NULL, lost its master key). */
static int forget_old(struct sql *db, const struct keys_owner *me, const struct kind *k,
		      const json_t *old, const json_t *now, struct err *err)
{
	int rc = 0;
	if (!strcmp(k->usage, "self_signing"))
		rc = drop_device_signatures(db, me, cross_signing_public(old), err);
	else
		rc = drop_signatures(db, me->user_nid, k->usage, err);
	return rc || now ? rc : drop(db, me->user_nid, k->usage, err);
}

static void keep_signatures(json_t *key, const json_t *old)
{
	const char *user, *key_id;
	json_t *by, *v;
	json_object_foreach (json_get_object(old, "signatures"), user, by)
		json_object_foreach (by, key_id, v)
			if (!signed_by(key, user, key_id))
				signed_add(key, user, key_id, json_string_value(v));
}

/* One key of the upload. `master` is the one that counts from now on. */
static int put(struct db_tx *tx, const struct keys_owner *me, const struct kind *k,
	       const json_t *given_key, const json_t *master, bool new_master, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	JSON_AUTO json_t *old = cross_signing_key(db, me->user_nid, k->usage);
	JSON_AUTO json_t *key = json_deep_copy(given_key);
	int rc = 0;
	if (!key)
		return old && new_master ? forget_old(db, me, k, old, NULL, err) : 0;
	rc = check_unlike_devices(db, me->user_nid, key, err);
	if (!rc && strcmp(k->usage, "master") != 0)
		rc = check_signed(me, key, master, k, err);
	json_object_del(key, "unsigned");
	if (!rc && old && signed_same(old, key))
		keep_signatures(key, old);
	else if (!rc && old)
		rc = forget_old(db, me, k, old, key, err);
	return rc ? rc : cross_signing_store(tx, me->user_nid, k->usage, key, err);
}

int cross_signing_upload(struct db_tx *tx, const struct keys_owner *me, const json_t *body,
			 bool authorised, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	JSON_AUTO json_t *old = cross_signing_key(db, me->user_nid, "master");
	const json_t *now = given(body, &kinds[0]), *master = now ? now : old;
	int rc = 0;
	if (!authorised && cross_signing_needs_auth(db, me->user_nid, body))
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("Other cross-signing keys have come meanwhile; try again"));
	if (!master)
		return matrix_err(err, 400, "M_MISSING_PARAM",
				  _("There is no master key; upload one first"));
	for (size_t i = 0; i < ARRAY_LEN(kinds) && !rc; i++)
		if (given(body, &kinds[i]))
			rc = check_shape(me, given(body, &kinds[i]), &kinds[i], err);
	bool new_master = !rc && now && old && !signed_same(old, now);
	for (size_t i = 0; i < ARRAY_LEN(kinds) && !rc; i++)
		rc = put(tx, me, &kinds[i], given(body, &kinds[i]), master, new_master, err);
	return rc ? rc : keys_list_changed(tx, me->user_nid, err);
}
