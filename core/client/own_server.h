/*
 * Is our homeserver a `muster serve`, which sees who is in calls by itself? It says so in its .well-known;
 * the cache remembers.
 */
#ifndef MUSTER_CLIENT_OWN_SERVER_H
#define MUSTER_CLIENT_OWN_SERVER_H

#include "core/client/client.h"

enum own_server { OWN_SERVER_UNKNOWN, OWN_SERVER_YES, OWN_SERVER_NO };

/** From the cache alone. */
enum own_server own_server_known(struct store *s);
/** Note a reply of /.well-known/matrix/client (NULL: there is none); what it says. */
enum own_server own_server_note(struct client *c, struct store *s, const json_t *well_known);

#endif
