#include "server/rtc/rtc_leave.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/routes/route.h"
#include "server/rtc/delayed.h"

#include <stdio.h>

struct rtc_leave {
	struct server *srv;
	json_t *present; /* a set: "room\nidentity" -> true */
};

/* One change for the writer. */
struct leave_job {
	struct server *srv;
	char *room, *identity;
	bool here;
};

static char *name_of(const char *room, const char *identity)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&b, "%s\n%s", room, identity);
	return buf_take(&b);
}

static int hold(struct sql *db, const char *room, const char *identity, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE delayed_events SET send_ts=NULL WHERE call_room=?1 AND"
				     " call_identity=?2 AND finalised_ts IS NULL AND call_room IS"
				     " NOT NULL");
	sql_bind_str(s, 1, room);
	sql_bind_str(s, 2, identity);
	return sql_run(s, err);
}

/* Due now: the clock sends it, and keeps the reason when it is refused. */
static int release(struct sql *db, const char *room, const char *identity, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE delayed_events SET send_ts=?3 WHERE call_room=?1 AND"
				     " call_identity=?2 AND finalised_ts IS NULL AND call_room IS"
				     " NOT NULL");
	sql_bind_str(s, 1, room);
	sql_bind_str(s, 2, identity);
	sql_bind_i64(s, 3, clock_wall_ms());
	return sql_run(s, err);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct leave_job *j = arg;
	return j->here ? hold(db_tx_sql(tx), j->room, j->identity, err)
		       : release(db_tx_sql(tx), j->room, j->identity, err);
}

static void done(void *arg, int rc, const struct err *err)
{
	struct leave_job *j = arg;
	if (rc)
		log_error("the leave of %s is not as it should be: %s", j->identity, err->msg);
	delayed_changed(j->srv->delayed);
	mem_free(j->room);
	mem_free(j->identity);
	mem_free(j);
}

static void submit(struct rtc_leave *l, const char *room, const char *identity, bool here)
{
	struct leave_job *j = NEW(struct leave_job);
	*j = (struct leave_job){l->srv, mem_strdup(room), mem_strdup(identity), here};
	db_submit(l->srv->db, run, done, j);
}

/* A held event's own time begins again, but for no longer than coming back may take. */
static int resume(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE delayed_events SET"
						" send_ts=?1+min(delay_ms,?2) WHERE send_ts IS NULL"
						" AND finalised_ts IS NULL");
	sql_bind_i64(s, 1, clock_wall_ms());
	sql_bind_i64(s, 2, RTC_LEAVE_RETURN_MS);
	return sql_run(s, err);
}

static void resumed(void *arg, int rc, const struct err *err)
{
	struct server *srv = arg;
	if (rc)
		log_error("leaves of calls could not be resumed: %s", err->msg);
	delayed_changed(srv->delayed);
}

struct rtc_leave *rtc_leave_new(struct server *srv)
{
	struct rtc_leave *l = NEW(struct rtc_leave);
	*l = (struct rtc_leave){srv, json_object()};
	db_submit(srv->db, resume, resumed, srv);
	return l;
}

void rtc_leave_free(struct rtc_leave *l)
{
	if (!l)
		return;
	json_decref(l->present);
	mem_free(l);
}

void rtc_leave_present(struct rtc_leave *l, const char *room, const char *identity)
{
	AUTO_FREE char *name = name_of(room, identity);
	json_object_set_new(l->present, name, json_true());
	submit(l, room, identity, true);
}

void rtc_leave_gone(struct rtc_leave *l, const char *room, const char *identity)
{
	AUTO_FREE char *name = name_of(room, identity);
	if (json_object_del(l->present, name) == 0)
		submit(l, room, identity, false);
}

bool rtc_leave_is_present(const struct rtc_leave *l, const char *room, const char *identity)
{
	AUTO_FREE char *name = name_of(room, identity);
	return json_object_get(l->present, name) != NULL;
}

/* What was handed over before runs by itself again, from now. */
static int forget_older(struct sql *db, const char *room, const char *identity,
			const char *delay_id, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE delayed_events SET call_room=NULL,call_identity=NULL,"
				     "scheduled_ts=?4,send_ts=?4+delay_ms WHERE call_room=?1 AND"
				     " call_identity=?2 AND delay_id<>?3 AND finalised_ts IS NULL"
				     " AND call_room IS NOT NULL");
	sql_bind_str(s, 1, room);
	sql_bind_str(s, 2, identity);
	sql_bind_str(s, 3, delay_id);
	sql_bind_i64(s, 4, clock_wall_ms());
	return sql_run(s, err);
}

int rtc_leave_delegate(struct db_tx *tx, int64_t user_nid, const char *delay_id, const char *room,
		       const char *identity, bool present, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s =
		SQL(db, "UPDATE delayed_events SET call_room=?1,call_identity=?2,send_ts=CASE WHEN"
			" ?3 THEN NULL ELSE send_ts END WHERE delay_id=?4 AND user_nid=?5 AND"
			" finalised_ts IS NULL");
	sql_bind_str(s, 1, room);
	sql_bind_str(s, 2, identity);
	sql_bind_i64(s, 3, present);
	sql_bind_str(s, 4, delay_id);
	sql_bind_i64(s, 5, user_nid);
	int rc = sql_run(s, err);
	if (!rc && sql_changes(db) == 0)
		rc = matrix_err(err, 404, "M_NOT_FOUND",
				_("No delayed event with this id waits to be sent"));
	return rc ? rc : forget_older(db, room, identity, delay_id, err);
}

void rtc_leave_settle(struct rtc_leave *l, const char *room, const char *identity, bool was)
{
	bool is = rtc_leave_is_present(l, room, identity);
	if (is != was)
		submit(l, room, identity, is);
	delayed_changed(l->srv->delayed);
}
