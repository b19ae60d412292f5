/*
 * Who may be in a call: a token says who may enter, but things change while it is
 * good, and while its bearer is there. Whoever leaves the call's room, is removed
 * from it or banned, whose account is locked, suspended or closed and whose device is logged out
 * is taken out of the call; with the same token they do not get in again (gate_admit,
 * which the SFU asks). Who may not speak any more, by the room's levels or its
 * "org.muster.call", is muted and stays (rules.h). Loop thread.
 */
#ifndef MUSTER_SERVER_RTC_GATE_H
#define MUSTER_SERVER_RTC_GATE_H

#include "server/db/db.h"
#include "server/sfu/sfu.h"

struct server;

/** For sfu_options.admit. */
void gate_admit(struct server *srv, const char *room, const char *identity, struct sfu_permit *ret);
/**
 * Is the room's call locked for somebody who is not in it, by any device? NULL: no; else the
 * sentence for them, a constant.
 */
const char *gate_locked_out(struct server *srv, int64_t room_nid, int64_t user_nid,
			    const char *user_id);
/** From the commit callback. */
void gate_on_commit(struct server *srv, const struct db_change *changes, size_t n);
/** From the SFU's callback: what changed while somebody came in counts for them, too. */
void gate_heard(struct server *srv, const struct sfu_presence *said);

#endif
