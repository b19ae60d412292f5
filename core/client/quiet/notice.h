/*
 * Whether something that came in is to be heard or seen now: one decision for bells, notifications
 * and ringing. A pure function.
 */
#ifndef MUSTER_CLIENT_QUIET_NOTICE_H
#define MUSTER_CLIENT_QUIET_NOTICE_H

#include "core/client/quiet/quiet.h"

/** What has come in, and where. */
struct notice {
	int64_t now_ms;
	bool wanted;  /**< the setting wants notices at all */
	bool muted;   /**< the room's push rules say nothing */
	bool covered; /**< quiet hours count in this room */
	bool urgent;  /**< an urgent message of the room's staff that names us (urgent.h) */
};

enum notice_why {
	NOTICE_SHOWN,
	NOTICE_URGENT, /**< shown although it is quiet */
	NOTICE_OFF,    /**< the setting */
	NOTICE_MUTED,  /**< the room */
	NOTICE_QUIET,  /**< until *ret_until */
};

/** *ret_until (may be NULL) as quiet_at, when it is quiet; else 0. */
enum notice_why notice_judge(const struct quiet_hours *q, const struct notice *n,
			     int64_t *ret_until);
/** Heard and seen? */
bool notice_is_shown(enum notice_why why);
/** What a notice says; it names nobody, as anybody may look at the screen. */
const char *notice_text(void);
/** Stable word: shown, urgent, off, muted, quiet. */
const char *notice_word(enum notice_why why);

#endif
