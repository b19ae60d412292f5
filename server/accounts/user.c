#include "server/accounts/user.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/accounts/device.h"
#include "server/routes/route.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* "@x:server" or "x" -> "x"; false when it names another server. */
static bool cut_localpart(const char *server, struct span name, struct span *ret)
{
	if (name.n && name.p[0] == '@') {
		ptrdiff_t colon = span_find(name, ':');
		if (colon < 1 || !span_eq_str(span_from(name, (size_t)colon + 1), server))
			return false;
		name = (struct span){name.p + 1, (size_t)colon - 1};
	}
	*ret = name;
	return true;
}

int user_id_new(const char *server, struct span name, char ret[USER_ID_SIZE], struct err *err)
{
	struct span local;
	if (!cut_localpart(server, name, &local))
		return matrix_err(err, 400, "M_INVALID_USERNAME",
				  _("\"%.*s\" is not a user id of this server (%s)"),
				  (int)(name.n < 200 ? name.n : 200), name.p, server);
	if (!localpart_is_new(local))
		return matrix_err(err, 400, "M_INVALID_USERNAME",
				  _("A user name consists of a-z, 0-9 and ._=-/+"));
	if (local.p[0] == '_')
		return matrix_err(err, 400, "M_INVALID_USERNAME",
				  _("Names that begin with \"_\" are the server's own"));
	if (local.n + strlen(server) + 2 > LIMIT_ID_BYTES)
		return matrix_err(err, 400, "M_INVALID_USERNAME", _("The user name is too long"));
	snprintf(ret, USER_ID_SIZE, "@%.*s:%s", SPAN_ARG(local), server);
	return 0;
}

char *user_make_password(void)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* 31, none alike */
	char p[15];
	for (int i = 0; i < 14; i++) {
		uint8_t r;
		do
			crypto_random(&r, 1);
		while (r >= 31 * 8);
		p[i] = i % 5 == 4 ? '-' : letters[r % 31];
	}
	p[14] = '\0';
	return mem_strdup(p);
}

int user_check_password(struct span password, struct err *err)
{
	size_t characters = 0;
	for (size_t i = 0; i < password.n; i++)
		characters += (password.p[i] & 0xc0) != 0x80;
	if (characters < PASSWORD_MIN)
		return matrix_err(err, 400, "M_WEAK_PASSWORD",
				  _("A password needs at least %d characters"), PASSWORD_MIN);
	if (password.n > PASSWORD_MAX)
		return matrix_err(err, 400, "M_INVALID_PARAM", _("The password is too long"));
	return 0;
}

bool user_fold_email(struct span s, char ret[USER_ID_SIZE])
{
	s = span_trim(s);
	ptrdiff_t at = span_find(s, '@');
	if (at < 1 || (size_t)at + 1 >= s.n || s.n >= USER_ID_SIZE)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
		ret[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
	}
	ret[s.n] = '\0';
	return true;
}

#define COLUMNS "nid, user_id, coalesce(password,''), admin, locked, deactivated, suspended"

static bool take_user(struct sql_stmt *s, struct user *ret)
{
	if (!sql_row(s))
		return false;
	ret->nid = sql_col_i64(s, 0);
	snprintf(ret->user_id, sizeof(ret->user_id), "%s", sql_col_text(s, 1).p);
	snprintf(ret->password, sizeof(ret->password), "%s", sql_col_text(s, 2).p);
	ret->admin = sql_col_i64(s, 3);
	ret->locked = sql_col_i64(s, 4);
	ret->deactivated = sql_col_i64(s, 5);
	ret->suspended = sql_col_i64(s, 6);
	return true;
}

static bool find_one(struct sql_stmt *s, struct user *ret)
{
	bool found = take_user(s, ret);
	sql_reset(s);
	return found;
}

/* Old accounts may have capitals; who types theirs otherwise is still found, if only one fits. */
static bool find_any_case(struct sql *db, const char *user_id, struct user *ret)
{
	struct user other;
	struct sql_stmt *s =
		SQL(db, "SELECT " COLUMNS " FROM users WHERE user_id=? COLLATE NOCASE LIMIT 2");
	sql_bind_str(s, 1, user_id);
	bool one = take_user(s, ret) && !take_user(s, &other);
	sql_reset(s);
	return one;
}

bool user_find(struct sql *db, const char *server, struct span name, struct user *ret)
{
	struct span local;
	char id[USER_ID_SIZE];
	memset(ret, 0, sizeof(*ret));
	name = span_trim(name);
	if (!cut_localpart(server, name, &local) || local.n == 0 ||
	    local.n + strlen(server) + 2 > LIMIT_ID_BYTES)
		return false;
	snprintf(id, sizeof(id), "@%.*s:%s", SPAN_ARG(local), server);
	struct sql_stmt *s = SQL(db, "SELECT " COLUMNS " FROM users WHERE user_id=?");
	sql_bind_str(s, 1, id);
	if (find_one(s, ret))
		return true;
	for (size_t i = 0; id[i]; i++)
		if (id[i] >= 'A' && id[i] <= 'Z')
			id[i] |= 0x20;
	s = SQL(db, "SELECT " COLUMNS " FROM users WHERE user_id=?");
	sql_bind_str(s, 1, id);
	return find_one(s, ret) || find_any_case(db, id, ret);
}

bool user_find_nid(struct sql *db, int64_t nid, struct user *ret)
{
	memset(ret, 0, sizeof(*ret));
	struct sql_stmt *s = SQL(db, "SELECT " COLUMNS " FROM users WHERE nid=?");
	sql_bind_i64(s, 1, nid);
	return find_one(s, ret);
}

bool user_find_email(struct sql *db, struct span address, struct user *ret)
{
	char folded[USER_ID_SIZE];
	memset(ret, 0, sizeof(*ret));
	if (!user_fold_email(address, folded))
		return false;
	struct sql_stmt *s = SQL(db, "SELECT " COLUMNS " FROM users WHERE nid="
				     "(SELECT user_nid FROM threepids WHERE medium='email' AND "
				     "address=?)");
	sql_bind_str(s, 1, folded);
	return find_one(s, ret);
}

int user_create(struct db_tx *tx, const struct user_new *u, int64_t *ret_nid, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct user taken;
	/* Names that differ only in case would be one person's trap for another. */
	if (find_any_case(db, u->user_id, &taken))
		return matrix_err(err, 400, "M_USER_IN_USE", _("The user name %s is taken"),
				  u->user_id);
	struct sql_stmt *s = SQL(db, "INSERT INTO users(user_id,display_name,password,admin,"
				     "created_ts) VALUES(?,?,?,?,?)");
	sql_bind_str(s, 1, u->user_id);
	sql_bind_str(s, 2, u->name);
	sql_bind_str(s, 3, u->hash);
	sql_bind_i64(s, 4, u->admin);
	sql_bind_i64(s, 5, db_tx_now_ms(tx));
	int rc = sql_run(s, err);
	if (rc == ERR_CONFLICT)
		return matrix_err(err, 400, "M_USER_IN_USE", _("The user name %s is taken"),
				  u->user_id);
	if (rc)
		return rc;
	*ret_nid = sql_last_id(db);
	if (u->email)
		rc = user_set_email(tx, *ret_nid, u->email, err);
	if (!rc && u->external_id)
		rc = user_set_external_id(tx, *ret_nid, u->external_id, err);
	return rc;
}

int user_set_password(struct db_tx *tx, int64_t user_nid, const char *hash, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE users SET password=? WHERE nid=?");
	sql_bind_str(s, 1, hash);
	sql_bind_i64(s, 2, user_nid);
	return sql_run(s, err);
}

int user_set_email(struct db_tx *tx, int64_t user_nid, const char *email, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "SELECT user_nid FROM threepids WHERE medium='email' AND "
				     "address=?");
	sql_bind_str(s, 1, email);
	int64_t owner = sql_get_i64(s, 0);
	if (owner == user_nid)
		return 0;
	if (owner)
		return matrix_err(err, 409, "M_THREEPID_IN_USE",
				  _("The address %s belongs to another account"), email);
	s = SQL(db, "DELETE FROM threepids WHERE user_nid=? AND medium='email'");
	sql_bind_i64(s, 1, user_nid);
	int rc = sql_run(s, err);
	s = SQL(db, "INSERT INTO threepids VALUES('email',?,?,?,?)");
	sql_bind_str(s, 1, email);
	sql_bind_i64(s, 2, user_nid);
	sql_bind_i64(s, 3, db_tx_now_ms(tx));
	sql_bind_i64(s, 4, db_tx_now_ms(tx));
	return rc ? rc : sql_run(s, err);
}

int user_set_external_id(struct db_tx *tx, int64_t user_nid, const char *id, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE users SET external_id=? WHERE nid=?");
	sql_bind_str(s, 1, id);
	sql_bind_i64(s, 2, user_nid);
	int rc = sql_run(s, err);
	if (rc == ERR_CONFLICT)
		return matrix_err(err, 409, "M_UNKNOWN", _("The id %s belongs to another account"),
				  id);
	return rc;
}

static int set_flag(struct db_tx *tx, struct sql_stmt *s, int64_t user_nid, bool on,
		    struct err *err)
{
	sql_bind_i64(s, 1, on);
	sql_bind_i64(s, 2, user_nid);
	int rc = sql_run(s, err);
	if (!rc)
		device_tokens_changed(tx, user_nid, 0);
	return rc;
}

int user_set_locked(struct db_tx *tx, int64_t user_nid, bool locked, struct err *err)
{
	return set_flag(tx, SQL(db_tx_sql(tx), "UPDATE users SET locked=? WHERE nid=?"), user_nid,
			locked, err);
}

int user_set_suspended(struct db_tx *tx, int64_t user_nid, bool suspended, struct err *err)
{
	return set_flag(tx, SQL(db_tx_sql(tx), "UPDATE users SET suspended=? WHERE nid=?"),
			user_nid, suspended, err);
}

int user_set_admin(struct db_tx *tx, int64_t user_nid, bool admin, struct err *err)
{
	return set_flag(tx, SQL(db_tx_sql(tx), "UPDATE users SET admin=? WHERE nid=?"), user_nid,
			admin, err);
}
