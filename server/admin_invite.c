#include "server/admin_op.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/invite.h"
#include "server/routes/route.h"

#include <string.h>

#define EXPIRES_MAX_MS (10LL * 365 * 24 * 3600 * 1000)

static json_t *number_or_null(int64_t v)
{
	return v ? json_integer(v) : json_null();
}

int admin_invite_create(struct admin *a, struct err *err)
{
	AUTO_FREE char *made = crypto_token("");
	const char *asked = json_get_str(a->args, "token"), *note = json_get_str(a->args, "note");
	int64_t uses = json_get_i64(a->args, "uses", 0);
	int64_t life = json_get_i64(a->args, "expires_in_ms", 0);
	made[22] = '\0'; /* 132 bits */
	const char *token = asked && *asked ? asked : made;
	if (!invite_valid_text(token))
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("An invite consists of 8 to 64 letters, digits and ._~-"));
	if (uses < 0 || life < 0 || life > EXPIRES_MAX_MS)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("uses and expires_in_ms cannot be negative"));
	int64_t expires = life ? db_tx_now_ms(a->tx) + life : 0;
	int rc = invite_create(a->tx, token, uses, expires, note, err);
	json_object_set_new(a->ret, "token", json_string(token));
	json_object_set_new(a->ret, "uses_allowed", number_or_null(uses));
	json_object_set_new(a->ret, "uses", json_integer(0));
	json_object_set_new(a->ret, "expires_ts", number_or_null(expires));
	return rc;
}

int admin_invite_list(struct admin *a, struct err *err)
{
	json_t *list = json_array();
	struct sql_stmt *s =
		SQL(a->sql, "SELECT token, uses_allowed, uses, expires_ts, coalesce(note,''),"
			    " created_ts FROM registration_tokens ORDER BY created_ts");
	while (sql_row(s)) {
		int64_t allowed = sql_col_i64(s, 1), uses = sql_col_i64(s, 2),
			expires = sql_col_i64(s, 3);
		bool valid =
			(!allowed || uses < allowed) && (!expires || expires > db_tx_now_ms(a->tx));
		json_array_append_new(list,
				      json_pack("{s:s,s:o,s:I,s:o,s:s,s:I,s:b}", "token",
						sql_col_text(s, 0).p, "uses_allowed",
						number_or_null(allowed), "uses", (json_int_t)uses,
						"expires_ts", number_or_null(expires), "note",
						sql_col_text(s, 4).p, "created_ts",
						(json_int_t)sql_col_i64(s, 5), "valid",
						(int)valid));
	}
	json_object_set_new(a->ret, "invites", list);
	return sql_failed(a->sql, err);
}

int admin_invite_revoke(struct admin *a, struct err *err)
{
	const char *token = json_get_str(a->args, "token");
	if (!token)
		return matrix_err(err, 400, "M_MISSING_PARAM", _("token is missing"));
	json_object_set_new(a->ret, "token", json_string(token));
	json_object_set_new(a->ret, "revoked", json_true());
	return invite_revoke(a->tx, token, err);
}
