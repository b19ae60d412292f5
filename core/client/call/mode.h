/*
 * What holds for a room's calls (core/matrix/live.h) as the cache has it, and
 * changing it: live lessons, the floor, the lock.
 */
#ifndef MUSTER_CLIENT_CALL_MODE_H
#define MUSTER_CLIENT_CALL_MODE_H

#include "core/client/client.h"
#include "core/matrix/live.h"
#include "core/store/store.h"

struct call_mode {
	struct live live;
	struct power power;
	json_t *event, *levels, *create; /* what the others borrow from */
};

/** `room` as a row of the cache. The caller ends it with call_mode_done. */
void call_mode_read(struct store *s, int64_t room, struct call_mode *ret);
/** A zeroed struct is allowed. */
void call_mode_done(struct call_mode *m);
/** May they speak in the room's calls? */
bool call_mode_may_speak(const struct call_mode *m, const char *user);
/** Do they lead them? */
bool call_mode_is_host(const struct call_mode *m, const char *user);

enum call_change {
	CALL_GO_LIVE,
	CALL_GO_MEETING, /**< everybody may speak again; locked stays locked */
	CALL_GIVE_FLOOR,
	CALL_TAKE_FLOOR,
	CALL_LOCK,
	CALL_UNLOCK,
	CALL_OVER, /**< nothing holds any more */
};
/**
 * Blocking. `user`: whose floor. ERR_AUTH when we do not lead the room's calls, ERR_CONFLICT
 * for the floor where everybody may speak. *ret: room_id, live, floor (a list), locked,
 * changed; and user_id for the floor.
 */
int call_mode_change(struct client *c, const char *room_id, enum call_change what, const char *user,
		     json_t **ret, struct err *err);
/**
 * Blocking. End the room's call for everybody, in it or not, and then the lesson and the lock; the call first, so that
 * one that cannot be ended is not opened to all instead. *ret as of call_mode_change, with ended: somebody was in it.
 */
int call_end_for_all(struct client *c, const char *room_id, json_t **ret, struct err *err);
/**
 * Blocking. Put somebody out of the running call, as calls_host with HOST_REMOVE, and take the floor
 * from them, so that who comes again listens. *ret as of calls_host.
 */
int call_put_out(struct client *c, const char *room_id, const char *user, json_t **ret,
		 struct err *err);

#endif
