/*
 * Quiet hours: when a person is not to be disturbed (design, "Quiet hours"). They are
 * kept in the person's account data `org.muster.quiet`, so that all their clients honour
 * them. What others may know, "quiet from 20:00 until 08:00", is one field of the person's
 * profile of the same name: it holds the span that is now or comes next and nothing else, is
 * overwritten in place, so that no history of it is kept anywhere, and lapses by itself.
 * docs/FORMATS.md says who can see it. The decision is a pure function.
 */
#ifndef MUSTER_CLIENT_QUIET_H
#define MUSTER_CLIENT_QUIET_H

#include "core/calendar/zone.h"
#include "core/client/client.h"
#include "core/store/rooms.h"

#define QUIET_TYPE "org.muster.quiet"
#define QUIET_SPANS_MAX 14
#define QUIET_AHEAD_MS (8 * 86400000LL) /**< nothing later than that is told or looked for */

/** A span of the week: from a time of day to another, on these days. */
struct quiet_span {
	int from_min, to_min; /**< minutes of the day; to <= from: until the next day */
	unsigned days;	      /**< bit 0: Monday */
};
#define QUIET_DAILY 0x7fu
#define QUIET_WEEKDAYS 0x1fu
#define QUIET_WEEKEND 0x60u

struct quiet_hours {
	bool on;
	bool all;	/**< in all rooms; else only where people work together (quiet_covers) */
	bool hidden;	/**< nobody is told */
	bool no_urgent; /**< urgent messages make no exception */
	char zone[CAL_ZONE_MAX]; /**< IANA */
	struct quiet_span spans[QUIET_SPANS_MAX];
	int n;
	int64_t until_ms; /**< quiet now, until then, whatever the hour; 0: not */
	int64_t awake_ms; /**< not quiet until then; 0: not. until_ms goes before it */
};
/** On by default: 20:00 to 07:00 and weekends, in the local zone, where people work together. */
void quiet_default(struct quiet_hours *ret);
/** ERR_INVALID for what is no such content. Keys that are absent are as in quiet_default. */
int quiet_read(const json_t *content, struct quiet_hours *ret, struct err *err);
/** The reverse; the caller owns it. */
json_t *quiet_make(const struct quiet_hours *q);
/** Quiet at `now_ms`? *ret_until (may be NULL): until when (0: no end within QUIET_AHEAD_MS). */
bool quiet_at(const struct quiet_hours *q, int64_t now_ms, int64_t *ret_until);
/**
 * The span that is now (*ret_from <= now_ms) or comes next, its end at most QUIET_AHEAD_MS ahead.
 * False: there is none so soon.
 */
bool quiet_next(const struct quiet_hours *q, int64_t now_ms, int64_t *ret_from, int64_t *ret_until);

/** "20:00-07:00"; ERR_USAGE with what would be right. `days` of *ret is left alone. */
int quiet_span_parse(struct span s, struct quiet_span *ret, struct err *err);
/** "mon-fri", "sat,sun", "fri-mon", "daily" as bits; ERR_USAGE. */
int quiet_days_parse(struct span s, unsigned *ret, struct err *err);
#define QUIET_SPAN_SIZE 48
/** "20:00-07:00 mon-fri", "sat-sun" for whole days. */
void quiet_span_put(const struct quiet_span *p, char ret[QUIET_SPAN_SIZE]);

/* -- own.c: of this account -------------------------------------------------------- */

/** From the server; the default when nothing is set. */
int client_quiet_get(struct client *c, struct quiet_hours *ret, struct err *err);
/** What the cache holds of it, without the network. */
void quiet_cached(struct store *s, struct quiet_hours *ret);
/** Keep it for all clients of the account, and tell others what they may know. */
int client_quiet_set(struct client *c, const struct quiet_hours *q, struct err *err);
/**
 * Bring what others may know up to date when its span is over; costs nothing until then. For what
 * runs long or often (screens, queue run). A server without profile fields is no error.
 */
int client_quiet_tell(struct client *c, int64_t now_ms, struct err *err);
/** Is something of us published now? From what this account's cache remembers. */
bool client_quiet_told(struct client *c);

/* -- others.c -------------------------------------------------------------------------- */

/** What somebody has published: a span; 0 0 when it says nothing that holds. A pure function. */
void quiet_published_read(const json_t *field, int64_t now_ms, int64_t *ret_from,
			  int64_t *ret_until);
/** The same, asked for. ERR_NOT_FOUND when nothing is published, or the server knows no such
 * fields. */
int client_quiet_span_of(struct client *c, const char *user_id, int64_t now_ms, int64_t *ret_from,
			 int64_t *ret_until, struct err *err);
/** What somebody has published; ERR_NOT_FOUND when nothing. *ret_until 0: not quiet now. */
int client_quiet_of(struct client *c, const char *user_id, int64_t now_ms, int64_t *ret_until,
		    struct err *err);
/**
 * Is the other of a chat of two quiet now? *ret_user, *ret_name (may become NULL; the caller owns
 * both) and *ret_until. False otherwise, and when it cannot be told. Asks the server.
 */
bool client_quiet_other(struct client *c, const char *room_id, char **ret_user, char **ret_name,
			int64_t *ret_until);

/* -- covers.c ---------------------------------------------------------------------------- */

/**
 * Do these hours count in a room? With q->all in every one. Else where people work together: class
 * and staff rooms, spaces and the rooms in them, and chats of two with somebody who is in one of
 * those. From the cache.
 */
bool quiet_covers(struct store *s, const struct quiet_hours *q, int64_t room);
/** Is it a class or staff room, a space or in one? */
bool quiet_is_work(struct store *s, int64_t room);
/**
 * A chat of two: what the person calls a direct chat, or a room with no more than two people (joined or invited) that
 * is no room of work. There nobody is staff, and quiet hours hold when the other is a colleague.
 */
bool quiet_is_chat_of_two(struct store *s, const struct store_room *r);
/** Is there a room at all where they count? */
bool quiet_covers_any(struct store *s, const struct quiet_hours *q);

#endif
