/*
 * A call as one of its people: a LiveKit room joined with sound. Signalling
 * over a WebSocket, one peer connection to be heard and one to hear
 * (core/rtc), sound by the engine of audio/. Knows nothing of Matrix and
 * nothing of terminals.
 *
 * Threads: every function is the owner's, the thread of the loop given to
 * call_new; every callback runs on that loop, never inside a call_* function.
 * The work itself is done on a thread of the call's own (worker.h), so that a
 * busy owner disturbs no sound; the sound has the engine's media thread. A
 * call keeps loop_run of its owner's loop going until `ended` was told.
 *
 * Sound travels over UDP to the addresses that the server names; no STUN server
 * is asked, as a server of calls can be reached as it is. Where UDP does not
 * get through, from the start or later, it goes by TCP to the same server (ICE
 * over TCP) or by a TURN server, and back to UDP when that works again.
 *
 * Trouble on the way is mended without the owner: a lost connection is resumed
 * (LiveKit's reconnect=1, ICE restart), failing that the room is joined anew
 * (call_handler.token is asked for a fresh token first); CALL_RECONNECTING is
 * told, and CALL_JOINED when sound flows again. Only what cannot be mended
 * within CALL_GIVE_UP_MS ends the call.
 */
#ifndef MUSTER_CALL_CALL_H
#define MUSTER_CALL_CALL_H

#include "audio/engine.h"
#include "core/base/err.h"
#include "core/base/loop.h"

#define CALL_GIVE_UP_MS 60000

struct call;

enum call_state {
	CALL_CONNECTING,
	CALL_JOINED,	   /**< we hear, and may be heard */
	CALL_RECONNECTING, /**< was joined; being mended */
	CALL_ENDED,	   /**< final: call_handler.ended follows at once */
};

/** Why it ended. */
enum call_end {
	CALL_END_LEFT,	    /**< call_leave */
	CALL_END_REMOVED,   /**< somebody removed us */
	CALL_END_ELSEWHERE, /**< the same identity joined from another place */
	CALL_END_ENDED,	    /**< who leads ended the call for all */
	CALL_END_CLOSED,    /**< the server closed the room */
	CALL_END_FAILED,    /**< could not join, or not come back: see err */
};
/** Stable word for JSON: "left", "removed", "elsewhere", "ended", "closed", "failed". */
const char *call_end_name(enum call_end why);

enum call_quality { CALL_QUALITY_UNKNOWN, CALL_LOST, CALL_POOR, CALL_GOOD, CALL_EXCELLENT };
/** "unknown", "lost", "poor", "good", "excellent". */
const char *call_quality_name(enum call_quality q);

/** Somebody in the call. Strings borrowed during the callback. */
struct call_person {
	const char *identity; /**< LiveKit's; from MatrixRTC "@u:hs:DEVICE" or a hash */
	const char *sid;
	const char *name;
	bool self;
	bool publishing; /**< has a sound track */
	bool muted;	 /**< no sound track, or a muted one */
	bool speaking;
	float level; /**< 0 to 1, while speaking */
	enum call_quality quality;
	int64_t joined_at_ms; /**< wall clock, as the server says; 0: unknown */
};

enum call_person_event {
	CALL_PERSON_JOINED, /**< also for everybody who was there already, and for oneself */
	CALL_PERSON_LEFT,
	CALL_PERSON_MUTED,
	CALL_PERSON_UNMUTED, /**< also when they first publish */
	CALL_PERSON_SPEAKING,
	CALL_PERSON_SILENT,
	CALL_PERSON_QUALITY,
};

struct call_handler {
	void (*state)(void *arg, enum call_state now);
	void (*person)(void *arg, enum call_person_event what, const struct call_person *p);
	/** Our own mute changed: by call_mute, or by a host (`by_server`). */
	void (*muted)(void *arg, bool muted, bool by_server);
	/** A fresh token is wanted to join anew: answer with call_token, now or later. May be NULL.
	 */
	void (*token)(void *arg);
	/** The capture device is at its end (file played, pipe closed) and the sound is sent. */
	void (*input_end)(void *arg);
	/** One sentence that a person should know, and that ends nothing: no UDP way out, the
	 * microphone is gone ... `err->code` says of what kind. */
	void (*warning)(void *arg, const struct err *err);
	/** The last call; then call_free. `err` is set for CALL_END_FAILED, else NULL. */
	void (*ended)(void *arg, enum call_end why, const struct err *err);
};

/** TURN servers with their credentials. */
struct call_turn {
	const char *const *uris;
	size_t uris_n;
	const char *username, *password;
};

struct call_options {
	const char *url;   /**< ws:// or wss:// of the SFU, as the JWT endpoint gave it */
	const char *token; /**< access token */
	const char *ca_file;
	/** Devices, processing, Opus; handler, arg and manual are the call's to set. input NULL:
	 * listen only. */
	struct audio_engine_settings sound;
	bool listen_only; /**< publish nothing */
	bool muted;	  /**< publish, but muted */
	/** A narrow line: three frames in a packet, and of others only the loudest where the server is
	 * one of ours. The bit rate is `sound.opus`'s. */
	bool low;
	/** Publish only at the first unmute, so that people who only listen cost nothing. */
	bool publish_late;
	/** For tests: these addresses instead of the interfaces', zero-ended (family 0), borrowed
	 * until call_free. */
	const struct net_addr *addresses;
};

/** Start joining. The caller owns it until `ended`. Fails only before anything was started: a device
 * that cannot be opened, an address that is none. */
int call_new(struct loop *owner, const struct call_options *o, const struct call_handler *h,
	     void *arg, struct call **ret, struct err *err);
/** Leave politely (the server is told, our track ends); `ended` follows within two seconds. */
void call_leave(struct call *c);
/** After `ended`, or at any time to drop everything at once without callbacks. NULL is allowed. */
void call_free(struct call *c);
/**
 * The answer to call_handler.token. NULL: none to be had (`why`); the call ends,
 * unless it is ERR_NETWORK: then it is asked for again, within CALL_GIVE_UP_MS.
 */
void call_token(struct call *c, const char *token, const struct err *why);
/** TURN servers that may be used where the server of calls names none; at any time, copied. */
void call_turn(struct call *c, const struct call_turn *t);
/** The network changed (address, interface): do not wait for silence, mend now. */
void call_network_changed(struct call *c);

/** Our own microphone; the others are told. */
void call_mute(struct call *c, bool muted);
/** In dB; -100 and below: silent. `identity` NULL: everybody. */
void call_gain(struct call *c, const char *identity, float db);
/** Record into this file (its ending says how) from now on; NULL ends it. */
int call_record(struct call *c, const char *path, enum audio_engine_tap what, struct err *err);

/** How sound travels: the worse of both ways. */
enum call_way {
	CALL_WAY_NONE,
	CALL_WAY_UDP,
	CALL_WAY_TCP,	/**< ICE over TCP: UDP does not get through */
	CALL_WAY_RELAY, /**< a TURN server passes it on */
};
/** "", "udp", "tcp", "relay". */
const char *call_way_name(enum call_way w);

/** How it goes, for `call status` and statistics. Blocks for a moment. */
struct call_status {
	enum call_state state;
	bool muted, publishing;
	size_t people;		  /**< oneself included */
	int rtt_ms;		  /**< -1: not known */
	double loss_out, loss_in; /**< 0 to 1, of late */
	double protects;	  /**< loss that our voice is sent to withstand, 0 to 1 */
	int64_t packets_out, packets_in, lost_in;
	double jitter_ms;
	int delay_ms; /**< of the voice that is buffered longest */
	/** Of the voices that are there now, since they came: pieces that were not there when they had
	 * to be played, of them given back by FEC; how much was made up, and how often too late. */
	int64_t missed, by_fec, made_up_ms, late;
	int reconnects;
	enum call_way way;
	struct audio_engine_state sound;
};
void call_status(struct call *c, struct call_status *ret);

#endif
