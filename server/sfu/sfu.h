/*
 * The selective forwarding unit: LiveKit's signalling on WebSockets that
 * server/http accepted, media on one UDP port for everyone (ICE-lite, DTLS,
 * SRTP). Knows nothing of Matrix: rooms and people are LiveKit's names, and
 * who may enter is what their access token says (core/rtc/token.h).
 *
 * Threads: every function here is the server's loop thread's. Rooms, people,
 * tracks and peers live on the SFU's own thread (worker.h); messages and
 * events cross by posting.
 */
#ifndef MUSTER_SERVER_SFU_SFU_H
#define MUSTER_SERVER_SFU_SFU_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/net_addr.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/token.h"
#include "server/http/httpd.h"

#define SFU_LOUDEST 3 /* voices that a listener gets at once */
#define SFU_ADDRESSES_MAX 8
#define SFU_STALE_MS 300  /* a machine that cannot keep up: gaps rather than ever more delay */
#define SFU_LOST_MS 15000 /* from the last sign of life of who is cut off until it is told */

struct sfu;
struct turn_lend;

/** How somebody is in a room. Kept in databases: numbers stay. */
enum sfu_way { SFU_BY_SIGNAL = 0, SFU_BY_WHEP = 1, SFU_BY_WHIP = 2 };

/**
 * Somebody came to a room or left it. Who comes back with the same identity
 * while still there (a new session takes the old one's place) or in time to
 * resume was never gone: nothing is told, unless they are there in another way from now on, which
 * is told as if they came. Who is killed or cut off is told as
 * lost within SFU_LOST_MS.
 */
struct sfu_presence {
	const char *room, *identity; /**< as in the token */
	bool present;
	enum sfu_way way;
	int64_t at_ms; /**< wall clock; when lost: the last sign of life */
	/** Gone: "left", "lost", "removed", "ended" (the call was), "closed" (the server ends),
	 * else "". */
	const char *reason;
};

/** What somebody may do, where it is not for their token to say. */
struct sfu_permit {
	bool enter;	 /**< false: 403 */
	const char *why; /**< ... with this sentence, a constant; NULL: the usual one */
	bool known;	 /**< what follows counts, not what the token says */
	bool publish;	 /**< be heard; else what they publish is muted here */
	bool admin;	 /**< act on others: roomAdmin */
};

struct sfu_options {
	struct loop *loop;	  /**< the server's */
	const char *bind_ip;	  /**< numeric, wildcards too; NULL: every address */
	int udp_port;		  /**< 0: any that is free */
	const char *announce_ip;  /**< NULL: the interfaces' addresses */
	const char *key, *secret; /**< of access tokens */
	int loudest;		  /**< 0: SFU_LOUDEST */
	int tcp_max;		  /**< connections by TCP at once; 0: sfu_tcp_most() */
	int stale_ms; /**< sound that this host kept waiting for longer is not sent on; 0:
		       * SFU_STALE_MS; -1: it always is */
	const struct turn_lend *turn; /**< told to who joins; borrowed; NULL: none */
	/**
	 * Asked on the server's loop with every token that is good, also of who
	 * resumes: what may they do now? `ret` is zeroed. NULL: what their token says.
	 */
	void (*admit)(void *arg, const char *room, const char *identity, struct sfu_permit *ret);
	/** On the server's loop, in order. May be NULL. */
	void (*presence)(void *arg, const struct sfu_presence *p);
	void *arg; /**< of both */
};

/** Loop thread. The caller owns *ret. ERR_CONFLICT when the port is taken. */
int sfu_open(const struct sfu_options *o, struct sfu **ret, struct err *err);
/** Everybody is told LEAVE(SERVER_SHUTDOWN) and to try again; `presence` is called for each. While
 * the loop still runs and before httpd_free. NULL is allowed. */
void sfu_close(struct sfu *s);
int sfu_udp_port(const struct sfu *s);
/** How many connections by TCP are taken, by the files that this process may open: whoever
 * opens files leaves so many. Any thread. */
int sfu_tcp_most(void);
/**
 * Where people are told to send to, the best first, by what is bound and what is to be
 * announced (family 0: nothing); ports are not looked at. How many. Any thread.
 */
size_t sfu_addresses(const struct net_addr *bound, const struct net_addr *announce,
		     struct net_addr ret[SFU_ADDRESSES_MAX]);

/**
 * Take a request for /rtc: checks the token (query or Authorization: Bearer),
 * answers 401 or 404 with a text as livekit-server does, or upgrades. The
 * request is replied to or gone when this returns.
 */
void sfu_signal(struct sfu *s, struct httpd_request *rq);
/** /rtc/validate: 200 "success", or the error that /rtc would give. */
void sfu_validate(struct sfu *s, struct httpd_request *rq);

/**
 * What sfu_permit.publish and .admin say of somebody has changed, or may have. Who may not be
 * heard any more is muted and stays in the call; who may again is told so and unmutes themselves.
 * Nothing happens to who is not there. Does not wait.
 */
void sfu_permit(struct sfu *s, const char *room, const char *identity, bool publish, bool admin);

/**
 * WHEP (draft-ietf-wish-whep) and WHIP (RFC 9725): people without signalling, who hear
 * the loudest or speak by one HTTP exchange of offer and answer. The HTTP is the
 * caller's; this is what the SFU has to say.
 */
enum sfu_asking {
	SFU_ASK_START, /**< POST: an offer */
	SFU_ASK_PATCH, /**< candidates, or an ICE restart */
	SFU_ASK_END,   /**< DELETE */
};
struct sfu_ask {
	enum sfu_asking what;
	bool speak; /**< WHIP; else WHEP */
	/** Whose session it is to be, or must be. One person of a room has one. */
	const char *room, *identity;
	const char *session;  /**< PATCH, DELETE: as told at the start */
	struct span if_match; /**< PATCH: as sent, empty: was not */
	struct span body;     /**< SDP, or a fragment */
};
struct sfu_told {
	int status;		    /**< of HTTP; from 400 on `why` says what is wrong */
	const char *why;	    /**< one sentence */
	int retry_after_s;	    /**< 0: nothing is said about that */
	const char *session, *etag; /**< "": there is none to tell */
	struct span body;
};
#define SFU_OFFER_BYTES_MAX 65536 /* an offer, or a fragment */
/** Borrows `t`. */
typedef void sfu_told_fn(void *arg, const struct sfu_told *t);
/** Ask, and be told on the loop, once, also when the SFU closes first; at once when
 * sfu_options.admit lets nobody in. Who may not be heard comes in and is muted. Copies `ask`. */
void sfu_ask(struct sfu *s, const struct sfu_ask *ask, sfu_told_fn *fn, void *arg);

/* Host powers: false when they are not in the room. Each blocks for a moment. */

bool sfu_remove(struct sfu *s, const char *room, const char *identity);
/** Mute all their tracks; they may unmute themselves. */
bool sfu_mute(struct sfu *s, const char *room, const char *identity);
/** The same with one of them; *ret, a copy, is the caller's. False also for no such track. */
bool sfu_mute_track(struct sfu *s, const char *room, const char *identity, const char *sid,
		    struct lk_track *ret);
/** End the call of a room: everybody is told that it is over. */
bool sfu_end(struct sfu *s, const char *room);
/** A room and everybody in it; the caller releases it. False: there is no such room. */
struct sfu_roll {
	struct lk_room room;
	struct lk_person *people;
	size_t n;
};
bool sfu_roll(struct sfu *s, const char *room, struct sfu_roll *ret);
void sfu_roll_done(struct sfu_roll *r);
/**
 * Change what is known of somebody: text as if they had said it themselves (NULL: no change),
 * permission (NULL: no change) until sfu_permit says otherwise. *ret_result, enum
 * lk_request_result, is set when they are there; on OK *ret, a copy, is the caller's.
 */
bool sfu_update(struct sfu *s, const char *room, const char *identity,
		const struct lk_update_metadata *text, const struct lk_permission *permission,
		int *ret_result, struct lk_person *ret);
/**
 * The bearer of a request's "Authorization: Bearer" token. ERR_AUTH with http_status 401 when it
 * is none of ours; what it says of rights is put right by `admit`.
 */
int sfu_bearer(const struct sfu *s, const struct httpd_request *rq, struct token *ret,
	       struct err *err);

struct sfu_stats {
	int rooms, people, publishers;
	/** RTP of voices: `gated` were not sent on, since others are louder or they are muted;
	 * `stale` are those of them that this host had kept waiting for too long; `dropped` found
	 * the kernel's buffers full. */
	uint64_t packets_in, packets_out, bytes_in, bytes_out, gated, stale, dropped;
	/** What came to the UDP port and was of no use: see struct peer_refused; longer than any
	 * packet of media. */
	uint64_t forged, replayed, malformed, unexpected, strangers, too_long;
	/** By TCP: people's connections now (two each), and those that proved nothing or were one
	 * too many. */
	size_t connections;
	uint64_t turned_away;
};
/** Blocks for a moment. */
void sfu_stats(struct sfu *s, struct sfu_stats *ret);

#endif
