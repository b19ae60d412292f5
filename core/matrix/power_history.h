/*
 * A room's power levels as they were over time: who had which authority when an event was sent.
 * Events are ordered by origin_server_ts and, where two are equal, by event id, so that everybody
 * who has the same events gets the same answer.
 */
#ifndef MUSTER_MATRIX_POWER_HISTORY_H
#define MUSTER_MATRIX_POWER_HISTORY_H

#include "core/matrix/event.h"
#include "core/matrix/power.h"

#define POWER_STAFF 50		/**< from here on one is staff of a room */
#define POWER_HISTORY_MAX 10000 /**< changes that are looked at */

struct power_history;

/** Knows nothing yet. The caller owns it. */
struct power_history *power_history_new(void);
/** NULL is allowed. */
void power_history_free(struct power_history *h);
/**
 * Take in an m.room.create or m.room.power_levels event, in any order, each once or more; others
 * are passed over. True when it was one of them.
 */
bool power_history_event(struct power_history *h, const struct mx_event *ev);
/**
 * Levels from before the first event that is taken in, where they are known otherwise (NULL:
 * there were none). Without: those that the first event names as replaced; else, when there was a
 * room before it, its own.
 */
void power_history_before(struct power_history *h, const json_t *levels);
/** When the first change of levels was that was taken in; INT64_MAX: none was. */
int64_t power_history_first_ms(const struct power_history *h);
/** Nothing was taken in and nothing is known of before: nobody can be told from anybody. */
bool power_history_is_empty(const struct power_history *h);
/** In force when the event `id` was sent at `ts`. The caller releases *ret with power_done. */
void power_history_at(const struct power_history *h, int64_t ts, const char *id, struct power *ret);
/** Was `user` staff (POWER_STAFF) then? */
bool power_history_staff(const struct power_history *h, const char *user, int64_t ts,
			 const char *id);

#endif
