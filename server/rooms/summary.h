/*
 * What a room looks like from outside: its name, topic, size and rules, for
 * the room directory, room summaries and spaces. Any handle.
 */
#ifndef MUSTER_SERVER_ROOMS_SUMMARY_H
#define MUSTER_SERVER_ROOMS_SUMMARY_H

#include "core/base/sql.h"

#include <jansson.h>

/**
 * PublishedRoomsChunk (client-server API, "Listing rooms") and, with `more`,
 * the further members of a room summary (room_version, allowed_room_ids,
 * encryption). NULL when there is no such room. The caller owns it.
 */
json_t *room_summary(struct sql *db, int64_t room_nid, bool more);
/** May somebody who is not in the room see its summary? */
bool room_summary_is_open(const json_t *summary);
/**
 * May this person (0: nobody) see it? Members and invited people may, whoever
 * could join or ask to join, and everybody where history is world-readable.
 * `summary` was made with `more`.
 */
bool room_summary_visible(struct sql *db, const json_t *summary, int64_t room_nid,
			  int64_t user_nid);
#define ROOM_TERM_MAX 255 /* bytes of a term, so that a search takes no longer than it should */
/** Does the (beginning of the) name, topic or alias hold `term`, without regard to case? */
bool room_summary_matches(const json_t *summary, const char *term);

#endif
