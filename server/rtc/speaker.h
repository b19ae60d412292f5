/*
 * Who speaks in a call by WHIP is shown by clients like everybody else: programs
 * such as OBS know nothing of Matrix, so the member event that a client would
 * write of itself (core/matrix/rtc_member.h) is written here in the person's
 * name, by whose token they came, and taken back when they are gone. What they
 * may not write is not written. Who listens by WHEP has none, but may have written their own
 * (the join page does, with a raised hand): that is taken back, too. Jobs of the writer.
 */
#ifndef MUSTER_SERVER_RTC_SPEAKER_H
#define MUSTER_SERVER_RTC_SPEAKER_H

#include "server/db/db.h"
#include "server/rtc/people.h"

#define SPEAKER_EXPIRES_MS (24LL * 3600 * 1000)

/** They came (`here`) or left; nothing is done for those who have signalling. */
int speaker_write(struct db_tx *tx, const struct call_person *p, bool here, const char *service_url,
		  struct err *err);

#endif
