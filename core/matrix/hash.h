/*
 * Redaction, hashes and event ids (server-server API, "Calculating the content
 * hash" and "Calculating the reference hash"; rooms/v1 to v12, "Redactions").
 */
#ifndef MUSTER_MATRIX_HASH_H
#define MUSTER_MATRIX_HASH_H

#include "core/base/json.h"
#include "core/matrix/id.h"

#define ROOM_VERSION_DEFAULT 11
#define ROOM_VERSION_NEWEST 12

/** 1 to 12; 0 for a version that is not known. NULL (no room_version in the create event) is 1. */
int room_version_parse(const char *s);

/**
 * The event after redaction, a new object; the caller owns it. It shares
 * values with `event`, so treat both as constant. `version` 0 is taken as the
 * newest. `unsigned` and `signatures`: the former goes, the latter stays.
 */
json_t *event_redact(const json_t *event, int version);
/** Only the content of an event of this type after redaction. The caller owns it. */
json_t *event_redact_content(const char *type, const json_t *content, int version);

/** SHA-256 over the event without unsigned, signatures and hashes. ERR_INVALID: not canonical. */
int event_content_hash(const json_t *event, uint8_t ret[32], struct err *err);
/** Set event.hashes.sha256 to the content hash. */
int event_put_hashes(json_t *event, struct err *err);
/** SHA-256 over the redacted event without unsigned and signatures (and event_id). */
int event_reference_hash(const json_t *event, int version, uint8_t ret[32], struct err *err);
/**
 * "$" and the reference hash in base64 (rooms/v3, v4 "Event IDs"). Versions 1
 * and 2 name events otherwise: ERR_UNSUPPORTED.
 */
int event_id_make(const json_t *event, int version, struct event_id *ret, struct err *err);

#endif
