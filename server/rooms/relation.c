/* m.relates_to (client-server API, "Forming relationships between events"). */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/rooms/append.h"
#include "server/routes/route.h"

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* One reaction of a kind per person and event ("Avoiding duplicate annotations"). */
static int check_duplicate(struct append *a, struct err *err)
{
	struct sql_stmt *s =
		SQL(a->sql, "SELECT 1 FROM events WHERE relates_to=? AND rel_type='m.annotation'"
			    " AND rel_key=? AND sender_nid=? AND type=?");
	sql_bind_str(s, 1, a->relation.target);
	sql_bind_str(s, 2, a->relation.key);
	sql_bind_i64(s, 3, a->d->sender_nid);
	sql_bind_str(s, 4, a->d->type);
	if (!sql_get_i64(s, 0))
		return sql_failed(a->sql, err);
	return matrix_err(err, 400, "M_DUPLICATE_ANNOTATION",
			  _("You have already sent this reaction to this event"));
}

/* The event that is related to is in the same room. Without federation an unknown one is nowhere. */
static int check_target(struct append *a, struct err *err)
{
	struct sql_stmt *s = SQL(a->sql, "SELECT room_nid,rel_type FROM events WHERE event_id=?");
	sql_bind_str(s, 1, a->relation.target);
	bool here = sql_row(s) && sql_col_i64(s, 0) == a->d->room_nid;
	bool related = here && !sql_col_null(s, 1);
	sql_reset(s);
	int rc = here ? 0 : sql_failed(a->sql, err);
	if (rc)
		return rc;
	if (!here)
		return matrix_err(err, 400, "M_UNKNOWN",
				  _("The event that this one relates to is not in this room"));
	if (related && is(a->relation.type, "m.thread"))
		return matrix_err(err, 400, "M_UNKNOWN",
				  _("A thread cannot begin at an event that itself belongs to "
				    "another one"));
	return 0;
}

int append_relation(struct append *a, struct err *err)
{
	const json_t *relates = json_get_object(a->content, "m.relates_to");
	a->relation.type = json_get_str(relates, "rel_type");
	a->relation.target = json_get_str(relates, "event_id");
	if (!a->relation.type || !a->relation.target) {
		a->relation = (struct relation){0};
		return 0;
	}
	if (is(a->relation.type, "m.annotation"))
		a->relation.key = json_get_str(relates, "key");
	int rc = check_target(a, err);
	if (!rc && a->relation.key)
		rc = check_duplicate(a, err);
	return rc;
}
