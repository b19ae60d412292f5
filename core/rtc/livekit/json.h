/*
 * Rooms, people and tracks as LiveKit's HTTP API writes them: the JSON form of
 * its protobuf messages with the fields' own names. Enumerations are names,
 * 64-bit numbers are text; what is empty is left out.
 */
#ifndef MUSTER_RTC_LIVEKIT_JSON_H
#define MUSTER_RTC_LIVEKIT_JSON_H

#include "core/base/json.h"
#include "core/rtc/livekit/models.h"

/* New references. */
json_t *lk_track_json(const struct lk_track *t);
json_t *lk_person_json(const struct lk_person *p);

/**
 * A permission as it comes in such a request, whose keys may also be spelled
 * lowerCamelCase. What is absent is false. Release with lk_permission_done.
 */
void lk_permission_read(const json_t *j, struct lk_permission *ret);

/** A value of an object by the name of its field, in either spelling. Borrowed; NULL. */
const json_t *lk_json_get(const json_t *o, const char *name);
/** The same for text; NULL unless it is one. */
const char *lk_json_str(const json_t *o, const char *name);

#endif
