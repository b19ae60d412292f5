/*
 * Programs that speak or listen in a room's call without knowing Matrix, such as OBS: tokens for
 * the sound of one room, which a muster server gives (docs/SERVER.md). Each is a device of ours
 * that can do nothing else.
 */
#ifndef MUSTER_CLIENT_CALL_PROGRAM_H
#define MUSTER_CLIENT_CALL_PROGRAM_H

#include "core/client/client.h"

/** Row: device_id, name, for ("speak" or "listen"), token, url. `name` may be NULL. */
int program_token_add(struct client *c, const char *room_id, bool listen, const char *name,
		      client_row_fn *fn, void *arg, struct err *err);
/** Rows: device_id, name, for, seen_ts or null. */
int program_token_list(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		       struct err *err);
/** It speaks and listens no more, from now on. */
int program_token_remove(struct client *c, const char *room_id, const char *device_id,
			 client_row_fn *fn, void *arg, struct err *err);

#endif
