#include "server/rtc/people.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

#include <stdio.h>

static bool is_known(struct sql *db, int64_t call_nid, const char *identity)
{
	struct sql_stmt *s = SQL(db, "SELECT 1 FROM call_people WHERE call_nid=? AND identity=?");
	sql_bind_i64(s, 1, call_nid);
	sql_bind_str(s, 2, identity);
	return sql_get_i64(s, 0) == 1;
}

/* How long to wait until fewer than `most` were given; `call_nid` 0: for all calls. */
static int64_t wait_ms(struct sql *db, int64_t user_nid, int64_t call_nid, int most, int64_t now)
{
	struct sql_stmt *s = SQL(db, "SELECT count(*),min(given_ts) FROM call_people WHERE"
				     " user_nid=?1 AND given_ts>?2 AND (?3=0 OR call_nid=?3)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, now - PEOPLE_TOKENS_MS);
	sql_bind_i64(s, 3, call_nid);
	bool full = sql_row(s) && sql_col_i64(s, 0) >= most;
	int64_t wait = full ? sql_col_i64(s, 1) + PEOPLE_TOKENS_MS - now : 0;
	sql_reset(s);
	return full && wait < 1000 ? 1000 : wait;
}

/* Everybody in a call is told of everybody: one person must not be a crowd. */
static int check_count(struct sql *db, const struct people_ask *a, int64_t call_nid, int64_t now,
		       struct err *err)
{
	if (is_known(db, call_nid, a->identity))
		return 0;
	int64_t wait = wait_ms(db, a->user_nid, call_nid, PEOPLE_CALL_TOKENS_MAX, now);
	if (!wait)
		wait = wait_ms(db, a->user_nid, 0, PEOPLE_TOKENS_MAX, now);
	if (!wait)
		return 0;
	int rc = matrix_err(err, 429, "M_LIMIT_EXCEEDED",
			    _("You have asked for access to too many calls: wait a little"));
	if (err)
		err->retry_after_ms = (int)wait;
	return rc;
}

static int forget_old(struct sql *db, int64_t now, struct err *err)
{
	struct sql_stmt *s =
		SQL(db, "DELETE FROM calls WHERE nid IN(SELECT call_nid FROM call_people WHERE"
			" given_ts<?1 AND present_ts IS NULL) AND NOT EXISTS(SELECT 1 FROM"
			" call_people p WHERE p.call_nid=calls.nid AND (p.given_ts>=?1 OR"
			" p.present_ts IS NOT NULL))");
	sql_bind_i64(s, 1, now - PEOPLE_KEEP_MS);
	int rc = sql_run(s, err);
	s = SQL(db, "DELETE FROM call_people WHERE given_ts<?1 AND present_ts IS NULL");
	sql_bind_i64(s, 1, now - PEOPLE_KEEP_MS);
	return rc ? rc : sql_run(s, err);
}

static int call_of(struct sql *db, const struct people_ask *a, int64_t *ret, struct err *err)
{
	struct sql_stmt *s = SQL(db, "INSERT INTO calls(name,room_nid,slot_id) VALUES(?1,?2,?3)"
				     " ON CONFLICT DO NOTHING");
	sql_bind_str(s, 1, a->room);
	sql_bind_i64(s, 2, a->room_nid);
	sql_bind_str(s, 3, a->slot_id);
	int rc = sql_run(s, err);
	s = SQL(db, "SELECT nid FROM calls WHERE name=?");
	sql_bind_str(s, 1, a->room);
	*ret = sql_get_i64(s, 0);
	return rc;
}

int people_note(struct db_tx *tx, const struct people_ask *a, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	int64_t now = db_tx_now_ms(tx), call = 0;
	int rc = forget_old(db, now, err);
	if (!rc)
		rc = call_of(db, a, &call, err);
	if (!rc)
		rc = check_count(db, a, call, now, err);
	struct sql_stmt *s =
		SQL(db, "INSERT INTO call_people(call_nid,identity,user_nid,device_id,device_nid,"
			"member_id,given_ts) VALUES(?1,?2,?3,?4,(SELECT nid FROM devices WHERE"
			" user_nid=?3 AND device_id=?4),?5,?6) ON CONFLICT DO UPDATE SET"
			" device_nid=excluded.device_nid,given_ts=excluded.given_ts");
	sql_bind_i64(s, 1, call);
	sql_bind_str(s, 2, a->identity);
	sql_bind_i64(s, 3, a->user_nid);
	sql_bind_str(s, 4, a->device_id);
	sql_bind_str(s, 5, a->member_id);
	sql_bind_i64(s, 6, now);
	return rc ? rc : sql_run(s, err);
}

static void copy(char *to, size_t size, struct span from)
{
	snprintf(to, size, "%.*s", SPAN_ARG(from));
}

bool people_find(struct sql *db, const char *room, const char *identity, struct call_person *ret)
{
	struct sql_stmt *s =
		SQL(db, "SELECT c.nid,c.room_nid,p.user_nid,p.device_nid,p.present_ts,u.user_id,"
			"c.slot_id,p.device_id,p.member_id,c.session_id,p.way FROM calls c JOIN"
			" call_people p ON p.call_nid=c.nid JOIN users u ON u.nid=p.user_nid WHERE"
			" c.name=?1 AND p.identity=?2");
	sql_bind_str(s, 1, room);
	sql_bind_str(s, 2, identity);
	if (!sql_row(s))
		return false;
	*ret = (struct call_person){
		.call_nid = sql_col_i64(s, 0),
		.room_nid = sql_col_i64(s, 1),
		.user_nid = sql_col_i64(s, 2),
		.device_nid = sql_col_i64(s, 3),
		.present_ts = sql_col_i64(s, 4),
	};
	copy(ret->user_id, sizeof(ret->user_id), sql_col_text(s, 5));
	copy(ret->slot_id, sizeof(ret->slot_id), sql_col_text(s, 6));
	copy(ret->device_id, sizeof(ret->device_id), sql_col_text(s, 7));
	copy(ret->member_id, sizeof(ret->member_id), sql_col_text(s, 8));
	copy(ret->session_id, sizeof(ret->session_id), sql_col_text(s, 9));
	ret->way = (int)sql_col_i64(s, 10);
	sql_reset(s);
	return true;
}

static bool account_open(struct sql *db, const struct call_person *p)
{
	struct sql_stmt *s =
		SQL(db,
		    "SELECT locked=0 AND suspended=0 AND deactivated=0 AND (?2=0 OR EXISTS(SELECT"
		    " 1 FROM devices d WHERE d.nid=?2)) FROM users WHERE nid=?1");
	sql_bind_i64(s, 1, p->user_nid);
	sql_bind_i64(s, 2, p->device_nid);
	return sql_get_i64(s, 0) == 1;
}

bool people_may(struct sql *db, const char *room, const char *identity)
{
	struct call_person p;
	if (!people_find(db, room, identity, &p))
		return true;
	return room_membership(db, p.room_nid, p.user_nid) == MEMBERSHIP_JOIN &&
	       account_open(db, &p);
}

/* A session of a call lasts from the first who comes to the last who leaves. */
static int set_session(struct sql *db, const struct call_person *p, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT 1 FROM call_people WHERE call_nid=? AND present_ts"
				     " IS NOT NULL LIMIT 1");
	sql_bind_i64(s, 1, p->call_nid);
	bool anybody = sql_get_i64(s, 0) == 1;
	if (anybody == (p->session_id[0] != '\0'))
		return 0;
	char *id = anybody ? crypto_token("msc_") : NULL;
	s = SQL(db, "UPDATE calls SET session_id=? WHERE nid=?");
	sql_bind_str(s, 1, id);
	sql_bind_i64(s, 2, p->call_nid);
	int rc = sql_run(s, err);
	mem_free(id);
	return rc;
}

int people_set_present(struct db_tx *tx, const struct call_person *p, const char *identity,
		       int64_t ts, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "UPDATE call_people SET present_ts=?1,given_ts=max(given_ts,"
				     "?2),way=?5 WHERE call_nid=?3 AND identity=?4");
	if (ts)
		sql_bind_i64(s, 1, ts);
	sql_bind_i64(s, 2, db_tx_now_ms(tx));
	sql_bind_i64(s, 3, p->call_nid);
	sql_bind_str(s, 4, identity);
	sql_bind_i64(s, 5, p->way);
	int rc = sql_run(s, err);
	return rc ? rc : set_session(db, p, err);
}

static void tell_each(struct sql_stmt *s, people_fn *fn, void *arg)
{
	while (sql_row(s)) {
		AUTO_FREE char *room = span_dup(sql_col_text(s, 0));
		AUTO_FREE char *identity = span_dup(sql_col_text(s, 1));
		fn(arg, room, identity);
	}
}

void people_of_user(struct sql *db, int64_t user_nid, int64_t room_nid, people_fn *fn, void *arg)
{
	struct sql_stmt *s =
		SQL(db, "SELECT c.name,p.identity FROM call_people p JOIN calls c ON"
			" c.nid=p.call_nid WHERE p.user_nid=?1 AND (?2=0 OR c.room_nid=?2)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, room_nid);
	tell_each(s, fn, arg);
}

void people_of_room(struct sql *db, int64_t room_nid, people_fn *fn, void *arg)
{
	struct sql_stmt *s = SQL(db, "SELECT c.name,p.identity FROM calls c JOIN call_people p ON"
				     " p.call_nid=c.nid WHERE c.room_nid=?");
	sql_bind_i64(s, 1, room_nid);
	tell_each(s, fn, arg);
}

void people_present(struct sql *db, people_fn *fn, void *arg)
{
	tell_each(SQL(db, "SELECT name,identity FROM call_people JOIN calls ON nid=call_nid WHERE"
			  " present_ts IS NOT NULL"),
		  fn, arg);
}
