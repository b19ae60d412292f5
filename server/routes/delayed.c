/*
 * Delayed events, MSC4140: both of its unstable ways to schedule, the actions
 * with the action in the path and the older ones with it in the body, lists.
 */
#include "server/routes/delayed.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/rooms/suspended.h"
#include "server/routes/room_job.h"
#include "server/rtc/delayed.h"

#include <stdio.h>
#include <string.h>

extern const struct route delayed_routes[];

#define UNSTABLE "/_matrix/client/unstable/org.matrix.msc4140"
#define PAGE 50

struct put_job {
	struct room_job room;
	struct delayed_draft draft;
	char id[DELAYED_ID_SIZE];
};

static int put_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct put_job *j = arg;
	int rc = room_job_room(&j->room, tx, 0, err);
	j->draft.room_nid = j->room.nid;
	return rc ? rc : delayed_add(tx, &j->draft, j->id, err);
}

static void reply_full(struct rq *rq, const struct err *err)
{
	char headers[128];
	JSON_AUTO json_t *body =
		json_pack("{s:s,s:s,s:s,s:i}", "errcode", "M_LIMIT_EXCEEDED",
			  "org.matrix.msc4140.errcode", "M_MAX_DELAYED_EVENTS_EXCEEDED", "error",
			  err->msg, "retry_after_ms", err->retry_after_ms);
	AUTO_FREE char *text = json_text(body);
	snprintf(headers, sizeof(headers), "Content-Type: application/json\r\nRetry-After: %d\r\n",
		 err->retry_after_ms / 1000 + (err->retry_after_ms % 1000 != 0));
	rq_raw(rq, 429, headers, span_of(text));
}

static void put_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct put_job *j = arg;
	if (rc && err->http_status == 429) {
		reply_full(rq, err);
	} else if (rc) {
		rq_err(rq, err);
	} else {
		delayed_changed(rq->srv->delayed);
		rq_json(rq, 200, json_pack("{s:s}", "delay_id", j->id));
	}
}

static void schedule(struct rq *rq, const struct delayed_draft *d)
{
	struct put_job *j = NEW(struct put_job);
	j->room.rq = rq;
	j->draft = *d;
	j->draft.user_nid = rq->who.user_nid;
	j->draft.device_nid = rq->who.device_nid;
	j->draft.type = rq->param[1].p;
	rq_write(rq, put_run, put_done, j, mem_free);
}

/* What a suspended person schedules would be refused when it is due. */
static bool may_schedule(struct rq *rq)
{
	struct err err;
	if (!rq->who.suspended)
		return true;
	suspended_refuse(&err);
	rq_err(rq, &err);
	return false;
}

void delayed_put(struct rq *rq, const char *state_key, const char *txn_id)
{
	if (!may_schedule(rq))
		return;
	struct delayed_draft d = {.state_key = state_key, .txn_id = txn_id, .content = rq->body};
	if (!span_i64(span_of(rq_query(rq, DELAYED_QUERY)), &d.delay_ms) || d.delay_ms < 1)
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("The delay must be a number of milliseconds, at least 1"));
	else if (d.delay_ms > LIMIT_DELAY_MS)
		rq_json(rq, 400,
			json_pack("{s:s,s:s,s:I,s:s}", "errcode", "M_UNKNOWN",
				  "org.matrix.msc4140.errcode", "M_MAX_DELAY_EXCEEDED",
				  "org.matrix.msc4140.max_delay", (json_int_t)LIMIT_DELAY_MS,
				  "error", _("The delay is longer than this server allows")));
	else
		schedule(rq, &d);
}

/* The newer way: an address of its own, all in the body. */
static void put_delayed(struct rq *rq)
{
	const json_t *content = json_object_get(rq->body, "content");
	const json_t *key = json_object_get(rq->body, "state_key");
	struct delayed_draft d = {
		.state_key = json_get_str(rq->body, "state_key"),
		.txn_id = rq->param[2].p,
		.content = content,
		.delay_ms = json_get_i64(rq->body, "delay_ms", 0),
	};
	if (d.delay_ms < 1 || !json_is_object(content) || (key && !d.state_key))
		rq_error(rq, 400, "M_BAD_JSON", "%s",
			 _("A delayed event needs \"delay_ms\" (at least 1) and \"content\" (an "
			   "object); its \"state_key\" is a string"));
	else if (d.delay_ms > LIMIT_DELAY_MS)
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("The delay is longer than this server allows"));
	else
		schedule(rq, &d);
}

struct act_job {
	const char *id;
	enum delayed_action action;
	bool encryption_ok;
};

static int act_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct act_job *j = arg;
	return delayed_act(tx, j->id, j->action, j->encryption_ok, err);
}

static void act_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	(void)arg;
	if (rc) {
		rq_err(rq, err);
		return;
	}
	delayed_changed(rq->srv->delayed);
	rq_empty(rq);
}

/* Whether there is such an id costs the writer nothing: anybody may ask. */
static bool known(struct rq *rq)
{
	struct sql_stmt *s =
		SQL(db_reader(rq->srv->db), "SELECT 1 FROM delayed_events WHERE delay_id=?");
	sql_bind_text(s, 1, rq->param[0]);
	return sql_get_i64(s, 0) == 1;
}

static void act(struct rq *rq, enum delayed_action action)
{
	if (!known(rq)) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s",
			 _("No delayed event with this id waits to be sent"));
		return;
	}
	struct act_job *j = NEW(struct act_job);
	*j = (struct act_job){rq->param[0].p, action, rq->srv->config->allow_encryption};
	rq_write(rq, act_run, act_done, j, mem_free);
}

static void post_send(struct rq *rq)
{
	act(rq, DELAYED_SEND);
}

static void post_cancel(struct rq *rq)
{
	act(rq, DELAYED_CANCEL);
}

static void post_restart(struct rq *rq)
{
	act(rq, DELAYED_RESTART);
}

static void post_action(struct rq *rq)
{
	static const char *const names[] = {[DELAYED_SEND] = "send",
					    [DELAYED_CANCEL] = "cancel",
					    [DELAYED_RESTART] = "restart"};
	const char *name = json_get_str(rq->body, "action");
	for (int i = 0; name && i < (int)ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0) {
			act(rq, (enum delayed_action)i);
			return;
		}
	if (json_object_get(rq->body, "action"))
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("The action must be send, cancel or restart"));
	else
		rq_error(rq, 400, "M_MISSING_PARAM", _("\"%s\" is missing"), "action");
}

/* Times stand under the names of the newer text, of Synapse, and of what clients know. */
#define ITEM_COLUMNS                                                                        \
	"SELECT d.nid,d.delay_id,r.room_id,d.type,d.state_key,d.content,d.delay_ms,"        \
	"d.scheduled_ts,d.finalised_ts,d.event_id,d.error FROM delayed_events d JOIN rooms" \
	" r ON r.nid=d.room_nid WHERE d.user_nid=?1 AND "

static void set_text(json_t *o, const char *key, struct span v)
{
	if (v.p)
		json_object_set_new(o, key, json_stringn(v.p, v.n));
}

static json_t *item_of(struct sql_stmt *s)
{
	json_t *content = NULL, *j = json_object();
	int64_t delay = sql_col_i64(s, 6), since = sql_col_i64(s, 7);
	set_text(j, "delay_id", sql_col_text(s, 1));
	set_text(j, "room_id", sql_col_text(s, 2));
	set_text(j, "type", sql_col_text(s, 3));
	set_text(j, "state_key", sql_col_text(s, 4));
	json_object_set_new(j, "delay", json_integer(delay));
	json_object_set_new(j, "delay_ms", json_integer(delay));
	json_object_set_new(j, "running_since", json_integer(since));
	json_object_set_new(j, "delayed_since_ts", json_integer(since));
	json_object_set_new(j, "scheduled_at", json_integer(since));
	json_parse(sql_col_text(s, 5), &content, NULL);
	json_object_set_new(j, "content", content ? content : json_object());
	return j;
}

static void add_end(json_t *j, struct sql_stmt *s)
{
	json_t *error = NULL;
	if (sql_col_null(s, 8))
		return;
	json_object_set_new(j, "finalised_ts", json_integer(sql_col_i64(s, 8)));
	set_text(j, "event_id", sql_col_text(s, 9));
	if (!sql_col_null(s, 10) && !json_parse(sql_col_text(s, 10), &error, NULL))
		json_object_set_new(j, "error", error);
}

static void get_one(struct rq *rq)
{
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), ITEM_COLUMNS "d.delay_id=?2");
	sql_bind_i64(s, 1, rq->who.user_nid);
	sql_bind_text(s, 2, rq->param[0]);
	if (!sql_row(s)) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("You have no delayed event with this id"));
		return;
	}
	json_t *j = item_of(s);
	add_end(j, s);
	sql_reset(s);
	rq_json(rq, 200, j);
}

/* As matrix-js-sdk expects what is over: the event, how it ended and why. */
static json_t *finalised_item(struct sql_stmt *s)
{
	json_t *j = json_pack("{s:o}", "delayed_event", item_of(s));
	bool sent = !sql_col_null(s, 9), failed = !sql_col_null(s, 10);
	bool in_time = sql_col_i64(s, 8) < sql_col_i64(s, 7) + sql_col_i64(s, 6);
	add_end(j, s);
	json_object_set_new(j, "outcome", json_string(sent ? "send" : "cancel"));
	json_object_set_new(j, "reason",
			    json_string(failed		   ? "error"
					: sent && !in_time ? "delay"
							   : "action"));
	return j;
}

/* "TIME_NUMBER": where the page before ended. */
static bool read_from(const char *from, int64_t *time, int64_t *nid)
{
	struct span a = span_of(from ? from : "0_0"), b = a;
	ptrdiff_t at = span_find(a, '_');
	if (at < 0)
		return false;
	a = span_head(a, (size_t)at);
	b = span_from(b, (size_t)at + 1);
	return span_i64(a, time) && span_i64(b, nid);
}

/* Rows of one page into `list`; true when there are more, from *time and *nid on. */
static bool read_page(struct sql_stmt *s, json_t *list, bool over, int64_t *time, int64_t *nid)
{
	while (sql_row(s)) {
		if (json_array_size(list) == PAGE) {
			sql_reset(s);
			return true;
		}
		json_array_append_new(list, over ? finalised_item(s) : item_of(s));
		*nid = sql_col_i64(s, 0);
		*time = over ? sql_col_i64(s, 8) : sql_col_i64(s, 6) + sql_col_i64(s, 7);
	}
	return false;
}

static void get_list(struct rq *rq)
{
	struct sql *db = db_reader(rq->srv->db);
	const char *status = rq_query(rq, "status"), *id = rq_query(rq, "delay_id");
	bool over = status && strcmp(status, "finalised") == 0;
	int64_t time = 0, nid = 0;
	char next[64];
	if (!read_from(rq_query(rq, "from"), &time, &nid) ||
	    (status && !over && strcmp(status, "scheduled") != 0)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"status\" is scheduled or finalised, \"from\" is a next_batch"));
		return;
	}
	struct sql_stmt *s =
		over ? SQL(db,
			   ITEM_COLUMNS "d.finalised_ts IS NOT NULL AND"
					" (d.finalised_ts,d.nid)>(?2,?3) AND d.delay_id=coalesce"
					"(?4,d.delay_id) ORDER BY d.finalised_ts,d.nid LIMIT ?5")
		     : SQL(db, ITEM_COLUMNS "d.finalised_ts IS NULL AND"
					    " (d.scheduled_ts+d.delay_ms,d.nid)>(?2,?3) AND"
					    " d.delay_id=coalesce(?4,d.delay_id) ORDER BY"
					    " d.scheduled_ts+d.delay_ms,d.nid LIMIT ?5");
	sql_bind_i64(s, 1, rq->who.user_nid);
	sql_bind_i64(s, 2, time);
	sql_bind_i64(s, 3, nid);
	sql_bind_str(s, 4, id);
	sql_bind_i64(s, 5, PAGE + 1);
	json_t *list = json_array(), *j = json_object();
	bool more = read_page(s, list, over, &time, &nid);
	if (!over)
		json_object_set(j, "delayed_events", list);
	json_object_set_new(j, over ? "finalised" : "scheduled", list);
	snprintf(next, sizeof(next), "%lld_%lld", (long long)time, (long long)nid);
	if (more)
		json_object_set_new(j, "next_batch", json_string(next));
	rq_json(rq, 200, j);
}

/* Actions ask for no token: who knows the id was trusted with it, as an SFU is. */
const struct route delayed_routes[] = {
	{"PUT", UNSTABLE "/rooms/{}/delayed_event/{}/{}", ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART,
	 put_delayed, 0},
	{"GET", UNSTABLE "/delayed_events", ROUTE_USER, 0, get_list, 0},
	{"GET", UNSTABLE "/delayed_events/{}", ROUTE_USER, 0, get_one, 0},
	{"POST", UNSTABLE "/delayed_events/{}", ROUTE_OPEN, ROUTE_JSON, post_action, 0},
	{"POST", UNSTABLE "/delayed_events/{}/send", ROUTE_OPEN, ROUTE_JSON, post_send, 0},
	{"POST", UNSTABLE "/delayed_events/{}/cancel", ROUTE_OPEN, ROUTE_JSON, post_cancel, 0},
	{"POST", UNSTABLE "/delayed_events/{}/restart", ROUTE_OPEN, ROUTE_JSON, post_restart, 0},
	{0},
};
