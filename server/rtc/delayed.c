#include "server/rtc/delayed.h"

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/rooms/event_text.h"
#include "server/rooms/suspended.h"
#include "server/routes/route.h"

#include <stdio.h>
#include <string.h>

static bool find_txn(struct sql *db, const struct delayed_draft *d, char ret[DELAYED_ID_SIZE])
{
	bool found = false;
	if (!d->txn_id || !d->device_nid)
		return false;
	struct sql_stmt *s = SQL(db, "SELECT delay_id FROM delayed_events WHERE device_nid=?1"
				     " AND txn_id=?2 AND room_nid=?3 AND type=?4");
	sql_bind_i64(s, 1, d->device_nid);
	sql_bind_str(s, 2, d->txn_id);
	sql_bind_i64(s, 3, d->room_nid);
	sql_bind_str(s, 4, d->type);
	if (sql_row(s)) {
		snprintf(ret, DELAYED_ID_SIZE, "%.*s", SPAN_ARG(sql_col_text(s, 0)));
		found = true;
	}
	sql_reset(s);
	return found;
}

static int check_count(struct sql *db, const struct delayed_draft *d, int64_t now, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT count(*),min(scheduled_ts+delay_ms) FROM"
				     " delayed_events WHERE user_nid=? AND finalised_ts IS NULL");
	sql_bind_i64(s, 1, d->user_nid);
	bool full = sql_row(s) && sql_col_i64(s, 0) >= LIMIT_DELAYED_EVENTS;
	int64_t wait = full ? sql_col_i64(s, 1) - now : 0;
	sql_reset(s);
	if (!full)
		return 0;
	int rc = matrix_err(err, 429, "M_LIMIT_EXCEEDED",
			    _("There are %d delayed events of yours already: cancel one, or wait"),
			    LIMIT_DELAYED_EVENTS);
	if (err)
		err->retry_after_ms = wait < 1000 ? 1000 : wait > INT32_MAX ? INT32_MAX : (int)wait;
	return rc;
}

static int insert(struct sql *db, const struct delayed_draft *d, struct span content, int64_t now,
		  const char *id, struct err *err)
{
	struct sql_stmt *s =
		SQL(db, "INSERT INTO delayed_events(delay_id,user_nid,device_nid,room_nid,type,"
			"state_key,content,delay_ms,scheduled_ts,send_ts,txn_id)"
			" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?8+?9,?10)");
	sql_bind_str(s, 1, id);
	sql_bind_i64(s, 2, d->user_nid);
	sql_bind_i64(s, 3, d->device_nid);
	sql_bind_i64(s, 4, d->room_nid);
	sql_bind_str(s, 5, d->type);
	sql_bind_str(s, 6, d->state_key);
	sql_bind_text(s, 7, content);
	sql_bind_i64(s, 8, d->delay_ms);
	sql_bind_i64(s, 9, now);
	sql_bind_str(s, 10, d->txn_id);
	return sql_run(s, err);
}

int delayed_add(struct db_tx *tx, const struct delayed_draft *d, char ret[DELAYED_ID_SIZE],
		struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	AUTO(buf_done) struct buf content = BUF_INIT(LIMIT_EVENT_BYTES);
	struct event_draft shape = {.type = d->type,
				    .state_key = d->state_key,
				    .txn_id = d->txn_id,
				    .content = d->content};
	int64_t now = clock_wall_ms();
	if (room_membership(db, d->room_nid, d->user_nid) != MEMBERSHIP_JOIN)
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("You are not in this room, join it first"));
	int rc = room_check_draft(&shape, err);
	if (!rc && find_txn(db, d, ret))
		return 0;
	if (!rc)
		rc = event_content_put(&content, d->content, err);
	if (!rc)
		rc = check_count(db, d, now, err);
	if (rc)
		return rc;
	char *id = crypto_token("msd_");
	snprintf(ret, DELAYED_ID_SIZE, "%s", id);
	mem_free_secret(id);
	return insert(db, d, buf_span(&content), now, ret, err);
}

/* What is not kept for ever is what was sent or cancelled long ago. */
static int forget_old(struct sql *db, int64_t user_nid, int64_t now, struct err *err)
{
	struct sql_stmt *s = SQL(db, "DELETE FROM delayed_events WHERE finalised_ts<?");
	sql_bind_i64(s, 1, now - DELAYED_KEEP_MS);
	int rc = sql_run(s, err);
	s = SQL(db, "DELETE FROM delayed_events WHERE user_nid=?1 AND finalised_ts<(SELECT"
		    " finalised_ts FROM delayed_events WHERE user_nid=?1 AND finalised_ts IS NOT"
		    " NULL ORDER BY finalised_ts DESC LIMIT 1 OFFSET ?2)");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, DELAYED_KEEP - 1);
	return rc ? rc : sql_run(s, err);
}

/* One row, copied out so that other statements may run. */
struct row {
	int64_t nid, user_nid, room_nid;
	int64_t send_ts; /* INT64_MAX: held back */
	bool final, sent;
	char id[DELAYED_ID_SIZE];
	char *type, *state_key, *content, *sender;
};

static void row_done(struct row *r)
{
	mem_free(r->type);
	mem_free(r->state_key);
	mem_free(r->content);
	mem_free(r->sender);
}

#define ROW_COLUMNS                                                                         \
	"SELECT d.nid,d.user_nid,d.room_nid,coalesce(d.send_ts,9223372036854775807),"       \
	"d.finalised_ts IS NOT NULL,d.event_id IS NOT NULL,d.delay_id,d.type,d.state_key,"  \
	"d.content,u.user_id FROM delayed_events d JOIN users u ON u.nid=d.user_nid WHERE " \
	"d."

static bool row_read(struct sql_stmt *s, struct row *ret)
{
	if (!sql_row(s))
		return false;
	*ret = (struct row){
		.nid = sql_col_i64(s, 0),
		.user_nid = sql_col_i64(s, 1),
		.room_nid = sql_col_i64(s, 2),
		.send_ts = sql_col_i64(s, 3),
		.final = sql_col_i64(s, 4),
		.sent = sql_col_i64(s, 5),
		.type = span_dup(sql_col_text(s, 7)),
		.state_key = sql_col_null(s, 8) ? NULL : span_dup(sql_col_text(s, 8)),
		.content = span_dup(sql_col_text(s, 9)),
		.sender = span_dup(sql_col_text(s, 10)),
	};
	snprintf(ret->id, sizeof(ret->id), "%.*s", SPAN_ARG(sql_col_text(s, 6)));
	sql_reset(s);
	return true;
}

static int finalise(struct sql *db, const struct row *r, const char *event_id, const char *error,
		    struct err *err)
{
	int64_t now = clock_wall_ms();
	struct sql_stmt *s =
		SQL(db,
		    "UPDATE delayed_events SET finalised_ts=?2,event_id=?3,error=?4 WHERE nid=?1");
	sql_bind_i64(s, 1, r->nid);
	sql_bind_i64(s, 2, now);
	sql_bind_str(s, 3, event_id);
	sql_bind_str(s, 4, error);
	int rc = sql_run(s, err);
	return rc ? rc : forget_old(db, r->user_nid, now, err);
}

static int send_row(struct db_tx *tx, const struct row *r, bool encryption_ok, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	struct event_ref ref;
	int rc = json_parse_object(span_of(r->content), &content, err);
	struct event_draft d = {
		.room_nid = r->room_nid,
		.sender_nid = r->user_nid,
		.sender = r->sender,
		.type = r->type,
		.state_key = r->state_key,
		.content = content,
		.delay_id = r->id,
		.encryption_ok = encryption_ok,
		/* That somebody has left a call is still told. */
		.suspended = !r->state_key && suspended_is(db_tx_sql(tx), r->user_nid),
	};
	if (!rc)
		rc = room_append(tx, &d, &ref, err);
	return rc ? rc : finalise(db_tx_sql(tx), r, ref.event_id, NULL, err);
}

static int restart(struct sql *db, const struct row *r, struct err *err)
{
	struct sql_stmt *s =
		SQL(db, "UPDATE delayed_events SET scheduled_ts=?2,send_ts=CASE WHEN"
			" send_ts IS NULL THEN NULL ELSE ?2+delay_ms END WHERE nid=?1");
	sql_bind_i64(s, 1, r->nid);
	sql_bind_i64(s, 2, clock_wall_ms());
	return sql_run(s, err);
}

int delayed_act(struct db_tx *tx, const char *id, enum delayed_action action, bool encryption_ok,
		struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct row r = {0};
	struct sql_stmt *s = SQL(db, ROW_COLUMNS "delay_id=?");
	sql_bind_str(s, 1, id);
	bool found = row_read(s, &r);
	int rc = 0;
	if (!found || (r.final && action != (r.sent ? DELAYED_SEND : DELAYED_CANCEL)))
		rc = matrix_err(err, 404, "M_NOT_FOUND",
				_("No delayed event with this id waits to be sent"));
	else if (r.final)
		rc = 0;
	else if (action == DELAYED_SEND)
		rc = send_row(tx, &r, encryption_ok, err);
	else if (action == DELAYED_CANCEL)
		rc = finalise(db, &r, NULL, NULL, err);
	else
		rc = restart(db, &r, err);
	row_done(&r);
	return rc;
}

int delayed_displaced(struct db_tx *tx, int64_t room_nid, const char *type, const char *state_key,
		      int64_t sender_nid, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx),
		    "UPDATE delayed_events SET finalised_ts=?5 WHERE room_nid=?1 AND type=?2 AND"
		    " state_key=?3 AND user_nid<>?4 AND finalised_ts IS NULL AND state_key IS NOT"
		    " NULL");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_str(s, 2, type);
	sql_bind_str(s, 3, state_key);
	sql_bind_i64(s, 4, sender_nid);
	sql_bind_i64(s, 5, clock_wall_ms());
	return sql_run(s, err);
}

int delayed_cancel_all(struct db_tx *tx, int64_t user_nid, struct err *err)
{
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE delayed_events SET finalised_ts=?2 WHERE"
						" user_nid=?1 AND finalised_ts IS NULL");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, clock_wall_ms());
	return sql_run(s, err);
}

int delayed_send_due(struct db_tx *tx, int64_t nid, bool encryption_ok, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct row r = {0};
	struct err refused = {0};
	struct sql_stmt *s = SQL(db, ROW_COLUMNS "nid=?");
	sql_bind_i64(s, 1, nid);
	/* It may have been restarted or ended since the loop looked. */
	if (!row_read(s, &r) || r.final || r.send_ts > clock_wall_ms()) {
		row_done(&r);
		return 0;
	}
	int rc = send_row(tx, &r, encryption_ok, &refused);
	if (rc && refused.http_status >= 400 && refused.http_status < 500) {
		JSON_AUTO json_t *why =
			json_pack("{s:s,s:s}", "errcode", refused.errcode, "error", refused.msg);
		AUTO_FREE char *error = json_text(why);
		log_warn("a delayed %s of %s was not sent: %s", r.type, r.sender, refused.msg);
		rc = finalise(db, &r, NULL, error, err);
	} else if (rc && err) {
		*err = refused;
	}
	row_done(&r);
	return rc;
}
