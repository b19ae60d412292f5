/*
 * A meeting as the state event `org.muster.meeting` (docs/FORMATS.md), keyed by its UID,
 * in the calendar shape that the Nordeck widget reads. Needs no connection.
 */
#ifndef MUSTER_CLIENT_MEETING_H
#define MUSTER_CLIENT_MEETING_H

#include "core/base/json.h"
#include "core/calendar/event.h"

#define MEETING_TYPE "org.muster.meeting"
#define NORDECK_TYPE "net.nordeck.meetings.metadata"

/** Owned; meeting_done. */
struct meeting {
	char *room_id;
	struct cal_event event;
	char *creator;	  /**< user id */
	char *announced;  /**< event id of the readable message, or NULL */
	char *file_event; /**< of the .ics, or NULL */
	bool lesson;	  /**< attendance is taken */
};
void meeting_done(struct meeting *m);
/** Read a state event. ERR_INVALID with a sentence; *ret only on success. */
int meeting_read(const char *room_id, const char *state_key, const json_t *content,
		 struct meeting *ret, struct err *err);
/** Its content. The caller owns it. ERR_TOO_LARGE over 60 KB. */
int meeting_make(const struct meeting *m, json_t **ret, struct err *err);
/** The array for NORDECK_TYPE's `calendar`. The caller owns it. */
json_t *meeting_nordeck(const struct meeting *m);

#endif
