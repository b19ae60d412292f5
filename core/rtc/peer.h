/*
 * One peer connection: ICE, DTLS-SRTP, RTP and RTCP tied together, both for a
 * client (full ICE, sockets of its own) and for a server (ICE-lite, one port
 * for everyone, struct peer_mux). Knows nothing of SDP but its transport
 * lines, nothing of sound. Sans I/O: time and datagrams in, datagrams and
 * events out through callbacks, which run inside the calls below and may not
 * free the peer. One thread for a mux and its peers; many in one process.
 */
#ifndef MUSTER_RTC_PEER_H
#define MUSTER_RTC_PEER_H

#include "core/rtc/dtls.h"
#include "core/rtc/ice.h"
#include "core/rtc/rtcp.h"
#include "core/rtc/rtp.h"
#include "core/rtc/sdp.h"

#define PEER_SENDERS_MAX 128
#define PEER_RECEIVERS_MAX 128
#define PEER_REPORT_MS 1000 /**< between RTCP reports, +-20 % */

enum peer_state {
	PEER_NEW,
	PEER_CONNECTING,
	PEER_CONNECTED,	   /**< a path and keys: media flows */
	PEER_DISCONNECTED, /**< was connected, the path is silent; may come back */
	PEER_FAILED,	   /**< see peer_error; ICE failures can be cured by peer_restart */
	PEER_CLOSED,	   /**< the other side said goodbye */
};

struct peer;
struct peer_mux;

/** Callbacks; all but `send` may be NULL. */
struct peer_calls {
	void (*send)(void *arg, int base, const struct net_addr *to, const void *p, size_t n);
	/** peer_state() changed. */
	void (*state)(void *arg, struct peer *p);
	/** A local candidate to signal; NULL: that was the last. */
	void (*candidate)(void *arg, struct peer *p, const struct ice_candidate *c);
	/** A packet, decrypted, in the order of arrival, each once. `raw` is the whole of it. */
	void (*rtp)(void *arg, struct peer *p, int64_t now, const struct rtp *r, struct span raw);
	/** Each RTCP packet after the peer has taken its own meaning from it. */
	void (*rtcp)(void *arg, struct peer *p, int64_t now, const struct rtcp *r);
	/** An SSRC said BYE. */
	void (*bye)(void *arg, struct peer *p, uint32_t ssrc);
};

struct peer_config {
	struct peer_mux *mux; /**< not NULL: a server's peer, ICE-lite on this port */
	bool controlling;     /**< full ICE: we made the offer */
	bool calm;	      /**< full ICE: ice_config.calm */
	struct dtls_cert *cert;
	struct peer_calls calls;
	void *arg;
	const char *cname; /**< for RTCP; copied; NULL: random */
};

/** New peer with fresh ICE credentials. The caller owns it. */
struct peer *peer_new(const struct peer_config *c, struct err *err);
void peer_free(struct peer *p);

/** Our half for SDP: ufrag, pwd, fingerprint, lite, trickle; setup is NONE. Spans live as `p`. */
void peer_transport(const struct peer *p, struct sdp_transport *ret);
/**
 * The other half, and what role in DTLS is ours. The first call starts
 * connecting; later ones with other credentials restart ICE; a fingerprint
 * that changes is ERR_UNSUPPORTED.
 */
int peer_set_remote(struct peer *p, int64_t now, const struct sdp_transport *remote,
		    bool dtls_client, struct err *err);
/** DTLS role from what both sides wrote: the answer decides. ERR_PROTOCOL for impossible pairs. */
int peer_dtls_role(enum sdp_setup ours, enum sdp_setup theirs, bool *ret_client, struct err *err);

/* Full ICE only. */
int peer_add_base(struct peer *p, int64_t now, int base, const struct net_addr *a, struct err *err);
void peer_remove_base(struct peer *p, int64_t now, int base);
int peer_add_server(struct peer *p, const struct net_addr *stun_server, struct err *err);
void peer_gather(struct peer *p, int64_t now);
/** "candidate:..."; kinds that cannot be used are skipped and give 0. "" is the end. */
int peer_add_candidate(struct peer *p, int64_t now, struct span line, struct err *err);
/** Its agent, for candidates and statistics; NULL with a mux. */
struct ice *peer_ice(struct peer *p);

/** New credentials, to be signalled; media keeps flowing on the old path. Both kinds of ICE. */
void peer_restart(struct peer *p, int64_t now);

/** A datagram that arrived on `base`; any kind. Not for peers of a mux. */
void peer_receive(struct peer *p, int64_t now, int base, const struct net_addr *from,
		  const void *data, size_t n);
void peer_tick(struct peer *p, int64_t now);
int64_t peer_deadline(const struct peer *p);

enum peer_state peer_state(const struct peer *p);
/** When a peer of a mux last proved to be there (a valid check); INT64_MIN: never. */
int64_t peer_last_check(const struct peer *p);
/** One sentence about why it failed, "" otherwise. Borrowed. */
const char *peer_error(const struct peer *p);

/** Announce an SSRC of ours, before its first packet. `history`: packets kept for NACK, 0: none. */
int peer_add_sender(struct peer *p, uint32_t ssrc, unsigned rate_hz, size_t history,
		    struct err *err);
/** It ends: BYE is sent. The SSRC must not be used again with this peer. */
void peer_remove_sender(struct peer *p, int64_t now, uint32_t ssrc);
/**
 * An SSRC of the other side that has ended: it is counted and reported on no
 * more. Of more than PEER_RECEIVERS_MAX who was heard longest ago is forgotten.
 */
void peer_remove_receiver(struct peer *p, uint32_t ssrc);
/** Clock and NACK for SSRCs of this payload type; others are 48000 Hz without NACK. */
void peer_receive_format(struct peer *p, uint8_t pt, unsigned rate_hz, bool nack);

/** How long a packet that is sent again is worth waiting for: what a jitter buffer holds; below 0:
 * none is asked for. */
void peer_patience(struct peer *p, int ms);
/** The round trip to the same place, as another connection knows it; used where this one does not. */
void peer_rtt_hint(struct peer *p, int ms);
/**
 * For who passes a received SSRC on: the share (0 to 1) that is lost behind us. Reports say the
 * more of both, so that the sender protects it (FEC) for those who hear it.
 */
void peer_further_loss(struct peer *p, uint32_t ssrc, double loss);

/**
 * Send one packet of a sender. Dropped (ERR_PENDING) while not connected.
 * `r->ssrc` must have been added.
 */
int peer_send(struct peer *p, int64_t now, const struct rtp_out *r);
/** The same with a packet that is written already; `raw` holds RTP, not SRTP. */
int peer_send_raw(struct peer *p, int64_t now, const void *raw, size_t n);
/** What peer_forward needs; valid until the sender is removed. NULL: no such SSRC. */
struct peer_sender *peer_sender(struct peer *p, uint32_t ssrc);
/**
 * For who sends one packet to many peers: `raw` (plain RTP, parsed into `r`) goes out as
 * number `seq` of sender `s`, with that sender's SSRC. ERR_PENDING while not connected.
 */
int peer_forward(struct peer *p, int64_t now, struct peer_sender *s, const struct rtp *r,
		 struct span raw, uint16_t seq, bool marker);
/** What the other side loses of it, 0 to 1, by a report since `since`; -1: there was none. */
double peer_sender_loss(const struct peer_sender *s, int64_t since);
/** Drop what is kept for NACK, for a sender that pauses. */
void peer_forget_sent(struct peer_sender *s);
/** Send RTCP of the caller's making (a compound, plain). */
int peer_send_rtcp(struct peer *p, int64_t now, const void *rtcp, size_t n);
/** Goodbye: BYE, close_notify. The state becomes PEER_CLOSED. */
void peer_close(struct peer *p, int64_t now);

struct peer_stats {
	uint64_t rtp_sent, rtp_received, rtcp_sent, rtcp_received;
	uint64_t bytes_sent, bytes_received;
	uint64_t resent; /**< packets sent again because of a NACK */
	uint64_t nacked; /**< packets we asked for */
	uint64_t bad_auth, replayed, malformed, unexpected;
	int rtt_ms;	    /**< from RTCP, else from ICE, else the hint; -1: not known */
	double remote_loss; /**< 0 to 1, what the peer last said about our senders */
	double jitter_ms;   /**< worst of the receivers */
	int64_t lost;	    /**< of all receivers */
};
void peer_stats(const struct peer *p, struct peer_stats *ret);

/** What came to a port and was of no use, of all peers that were ever there. */
struct peer_refused {
	uint64_t forged;     /**< the seal was not right: RTP and RTCP */
	uint64_t replayed;   /**< was there before, or too old to tell */
	uint64_t malformed;  /**< no RTP, no RTCP, or more SSRCs than a peer may have */
	uint64_t unexpected; /**< from a peer's address: other kinds, before there are keys, DTLS
			      * that says nothing */
	uint64_t
		strangers; /**< from addresses that are nobody's, or checks with a wrong password */
};

/** Table for one UDP port: routes by ufrag and by address. Free after its peers. */
struct peer_mux *peer_mux_new(void);
void peer_mux_free(struct peer_mux *m);
/**
 * A datagram that arrived on `base`: the peer that it belonged to (already
 * handled), or NULL when it was nobody's. Replies go out by the peer's `send`.
 */
struct peer *peer_mux_receive(struct peer_mux *m, int64_t now, int base,
			      const struct net_addr *from, const void *data, size_t n);
void peer_mux_refused(const struct peer_mux *m, struct peer_refused *ret);

#endif
