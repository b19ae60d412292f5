/*
 * TIME and DUR of the command line's contract, and their output forms.
 */
#ifndef MUSTER_BASE_WHEN_H
#define MUSTER_BASE_WHEN_H

#include "core/base/err.h"
#include "core/base/span.h"

/**
 * TIME: RFC 3339, "YYYY-MM-DD[ HH:MM[:SS]]", "HH:MM", "today", "tomorrow",
 * "tomorrow 9:00", "yesterday", "now", "now-2h", "now+1h30m"; local zone
 * unless given. `now_ms` anchors the relative forms. Unix ms out.
 */
int when_parse(struct span s, int64_t now_ms, int64_t *ret_ms, struct err *err);
/** DUR: "90s", "5m", "1h30m", "2d", "500ms"; a bare number is an error that says so. */
int duration_parse(struct span s, int64_t *ret_ms, struct err *err);

#define WHEN_ISO_SIZE 40
/** "2026-03-01T09:00:00.000+01:00" in the local zone (TZ); ms kept. */
void when_iso(int64_t ms, char ret[WHEN_ISO_SIZE]);
/** For people: "09:00" today, "Mon 09:00" this week, else "2026-03-01 09:00". */
void when_human(int64_t ms, int64_t now_ms, char ret[WHEN_ISO_SIZE]);
/** "1h30m", "45s", "0s". */
void duration_human(int64_t ms, char ret[WHEN_ISO_SIZE]);

#endif
