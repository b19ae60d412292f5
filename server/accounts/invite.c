#include "server/accounts/invite.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "server/routes/route.h"

#include <string.h>

#define IS_VALID \
	"(uses_allowed IS NULL OR uses<uses_allowed) AND (expires_ts IS NULL OR expires_ts>?2)"

bool invite_valid(struct sql *db, const char *token)
{
	struct sql_stmt *s =
		SQL(db, "SELECT count(*) FROM registration_tokens WHERE token=?1 AND " IS_VALID);
	sql_bind_str(s, 1, token);
	sql_bind_i64(s, 2, clock_wall_ms());
	return sql_get_i64(s, 0) == 1;
}

int invite_use(struct db_tx *tx, const char *token, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE registration_tokens SET uses=uses+1 "
						"WHERE token=?1 AND " IS_VALID);
	sql_bind_str(s, 1, token);
	sql_bind_i64(s, 2, db_tx_now_ms(tx));
	int rc = sql_run(s, err);
	if (!rc && sql_changes(db_tx_sql(tx)) != 1)
		return matrix_err(err, 401, "M_FORBIDDEN",
				  _("This invite is not known, or is used up or expired"));
	return rc;
}

bool invite_valid_text(const char *token)
{
	size_t n = strlen(token);
	/* Anybody may ask whether one is valid, so it must be long enough not to be found by asking. */
	return n >= 8 && n <= 64 &&
	       strspn(token,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-") == n;
}

int invite_create(struct db_tx *tx, const char *token, int64_t uses, int64_t expires_ts,
		  const char *note, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT INTO registration_tokens(token,uses_allowed,expires_ts,"
				   "created_ts,note) VALUES(?,?,?,?,?)");
	sql_bind_str(s, 1, token);
	if (uses)
		sql_bind_i64(s, 2, uses);
	if (expires_ts)
		sql_bind_i64(s, 3, expires_ts);
	sql_bind_i64(s, 4, db_tx_now_ms(tx));
	sql_bind_str(s, 5, note);
	int rc = sql_run(s, err);
	return rc == ERR_CONFLICT
		       ? matrix_err(err, 409, "M_UNKNOWN", _("There is such an invite already"))
		       : rc;
}

int invite_revoke(struct db_tx *tx, const char *token, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "DELETE FROM registration_tokens WHERE token=?");
	sql_bind_str(s, 1, token);
	int rc = sql_run(s, err);
	if (!rc && sql_changes(db_tx_sql(tx)) == 0)
		return matrix_err(err, 404, "M_NOT_FOUND", _("There is no such invite"));
	return rc;
}
