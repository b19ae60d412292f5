/* What routes about the sound of a room share: live.c, live_tokens.c. */
#ifndef MUSTER_SERVER_ROUTES_LIVE_H
#define MUSTER_SERVER_ROUTES_LIVE_H

#define LIVE_PATH "/_muster/live/v1/"

#endif
