/*
 * Who was present in a call, as the SFU saw it: "org.muster.presence" events in
 * the call's Matrix room, written by the server's own user. A register can be
 * worked out from them alone, by anybody, later. Content:
 *
 *   user_id, device_id  whom it is about
 *   member_id           of the newer form of membership; absent in the older one
 *   slot_id             which call of the room: "m.call#ROOM"
 *   session_id          the same from the first who comes to the last who leaves
 *   state               "joined" or "left"
 *   at                  when the SFU saw it, ms; for who was lost: the last sign of life
 *   reason              left: "left", "lost", "removed", "ended" (who leads ended the call for
 *                       all), "closed" (the server stopped),
 *                       "restarted" (it had stopped without a word: `at` is the last time it
 *                       is known to have run, within half a minute)
 *
 * Whose `sender` is another user says nothing: anybody may send such an event.
 *
 * It is an ordinary event, visible as the room's history is, but counts for
 * nobody as unread. The server's user is in no room and needs no power there:
 * this is the one thing it sends.
 *
 * A change is told at once, then none of the same person for PRESENCE_SETTLE_MS;
 * then how things stand, if that is news. So a flapping connection costs two events
 * in that time at most, and a moment's absence none.
 *
 * Loop thread.
 */
#ifndef MUSTER_SERVER_RTC_PRESENCE_H
#define MUSTER_SERVER_RTC_PRESENCE_H

#include "server/sfu/sfu.h"

#define PRESENCE_TYPE "org.muster.presence"
#define PRESENCE_SETTLE_MS 5000
#define PRESENCE_ALIVE_MS 30000 /* how often it is noted that the server runs, during calls */

struct server;
struct presence;

/**
 * Rooms that take somebody for present since a run that ended without a word are
 * told first that they left.
 */
struct presence *presence_new(struct server *srv);
/** Another time than PRESENCE_SETTLE_MS, for tests. */
void presence_set_settle(struct presence *p, int ms);
/** The SFU's word, as sfu_options.presence: `arg` is the struct presence. */
void presence_heard(void *arg, const struct sfu_presence *said);
/**
 * The server stops: what was held back is written, and from now on everything is
 * at once; delayed leaves stay, so that people may come back after a restart. Before
 * sfu_close, which is before db_finish. NULL is allowed.
 */
void presence_stop(struct presence *p);
/** After the database's jobs are done. NULL is allowed. */
void presence_free(struct presence *p);

#endif
