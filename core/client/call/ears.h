/*
 * People of one call may be on several SFUs, each where their own server has
 * its calls: they speak on one and listen on all. We speak on one too
 * (room_call.c); these are the connections by which the others are heard.
 * Private to this folder.
 */
#ifndef MUSTER_CLIENT_CALL_EARS_H
#define MUSTER_CLIENT_CALL_EARS_H

#include "core/client/call/room_call.h"

#define EARS_MAX 8 /* other SFUs at once */

struct ear;

/** The people or their places changed: connect where somebody is, leave where nobody is. */
void ears_update(struct room_call *rc);
/** Leave all of them; nothing is told any more. */
void ears_leave(struct room_call *rc);
void ears_free(struct room_call *rc);
/** By which connection those are heard who publish at this token service; NULL: by our own. */
const struct ear *ears_of(const struct room_call *rc, const char *service);

#endif
