/*
 * Matrix profiles.
 */
#ifndef MUSTER_CLIENT_PROFILE_H
#define MUSTER_CLIENT_PROFILE_H

#include "core/client/client.h"

/** `user_id` NULL: own. *ret: user_id, name, avatar_url. */
int client_profile_show(struct client *c, const char *user_id, json_t **ret, struct err *err);
/** `key`: "name" or "avatar" (mxc URI or a path, which is uploaded); "" removes it. */
int client_profile_set(struct client *c, const char *key, const char *value, struct err *err);

#endif
