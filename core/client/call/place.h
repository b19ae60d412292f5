/*
 * Where a call takes place, and the way in: the token service of an SFU, an
 * OpenID token to show there, and the access token that it gives (MSC4143,
 * MSC4195). On the client's loop.
 */
#ifndef MUSTER_CLIENT_CALL_PLACE_H
#define MUSTER_CLIENT_CALL_PLACE_H

#include "core/client/client.h"
#include "core/matrix/rtc_request.h"

struct place;

struct place_handler {
	/** The answer to place_find and place_renew, once each, never inside them. `token` is
	 * borrowed; `err` is set instead when there is none. */
	void (*found)(void *arg, const struct rtc_token *token, const struct err *err);
	/** The place of the others could not be used; we go on with our own. Never after a
	 * token was found. */
	void (*elsewhere)(void *arg, const struct err *why);
};

/**
 * `preferred`: the token service of the SFU that the people in the call are
 * on, or "" when nobody is; `only`: no other will do. The caller owns the result.
 */
struct place *place_new(struct client *c, const char *room_id, const char *preferred, bool only,
			const struct place_handler *h, void *arg);
/** No callback any more. NULL is allowed. */
void place_free(struct place *p);
void place_find(struct place *p);
/** Another token for the place that was found. */
void place_renew(struct place *p);
/** The token service in use, as it was written there. */
const char *place_service(const struct place *p);
/** Something is asked and not answered yet. */
bool place_is_asking(const struct place *p);

#endif
