/*
 * Who may do what: the authorisation rules of room version 11 (Matrix
 * specification, "Room Version 11", Authorisation rules), as far as a server
 * without federation needs them. Pure functions.
 */
#ifndef MUSTER_SERVER_ROOMS_AUTH_H
#define MUSTER_SERVER_ROOMS_AUTH_H

#include "core/base/err.h"
#include "core/matrix/power.h"
#include "server/rooms/room.h"

#include <jansson.h>

/** An event and the state it is judged by. All borrowed. */
struct auth_case {
	const struct power *power; /**< levels before the event */
	const json_t *join_rules;  /**< content of m.room.join_rules; NULL: "invite" */
	const char *creator;	   /**< sender of m.room.create */
	int events;		   /**< in the room so far: 0, 1 or 2 for "more" */
	const char *sender;
	enum membership sender_is; /**< before the event */
	const char *type;
	const char *state_key; /**< NULL: not state */
	const json_t *content;
	enum membership target_is; /**< m.room.member: of state_key, before the event */
	/** Restricted join: a member who may invite vouches (join_authorised_via_users_server). */
	bool vouched;
};

/**
 * 0, or 403 M_FORBIDDEN with the reason; 400 M_BAD_JSON for content that no
 * room may hold.
 */
int auth_check(const struct auth_case *c, struct err *err);

/** "join" ... to enum; false for anything else. */
bool membership_parse(const char *word, enum membership *ret);
const char *membership_name(enum membership m);

#endif
