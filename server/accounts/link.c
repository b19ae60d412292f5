#include "server/accounts/link.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/route.h"

#include <string.h>

#define CHARACTERS 16 /* of 5 bits */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The character that was meant, or 0. */
static char fold(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'I' || c == 'L')
		return '1';
	if (c == 'O')
		return '0';
	return c && strchr(alphabet, c) ? c : '\0';
}

static void put(char ret[LINK_CODE_SIZE], size_t at, char c)
{
	ret[at + at / 4] = c;
	if (at % 4 == 3)
		ret[at + at / 4 + 1] = at + 1 < CHARACTERS ? '-' : '\0';
}

/* What stands between the groups: dashes of any length, and blanks. */
static bool skip_between(struct span *rest)
{
	static const char *const between[] = {"-",
					      " ",
					      "\t",
					      "\xe2\x80\x90",
					      "\xe2\x80\x91",
					      "\xe2\x80\x93",
					      "\xe2\x80\x94",
					      "\xc2\xa0"};
	for (size_t i = 0; i < ARRAY_LEN(between); i++)
		if (span_starts(*rest, between[i])) {
			*rest = span_from(*rest, strlen(between[i]));
			return true;
		}
	return false;
}

bool link_code_fold(struct span typed, char ret[LINK_CODE_SIZE])
{
	size_t n = 0;
	for (struct span rest = span_trim(typed); rest.n;) {
		if (skip_between(&rest))
			continue;
		char c = fold(rest.p[0]);
		if (!c || n == CHARACTERS)
			return false;
		put(ret, n++, c);
		rest = span_from(rest, 1);
	}
	return n == CHARACTERS;
}

static void make(char ret[LINK_CODE_SIZE])
{
	uint8_t r[CHARACTERS];
	crypto_random(r, sizeof(r));
	for (size_t i = 0; i < CHARACTERS; i++)
		put(ret, i, alphabet[r[i] & 31]);
	mem_wipe(r, sizeof(r));
}

bool link_find(struct sql *db, const char *code, struct link *ret)
{
	uint8_t hash[32];
	struct sql_stmt *s = SQL(db, "SELECT user_nid,coalesce(room_nid,0),expires_ts,used_ts"
				     " FROM links WHERE hash=?");
	crypto_sha256(span_of(code), hash);
	sql_bind_blob(s, 1, hash, sizeof(hash));
	if (!sql_row(s))
		return false;
	int64_t user_nid = sql_col_i64(s, 0);
	ret->room_nid = sql_col_i64(s, 1);
	ret->expires_ts = sql_col_i64(s, 2);
	ret->used = !sql_col_null(s, 3);
	sql_reset(s);
	return user_find_nid(db, user_nid, &ret->user) && !ret->user.deactivated;
}

int link_unknown(struct err *err)
{
	return matrix_err(err, 404, "M_NOT_FOUND",
			  _("No link has this code. Compare it with your slip, character by "
			    "character; if you were given a newer slip, use that one"));
}

int link_check(const struct link *l, int64_t now_ms, struct err *err)
{
	if (l->user.locked)
		return matrix_err(err, 403, "M_USER_LOCKED", _("This account is locked"));
	if (l->used)
		return matrix_err(err, 409, "ORG.MUSTER.LINK_USED",
				  _("This link has been used already. Log in as %s with your "
				    "password; if it was not you, ask your teacher for a new slip"),
				  l->user.user_id);
	if (l->expires_ts <= now_ms)
		return matrix_err(err, 410, "M_EXPIRED",
				  _("This link is too old. Ask your teacher for a new slip"));
	return 0;
}

bool link_exists(struct sql *db, int64_t user_nid)
{
	struct sql_stmt *s = SQL(db, "SELECT 1 FROM links WHERE user_nid=?");
	sql_bind_i64(s, 1, user_nid);
	return sql_get_i64(s, 0);
}

int link_create(struct db_tx *tx, int64_t user_nid, int64_t room_nid, int64_t expires_ts,
		char ret_code[LINK_CODE_SIZE], struct err *err)
{
	uint8_t hash[32];
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO links(user_nid,hash,room_nid,created_ts,expires_ts)"
				   " VALUES(?1,?2,?3,?4,?5) ON CONFLICT(user_nid) DO UPDATE SET"
				   " hash=?2,room_nid=?3,created_ts=?4,expires_ts=?5,used_ts=NULL");
	make(ret_code);
	crypto_sha256(span_of(ret_code), hash);
	sql_bind_i64(s, 1, user_nid);
	sql_bind_blob(s, 2, hash, sizeof(hash));
	if (room_nid)
		sql_bind_i64(s, 3, room_nid);
	sql_bind_i64(s, 4, db_tx_now_ms(tx));
	sql_bind_i64(s, 5, expires_ts);
	return sql_run(s, err);
}

int link_revoke(struct db_tx *tx, int64_t user_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "DELETE FROM links WHERE user_nid=?");
	sql_bind_i64(s, 1, user_nid);
	int rc = sql_run(s, err);
	if (!rc && sql_changes(db_tx_sql(tx)) == 0)
		return matrix_err(err, 404, "M_NOT_FOUND", _("This person has no link"));
	return rc;
}

int link_revoke_room(struct db_tx *tx, int64_t room_nid, int *ret_count, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "DELETE FROM links WHERE room_nid=? AND used_ts IS NULL");
	sql_bind_i64(s, 1, room_nid);
	int rc = sql_run(s, err);
	*ret_count = rc ? 0 : sql_changes(db_tx_sql(tx));
	return rc;
}

int link_use(struct db_tx *tx, const char *code, struct link *ret, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	if (!link_find(db, code, ret))
		return link_unknown(err);
	int rc = link_check(ret, db_tx_now_ms(tx), err);
	if (rc)
		return rc;
	struct sql_stmt *s = SQL(db, "UPDATE links SET used_ts=? WHERE user_nid=?");
	sql_bind_i64(s, 1, db_tx_now_ms(tx));
	sql_bind_i64(s, 2, ret->user.nid);
	return sql_run(s, err);
}
