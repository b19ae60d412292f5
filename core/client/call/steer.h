/*
 * A running call is steered by any process of the same person: over a 0600
 * socket in the runtime folder, noted in the account's folder under calls/, so
 * that it is found from anywhere. One line of JSON is asked, one answered.
 */
#ifndef MUSTER_CLIENT_CALL_STEER_H
#define MUSTER_CLIENT_CALL_STEER_H

#include "core/client/call/host.h"
#include "core/client/client.h"

struct room_call;
struct steer;

/* -- The call's side, on its loop ------------------------------------------- */

/** ERR_CONFLICT when a process of this account is in that room's call. The caller owns *ret. */
int steer_new(struct client *c, struct room_call *rc, struct steer **ret, struct err *err);
/** NULL is allowed. */
void steer_free(struct steer *s);
/** What was asked about our hand is done, or has failed. */
void steer_hand_done(struct steer *s, const struct err *err);
/** The call is over: whoever asked for that is told. */
void steer_ended(struct steer *s);

/* -- The others' side, blocking ---------------------------------------------- */

/**
 * The room whose call is meant: `room_id` itself, else that of the only call there is; ERR_USAGE
 * when there are several, ERR_NOT_FOUND when there is none. The caller owns *ret.
 */
int calls_room(struct client *c, const char *room_id, char **ret, struct err *err);
/** One row of room_call_status for each running call, or for that of `room_id`. */
int calls_status(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		 struct err *err);
/** Rows of the people in a call: person_row's. */
int calls_people(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		 struct err *err);

/**
 * What who leads the call does to others, by the running call; returns when it is done.
 * HOST_MUTE, HOST_REMOVE: `user`. *ret: room_id, user_id, and muted or removed (how many tracks,
 * how many devices), or ended.
 */
int calls_host(struct client *c, const char *room_id, enum host_act what, const char *user,
	       json_t **ret, struct err *err);

enum calls_act { CALLS_MUTE, CALLS_UNMUTE, CALLS_HAND_UP, CALLS_HAND_DOWN, CALLS_LEAVE };
/**
 * Have it done; returns when it is. `room_id` NULL: the only call there is,
 * ERR_USAGE when there are several. *ret: room_id and what is so now.
 */
int calls_act(struct client *c, const char *room_id, enum calls_act what, json_t **ret,
	      struct err *err);

#endif
