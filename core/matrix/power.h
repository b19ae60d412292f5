/*
 * Power levels: who may do what (client-server API, m.room.power_levels; room
 * versions, "Authorization rules"). The server decides with it; the client
 * gives hints with it. Room version 12: creators stand above every level.
 */
#ifndef MUSTER_MATRIX_POWER_H
#define MUSTER_MATRIX_POWER_H

#include "core/base/json.h"

#define POWER_INFINITE INT64_MAX

/** What a room's levels are read from; owns references, see power_done. */
struct power {
	json_t *levels;	  /**< content of m.room.power_levels, or NULL */
	json_t *creators; /**< array of user ids */
	int version;	  /**< room version as number; unknown counts as the newest */
};

enum power_action {
	POWER_INVITE,
	POWER_KICK,
	POWER_BAN,
	POWER_REDACT,	   /**< other people's events */
	POWER_NOTIFY_ROOM, /**< "@room" mentions */
};

/**
 * `levels` may be NULL (no such event), `create` is the content of the
 * m.room.create event and `creator` its sender; both may be NULL for a client
 * that has not seen them (then nobody counts as creator, and version 11's
 * rules hold). References are taken.
 */
void power_init(struct power *p, const json_t *levels, const json_t *create, const char *creator);
/** A zeroed struct is allowed. */
void power_done(struct power *p);

/** Of the room; in version 12 there may be several. */
bool power_is_creator(const struct power *p, const char *user);
/** Level of a user; POWER_INFINITE for a creator of a version 12 room. */
int64_t power_of_user(const struct power *p, const char *user);
/** Level needed for an event of this type. */
int64_t power_for_event(const struct power *p, const char *type, bool is_state);
int64_t power_for_action(const struct power *p, enum power_action action);

/* Levels only: that the person is joined is for the caller to check. */
bool power_can_send(const struct power *p, const char *user, const char *type);
/** Also: a state key that begins with "@" must be the sender's own id. */
bool power_can_state(const struct power *p, const char *user, const char *type,
		     const char *state_key);
bool power_can_invite(const struct power *p, const char *user);
/** Level reached, and the target stands lower. */
bool power_can_kick(const struct power *p, const char *user, const char *target);
/** May redact an event of `author`: one's own needs only the level to send m.room.redaction. */
bool power_can_redact(const struct power *p, const char *user, const char *author);

/**
 * May `user` replace the levels by `next`? Shape (integers, valid user ids, no
 * creators in version 12) gives ERR_INVALID, forbidden changes ERR_AUTH, each
 * with the level that is missing. That the type m.room.power_levels may be
 * sent at all is power_can_state's question.
 */
int power_check_change(const struct power *p, const char *user, const json_t *next,
		       struct err *err);
/** Only the shape; `creators` from `p`. */
int power_check_shape(const struct power *p, const json_t *levels, struct err *err);

#endif
