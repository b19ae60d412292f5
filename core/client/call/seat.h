/*
 * Our own place at the table of a call: the member event in the room, the
 * leave that the server sends when we fall silent (a delayed event, restarted
 * every few seconds), and the renewal of the member event before it expires.
 * As matrix-js-sdk's MembershipManager does it. On the client's loop.
 */
#ifndef MUSTER_CLIENT_CALL_SEAT_H
#define MUSTER_CLIENT_CALL_SEAT_H

#include "core/client/client.h"
#include "core/matrix/rtc_request.h"

#define SEAT_DELAY_MS 8000   /* after so long without a sign of life the server lets us leave */
#define SEAT_RESTART_MS 5000 /* how often we give one */
#define SEAT_RESTART_TIMEOUT_MS 2000
/* Where the server has no delayed events, a member event that nobody renews soon expires. */
#define SEAT_SHORT_MS (20LL * 60 * 1000)

struct seat;

struct seat_handler {
	/** Our member event is in the room: at first, and again whenever it had to be renewed. */
	void (*taken)(void *arg, const char *event_id);
	/** It cannot be: not allowed, or the server is gone for good. */
	void (*failed)(void *arg, const struct err *err);
	/** After seat_leave: it is over, `err` says what did not work. The last call. */
	void (*left)(void *arg, const struct err *err);
};

struct seat_options {
	const char *room_id;
	const char *room_version; /**< or NULL */
	bool recording;
	/* 0: the usual */
	int64_t life_ms;  /**< of a member event that is not renewed */
	int64_t guard_ms; /**< instead of SEAT_DELAY_MS */
	int leaving_ms;	  /**< of one attempt of one request while leaving */
};

/** ERR_TOO_LARGE when no state key can be made. The caller owns *ret. */
int seat_new(struct client *c, const struct seat_options *o, const struct seat_handler *h,
	     void *arg, struct seat **ret, struct err *err);
/** Without leaving: the server lets us leave SEAT_DELAY_MS later. NULL is allowed. */
void seat_free(struct seat *s);
/** Sit down: schedule the leave, then send the member event with this token service. */
void seat_take(struct seat *s, const char *service);
/** Get up; `left` follows within a few seconds. At any time after seat_take. */
void seat_leave(struct seat *s);
/** The same device is in the call from another program: leave the member event to that one. */
void seat_cede(struct seat *s);
/**
 * What the room now says about us: the id of our member event, "" when we are
 * not in the call. When it was there and is gone it is sent again.
 */
void seat_seen(struct seat *s, const char *event_id, int64_t created_ms);
/** The server would let us leave if we vanished now. */
bool seat_guarded(const struct seat *s);

#endif
