/* A class's rules. */
#include "core/client/attendance/attendance_priv.h"
#include "core/client/rooms.h"

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
