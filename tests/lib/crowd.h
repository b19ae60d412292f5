/*
 * Hundreds of light people of a LiveKit room in one process, on one loop: each
 * has a WebSocket, full ICE, DTLS and SRTP of its own on UDP sockets of its
 * own. Who speaks sends frames of Opus that were encoded before; every frame
 * names its voice, its number and when it was sent in Opus' own padding, which
 * decoders skip and servers pass on, so what each person hears is counted
 * whatever the server does to RTP's numbers. Works with any server that offers
 * the subscriber connection (dual peer connections). Who only listens may come by
 * WHEP instead, without signalling.
 *
 * Owner thread of the loop.
 */
#ifndef MUSTER_TESTS_LIB_CROWD_H
#define MUSTER_TESTS_LIB_CROWD_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/span.h"

#define CROWD_SPEAKERS_MAX 16
#define CROWD_FRAME_MS 20
#define CROWD_WINDOW_MAX 65536 /**< frames of one voice that are counted */

/** Strings are borrowed until crowd_free. */
struct crowd_options {
	const char *url; /**< "ws://127.0.0.1:7880" */
	const char *key, *secret, *room;
	int people; /**< all of them, the publishers first */
	int open;   /**< publishers: their microphones are open all the time ... */
	int speak;  /**< ... and so many of them speak, the others are in silent rooms */
	/** All others come by WHEP: POST to this address, each with a token of their own. NULL: by
	 * WebSockets as the publishers. */
	const char *whep_url;
	const char *const *tokens; /**< people - open */
};

struct crowd;
/** Nobody has come yet. The caller owns it. NULL: no Opus, or no WebSockets. */
struct crowd *crowd_new(struct loop *l, const struct crowd_options *o, struct err *err);
/** Everybody is gone without a word. Not from inside the loop. */
void crowd_free(struct crowd *c);

/** The publishers come, all at once. */
void crowd_enter_publishers(struct crowd *c);
/** All others come, all at once. */
void crowd_enter_listeners(struct crowd *c);
/** Everybody who has come is connected, and who publishes may speak. */
bool crowd_is_in(struct crowd *c);
/** Open the microphones. */
void crowd_talk(struct crowd *c);
/** Everybody who has come has heard everybody who speaks. */
bool crowd_hears(struct crowd *c);
/** From the next frames on they are counted. */
void crowd_begin(struct crowd *c);
/** Frames from now on are not. */
void crowd_end(struct crowd *c);
/** Everything between begin and end has arrived everywhere. */
bool crowd_has_all(struct crowd *c);
/** Somebody was refused or thrown out, or something makes no sense: the first reason; NULL: not. */
const char *crowd_trouble(const struct crowd *c);

/**
 * So many times a second somebody who does not speak vanishes without a word and comes anew at
 * once; 0: nobody. Every second person may; what those hear is counted no more.
 */
void crowd_churn(struct crowd *c, int per_second);

/** What comes from outside. */
enum crowd_forgery {
	CROWD_RTP,	/**< a voice, sealed with another key, from a listener's address */
	CROWD_RTCP,	/**< the same with reports */
	CROWD_REPLAY,	/**< what a speaker sent before, once more */
	CROWD_OVERSIZE, /**< longer than any packet of media */
	CROWD_DTLS,	/**< a record of nonsense */
	CROWD_STUN,	/**< a check with a wrong password */
	CROWD_SHORT,	/**< a few bytes */
	CROWD_STRANGER, /**< a voice from an address that is nobody's */
	CROWD_FORGERIES,
};
/** Send so many of them a second, of all kinds in turn, to where the media goes; 0: no more. */
void crowd_forge(struct crowd *c, int per_second);
/** Send `n` of one kind at once. Those that were sent. */
int crowd_forge_now(struct crowd *c, enum crowd_forgery kind, int n);

/** One voice, at all its listeners together. */
struct crowd_voice {
	uint64_t said;	   /**< frames between begin and end */
	uint64_t expected; /**< what had to be heard of it */
	uint64_t heard, repeated, reordered;
};

/** Times in microseconds. */
struct crowd_report {
	int moves;	/**< people who came anew */
	int people, in; /**< that came, and that are connected */
	int64_t all_in; /**< from the first WebSocket to the last connection */
	int64_t join_p50, join_p99, join_max; /**< from a person's WebSocket to their connection */
	int64_t media_p50, media_p99;	      /**< the same to the first sound */
	int64_t all_hear; /**< from the first listener's coming until all hear everybody; 0: not yet */
	uint64_t said;	  /**< frames of speakers between begin and end */
	uint64_t expected; /**< what had to be heard of it, by all listeners together */
	uint64_t heard, lost, repeated, reordered;
	struct crowd_voice voices[CROWD_SPEAKERS_MAX];
	int voices_n;
	uint64_t others;      /**< frames of those who are silent, that were sent on all the same */
	int64_t numbers_lost; /**< what RTP's own numbers say is missing, everything included */
	uint64_t asked_again; /**< packets that were asked for by NACK */
	int unhappy;	      /**< listeners who lost anything */
	int64_t gap_p99, gap_max; /**< between two packets of a voice at one listener */
	int64_t delay_p50, delay_p99, delay_max; /**< from one's socket to another's ear */
	int64_t storm_p99, storm_max; /**< the same among publishers, while all others came
				       * in: this process's own handshakes included */
	uint64_t forged[CROWD_FORGERIES];
	uint64_t signals, signal_bytes; /**< messages of the server */
	/* How this process itself was: what counts against the server must not be ours. */
	int64_t late_p99, late_max; /**< frames that were sent after their time */
	uint64_t own_drops;	    /**< our sockets had no room, as we did not read in time */
};
void crowd_report(struct crowd *c, struct crowd_report *ret);

#endif
