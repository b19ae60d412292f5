/*
 * Retention: what is older than the class keeps it is deleted for everybody. What is still in force stays, and
 * what was sent on from direct chats is remembered by its id, so that no client sends it on again.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/send.h"
#include "core/matrix/id.h"
#include "core/matrix/rtc_member.h"
#include "core/store/evidence.h"

#include <string.h>

#define NOTE_BYTES \
	30000 /* of ids in one event of RELAYED_TYPE, which takes 64 KB; JSON writes a sign as two */

static const char *const kept[] = {RTC_MEMBER_TYPE, RTC_STICKY_TYPE, PRESENCE_OBSERVED_TYPE,
				   MARK_TYPE,	    CONTEST_TYPE,    OPT_OUT_TYPE,
				   SEAL_TYPE};

struct expiry {
	struct att_room *a;
	struct att_power power;
	enum register_source from; /* of the room that is read */
	json_t *in_force;	   /* user id: the last opt-out, {event_id, at, out} */
	json_t *list;		   /* rows of what goes */
	json_t *relayed;	   /* ids of messages whose relays go */
};

/* -- Opt-outs in force ------------------------------------------------------------------- */

static void note_opt_out(struct expiry *x, const struct mx_event *ev)
{
	const char *user = att_said_by(&x->power, x->from, ev);
	const char *room = json_get_str(ev->content, "room_id");
	if (!user || !room || strcmp(room, x->a->room.room_id) != 0)
		return;
	int64_t at = json_get_i64(json_get_object(ev->content, "relayed"), "ts", ev->ts);
	const json_t *last = json_object_get(x->in_force, user);
	if (last && json_get_i64(last, "at", 0) > at)
		return;
	json_object_set_new(x->in_force, user,
			    json_pack("{s:s,s:I,s:b}", "event_id", ev->event_id, "at",
				      (json_int_t)at, "out",
				      json_get_bool(ev->content, "out", false)));
}

static int take_opt_out(const struct store_event *e, void *arg)
{
	struct expiry *x = arg;
	struct mx_event ev;
	if (!span_eq_str(e->type, OPT_OUT_TYPE) || e->redacted_by.p || !att_event(x->a->s, e, &ev))
		return 0;
	note_opt_out(x, &ev);
	event_done(&ev);
	return 0;
}

static bool is_in_force(const struct expiry *x, const struct store_event *e)
{
	const char *user;
	json_t *last;
	json_object_foreach (x->in_force, user, last)
		if (span_eq_str(e->event_id, json_get_str(last, "event_id")))
			return json_get_bool(last, "out", false);
	return false;
}

/* -- What goes ---------------------------------------------------------------------------- */

/* Staff's clients alone send on; whoever else says that they did may have written anything. */
static void note_relayed(struct expiry *x, const struct store_event *e)
{
	const struct mx_event by = {.event_id = e->event_id.p, .sender = e->sender.p, .ts = e->ts};
	JSON_AUTO json_t *event = NULL;
	if (!att_was_staff(&x->power, x->from, &by) || json_parse_object(e->json, &event, NULL))
		return;
	const json_t *content = json_get_object(event, "content");
	const char *id = json_get_str(json_get_object(content, "relayed"), "event_id");
	if (id && event_id_parse(span_of(id), &(struct event_id){0}, NULL) == 0)
		json_array_append_new(x->relayed, json_string(id));
}

static json_t *row_of(const struct expiry *x, const struct store_event *e)
{
	json_t *row = json_object();
	row_str(row, "room_id", x->from == REGISTER_STAFF ? x->a->staff_id : x->a->room.room_id);
	row_span(row, "event_id", e->event_id);
	row_span(row, "type", e->type);
	row_span(row, "sender", e->sender);
	row_int(row, "ts", e->ts);
	return row;
}

static int take_event(const struct store_event *e, void *arg)
{
	struct expiry *x = arg;
	size_t i = 0;
	while (i < ARRAY_LEN(kept) && !span_eq_str(e->type, kept[i]))
		i++;
	if (i == ARRAY_LEN(kept) || e->redacted_by.p)
		return 0;
	bool opt_out = span_eq_str(e->type, OPT_OUT_TYPE);
	if (opt_out && is_in_force(x, e))
		return 0;
	if (opt_out || span_eq_str(e->type, CONTEST_TYPE))
		note_relayed(x, e);
	json_array_append_new(x->list, row_of(x, e));
	return 0;
}

static void find(struct expiry *x, int64_t until_ms)
{
	const struct att_room *a = x->a;
	const int64_t rooms[] = {[REGISTER_ROOM] = a->room.id, [REGISTER_STAFF] = a->staff};
	att_power_load(a, &x->power);
	for (int i = 0; i < 2; i++) {
		x->from = (enum register_source)i;
		if (rooms[i])
			store_evidence_words(a->s, rooms[i], take_opt_out, x);
	}
	for (int i = 0; i < 2; i++) {
		x->from = (enum register_source)i;
		if (rooms[i])
			store_evidence_walk(a->s, rooms[i], INT64_MIN, until_ms, take_event, x);
	}
	att_power_done(&x->power);
}

/* -- Deleting ------------------------------------------------------------------------------ */

/* Before anything goes: whoever is stopped in between leaves nothing that would be sent on anew. */
static int remember(const struct expiry *x, struct err *err)
{
	size_t i = 0, n = json_array_size(x->relayed);
	int rc = 0;
	while (!rc && i < n) {
		JSON_AUTO json_t *ids = json_array();
		for (size_t bytes = 0; bytes < NOTE_BYTES && i < n; i++) {
			json_array_append(ids, json_array_get(x->relayed, i));
			bytes += json_string_length(json_array_get(x->relayed, i)) + 3;
		}
		JSON_AUTO json_t *content = json_pack("{s:i,s:O}", "version", 1, "event_ids", ids);
		AUTO_FREE char *txn = att_txn("relayed", content);
		rc = att_send_staff(x->a, RELAYED_TYPE, content, txn, NULL, err);
	}
	return rc;
}

static int delete_all(const struct expiry *x, bool dry_run, client_row_fn *fn, void *arg,
		      struct err *err)
{
	size_t i;
	json_t *row;
	int rc = dry_run ? 0 : remember(x, err);
	json_array_foreach (x->list, i, row) {
		const char *room = json_get_str(row, "room_id"),
			   *id = json_get_str(row, "event_id");
		AUTO_FREE char *txn = mem_printf("muster-expire-%s", id);
		JSON_AUTO json_t *sent = NULL;
		row_str(row, "state", dry_run ? "would go" : "gone");
		if (!rc && !dry_run)
			rc = client_delete(x->a->c, room, id, _("kept for as long as it had to be"),
					   txn, &sent, err);
		if (!rc)
			rc = fn(row, arg);
		if (rc)
			break;
	}
	return rc;
}

static int need_retention(const struct att_room *a, struct err *err)
{
	if (a->rules.retention_ms)
		return 0;
	err_set(err, ERR_USAGE, _("%s keeps its attendance for ever"), a->room.display);
	err_hint(err, "muster attendance rules ROOM --keep 365d");
	return ERR_USAGE;
}

static int expire(struct att_room *a, bool dry_run, client_row_fn *fn, void *arg, struct err *err)
{
	JSON_AUTO json_t *in_force = json_object(), *list = json_array(), *relayed = json_array();
	struct attendance_query q = {.room_id = a->room.room_id};
	struct att_lessons l = {.a = *a, .q = &q};
	struct expiry x = {.a = a, .in_force = in_force, .list = list, .relayed = relayed};
	int rc = att_need_staff(a, err);
	if (!rc)
		rc = need_retention(a, err);
	if (!rc)
		rc = att_fill(&l, a->room.id, 0, err);
	if (!rc && a->staff)
		rc = att_fill(&l, a->staff, 0, err);
	if (rc)
		return rc;
	find(&x, clock_wall_ms() - a->rules.retention_ms);
	return delete_all(&x, dry_run, fn, arg, err);
}

int client_attendance_expire(struct client *c, const char *room_id, bool dry_run, client_row_fn *fn,
			     void *arg, struct err *err)
{
	struct att_room a;
	int rc = att_room_open(c, room_id, &a, err);
	if (!rc)
		rc = expire(&a, dry_run, fn, arg, err);
	att_room_done(&a);
	return rc;
}
