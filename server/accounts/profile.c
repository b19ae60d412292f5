#include "server/accounts/profile.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/user.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

#include <string.h>

#define NAME_MAX_BYTES 512
#define URL_MAX_BYTES 1024

static bool is_name(const char *key)
{
	return !strcmp(key, "displayname");
}

static bool is_shown(const char *key)
{
	return is_name(key) || !strcmp(key, "avatar_url");
}

int profile_check_key(const char *key, struct err *err)
{
	size_t n = strlen(key);
	if (n > LIMIT_ID_BYTES)
		return matrix_err(err, 400, "M_KEY_TOO_LARGE",
				  _("The name of the field is too long"));
	if (n == 0 || strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != n)
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("A field's name consists of a-z, 0-9 and _.-"));
	return 0;
}

json_t *profile_get(struct sql *db, int64_t user_nid)
{
	json_t *j = json_object();
	struct sql_stmt *s = SQL(db, "SELECT display_name, avatar_url FROM users WHERE nid=?");
	sql_bind_i64(s, 1, user_nid);
	if (sql_row(s)) {
		if (!sql_col_null(s, 0))
			json_object_set_new(j, "displayname", json_string(sql_col_text(s, 0).p));
		if (!sql_col_null(s, 1))
			json_object_set_new(j, "avatar_url", json_string(sql_col_text(s, 1).p));
	}
	sql_reset(s);
	s = SQL(db, "SELECT key, value FROM profile_fields WHERE user_nid=?");
	sql_bind_i64(s, 1, user_nid);
	while (sql_row(s)) {
		json_t *v;
		if (json_parse(sql_col_text(s, 1), &v, NULL) == 0)
			json_object_set_new(j, sql_col_text(s, 0).p, v);
	}
	return j;
}

/* The new profile must fit as a whole. */
static int check_size(struct sql *db, int64_t user_nid, const char *key, const json_t *value,
		      struct err *err)
{
	struct buf b = BUF_INIT(PROFILE_MAX);
	json_t *all = profile_get(db, user_nid);
	json_object_set(all, key, (json_t *)value);
	json_put(&b, all);
	bool fits = buf_ok(&b);
	json_decref(all);
	buf_done(&b);
	return fits ? 0
		    : matrix_err(err, 400, "M_PROFILE_TOO_LARGE",
				 _("A profile may have %d bytes in all"), PROFILE_MAX);
}

static int set_custom(struct sql *db, int64_t user_nid, const char *key, const json_t *value,
		      struct err *err)
{
	struct sql_stmt *s;
	if (!value) {
		s = SQL(db, "DELETE FROM profile_fields WHERE user_nid=? AND key=?");
		sql_bind_i64(s, 1, user_nid);
		sql_bind_str(s, 2, key);
		return sql_run(s, err);
	}
	struct buf b = BUF_INIT(PROFILE_MAX);
	json_put(&b, value);
	s = SQL(db, "INSERT OR REPLACE INTO profile_fields VALUES(?,?,?)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_str(s, 2, key);
	sql_bind_text(s, 3, buf_span(&b));
	int rc = sql_run(s, err);
	buf_done(&b);
	return rc;
}

static int set_shown(struct sql *db, int64_t user_nid, const char *key, const json_t *value,
		     struct err *err)
{
	const char *text = json_string_value(value);
	if (value && (!text || strlen(text) != json_string_length(value)))
		return matrix_err(err, 400, "M_BAD_JSON", _("%s must be text"), key);
	if (text && strlen(text) > (is_name(key) ? NAME_MAX_BYTES : URL_MAX_BYTES))
		return matrix_err(err, 400, "M_PROFILE_TOO_LARGE", _("%s is too long"), key);
	struct sql_stmt *s = is_name(key) ? SQL(db, "UPDATE users SET display_name=? WHERE nid=?")
					  : SQL(db, "UPDATE users SET avatar_url=? WHERE nid=?");
	sql_bind_str(s, 1, text && *text ? text : NULL);
	sql_bind_i64(s, 2, user_nid);
	return sql_run(s, err);
}

static int tell_room(struct db_tx *tx, const struct user *u, int64_t room_nid, const char *key,
		     const json_t *value, struct err *err)
{
	json_t *content = NULL;
	struct event_ref ref;
	if (room_state(db_tx_sql(tx), room_nid, "m.room.member", u->user_id, &content))
		return 0;
	if (value && json_string_length(value))
		json_object_set(content, key, (json_t *)value);
	else
		json_object_del(content, key);
	struct event_draft d = {.room_nid = room_nid,
				.sender_nid = u->nid,
				.sender = u->user_id,
				.type = "m.room.member",
				.state_key = u->user_id,
				.content = content,
				.trusted = true};
	int rc = room_append(tx, &d, &ref, err);
	json_decref(content);
	return rc;
}

/* Member events carry the name that a room shows. */
static int tell_rooms(struct db_tx *tx, int64_t user_nid, const char *key, const json_t *value,
		      struct err *err)
{
	struct user u;
	AUTO_FREE int64_t *rooms = NULL;
	size_t n = 0;
	int rc = 0;
	struct sql_stmt *s = SQL(db_tx_sql(tx), "SELECT room_nid FROM memberships WHERE user_nid=? "
						"AND membership=2 ORDER BY room_nid");
	sql_bind_i64(s, 1, user_nid);
	while (sql_row(s)) {
		rooms = mem_realloc_array(rooms, n + 1, sizeof(*rooms));
		rooms[n++] = sql_col_i64(s, 0);
	}
	if (!user_find_nid(db_tx_sql(tx), user_nid, &u))
		return 0;
	for (size_t i = 0; i < n && !rc; i++)
		rc = tell_room(tx, &u, rooms[i], key, value, err);
	return rc;
}

int profile_set(struct db_tx *tx, int64_t user_nid, const char *key, const json_t *value,
		struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	if (json_is_null(value) && is_shown(key))
		value = NULL;
	int rc = value ? check_size(db, user_nid, key, value, err) : 0;
	if (!rc)
		rc = is_shown(key) ? set_shown(db, user_nid, key, value, err)
				   : set_custom(db, user_nid, key, value, err);
	if (rc)
		return rc;
	struct db_change c = {.kind = CHANGE_PROFILE,
			      .pos = db_tx_position(tx),
			      .user_nid = user_nid};
	db_tx_note(tx, &c);
	return is_shown(key) ? tell_rooms(tx, user_nid, key, value, err) : 0;
}
