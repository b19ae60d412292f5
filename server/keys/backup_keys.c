/*
 * The sessions in a backup.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "server/keys/backup.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

/* One session as uploaded, or as stored. */
struct session_key {
	int64_t first, forwarded, verified;
	struct span data; /* session_data as canonical JSON; of a stored one only its length */
};

/* What one request changes. */
struct storing {
	struct sql *db;
	int64_t user_nid, version;
	int64_t added, bytes; /* against before */
	bool changed, check_only;
};

static int bad(struct err *err)
{
	return matrix_err(err, 400, "M_BAD_JSON",
			  _("A session needs first_message_index, forwarded_count, is_verified and "
			    "session_data"));
}

static bool read_count(const json_t *j, const char *name, int64_t *ret)
{
	const json_t *v = json_object_get(j, name);
	*ret = json_integer_value(v);
	return json_is_integer(v) && *ret >= 0;
}

static int read_key(const json_t *j, struct session_key *ret, struct buf *data, struct err *err)
{
	const json_t *verified = json_object_get(j, "is_verified");
	const json_t *sealed = json_get_object(j, "session_data");
	if (!read_count(j, "first_message_index", &ret->first) ||
	    !read_count(j, "forwarded_count", &ret->forwarded) || !json_is_boolean(verified) ||
	    !sealed)
		return bad(err);
	ret->verified = json_is_true(verified);
	buf_clear(data);
	int rc = signed_text(sealed, BACKUP_AUTH_MAX, data, err);
	ret->data = buf_span(data);
	return rc;
}

static bool is_better(const struct session_key *now, const struct session_key *old)
{
	if (now->verified != old->verified)
		return now->verified > old->verified;
	if (now->first != old->first)
		return now->first < old->first;
	return now->forwarded < old->forwarded;
}

static bool find_old(const struct storing *x, const char *room_id, const char *session_id,
		     struct session_key *ret)
{
	struct sql_stmt *s =
		SQL(x->db, "SELECT first_index,forwarded,verified,length(CAST(data AS BLOB)) FROM"
			   " key_backup_sessions WHERE user_nid=? AND version=? AND room_id=?"
			   " AND session_id=?");
	sql_bind_i64(s, 1, x->user_nid);
	sql_bind_i64(s, 2, x->version);
	sql_bind_str(s, 3, room_id);
	sql_bind_str(s, 4, session_id);
	if (!sql_row(s))
		return false;
	*ret = (struct session_key){sql_col_i64(s, 0),
				    sql_col_i64(s, 1),
				    sql_col_i64(s, 2),
				    {NULL, (size_t)sql_col_i64(s, 3)}};
	sql_reset(s);
	return true;
}

static int store(struct storing *x, const char *room_id, const char *session_id,
		 const struct session_key *k, struct err *err)
{
	struct sql_stmt *s =
		SQL(x->db, "INSERT INTO key_backup_sessions(user_nid,version,room_id,session_id,"
			   "first_index,forwarded,verified,data) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"
			   " ON CONFLICT DO UPDATE SET first_index=?5,forwarded=?6,verified=?7,"
			   "data=?8");
	sql_bind_i64(s, 1, x->user_nid);
	sql_bind_i64(s, 2, x->version);
	sql_bind_str(s, 3, room_id);
	sql_bind_str(s, 4, session_id);
	sql_bind_i64(s, 5, k->first);
	sql_bind_i64(s, 6, k->forwarded);
	sql_bind_i64(s, 7, k->verified);
	sql_bind_text(s, 8, k->data);
	return sql_run(s, err);
}

static int put_session(struct storing *x, const char *room_id, const char *session_id,
		       const json_t *j, struct err *err)
{
	AUTO(buf_done) struct buf data = BUF_INIT(BACKUP_AUTH_MAX);
	struct session_key now = {0}, old = {0};
	int rc = read_key(j, &now, &data, err);
	if (rc || x->check_only)
		return rc;
	bool had = find_old(x, room_id, session_id, &old);
	if (had && !is_better(&now, &old))
		return 0;
	x->changed = true;
	x->added += !had;
	x->bytes += (int64_t)now.data.n - (int64_t)old.data.n;
	return store(x, room_id, session_id, &now, err);
}

static int check_ids(const char *room_id, const char *session_id, struct err *err)
{
	if (!*room_id || strlen(room_id) > LIMIT_ID_BYTES)
		return matrix_err(err, 400, "M_BAD_JSON", _("A room needs sessions, by their ids"));
	if (!session_id || (*session_id && strlen(session_id) <= LIMIT_ID_BYTES))
		return 0;
	return matrix_err(err, 400, "M_BAD_JSON", _("A session's id has 1 to %d bytes"),
			  LIMIT_ID_BYTES);
}

/* Go to the next room's first session; there is none: `at->room` is NULL. */
static int enter_room(json_t *rooms, struct backup_storing *at, struct err *err)
{
	at->room = at->room ? json_object_iter_next(rooms, at->room) : json_object_iter(rooms);
	if (!at->room)
		return 0;
	json_t *sessions = json_get_object(json_object_iter_value(at->room), "sessions");
	at->session = json_object_iter(sessions);
	return check_ids(sessions ? json_object_iter_key(at->room) : "", NULL, err);
}

/* The session where `at` is, which goes to the next of the room. */
static int put_here(struct storing *x, struct backup_storing *at, struct err *err)
{
	const char *room_id = json_object_iter_key(at->room);
	const char *session_id = json_object_iter_key(at->session);
	json_t *sessions = json_get_object(json_object_iter_value(at->room), "sessions");
	int rc = check_ids(room_id, session_id, err);
	if (!rc)
		rc = put_session(x, room_id, session_id, json_object_iter_value(at->session), err);
	at->session = json_object_iter_next(sessions, at->session);
	return rc;
}

/* All sessions are looked at before the first is stored. */
static int put_piece(struct storing *x, json_t *rooms, struct backup_storing *at, bool *ret_more,
		     struct err *err)
{
	int rc = 0;
	for (int n = 0; !rc && n < BACKUP_WRITE_PIECE; n++) {
		x->check_only = !at->checked;
		if (at->session) {
			rc = put_here(x, at, err);
			continue;
		}
		rc = enter_room(rooms, at, err);
		if (!rc && !at->room && at->checked)
			return 0;
		at->checked = at->checked || !at->room;
	}
	*ret_more = true;
	return rc;
}

/* Note what has changed in the version's row, whose new values are *ret's. */
static int settle(const struct storing *x, struct backup *ret, struct err *err)
{
	struct sql_stmt *s = SQL(x->db, "UPDATE key_backups SET etag=etag+1,count=count+?,"
					"bytes=bytes+? WHERE user_nid=? AND version=?");
	sql_bind_i64(s, 1, x->added);
	sql_bind_i64(s, 2, x->bytes);
	sql_bind_i64(s, 3, x->user_nid);
	sql_bind_i64(s, 4, x->version);
	int rc = x->changed ? sql_run(s, err) : 0;
	ret->etag += x->changed;
	ret->count += x->added;
	s = SQL(x->db, "SELECT sum(bytes)+?*sum(count) FROM key_backups WHERE user_nid=?");
	sql_bind_i64(s, 1, BACKUP_SESSION_COST);
	sql_bind_i64(s, 2, x->user_nid);
	if (!rc && (x->bytes > 0 || x->added > 0) && sql_get_i64(s, 0) > BACKUP_BYTES_MAX)
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("The keys of an account have at most %d bytes; delete a backup "
				    "that is no longer needed"),
				  BACKUP_BYTES_MAX);
	return rc;
}

int backup_put_keys(struct db_tx *tx, int64_t user_nid, int64_t version, const json_t *body,
		    struct backup_storing *at, struct backup *ret, bool *ret_more, struct err *err)
{
	struct storing x = {.db = db_tx_sql(tx), .user_nid = user_nid, .version = version};
	json_t *rooms = json_get_object(body, "rooms");
	backup_done(ret);
	int rc = backup_find(x.db, user_nid, 0, ret, err);
	if (!rc && ret->version != version)
		rc = matrix_err(err, 403, "M_WRONG_ROOM_KEYS_VERSION",
				_("There is a newer backup, number %lld"), (long long)ret->version);
	if (!rc && !rooms)
		rc = matrix_err(err, 400, "M_BAD_JSON", _("rooms must be an object"));
	if (!rc)
		rc = put_piece(&x, rooms, at, ret_more, err);
	return rc ? rc : settle(&x, ret, err);
}

#define OF_ALL " FROM key_backup_sessions WHERE user_nid=?1 AND version=?2"
#define OF_ROOM OF_ALL " AND room_id=?3"
#define OF_ONE OF_ROOM " AND session_id=?4"
#define FIRST " ORDER BY room_id,session_id LIMIT ?5"
#define COUNT(of) \
	"SELECT count(*),coalesce(sum(n),0) FROM (SELECT length(CAST(data AS BLOB)) n" of FIRST ")"
#define DELETE(of) \
	"DELETE" OF_ALL " AND (room_id,session_id) IN (SELECT room_id,session_id" of FIRST ")"

static void bind(struct sql_stmt *s, const struct storing *x, const char *room_id,
		 const char *session_id)
{
	sql_bind_i64(s, 1, x->user_nid);
	sql_bind_i64(s, 2, x->version);
	sql_bind_str(s, 3, room_id);
	sql_bind_str(s, 4, session_id);
	sql_bind_i64(s, 5, BACKUP_WRITE_PIECE);
}

static void count_first(struct storing *x, const char *room_id, const char *session_id)
{
	struct sql_stmt *s = session_id ? SQL(x->db, COUNT(OF_ONE))
			     : room_id	? SQL(x->db, COUNT(OF_ROOM))
					: SQL(x->db, COUNT(OF_ALL));
	bind(s, x, room_id, session_id);
	if (!sql_row(s))
		return;
	x->added = -sql_col_i64(s, 0);
	x->bytes = -sql_col_i64(s, 1);
	x->changed = x->added != 0;
	sql_reset(s);
}

int backup_delete_keys(struct db_tx *tx, int64_t user_nid, int64_t version, const char *room_id,
		       const char *session_id, struct backup *ret, bool *ret_more, struct err *err)
{
	struct storing x = {.db = db_tx_sql(tx), .user_nid = user_nid, .version = version};
	backup_done(ret);
	int rc = backup_find(x.db, user_nid, version, ret, err);
	if (rc)
		return rc;
	count_first(&x, room_id, session_id);
	struct sql_stmt *s = session_id ? SQL(x.db, DELETE(OF_ONE))
			     : room_id	? SQL(x.db, DELETE(OF_ROOM))
					: SQL(x.db, DELETE(OF_ALL));
	bind(s, &x, room_id, session_id);
	rc = sql_run(s, err);
	*ret_more = -x.added == BACKUP_WRITE_PIECE;
	return rc ? rc : settle(&x, ret, err);
}

#define COLUMNS "first_index,forwarded,verified,data,session_id,room_id"

static void put_one(struct buf *b, struct sql_stmt *s)
{
	buf_printf(b, "{\"first_message_index\":%lld,\"forwarded_count\":%lld,\"is_verified\":%s,",
		   (long long)sql_col_i64(s, 0), (long long)sql_col_i64(s, 1),
		   sql_col_i64(s, 2) ? "true" : "false");
	buf_put_str(b, "\"session_data\":");
	buf_put_span(b, sql_col_text(s, 3));
	buf_put_char(b, '}');
}

/* Go to the present row's room and session, with what stands before them. */
static void step(struct sql_stmt *s, bool one_room, struct backup_place *at, struct buf *b)
{
	struct span room = sql_col_text(s, 5), session = sql_col_text(s, 4);
	bool first = !at->begun;
	if (!one_room && (first || !span_eq_str(room, at->room_id))) {
		buf_put_str(b, first ? "" : "}},");
		buf_put_json_str(b, room);
		buf_put_str(b, ":{\"sessions\":{");
	} else if (!first) {
		buf_put_char(b, ',');
	}
	buf_put_json_str(b, session);
	buf_put_char(b, ':');
	at->begun = true;
	snprintf(at->room_id, sizeof(at->room_id), "%s", room.p);
	snprintf(at->session_id, sizeof(at->session_id), "%s", session.p);
}

static struct sql_stmt *after(struct sql *db, bool one_room)
{
	if (one_room)
		return SQL(db, "SELECT " COLUMNS " FROM key_backup_sessions WHERE user_nid=?1 AND"
			       " version=?2 AND room_id=?3 AND session_id>?4"
			       " ORDER BY session_id LIMIT ?5");
	return SQL(db, "SELECT " COLUMNS " FROM key_backup_sessions WHERE user_nid=?1 AND"
		       " version=?2 AND (room_id,session_id)>(?3,?4)"
		       " ORDER BY room_id,session_id LIMIT ?5");
}

bool backup_put_piece(struct sql *db, int64_t user_nid, int64_t version, const char *room_id,
		      struct backup_place *at, struct buf *b)
{
	int n = 0;
	struct backup_place from = *at;
	struct sql_stmt *s = after(db, room_id != NULL);
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, version);
	sql_bind_str(s, 3, room_id ? room_id : from.room_id);
	sql_bind_str(s, 4, from.session_id);
	sql_bind_i64(s, 5, BACKUP_PIECE);
	buf_put_str(b, at->begun ? "" : "{");
	for (; sql_row(s); n++) {
		step(s, room_id != NULL, at, b);
		put_one(b, s);
	}
	if (n == BACKUP_PIECE)
		return false;
	buf_put_str(b, at->begun && !room_id ? "}}}" : "}");
	return true;
}

bool backup_put_session(struct sql *db, int64_t user_nid, int64_t version, const char *room_id,
			const char *session_id, struct buf *b)
{
	struct sql_stmt *s = SQL(db, "SELECT " COLUMNS " FROM key_backup_sessions WHERE user_nid=?"
				     " AND version=? AND room_id=? AND session_id=?");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, version);
	sql_bind_str(s, 3, room_id);
	sql_bind_str(s, 4, session_id);
	if (!sql_row(s))
		return false;
	put_one(b, s);
	sql_reset(s);
	return true;
}
