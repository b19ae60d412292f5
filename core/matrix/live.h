/*
 * What holds for a room's calls until it is changed: state event
 * "org.muster.call" with state key "" (docs/FORMATS.md). A lesson is live when
 * only those who lead it and those who were given the floor may speak.
 */
#ifndef MUSTER_MATRIX_LIVE_H
#define MUSTER_MATRIX_LIVE_H

#include "core/matrix/power_history.h"

#define LIVE_TYPE "org.muster.call"
#define LIVE_VERSION 1
#define LIVE_FLOOR_MAX 100 /**< people who have the floor at once */

struct live {
	bool live;   /**< "mode" is "live"; all else counts as a meeting */
	bool locked; /**< nobody else gets in, save those who lead */
	size_t floor_n;
	const char *floor[LIVE_FLOOR_MAX]; /**< user ids, in the order in which it was given */
};

/** From the event's content, which `ret` borrows from; NULL: a meeting, not locked. What is not as
 * it should be is passed over. */
void live_read(const json_t *content, struct live *ret);
/** Content of the event. The caller owns it. */
json_t *live_content(const struct live *l);
bool live_has_floor(const struct live *l, const char *user);
/** Give it (true), or take it. False: it was so already, or too many have it. */
bool live_set_floor(struct live *l, const char *user, bool give);
/** Do they lead, by the room's levels (POWER_STAFF)? */
bool live_is_host(const struct power *p, const char *user);
/** May they speak? */
bool live_may_speak(const struct live *l, const struct power *p, const char *user);

#endif
