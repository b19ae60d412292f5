/*
 * Who may speak in a room's calls, and who leads them: from the room's power
 * levels and its "org.muster.call" (core/matrix/live.h). People who come
 * another way than by LiveKit's signalling are asked about by room and user.
 * Any handle; `db_reader` on the loop thread.
 */
#ifndef MUSTER_SERVER_RTC_RULES_H
#define MUSTER_SERVER_RTC_RULES_H

#include "core/base/sql.h"
#include "core/matrix/live.h"

/** As they are now. */
struct call_rules {
	struct power power;
	json_t *content;
	struct live live; /**< borrows from `content` */
};

/** The caller ends it with call_rules_done. */
void call_rules_read(struct sql *db, int64_t room_nid, struct call_rules *ret);
void call_rules_done(struct call_rules *r);

/** May they be heard in the room's calls? That they may be there at all is people_may's question. */
bool people_may_publish(struct sql *db, int64_t room_nid, const char *user_id);
/** Do they lead the room's calls? */
bool people_may_lead(struct sql *db, int64_t room_nid, const char *user_id);

#endif
