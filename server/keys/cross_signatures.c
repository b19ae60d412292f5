/*
 * Signatures by cross-signing keys. Only those are taken that somebody who sees
 * them can check: each is verified against a key of the signer that is stored here.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keys/cross_signing.h"
#include "server/keys/device_keys.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

/* Why one was not taken. */
struct refusal {
	const char *errcode, *why;
};

static const struct refusal unknown_key = {"M_NOT_FOUND", N_("There is no such key here")};
static const struct refusal not_signed =
	{"M_INVALID_SIGNATURE",
	 N_("The key is another, or the signature is not by one of your own")};

/* Take a valid signature of `key` by `signer`, named `key_id`, over from `signed_key`. */
static bool take_over(json_t *key, const json_t *signed_key, const char *user_id,
		      const char *key_id, const char *signer)
{
	const char *signature = signed_by(signed_key, user_id, key_id);
	if (!signature || !signed_verify(key, signer, signature))
		return false;
	signed_add(key, user_id, key_id, signature);
	return true;
}

/* A device of one's own, by the self-signing key. */
static int sign_device(struct sql *db, const struct keys_owner *me, int64_t nid, json_t *key,
		       const json_t *signed_key, const struct refusal **ret, struct err *err)
{
	JSON_AUTO json_t *self = cross_signing_key(db, me->user_nid, "self_signing");
	const char *public = cross_signing_public(self);
	AUTO_FREE char *key_id = mem_printf("ed25519:%s", public ? public : "");
	if (!public || !signed_same(key, signed_key) ||
	    !take_over(key, signed_key, me->user_id, key_id, public)) {
		*ret = &not_signed;
		return 0;
	}
	return device_keys_put(db, nid, key, err);
}

/* One's own master key, by devices. */
static int sign_own_master(struct db_tx *tx, const struct keys_owner *me, json_t *key,
			   const json_t *signed_key, const struct refusal **ret, struct err *err)
{
	const char *key_id;
	json_t *v;
	bool any = false;
	json_t *by = json_get_object(json_get_object(signed_key, "signatures"), me->user_id);
	json_object_foreach (by, key_id, v) {
		int64_t nid;
		if (strncmp(key_id, "ed25519:", 8) != 0)
			continue;
		JSON_AUTO json_t *device =
			device_keys_get(db_tx_sql(tx), me->user_nid, key_id + 8, &nid);
		const char *signer = json_get_str(json_get_object(device, "keys"), key_id);
		any |= signer && take_over(key, signed_key, me->user_id, key_id, signer);
	}
	if (!any || !signed_same(key, signed_key)) {
		*ret = &not_signed;
		return 0;
	}
	return cross_signing_store(tx, me->user_nid, "master", key, err);
}

static int store_signature(struct db_tx *tx, int64_t user_nid, int64_t signer_nid,
			   const char *key_id, const char *signature, struct err *err)
{
	struct db_change c = {.kind = CHANGE_DEVICE_LIST,
			      .pos = db_tx_position(tx),
			      .user_nid = signer_nid,
			      .private_to_user = true};
	struct sql_stmt *s = SQL(db_tx_sql(tx),
				 "INSERT INTO key_signatures(user_nid,signer_nid,key_id,signature,"
				 "pos) VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET key_id=?3,"
				 "signature=?4,pos=?5");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, signer_nid);
	sql_bind_str(s, 3, key_id);
	sql_bind_str(s, 4, signature);
	sql_bind_i64(s, 5, c.pos);
	int rc = sql_run(s, err);
	if (!rc)
		db_tx_note(tx, &c);
	return rc;
}

/* Somebody else's master key, by the user-signing key. */
static int sign_other(struct db_tx *tx, const struct keys_owner *me, int64_t user_nid,
		      const json_t *key, const json_t *signed_key, const struct refusal **ret,
		      struct err *err)
{
	JSON_AUTO json_t *mine = cross_signing_key(db_tx_sql(tx), me->user_nid, "user_signing");
	const char *public = cross_signing_public(mine);
	AUTO_FREE char *key_id = mem_printf("ed25519:%s", public ? public : "");
	const char *signature = signed_by(signed_key, me->user_id, key_id);
	if (!public || !signature || !signed_same(key, signed_key) ||
	    !signed_verify(key, public, signature)) {
		*ret = &not_signed;
		return 0;
	}
	return store_signature(tx, user_nid, me->user_nid, key_id, signature, err);
}

static int64_t user_nid_of(struct sql *db, const char *user_id)
{
	struct sql_stmt *s = SQL(db, "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, user_id);
	return sql_get_i64(s, 0);
}

static int sign(struct db_tx *tx, const struct keys_owner *me, const char *user_id,
		const char *key_id, const json_t *signed_key, bool *ret_own,
		const struct refusal **ret, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	int64_t device_nid, user_nid = user_nid_of(db, user_id);
	JSON_AUTO json_t *device = device_keys_get(db, user_nid, key_id, &device_nid);
	JSON_AUTO json_t *master = cross_signing_key(db, user_nid, "master");
	const char *public = cross_signing_public(master);
	bool own = user_nid == me->user_nid, is_master = public && !strcmp(public, key_id);
	int rc = 0;
	*ret = NULL;
	if (!signed_structure_ok(json_object_get(signed_key, "signatures")))
		*ret = &not_signed;
	else if (own && device)
		rc = sign_device(db, me, device_nid, device, signed_key, ret, err);
	else if (own && is_master)
		rc = sign_own_master(tx, me, master, signed_key, ret, err);
	else if (is_master)
		rc = sign_other(tx, me, user_nid, master, signed_key, ret, err);
	else
		*ret = &unknown_key;
	*ret_own |= own && !*ret;
	return rc;
}

static void refuse(json_t *failures, const char *user_id, const char *key_id,
		   const struct refusal *r)
{
	json_t *of = json_object_get(failures, user_id);
	if (!of) {
		of = json_object();
		json_object_set_new(failures, user_id, of);
	}
	json_object_set_new(of, key_id,
			    json_pack("{s:s,s:s}", "errcode", r->errcode, "error", _(r->why)));
}

int cross_signatures_upload(struct db_tx *tx, const struct keys_owner *me, const json_t *body,
			    json_t **ret_failures, struct err *err)
{
	const char *user_id, *key_id;
	json_t *of, *key;
	const struct refusal *r;
	int rc = 0, left = KEYS_SIGNATURES_MAX;
	bool own = false;
	*ret_failures = json_object();
	json_object_foreach ((json_t *)body, user_id, of) {
		json_object_foreach (of, key_id, key) {
			if (!rc && left-- <= 0)
				rc = matrix_err(err, 413, "M_TOO_LARGE",
						_("At most %d signatures are taken at once"),
						KEYS_SIGNATURES_MAX);
			if (!rc)
				rc = sign(tx, me, user_id, key_id, key, &own, &r, err);
			if (!rc && r)
				refuse(*ret_failures, user_id, key_id, r);
		}
	}
	return rc || !own ? rc : keys_list_changed(tx, me->user_nid, err);
}
