/*
 * An SFU behind an HTTP front in this process, and light people of our own in
 * its rooms: real WebSockets, real UDP on loopback, no sound, one loop. Every
 * wait has a time limit and fails the test.
 */
#ifndef MUSTER_TESTS_SFU_WORLD_H
#define MUSTER_TESTS_SFU_WORLD_H

#include "core/base/udp.h"
#include "core/base/ws.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/peer.h"
#include "core/rtc/token.h"
#include "server/sfu/sfu.h"

#include <stdio.h>

#define SFU_KEY "APIkey"
#define SFU_SECRET "a secret of more than thirty-two characters"
#define SFU_HEARD_MAX 128
#define SFU_PRESENCE_MAX 2048

struct sfu_world {
	struct sfu_options opt; /**< may be changed before the start */
	struct loop *loop;
	struct httpd *httpd;
	struct sfu *sfu;
	struct ws_client *wsc;
	struct dtls_cert *cert;
	struct loop_timer *ticks;
	struct sfu_client *clients;
	int port;
	bool refuse; /**< nobody may be there now */
	/** Says more about who comes; NULL: their tokens do. */
	void (*permit)(const char *room, const char *identity, struct sfu_permit *ret);
	bool every_address; /**< bind_ip NULL */
	bool six;	    /**< clients have IPv6 addresses only */
	const char *dial;   /**< clients send to this address, whatever they are told; NULL: no */
	int64_t jump_ms;    /**< each look of a wait lets so much time pass, on a faked clock */
	int64_t mono, wall;
	struct {
		char room[64], identity[64], reason[16];
		bool present;
		int64_t at_ms;
	} presence[SFU_PRESENCE_MAX];
	size_t presence_n;
};

void sfu_world_open(struct sfu_world *w);
/** Clients are freed first, without a word to the server. */
void sfu_world_close(struct sfu_world *w);
/** sfu_close now; sfu_world_close is still to be called. */
void sfu_world_end(struct sfu_world *w);
/** From now on time passes `ms` at each look (about every 25 ms) instead of by itself. */
void sfu_world_jump(struct sfu_world *w, int64_t ms);
/** Let the loop run until `done`; fails the test after two minutes. */
void sfu_until(struct sfu_world *w, bool (*done)(void *arg), void *arg, const char *what);
#define SFU_UNTIL(w, fn, arg) sfu_until((w), (fn), (arg), #fn)
/** Let the loop run for a while, to see what does not happen. */
void sfu_pass(struct sfu_world *w, int64_t ms);
/** The newest word about somebody; "" for none. "present", or the reason why not. */
const char *sfu_presence_of(const struct sfu_world *w, const char *identity);

struct sfu_client_link {
	struct sfu_client *client;
	struct peer *peer;
	struct udp *udp;
	bool deaf; /**< what arrives is dropped, what is sent too: the network is gone */
	bool raw;  /**< media that arrives is counted, not looked at */
	size_t raw_n, raw_bytes;
};

/** A stream as it arrived. */
struct sfu_heard {
	uint32_t ssrc;
	char track[32];	 /**< sid, from the offer */
	char person[32]; /**< sid */
	size_t packets, repeated, markers;
	uint16_t first, newest;
	size_t missing; /**< below the newest */
	uint32_t timestamp;
	uint8_t last; /**< first byte of the newest payload */
	uint64_t capture;
	uint8_t pt;
	unsigned extensions;
	bool seen[65536];
};

struct sfu_client {
	struct sfu_world *w;
	struct sfu_client *next;
	struct ws *ws;
	bool open, closed, quiet; /**< quiet: answers no offers, sends no pings */
	bool old_socket; /**< the test holds one still, whose end says nothing of this client */
	int close_code, http_status;
	char room[64], identity[64], sid[32];
	struct token grant;	 /**< changed before the join where needed */
	const char *query;	 /**< more of it, or NULL */
	struct lk_response *got; /**< everything that came, in order */
	size_t got_n;
	struct sfu_client_link pub, sub;
	struct sfu_heard *heard[SFU_HEARD_MAX];
	size_t heard_n;
	size_t offers;	 /**< that were answered */
	size_t sections; /**< of the newest offer, and those with a track */
	size_t active;
	/* What it publishes. */
	char cid[64], track[32];
	unsigned offer_id;
	uint32_t ssrc;
	uint16_t seq;
	uint32_t timestamp;
	bool without_ssrc; /**< not in SDP: told by mid */
	bool without_level;
	int encryption; /**< enum lk_encryption */
	int64_t pinged;
};

/** A token to join with for ten minutes; the caller owns it. */
char *sfu_token(const char *room, const char *identity);
/** Connect and wait for the first message. */
struct sfu_client *sfu_client_join(struct sfu_world *w, const char *room, const char *identity);
/** Not connected yet; a test fills grant and query, then sfu_client_enter. */
struct sfu_client *sfu_client_new(struct sfu_world *w, const char *room, const char *identity);
void sfu_client_enter(struct sfu_client *c);
/** A new WebSocket for the same session. */
void sfu_client_resume(struct sfu_client *c);
/** As if killed: nothing is said. */
void sfu_client_free(struct sfu_client *c);
/** The socket breaks without a close frame. */
void sfu_client_drop(struct sfu_client *c);
void sfu_client_send(struct sfu_client *c, const struct lk_request *rq);
/** Wait until they hear, that is until the connection is there. */
void sfu_client_connect(struct sfu_client *c);
/** add_track; waits for the answer. */
void sfu_client_announce(struct sfu_client *c, const char *cid, bool muted);
/** Offer the publisher connection with the track; waits until connected. */
void sfu_client_offer(struct sfu_client *c, bool sending);
/** Both. */
void sfu_client_publish(struct sfu_client *c, const char *cid, bool muted);
/** One packet of 20 ms. */
void sfu_client_say(struct sfu_client *c, unsigned dbov, uint8_t byte);
/** A packet that is lost on the way. */
void sfu_client_skip(struct sfu_client *c);
void sfu_client_mute(struct sfu_client *c, bool muted);
/** Newest message of a kind, from number `from` on; NULL: none. */
const struct lk_response *sfu_client_got(const struct sfu_client *c, int kind, size_t from);
/** What they know of a person by the newest update or the join; NULL: nothing. */
const struct lk_person *sfu_client_knows(const struct sfu_client *c, const char *identity);
/** How a track arrived; NULL: not at all. */
struct sfu_heard *sfu_client_hears(struct sfu_client *c, const char *track);

#endif
