/*
 * Room versions, and what redaction leaves of a content (rooms/v1 to v12, "Redactions").
 */
#ifndef MUSTER_MATRIX_REDACT_H
#define MUSTER_MATRIX_REDACT_H

#include "core/base/json.h"

#define ROOM_VERSION_DEFAULT 11
#define ROOM_VERSION_NEWEST 12

/** 1 to 12; 0 for a version that is not known. NULL (no room_version in the create event) is 1. */
int room_version_parse(const char *s);

/**
 * The content of an event of this type after redaction, a new object; the caller owns it. It
 * shares values with `content`, so treat both as constant. `version` 0 is taken as the newest.
 */
json_t *event_redact_content(const char *type, const json_t *content, int version);

#endif
