#include "server/rooms/alias.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/rooms/append.h"
#include "server/routes/route.h"

int alias_find(struct sql *db, struct span alias, int64_t *ret_room_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT room_nid FROM aliases WHERE alias=?");
	sql_bind_text(s, 1, alias);
	int64_t nid = sql_get_i64(s, 0);
	if (!nid) {
		int rc = sql_failed(db, err);
		return rc ? rc
			  : matrix_err(err, 404, "M_NOT_FOUND", _("There is no room alias %.*s"),
				       SPAN_ARG(alias));
	}
	*ret_room_nid = nid;
	return 0;
}

int alias_check(struct span alias, const char *server_name, struct err *err)
{
	struct room_alias id;
	struct err why;
	if (room_alias_parse(alias, &id, &why))
		return matrix_err(err, 400, "M_INVALID_PARAM", "%s", why.msg);
	if (!room_alias_localpart(&id).n)
		return matrix_err(err, 400, "M_INVALID_PARAM", _("The room alias is empty"));
	if (!span_eq_str(room_alias_server(&id), server_name))
		return matrix_err(err, 400, "M_INVALID_PARAM", _("Aliases made here end in :%s"),
				  server_name);
	return 0;
}

int alias_add(struct db_tx *tx, const char *alias, int64_t room_nid, int64_t creator_nid,
	      int status, const char *errcode, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "INSERT INTO aliases VALUES(?,?,?) ON CONFLICT DO NOTHING");
	sql_bind_str(s, 1, alias);
	sql_bind_i64(s, 2, room_nid);
	sql_bind_i64(s, 3, creator_nid);
	int rc = sql_run(s, err);
	if (!rc && !sql_changes(db))
		return matrix_err(err, status, errcode, _("The room alias %s is taken"), alias);
	return rc;
}

static int check_listed(struct append *a, const char *alias, struct err *err)
{
	struct room_alias id;
	struct err why;
	int64_t nid = 0;
	if (room_alias_parse(span_of(alias), &id, &why))
		return matrix_err(err, 400, "M_INVALID_PARAM", "%s", why.msg);
	if (!alias_find(a->sql, span_of(alias), &nid, NULL) && nid == a->d->room_nid)
		return 0;
	return matrix_err(err, 400, "M_BAD_ALIAS",
			  _("The alias %s does not lead to this room: add it to the directory "
			    "first"),
			  alias);
}

static bool lists(const json_t *content, const char *alias)
{
	const char *main = json_get_str(content, "alias");
	size_t i;
	json_t *v;
	if (main && strcmp(main, alias) == 0)
		return true;
	json_array_foreach (json_get_array(content, "alt_aliases"), i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), alias) == 0)
			return true;
	return false;
}

/* What was there already need not be true any more. */
int append_canonical_alias(struct append *a, struct err *err)
{
	JSON_AUTO json_t *old = NULL;
	json_t *alias = json_object_get(a->content, "alias"), *v;
	json_t *alt = json_object_get(a->content, "alt_aliases");
	size_t i;
	int rc = 0;
	room_state(a->sql, a->d->room_nid, a->d->type, "", &old);
	if (alias && !json_is_null(alias) && !json_is_string(alias))
		return matrix_err(err, 400, "M_INVALID_PARAM", _("\"alias\" is not a string"));
	if (alt && !json_is_array(alt))
		return matrix_err(err, 400, "M_INVALID_PARAM", _("\"alt_aliases\" is not a list"));
	if (json_is_string(alias) && json_string_length(alias) &&
	    !lists(old, json_string_value(alias)))
		rc = check_listed(a, json_string_value(alias), err);
	json_array_foreach (alt, i, v) {
		if (rc)
			break;
		if (!json_is_string(v))
			return matrix_err(err, 400, "M_INVALID_PARAM",
					  _("\"alt_aliases\" holds something else than strings"));
		if (!lists(old, json_string_value(v)))
			rc = check_listed(a, json_string_value(v), err);
	}
	return rc;
}
