/*
 * A call on one loop: joining, publishing, hearing, mending and leaving, all
 * on the loop's thread (the sound's media thread aside). call.h is this on a
 * thread of its own.
 *
 * Handlers are call_handler's, called on this loop from inside; they may call
 * the functions here except session_close, which nothing but `ended` allows
 * soon after.
 */
#ifndef MUSTER_CALL_SESSION_H
#define MUSTER_CALL_SESSION_H

#include "core/base/ws.h"
#include "core/call/call.h"
#include "core/call/pc.h"

struct call_session;
struct sound;

/** How long to wait for what; tests make some of them short. Milliseconds. */
struct session_times {
	int give_up; /**< trouble that is not mended ends the call */
	int resume;  /**< of that, for coming back as the same participant */
	int attempt; /**< for one connection, until sound could flow */
	int leave;   /**< for the server to close after our leave */
	int publish; /**< for the server to take a track later on */
	int warm_up; /**< at most, for somebody to subscribe before we speak */
	int look;    /**< between looks at interfaces and losses */
};
extern const struct session_times session_times_default;

struct session_options {
	struct loop *loop;
	struct ws_client *ws;
	struct call_options call;
	struct session_times times;
	const enum pc_block *block; /**< for tests: see pc.h */
};

/** Opens the devices, starts joining. The caller owns it. Fails only at once: a device or an
 * address that is none. */
int session_open(const struct session_options *o, const struct call_handler *h, void *arg,
		 struct call_session **ret, struct err *err);
/** Drops everything at once. NULL is allowed. */
void session_close(struct call_session *s);

/** Say goodbye, then end; what was asked for before is still sent. */
void session_leave(struct call_session *s);
/** The answer to call_handler.token. */
void session_token(struct call_session *s, const char *token, const struct err *why);
void session_mute(struct call_session *s, bool muted);
void session_gain(struct call_session *s, const char *identity, float db);
void session_turn(struct call_session *s, const struct call_turn *t);
void session_network_changed(struct call_session *s);
void session_status(struct call_session *s, struct call_status *ret);
struct sound *session_sound(struct call_session *s);

/**
 * Before the n-th attempt (from 0) to come back: doubling from a third of a
 * second to five, give or take half of it, so that a class does not return in
 * one moment. The first is nearly at once. `random`: any number.
 */
int session_delay_ms(unsigned n, uint32_t random);

#endif
