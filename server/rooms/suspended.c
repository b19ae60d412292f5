#include "server/rooms/suspended.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/routes/route.h"

#include <string.h>

int suspended_refuse(struct err *err)
{
	return matrix_err(err, 403, "M_USER_SUSPENDED",
			  _("Your account is suspended: you can read and leave, but not take "
			    "part"));
}

bool suspended_may(const struct event_draft *d)
{
	if (!d->state_key)
		return !strcmp(d->type, "m.room.redaction");
	const char *membership = json_get_str(d->content, "membership");
	return !strcmp(d->type, "m.room.member") && !strcmp(d->state_key, d->sender) &&
	       membership && !strcmp(membership, "leave");
}

bool suspended_is(struct sql *db, int64_t user_nid)
{
	struct sql_stmt *s = SQL(db, "SELECT suspended FROM users WHERE nid=?");
	sql_bind_i64(s, 1, user_nid);
	return sql_get_i64(s, 0) != 0;
}
