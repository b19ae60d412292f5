/*
 * Quiet hours: when a person is not to be disturbed (design, "Quiet hours"). They are
 * kept in the person's account data `org.muster.quiet`, so that all their clients honour
 * them, and what others may know ("quiet until 08:00") is published in presence's status
 * and as `org.muster.quiet` in direct chats. The decision is a pure function.
 */
#ifndef MUSTER_CLIENT_QUIET_H
#define MUSTER_CLIENT_QUIET_H

#include "core/client/client.h"

#define QUIET_TYPE "org.muster.quiet"
#define QUIET_SPANS_MAX 14

/** A span of the week: from a time of day to another, on these days. */
struct quiet_span {
	int from_min, to_min; /**< minutes of the day; to <= from: until the next day */
	unsigned days;	      /**< bit 0: Monday */
};
struct quiet_hours {
	bool on;
	char zone[64]; /**< IANA */
	struct quiet_span spans[QUIET_SPANS_MAX];
	int n;
	int64_t until_ms; /**< quiet now, until then, whatever the hour; 0: not */
	int64_t awake_ms; /**< not quiet until then; 0: not */
};
/** On by default: 20:00 to 07:00 and weekends, in the local zone. */
void quiet_default(struct quiet_hours *ret);
int quiet_read(const json_t *content, struct quiet_hours *ret, struct err *err);
json_t *quiet_make(const struct quiet_hours *q);
/** Quiet at `now_ms`? *ret_until: until when (0: no end within a week). */
bool quiet_at(const struct quiet_hours *q, int64_t now_ms, int64_t *ret_until);

int client_quiet_get(struct client *c, struct quiet_hours *ret, struct err *err);
int client_quiet_set(struct client *c, const struct quiet_hours *q, struct err *err);
/** What somebody has published; ERR_NOT_FOUND when nothing. *ret_until 0: not quiet now. */
int client_quiet_of(struct client *c, const char *user_id, int64_t now_ms, int64_t *ret_until,
		    struct err *err);

#endif
