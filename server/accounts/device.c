#include "server/accounts/device.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keys/keys.h"
#include "server/routes/route.h"

#include <stdio.h>
#include <string.h>

#define KIND_ACCESS 0
#define KIND_REFRESH 1
/* Expired tokens are remembered so long, to tell "refresh it" from "unknown". */
#define EXPIRED_KEPT_MS (30LL * 24 * 3600 * 1000)

void grant_done(struct grant *g)
{
	mem_free_secret(g->access_token);
	mem_free_secret(g->refresh_token);
	g->access_token = g->refresh_token = NULL;
}

void device_tokens_changed(struct db_tx *tx, int64_t user_nid, int64_t device_nid)
{
	struct db_change c = {.kind = CHANGE_TOKENS,
			      .pos = db_tx_position(tx),
			      .user_nid = user_nid,
			      .device_nid = device_nid};
	db_tx_note(tx, &c);
}

static void hash_of(const char *token, uint8_t ret[32])
{
	crypto_sha256(span_of(token), ret);
}

/* An access token's next_hash names the refresh token that came with it. */
static int store_token(struct db_tx *tx, int64_t device_nid, int kind, const uint8_t hash[32],
		       const uint8_t *next, int64_t expires_ts, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO tokens(hash,kind,device_nid,expires_ts,next_hash,"
				   "created_ts) VALUES(?,?,?,?,?,?)");
	sql_bind_blob(s, 1, hash, 32);
	sql_bind_i64(s, 2, kind);
	sql_bind_i64(s, 3, device_nid);
	if (expires_ts)
		sql_bind_i64(s, 4, expires_ts);
	if (next)
		sql_bind_blob(s, 5, next, 32);
	sql_bind_i64(s, 6, db_tx_now_ms(tx));
	return sql_run(s, err);
}

/* Make the tokens of a grant; *ret_refresh is the new refresh token's hash. */
static int issue(struct db_tx *tx, int64_t device_nid, bool refreshable, struct grant *g,
		 uint8_t ret_refresh[32], struct err *err)
{
	uint8_t access[32];
	int rc = 0;
	g->access_token = crypto_token("mst_");
	hash_of(g->access_token, access);
	if (!refreshable)
		return store_token(tx, device_nid, KIND_ACCESS, access, NULL, 0, err);
	g->refresh_token = crypto_token("msr_");
	g->expires_in_ms = ACCESS_LIFE_MS;
	hash_of(g->refresh_token, ret_refresh);
	rc = store_token(tx, device_nid, KIND_REFRESH, ret_refresh, NULL, 0, err);
	if (!rc)
		rc = store_token(tx, device_nid, KIND_ACCESS, access, ret_refresh,
				 db_tx_now_ms(tx) + ACCESS_LIFE_MS, err);
	return rc;
}

static int delete_tokens(struct db_tx *tx, int64_t device_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "DELETE FROM tokens WHERE device_nid=?");
	sql_bind_i64(s, 1, device_nid);
	return sql_run(s, err);
}

static int add_device(struct db_tx *tx, int64_t user_nid, const char *device_id, const char *name,
		      int64_t *ret_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "INSERT INTO devices(user_nid,device_id,"
						"display_name) VALUES(?,?,?)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, device_id);
	sql_bind_str(s, 3, name);
	int rc = sql_run(s, err);
	*ret_nid = sql_last_id(db_tx_sql(tx));
	return rc;
}

/* The device unseen for longest gives way to a new one. */
static int make_room(struct db_tx *tx, int64_t user_nid, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "SELECT count(*) FROM devices WHERE user_nid=?");
	sql_bind_i64(s, 1, user_nid);
	if (sql_get_i64(s, 0) < DEVICES_MAX)
		return 0;
	s = SQL(db, "SELECT nid FROM devices WHERE user_nid=? ORDER BY coalesce(last_seen_ts,0),"
		    "nid LIMIT 1");
	sql_bind_i64(s, 1, user_nid);
	return device_delete(tx, user_nid, sql_get_i64(s, 0), err);
}

static void make_device_id(char ret[DEVICE_ID_SIZE])
{
	uint8_t r[10];
	crypto_random(r, sizeof(r));
	for (int i = 0; i < 10; i++)
		ret[i] = (char)('A' + r[i] % 26);
	ret[10] = '\0';
}

static int set_live(struct db_tx *tx, int64_t nid, int64_t room_nid, int rights, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "UPDATE devices SET live_room_nid=?,live_rights=? WHERE nid=?");
	if (room_nid)
		sql_bind_i64(s, 1, room_nid);
	sql_bind_i64(s, 2, rights);
	sql_bind_i64(s, 3, nid);
	return sql_run(s, err);
}

int device_live(struct db_tx *tx, int64_t user_nid, int64_t room_nid, int rights, const char *name,
		struct grant *ret, struct err *err)
{
	uint8_t unused[32];
	int64_t nid = 0;
	struct sql_stmt *s = SQL(db_tx_sql(tx), "SELECT count(*) FROM devices WHERE user_nid=? AND"
						" live_room_nid IS NOT NULL");
	sql_bind_i64(s, 1, user_nid);
	if (sql_get_i64(s, 0) >= LIVE_TOKENS_MAX)
		return matrix_err(err, 403, "M_LIMIT_EXCEEDED",
				  _("You have %d tokens for programs already: remove one first"),
				  LIVE_TOKENS_MAX);
	make_device_id(ret->device_id);
	int rc = make_room(tx, user_nid, err);
	if (!rc)
		rc = add_device(tx, user_nid, ret->device_id, name, &nid, err);
	if (!rc)
		rc = set_live(tx, nid, room_nid, rights, err);
	return rc ? rc : issue(tx, nid, false, ret, unused, err);
}

int device_login(struct db_tx *tx, int64_t user_nid, const char *device_id, const char *name,
		 bool refreshable, struct grant *ret, struct err *err)
{
	int64_t nid = 0;
	uint8_t unused[32];
	int rc = 0;
	if (device_id)
		snprintf(ret->device_id, sizeof(ret->device_id), "%s", device_id);
	else
		make_device_id(ret->device_id);
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "SELECT nid FROM devices WHERE user_nid=? AND device_id=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, ret->device_id);
	nid = sql_get_i64(s, 0);
	if (nid) {
		rc = delete_tokens(tx, nid, err);
		if (!rc)
			rc = set_live(tx, nid, 0, 0, err);
		device_tokens_changed(tx, user_nid, nid);
	} else {
		rc = make_room(tx, user_nid, err);
		if (!rc)
			rc = add_device(tx, user_nid, ret->device_id, name, &nid, err);
	}
	return rc ? rc : issue(tx, nid, refreshable, ret, unused, err);
}

/* The token that was given out for `from` but never used, with its access token. */
static int forget_unused(struct db_tx *tx, int64_t device_nid, const uint8_t unused[32],
			 struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "DELETE FROM tokens WHERE device_nid=?1 AND"
						" (hash=?2 OR (kind=0 AND next_hash=?2))");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_blob(s, 2, unused, 32);
	return sql_run(s, err);
}

/* Using a token shows that its reply arrived: the one before it is void. */
static int forget_older(struct db_tx *tx, int64_t device_nid, const uint8_t used[32],
			struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "DELETE FROM tokens WHERE device_nid=? AND kind=1 "
						"AND next_hash=?");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_blob(s, 2, used, 32);
	int rc = sql_run(s, err);
	s = SQL(db_tx_sql(tx), "DELETE FROM tokens WHERE device_nid=? AND kind=0 AND expires_ts<?");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_i64(s, 2, db_tx_now_ms(tx) - EXPIRED_KEPT_MS);
	return rc ? rc : sql_run(s, err);
}

static int set_next(struct db_tx *tx, const uint8_t used[32], const uint8_t next[32],
		    struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE tokens SET next_hash=? WHERE hash=?");
	sql_bind_blob(s, 1, next, 32);
	sql_bind_blob(s, 2, used, 32);
	return sql_run(s, err);
}

int device_refresh(struct db_tx *tx, struct span refresh_token, struct grant *ret, struct err *err)
{
	uint8_t used[32], next[32], unused[32];
	crypto_sha256(refresh_token, used);
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "SELECT t.device_nid, t.next_hash, d.user_nid, u.locked,"
				   " d.device_id"
				   " FROM tokens t JOIN devices d ON d.nid=t.device_nid"
				   " JOIN users u ON u.nid=d.user_nid"
				   " WHERE t.hash=? AND t.kind=1 AND u.deactivated=0");
	sql_bind_blob(s, 1, used, 32);
	if (!sql_row(s))
		return matrix_err(err, 401, "M_UNKNOWN_TOKEN", _("Unknown refresh token"));
	int64_t device_nid = sql_col_i64(s, 0), user_nid = sql_col_i64(s, 2);
	bool locked = sql_col_i64(s, 3), again = sql_col_blob(s, 1).n == 32;
	if (again)
		memcpy(unused, sql_col_blob(s, 1).p, 32);
	snprintf(ret->device_id, sizeof(ret->device_id), "%s", sql_col_text(s, 4).p);
	sql_reset(s);
	if (locked)
		return matrix_err(err, 401, "M_USER_LOCKED", _("This account is locked"));
	int rc = forget_older(tx, device_nid, used, err);
	if (!rc && again) {
		rc = forget_unused(tx, device_nid, unused, err);
		device_tokens_changed(tx, user_nid, device_nid);
	}
	if (!rc)
		rc = issue(tx, device_nid, true, ret, next, err);
	return rc ? rc : set_next(tx, used, next, err);
}

int device_delete(struct db_tx *tx, int64_t user_nid, int64_t device_nid, struct err *err)
{
	int rc = delete_tokens(tx, device_nid, err);
	if (!rc)
		rc = keys_device_gone(tx, user_nid, device_nid, err);
	struct sql_stmt *s = SQL(db_tx_sql(tx), "DELETE FROM devices WHERE nid=? AND user_nid=?");
	sql_bind_i64(s, 1, device_nid);
	sql_bind_i64(s, 2, user_nid);
	if (!rc)
		rc = sql_run(s, err);
	if (!rc)
		device_tokens_changed(tx, user_nid, device_nid);
	return rc;
}

int device_delete_all(struct db_tx *tx, int64_t user_nid, int64_t keep_nid, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "DELETE FROM tokens WHERE device_nid IN"
				     " (SELECT nid FROM devices WHERE user_nid=? AND nid<>?)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, keep_nid);
	int rc = sql_run(s, err);
	if (!rc)
		rc = keys_devices_gone(tx, user_nid, keep_nid, err);
	s = SQL(db, "DELETE FROM devices WHERE user_nid=? AND nid<>?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, keep_nid);
	if (!rc)
		rc = sql_run(s, err);
	if (!rc)
		device_tokens_changed(tx, user_nid, 0);
	return rc;
}
