#include "server/accounts/openid.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"

#include <stdio.h>

bool openid_find(struct sql *db, const char *token, struct openid_user *ret)
{
	uint8_t hash[32];
	struct sql_stmt *s = SQL(db, "SELECT u.nid,u.user_id FROM openid_tokens t JOIN users u ON "
				     "u.nid=t.user_nid WHERE t.hash=? AND t.expires_ts>? AND "
				     "u.deactivated=0 AND u.locked=0");
	crypto_sha256(span_of(token), hash);
	sql_bind_blob(s, 1, hash, sizeof(hash));
	sql_bind_i64(s, 2, clock_wall_ms());
	bool found = token && sql_row(s);
	if (found) {
		ret->nid = sql_col_i64(s, 0);
		snprintf(ret->user_id, sizeof(ret->user_id), "%.*s", SPAN_ARG(sql_col_text(s, 1)));
	}
	sql_reset(s);
	return found;
}
