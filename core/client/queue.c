#include "core/attendance/roll.h"
#include "core/client/deliver_priv.h"
#include "core/client/send.h"
#include "core/client/util.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

/* "message", or what a roll-call still needs: "roll_end", "roll_second". */
static const char *what_of(const struct store_outbox *o)
{
	JSON_AUTO json_t *content = NULL;
	if (!o->due_ms || json_parse_object(span_of(o->content), &content, NULL))
		return "message";
	const json_t *roll = json_get_object(content, ROLL_KEY);
	if (!roll)
		return "message";
	return json_get_str(roll, "second_of") ? "roll_second" : "roll_end";
}

static json_t *queue_row(struct store *s, const struct store_outbox *o)
{
	AUTO(store_room_done) struct store_room room = {0};
	json_t *row = json_object();
	int64_t id = store_room_find(s, span_of(o->room_id));
	row_str(row, "txn_id", o->txn_id);
	row_str(row, "room", id && store_room_get(s, id, &room) ? room.display : o->room_id);
	row_str(row, "room_id", o->room_id);
	row_str(row, "type", o->target ? "m.room.redaction" : o->type);
	row_str(row, "what", what_of(o));
	row_str(row, "state", o->state);
	row_str(row, "body", o->body);
	row_str(row, "file", o->file);
	row_int(row, "created_ts", o->created_ms);
	json_object_set_new(row, "at_ts", o->due_ms ? json_integer(o->due_ms) : json_null());
	row_int(row, "attempts", o->attempts);
	row_str(row, "error", o->error);
	return row;
}

/* What the server was to send at a time that is past: most likely it has. Without a network it is
 * shown as it was. */
static void settle_all(struct client *c, struct store *s)
{
	struct store_outbox o;
	int64_t after = 0;
	int rc = 0;
	while (!rc && store_outbox_next(s, after, OUTBOX_SCHEDULED, &o)) {
		after = o.id;
		rc = deliver_settle(c, &o, NULL);
		store_outbox_done(&o);
	}
}

int client_queue_list(struct client *c, client_row_fn *fn, void *arg, struct err *err)
{
	struct store *s;
	struct store_outbox o;
	int64_t after = 0;
	int rc = client_store(c, &s, err);
	if (!rc)
		settle_all(c, s);
	while (!rc && store_outbox_next(s, after, OUTBOX_FAILED | OUTBOX_SCHEDULED, &o)) {
		JSON_AUTO json_t *row = queue_row(s, &o);
		after = o.id;
		store_outbox_done(&o);
		rc = fn(row, arg);
	}
	return rc;
}

/* Rooms in which something stayed behind: what follows must not overtake it. */
static bool is_blocked(const json_t *blocked, const char *room_id)
{
	return json_object_get(blocked, room_id) != NULL;
}

static int left_behind(const struct err *why, struct err *err, struct store_outbox *o)
{
	store_outbox_done(o);
	if (err)
		*err = *why;
	return ERR_AUTH;
}

int client_queue_run(struct client *c, const char *txn_id, bool failed, client_row_fn *fn,
		     void *arg, struct err *err)
{
	JSON_AUTO json_t *blocked = json_object();
	struct store *s;
	struct store_outbox o;
	int64_t after = 0;
	int left = 0, seen = 0, secret = 0; /* that may not go out in the clear */
	struct err last = {0};
	int rc = client_store(c, &s, err);
	if (!rc)
		settle_all(c, s);
	while (!rc && store_outbox_next(s, after, failed ? OUTBOX_FAILED : 0, &o)) {
		JSON_AUTO json_t *row = NULL;
		after = o.id;
		bool wanted = !txn_id || strcmp(txn_id, o.txn_id) == 0;
		bool later = o.due_ms > clock_wall_ms();
		if (wanted)
			seen++;
		if (wanted && (later || !is_blocked(blocked, o.room_id))) {
			struct err e = {0};
			int sent = deliver_row(c, &o, true, &row, &e);
			/* It waits for its time, which is no trouble. */
			if (sent == ERR_PENDING && later && !txn_id) {
				json_decref(take(&row));
				sent = 0;
			}
			if (sent) {
				last = e;
				left++;
				secret += sent == ERR_ENCRYPTED;
				if (sent == ERR_PENDING && !later)
					json_object_set_new(blocked, o.room_id, json_true());
			}
			if (row)
				rc = fn(row, arg);
			/* Logged out: it would be the same with all others. */
			if (!rc && deliver_is_logged_out(&e))
				return left_behind(&e, err, &o);
		} else if (wanted) {
			left++;
		}
		store_outbox_done(&o);
		if (!rc)
			rc = client_check_time(c, err);
	}
	if (!rc && txn_id && !seen)
		return err_set(err, ERR_NOT_FOUND, _("Nothing in the queue is called %s"), txn_id);
	if (!rc && left) {
		rc = err_set(err, ERR_PENDING, _("%d left in the queue: %s"), left, last.msg);
		if (last.code == ERR_AUTH && err)
			err->code = rc = ERR_AUTH;
		if (secret == left && err) {
			err->code = rc = ERR_ENCRYPTED;
			err_hint(err, "muster queue drop TXN");
		}
	}
	return rc;
}

int client_queue_due(struct client *c, client_row_fn *fn, void *arg, struct err *err)
{
	struct store *s;
	struct store_outbox o;
	int64_t after = 0;
	int rc = client_store(c, &s, err);
	if (!rc)
		settle_all(c, s);
	while (!rc && store_outbox_next(s, after, 0, &o)) {
		JSON_AUTO json_t *row = NULL;
		after = o.id;
		if (o.due_ms)
			rc = deliver_row(c, &o, true, &row, err);
		if (rc == ERR_PENDING)
			rc = 0;
		else if (!rc && row)
			rc = fn(row, arg);
		store_outbox_done(&o);
		if (!rc)
			rc = client_check_time(c, err);
	}
	return rc;
}

/* ERR_CONFLICT: it is too late. */
static int drop_row(struct client *c, struct store *s, struct store_outbox *o, int *count,
		    struct err *err)
{
	struct err e = {0};
	int rc = deliver_recall(c, o, &e);
	if (rc && rc != ERR_NOT_FOUND) {
		if (err)
			*err = e;
		return rc;
	}
	if ((rc && deliver_settle(c, o, NULL) == 0 && o->event_id) || (!rc && o->event_id))
		return err_set(err, ERR_CONFLICT, _("%s has been sent already"), o->txn_id);
	rc = store_outbox_drop(s, o->id, err);
	++*count;
	return rc;
}

int client_queue_drop(struct client *c, const char *txn_id, int *ret_dropped, struct err *err)
{
	struct store *s;
	struct store_outbox o;
	int64_t after = 0;
	int count = 0;
	int rc = client_store(c, &s, err);
	while (!rc && store_outbox_next(s, after, OUTBOX_FAILED | OUTBOX_SCHEDULED, &o)) {
		after = o.id;
		/* Whoever clears away messages does not mean to leave a roll-call open. */
		if (txn_id ? !strcmp(txn_id, o.txn_id) : !strcmp(what_of(&o), "message")) {
			rc = drop_row(c, s, &o, &count, err);
			if (rc == ERR_CONFLICT && !txn_id) /* too late for this one */
				rc = 0;
		}
		store_outbox_done(&o);
	}
	if (!rc && txn_id && !count)
		return err_set(err, ERR_NOT_FOUND, _("Nothing in the queue is called %s"), txn_id);
	if (!rc)
		*ret_dropped = count;
	return rc;
}
