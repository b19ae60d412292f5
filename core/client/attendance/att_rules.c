/* A class's rules, and what they say of how long things are kept. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/matrix/rtc_member.h"
#include "core/store/evidence.h"

#include <string.h>

int client_attendance_rules(struct client *c, const char *room_id, struct attendance_rules *ret,
			    struct err *err)
{
	struct att_room a;
	int rc = att_room_open(c, room_id, &a, err);
	if (!rc)
		*ret = a.rules;
	att_room_done(&a);
	return rc;
}

int client_attendance_set_rules(struct client *c, const char *room_id,
				const struct attendance_rules *r, struct err *err)
{
	struct att_room a;
	JSON_AUTO json_t *content = attendance_rules_make(r);
	int rc = att_room_open(c, room_id, &a, err);
	if (!rc)
		rc = att_need_staff(&a, err);
	/* Those who are judged may know by what: the class room has a copy. The staff room's counts. */
	if (!rc && a.staff)
		rc = client_state_put(c, a.staff_id, RULES_TYPE, "", content, NULL, err);
	if (!rc)
		rc = client_state_put(c, a.room.room_id, RULES_TYPE, "", content, NULL, err);
	att_room_done(&a);
	return rc;
}

/* -- Retention --------------------------------------------------------------------------------- */

static const char *const kept[] = {RTC_MEMBER_TYPE, RTC_STICKY_TYPE, PRESENCE_OBSERVED_TYPE,
				   MARK_TYPE,	    CONTEST_TYPE,    OPT_OUT_TYPE,
				   SEAL_TYPE};

struct expiry {
	struct att_room *a;
	const char *room_id;
	json_t *list;
};

static int take_event(const struct store_event *e, void *arg)
{
	struct expiry *x = arg;
	if (e->redacted_by.p)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (span_eq_str(e->type, kept[i])) {
			json_t *row = json_object();
			row_str(row, "room_id", x->room_id);
			row_span(row, "event_id", e->event_id);
			row_span(row, "type", e->type);
			row_span(row, "sender", e->sender);
			row_int(row, "ts", e->ts);
			json_array_append_new(x->list, row);
		}
	return 0;
}

static int delete_all(struct expiry *x, bool dry_run, client_row_fn *fn, void *arg, struct err *err)
{
	size_t i;
	json_t *row;
	int rc = 0;
	json_array_foreach (x->list, i, row) {
		const char *room = json_get_str(row, "room_id"),
			   *id = json_get_str(row, "event_id");
		AUTO_FREE char *txn = mem_printf("muster-expire-%s", id);
		JSON_AUTO json_t *sent = NULL;
		row_str(row, "state", dry_run ? "would go" : "gone");
		if (!dry_run)
			rc = client_delete(x->a->c, room, id, _("kept for as long as it had to be"),
					   txn, &sent, err);
		if (!rc)
			rc = fn(row, arg);
		if (rc)
			break;
	}
	return rc;
}

int client_attendance_expire(struct client *c, const char *room_id, bool dry_run, client_row_fn *fn,
			     void *arg, struct err *err)
{
	struct att_room a;
	JSON_AUTO json_t *list = json_array();
	struct attendance_query q = {.room_id = room_id};
	int rc = att_room_open(c, room_id, &a, err);
	struct expiry x = {&a, a.room.room_id, list};
	struct att_lessons l = {.a = a, .q = &q};
	if (!rc)
		rc = att_need_staff(&a, err);
	if (!rc && !a.rules.retention_ms) {
		rc = err_set(err, ERR_USAGE, _("%s keeps its attendance for ever"), a.room.display);
		err_hint(err, "muster attendance rules ROOM --keep 365d");
	}
	int64_t until = clock_wall_ms() - a.rules.retention_ms;
	if (!rc)
		rc = att_fill(&l, a.room.id, 0, err);
	if (!rc && a.staff)
		rc = att_fill(&l, a.staff, 0, err);
	if (!rc)
		store_evidence_walk(a.s, a.room.id, INT64_MIN, until, take_event, &x);
	x.room_id = a.staff_id;
	if (!rc && a.staff)
		store_evidence_walk(a.s, a.staff, INT64_MIN, until, take_event, &x);
	if (!rc)
		rc = delete_all(&x, dry_run, fn, arg, err);
	att_room_done(&a);
	return rc;
}
