/*
 * Whether somebody wants to be invited at all: account data of the type
 * m.invite_permission_config (client-server API, "Invite permission").
 */
#ifndef MUSTER_SERVER_ROOMS_INVITE_PERMISSION_H
#define MUSTER_SERVER_ROOMS_INVITE_PERMISSION_H

#include "core/base/sql.h"

/** Are all invitations of this person refused and hidden? Any handle. */
bool invites_blocked(struct sql *db, int64_t user_nid);

#endif
