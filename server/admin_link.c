/* One-time links for people who are handed a slip. */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/link.h"
#include "server/admin_op.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

#include <string.h>

struct linking {
	int64_t room_nid, expires_ts;
	bool missing;	/* only who has neither a password nor a link */
	bool unclaimed; /* only who has no password */
};

static int read_linking(struct admin *a, struct linking *ret, struct err *err)
{
	struct span room = json_get_span(a->args, "room_id");
	int64_t life = json_get_i64(a->args, "expires_in_ms", LINK_LIFE_MS);
	*ret = (struct linking){.missing = json_get_bool(a->args, "missing", false),
				.unclaimed = json_get_bool(a->args, "unclaimed", false)};
	if (life < 1 || life > LINK_LIFE_MAX_MS)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("expires_in_ms must lie between 1 and two years"));
	ret->expires_ts = db_tx_now_ms(a->tx) + life;
	return room.n ? room_find(a->sql, room, &ret->room_nid, err) : 0;
}

/* A new link for one person, into `o`. */
static int make_one(struct admin *a, const struct linking *l, const struct user *u, json_t *o,
		    struct err *err)
{
	char code[LINK_CODE_SIZE];
	int rc = link_create(a->tx, u->nid, l->room_nid, l->expires_ts, code, err);
	const char *base = a->env->base_url;
	AUTO_FREE char *text = base ? mem_printf("%s/join#%s", base, code) : NULL;
	if (!rc) {
		json_object_set_new(o, "user_id", json_string(u->user_id));
		json_object_set_new(o, "code", json_string(code));
		json_object_set_new(o, "link", text ? json_string(text) : json_null());
		json_object_set_new(o, "expires_ts", json_integer(l->expires_ts));
	}
	if (text)
		mem_wipe(text, strlen(text));
	mem_wipe(code, sizeof(code));
	return rc;
}

static int make_many(struct admin *a, const struct linking *l, json_t *users, struct err *err)
{
	json_t *v, *links = json_array();
	size_t i;
	int rc = 0;
	json_object_set_new(a->ret, "links", links);
	if (json_array_size(users) > ADMIN_ROWS_MAX)
		return matrix_err(err, 400, "M_BAD_JSON", _("users must be a list of at most %d"),
				  ADMIN_ROWS_MAX);
	json_array_foreach (users, i, v) {
		struct user u;
		rc = admin_find(a, (struct span){json_string_value(v), json_string_length(v)}, &u,
				err);
		if (rc)
			break;
		if ((l->missing || l->unclaimed) && u.password[0])
			continue;
		if (l->missing && link_exists(a->sql, u.nid))
			continue;
		json_t *o = json_object();
		json_array_append_new(links, o);
		rc = make_one(a, l, &u, o, err);
		if (rc)
			break;
	}
	return rc;
}

int admin_link_create(struct admin *a, struct err *err)
{
	struct linking l;
	struct user u;
	json_t *users = json_get_array(a->args, "users");
	int rc = read_linking(a, &l, err);
	if (rc)
		return rc;
	if (users)
		return make_many(a, &l, users, err);
	rc = admin_find(a, json_get_span(a->args, "user"), &u, err);
	return rc ? rc : make_one(a, &l, &u, a->ret, err);
}

static json_t *ts_or_null(struct sql_stmt *s, int at)
{
	return sql_col_null(s, at) ? json_null() : json_integer(sql_col_i64(s, at));
}

int admin_link_list(struct admin *a, struct err *err)
{
	json_t *links = json_array();
	struct sql_stmt *s =
		SQL(a->sql, "SELECT u.user_id,r.room_id,l.created_ts,l.expires_ts,l.used_ts"
			    " FROM links l JOIN users u ON u.nid=l.user_nid"
			    " LEFT JOIN rooms r ON r.nid=l.room_nid ORDER BY u.user_id");
	while (sql_row(s))
		json_array_append_new(links,
				      json_pack("{s:s,s:s?,s:o,s:o,s:o}", "user_id",
						sql_col_text(s, 0).p, "room_id",
						sql_col_text(s, 1).p, "created_ts",
						ts_or_null(s, 2), "expires_ts", ts_or_null(s, 3),
						"used_ts", ts_or_null(s, 4)));
	json_object_set_new(a->ret, "links", links);
	return sql_failed(a->sql, err);
}

static int revoke_room(struct admin *a, struct span room_id, struct err *err)
{
	int64_t nid;
	int n = 0, rc = room_find(a->sql, room_id, &nid, err);
	if (!rc)
		rc = link_revoke_room(a->tx, nid, &n, err);
	json_object_set_new(a->ret, "revoked", json_integer(n));
	return rc;
}

int admin_link_revoke(struct admin *a, struct err *err)
{
	struct user u;
	struct span room = json_get_span(a->args, "room_id");
	if (room.n)
		return revoke_room(a, room, err);
	int rc = admin_find(a, json_get_span(a->args, "user"), &u, err);
	if (rc)
		return rc;
	json_object_set_new(a->ret, "user_id", json_string(u.user_id));
	json_object_set_new(a->ret, "revoked", json_true());
	return link_revoke(a->tx, u.nid, err);
}
