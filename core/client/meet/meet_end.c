/* Ending a lesson before its time, in words that everybody reads (docs/FORMATS.md). */
#include "core/attendance/register.h"
#include "core/attendance/roll.h"
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/relations.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/util.h"
#include "core/matrix/message.h"
#include "core/store/outbox.h"

#include <string.h>

/* -- What people read ----------------------------------------------------- */

/* The same for every try of this ending, another one when the date was changed between. */
static char *txn_of(const struct meeting *m, const char *stamp)
{
	char hex[33];
	uint8_t hash[32];
	AUTO_FREE char *all = mem_printf("%s\n%s\n%s\n%lld", m->room_id, m->event.uid, stamp,
					 (long long)m->event.sequence);
	crypto_sha256(span_of(all), hash);
	hex_put(hex, hash, 16);
	return mem_printf("meet-end-%s", hex);
}

static int post_notice(struct client *c, const struct meeting *m, const struct cal_occurrence *o,
		       const char *stamp, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	AUTO_FREE char *txn = txn_of(m, stamp);
	AUTO_FREE char *text = mem_printf(_("Ended: %s"), o->title ? o->title : "");
	struct message_draft d = {.msgtype = "m.notice", .text = span_of(text)};
	int rc = message_text(&d, &content, err);
	if (rc)
		return rc;
	json_t *ref = meet_reference(m, o);
	json_object_set_new(ref, "ended", json_true());
	json_object_set_new(content, MEETING_TYPE, ref);
	return client_send_event(c, m->room_id, "m.room.message", content, txn, false, ret, err);
}

/* By the server's clock, as all that a register counts; of our own where it cannot be had. */
static int64_t time_of(struct client *c, const char *room_id, const char *event_id)
{
	AUTO(store_room_done) struct store_room room = {0};
	JSON_AUTO json_t *event = NULL;
	struct err e = {0};
	int rc = client_find_room(c, room_id, &room, &e);
	if (!rc)
		rc = event_get(c, &room, event_id, false, &event, &e);
	if (rc)
		log_info("when the lesson ended is told by this machine's clock: %s", e.msg);
	return json_get_i64(event, "origin_server_ts", clock_wall_ms());
}

/* -- What goes with it ---------------------------------------------------- */

static void end_taking(struct client *c, const struct meeting *m, const char *stamp)
{
	JSON_AUTO json_t *now = NULL, *none = json_object();
	if (!client_state_get(c, m->room_id, TAKING_TYPE, "", &now, NULL) &&
	    meet_is_of(now, m, stamp))
		client_state_put(c, m->room_id, TAKING_TYPE, "", none, NULL, NULL);
}

static bool is_second_call(const struct store_outbox *o, const struct meeting *m, const char *stamp)
{
	JSON_AUTO json_t *content = NULL;
	if (!o->due_ms || strcmp(o->room_id, m->room_id) != 0 ||
	    json_parse_object(span_of(o->content), &content, NULL))
		return false;
	const json_t *roll = json_get_object(content, ROLL_KEY);
	return json_get_str(roll, "second_of") && meet_is_of(roll, m, stamp);
}

/* Nobody is to be called when all have gone. */
static void drop_second_call(struct client *c, const struct meeting *m, const char *stamp)
{
	struct store *s;
	struct store_outbox o;
	int64_t after = 0;
	int dropped;
	while (!client_store(c, &s, NULL) && store_outbox_next(s, after, OUTBOX_SCHEDULED, &o)) {
		struct err e = {0};
		after = o.id;
		if (is_second_call(&o, m, stamp) && client_queue_drop(c, o.txn_id, &dropped, &e))
			log_warn("the second call is not taken back: %s", e.msg);
		store_outbox_done(&o);
	}
}

/* -- All of it ------------------------------------------------------------ */

static int check_time(const struct cal_occurrence *o, struct err *err)
{
	int64_t now = clock_wall_ms();
	if (o->cancelled)
		return err_set(err, ERR_CONFLICT, _("this date is cancelled"));
	if (o->end_ms <= now) {
		err_set(err, ERR_CONFLICT, _("this date is over"));
		err_hint(err, _("meet change with --duration says how long it took"));
		return ERR_CONFLICT;
	}
	if (o->start_ms > now) {
		err_set(err, ERR_CONFLICT, _("this date has not begun"));
		err_hint(err, _("meet cancel cancels it"));
		return ERR_CONFLICT;
	}
	return 0;
}

static void note_end(struct cal_event *e, const struct cal_occurrence *o, int64_t at_ms)
{
	size_t kept = 0;
	char wanted[CAL_STAMP_SIZE], stamp[CAL_STAMP_SIZE];
	cal_stamp(&o->recurrence_id, wanted);
	for (size_t i = 0; i < e->n_ended; i++) { /* what a change of that date made void */
		cal_stamp(&e->ended[i].recurrence_id, stamp);
		if (strcmp(stamp, wanted) != 0)
			e->ended[kept++] = e->ended[i];
	}
	e->ended = mem_realloc_array(e->ended, kept + 1, sizeof(*e->ended));
	e->ended[kept++] = (struct cal_ended){o->recurrence_id, at_ms};
	e->n_ended = kept;
}

static int fits(struct meeting *m, const struct cal_occurrence *o, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	if (m->event.n_ended >= CAL_ENDED_MAX)
		return err_set(err, ERR_TOO_LARGE, _("more than %d dates were ended early"),
			       CAL_ENDED_MAX);
	note_end(&m->event, o, clock_wall_ms());
	return meeting_make(m, &content, err);
}

/* The message first: its time is the end's, and the same again finds it. */
static int end_now(struct client *c, struct meeting *m, const struct cal_occurrence *o,
		   const char *stamp, char **ret_event, struct err *err)
{
	JSON_AUTO json_t *sent = NULL;
	int rc = meet_check_power(c, m->room_id, err);
	if (!rc)
		rc = check_time(o, err);
	if (!rc) /* before anything is said */
		rc = fits(m, o, err);
	if (!rc)
		rc = post_notice(c, m, o, stamp, &sent, err);
	if (rc)
		return rc;
	*ret_event = mem_strdup(json_get_str(sent, "event_id"));
	int64_t at = time_of(c, m->room_id, *ret_event);
	note_end(&m->event, o, at > o->start_ms ? at : o->start_ms + 1);
	rc = meet_put_state(c, m, err);
	if (rc)
		return rc;
	end_taking(c, m, stamp);
	drop_second_call(c, m, stamp);
	return 0;
}

static int end_it(struct client *c, struct meeting *m, const char *stamp, json_t **ret,
		  struct err *err)
{
	AUTO_FREE char *name = meet_room_name(c, m->room_id), *event = NULL;
	struct cal_occurrence o;
	int rc = cal_find(&m->event, stamp, clock_wall_ms(), &o, err);
	bool existing = !rc && !o.cancelled && meet_ended_early(&o);
	if (!rc && !existing)
		rc = end_now(c, m, &o, stamp, &event, err);
	if (!rc && !existing)
		rc = cal_find(&m->event, stamp, clock_wall_ms(), &o, err);
	if (rc)
		return rc;
	*ret = meet_row(m, &o, name, clock_wall_ms());
	row_bool(*ret, "existing", existing);
	row_bool(*ret, "changed", !existing);
	row_str(*ret, "event_id", event);
	return 0;
}

int client_meet_end(struct client *c, const struct meeting *m, const struct cal_occurrence *o,
		    json_t **ret, struct err *err)
{
	struct meeting fresh = {.room_id = NULL};
	char stamp[CAL_STAMP_SIZE];
	cal_stamp(&o->recurrence_id, stamp);
	int rc = meet_get(c, m->room_id, m->event.uid, &fresh, err);
	if (!rc)
		rc = end_it(c, &fresh, stamp, ret, err);
	meeting_done(&fresh);
	return rc;
}
