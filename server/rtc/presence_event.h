/*
 * One presence event: written into its room, and what rooms were told kept in
 * step with it. Jobs of the writer.
 */
#ifndef MUSTER_SERVER_RTC_PRESENCE_EVENT_H
#define MUSTER_SERVER_RTC_PRESENCE_EVENT_H

#include "server/accounts/own.h"
#include "server/db/db.h"
#include "server/sfu/sfu.h"

struct presence_change {
	const struct own_user *own;
	const char *room, *identity; /**< on the SFU */
	bool here;
	enum sfu_way way; /**< while here */
	int64_t at_ms;
	const char *reason;	 /**< NULL while here */
	const char *service_url; /**< while here: struct rtc */
};

/** No event is written when the room knows already, or when nobody knows whom the SFU means. */
int presence_write(struct db_tx *tx, const struct presence_change *c, struct err *err);
/** Everybody whom rooms take for present left when the server was last known to run. */
int presence_recover(struct db_tx *tx, const struct own_user *own, struct err *err);
/** The server runs now. */
int presence_alive(struct db_tx *tx, struct err *err);

#endif
