/* Beginning a lesson, in a way that everybody can see (docs/FORMATS.md). */
#include "core/attendance/register.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/util.h"
#include "core/matrix/message.h"

#include <string.h>

bool meet_is_taken(const json_t *content, const char *uid, const char *recurrence_id)
{
	const char *its = json_get_str(content, "uid");
	const char *date = json_get_str(content, "recurrence_id");
	return its && date && !strcmp(its, uid) && !strcmp(date, recurrence_id);
}

bool meet_is_of(const json_t *content, const struct meeting *m, const char *recurrence_id)
{
	const char *its = json_get_str(content, "uid");
	return meet_is_taken(content, m->event.uid, recurrence_id) ||
	       (its && !strcmp(its, m->event.uid) && cal_is_single(&m->event));
}

static int post_notice(struct client *c, const struct meeting *m, const struct cal_occurrence *o,
		       const json_t *taking, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	struct cal_time end;
	AUTO_FREE char *txn =
		mem_printf("meet-start-%s-%s", m->event.uid, json_get_str(taking, "recurrence_id"));
	int rc = cal_time_at(o->end_ms, m->event.start.zone, &end, err);
	if (rc)
		return rc;
	AUTO_FREE char *text = mem_printf(_("Attendance is taken until %02d:%02d: %s"), end.hour,
					  end.minute, o->title ? o->title : "");
	struct message_draft d = {.msgtype = "m.notice", .text = span_of(text)};
	rc = message_text(&d, &content, err);
	if (rc)
		return rc;
	json_object_set(content, TAKING_TYPE, (json_t *)taking);
	return client_send_event(c, m->room_id, "m.room.message", content, txn, false, ret, err);
}

static int check_time(const struct cal_occurrence *o, struct err *err)
{
	if (o->cancelled)
		return err_set(err, ERR_CONFLICT, _("this date is cancelled"));
	if (o->end_ms <= clock_wall_ms())
		return err_set(err, ERR_CONFLICT, _("this date is over"));
	return 0;
}

int client_meet_start(struct client *c, const struct meeting *m, const struct cal_occurrence *o,
		      json_t **ret, struct err *err)
{
	JSON_AUTO json_t *now = NULL, *sent = NULL;
	AUTO_FREE char *name = meet_room_name(c, m->room_id);
	char stamp[CAL_STAMP_SIZE];
	int rc = check_time(o, err);
	if (!rc)
		rc = meet_check_power(c, m->room_id, err);
	if (rc)
		return rc;
	cal_stamp(&o->recurrence_id, stamp);
	JSON_AUTO json_t *taking =
		json_pack("{s:i,s:s,s:s,s:I}", "version", 1, "uid", m->event.uid, "recurrence_id",
			  stamp, "until_ts", (json_int_t)o->end_ms);
	rc = client_state_get(c, m->room_id, TAKING_TYPE, "", &now, err);
	bool existing = !rc && meet_is_taken(now, m->event.uid, stamp);
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	rc = existing ? 0 : client_state_put(c, m->room_id, TAKING_TYPE, "", taking, NULL, err);
	if (!rc && !existing)
		rc = post_notice(c, m, o, taking, &sent, err);
	if (rc)
		return rc;
	*ret = meet_row(m, o, name, clock_wall_ms());
	row_bool(*ret, "existing", existing);
	row_str(*ret, "event_id", json_get_str(sent, "event_id"));
	return 0;
}
