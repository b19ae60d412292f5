#include "server/rtc/speaker.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/matrix/rtc_member.h"
#include "server/rooms/room.h"
#include "server/sfu/sfu.h"

static json_t *content_of(struct sql *db, const struct call_person *p, bool here,
			  const char *service_url)
{
	char room_id[LIMIT_ID_BYTES + 1];
	if (!here)
		return json_object();
	room_id_of(db, p->room_nid, room_id);
	const struct rtc_member_draft d = {
		.user_id = p->user_id,
		.device_id = p->device_id,
		.room_id = room_id,
		.service_url = service_url,
		.expires_ms = SPEAKER_EXPIRES_MS,
	};
	return rtc_member_make(&d);
}

/* Is there a member event of theirs, of whoever wrote it for them? */
static bool stands(struct sql *db, const struct call_person *p, const char *key)
{
	JSON_AUTO json_t *content = NULL;
	return !room_state(db, p->room_nid, RTC_MEMBER_TYPE, key, &content) &&
	       json_object_size(content) > 0;
}

int speaker_write(struct db_tx *tx, const struct call_person *p, bool here, const char *service_url,
		  struct err *err)
{
	char key[LIMIT_ID_BYTES + 1];
	struct event_ref ref;
	struct err why = {0};
	if (p->way == SFU_BY_SIGNAL || rtc_member_key(p->user_id, p->device_id, NULL, key, &why))
		return 0;
	if (p->way == SFU_BY_WHEP && (here || !stands(db_tx_sql(tx), p, key)))
		return 0;
	JSON_AUTO json_t *content = content_of(db_tx_sql(tx), p, here, service_url);
	const struct event_draft d = {
		.room_nid = p->room_nid,
		.sender_nid = p->user_nid,
		.sender = p->user_id,
		.type = RTC_MEMBER_TYPE,
		.state_key = key,
		.content = content,
	};
	int rc = room_append(tx, &d, &ref, &why);
	if (!rc)
		return 0;
	if (why.http_status == 403) {
		log_info("who speaks by WHIP is not shown in the room: %s", why.msg);
		return 0;
	}
	if (err)
		*err = why;
	return rc;
}
