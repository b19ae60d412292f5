/*
 * That somebody calls (MSC4075), that one does not come (MSC4310), and what
 * people show in a call as Element Call does it: raised hands and reactions.
 * All are ordinary message events that relate to a member event.
 */
#ifndef MUSTER_MATRIX_RTC_RING_H
#define MUSTER_MATRIX_RTC_RING_H

#include "core/matrix/event.h"

#define RTC_RING_TYPE "org.matrix.msc4075.rtc.notification"
#define RTC_DECLINE_TYPE "org.matrix.msc4310.rtc.decline"
#define RTC_REACTION_TYPE "io.element.call.reaction"
#define RTC_HAND_KEY "\xf0\x9f\x96\x90\xef\xb8\x8f" /* U+1F590 U+FE0F */
#define RTC_RING_LIVE_KEY "org.muster.live"	    /* true: it is a live lesson */
#define RTC_RING_MS 30000			    /* how long ours rings */
#define RTC_RING_MAX_MS 90000			    /* and how long any may */

/** Somebody calls. Borrowed from the event. */
struct rtc_ring {
	const char *event_id, *sender;
	const char *member_event; /**< of the caller, or NULL */
	bool ring;		  /**< to ring; else only to be told ("notification") */
	bool room;		  /**< everybody in the room is meant */
	const json_t *users;	  /**< array of user ids that are meant, or NULL */
	int64_t sent_ms;	  /**< by the caller's clock unless that is far off */
	int64_t until_ms;	  /**< nobody rings any more from here on */
};
/** ERR_INVALID for anything else. */
int rtc_ring_read(const struct mx_event *ev, struct rtc_ring *ret, struct err *err);
/** Is `user_id` meant by it? Not its sender. */
bool rtc_ring_is_for(const struct rtc_ring *r, const char *user_id);
/** The caller owns it. `ring` as above. */
json_t *rtc_ring_make(bool ring, const char *member_event, int64_t wall_ms);

/** Content that declines a ring (its event id). The caller owns it. */
json_t *rtc_decline_make(const char *ring_event);
/** The ring that this declines; NULL: it is none. Borrowed. */
const char *rtc_decline_read(const struct mx_event *ev);

/** A raised hand, which its redaction lowers. */
json_t *rtc_hand_make(const char *member_event);
/** The member event of the one who raised it; NULL: it is no raised hand. Borrowed. */
const char *rtc_hand_read(const struct mx_event *ev);
/** A reaction in a call: its emoji (foreign text, at most 32 bytes) and the member event. */
bool rtc_reaction_read(const struct mx_event *ev, const char **ret_member_event,
		       struct span *ret_emoji);

#endif
