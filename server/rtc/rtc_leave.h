/*
 * Delayed leaves that their senders have handed to the SFU. While somebody is
 * in the call their delayed event is held back; when the SFU says that they
 * are gone it is sent at once. Nobody needs to restart it.
 *
 * People are named as on the SFU: the room's and the member's LiveKit names
 * (core/matrix/rtc_id.h). Loop thread. The SFU calls present and gone.
 */
#ifndef MUSTER_SERVER_RTC_RTC_LEAVE_H
#define MUSTER_SERVER_RTC_RTC_LEAVE_H

#include "server/db/db.h"

#include <stdbool.h>

struct server;
struct rtc_leave;

#define RTC_LEAVE_RETURN_MS 30000 /* to come back after a restart of the server */

/**
 * Starting, nobody is in a call: events that were held back run again, for at
 * most RTC_LEAVE_RETURN_MS.
 */
struct rtc_leave *rtc_leave_new(struct server *srv);
/** NULL is allowed. */
void rtc_leave_free(struct rtc_leave *l);

/** They are in the call (again). May be said twice. */
void rtc_leave_present(struct rtc_leave *l, const char *room, const char *identity);
/** They are not any more: left, lost or removed. May be said twice. */
void rtc_leave_gone(struct rtc_leave *l, const char *room, const char *identity);
bool rtc_leave_is_present(const struct rtc_leave *l, const char *room, const char *identity);

/**
 * In a job of the writer: from now on this delayed event of `user_nid` is
 * about that member; an older one runs by itself again. `present` as
 * rtc_leave_is_present said. 404 M_NOT_FOUND when no such event waits. Then,
 * on the loop: rtc_leave_settle.
 */
int rtc_leave_delegate(struct db_tx *tx, int64_t user_nid, const char *delay_id, const char *room,
		       const char *identity, bool present, struct err *err);
/** After rtc_leave_delegate: they may have come or gone while it was written. */
void rtc_leave_settle(struct rtc_leave *l, const char *room, const char *identity, bool was);

#endif
