/*
 * Whom a person ignores (m.ignored_user_list): their messages and invitations
 * are not told to this person; state events are (client-server API, "Ignoring
 * Users").
 */
#ifndef MUSTER_SERVER_SYNC_IGNORED_H
#define MUSTER_SERVER_SYNC_IGNORED_H

#include "server/sync/hub.h"

#define IGNORED_MAX 1000 /* names that are looked at */

/** Is `sender` on the person's list? */
bool ignored_sender(struct hub *h, struct hub_user *user, const char *sender);
/** The person's global account data changed. */
void ignored_changed(struct hub_user *user);

#endif
