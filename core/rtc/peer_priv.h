/* Inside a peer: peer.c, peer_io.c, peer_media.c, peer_report.c. */
#ifndef MUSTER_RTC_PEER_PRIV_H
#define MUSTER_RTC_PEER_PRIV_H

#include "core/rtc/ice_lite.h"
#include "core/rtc/peer.h"
#include "core/rtc/rtp_history.h"
#include "core/rtc/rtp_receiver.h"

#define PEER_PACKET_ROOM 2048
/* Together with those that are there no more than srtp.h takes, reports of strangers included. */
#define PEER_ENDED_MAX (SRTP_SSRC_MAX - PEER_RECEIVERS_MAX - 32)
#define PEER_LITE_SILENT_MS 7000
/* Packets that are sent again: what a voice or three lose in a second and a bad network, and no
 * more, since a few bytes that ask for them make many. */
#define PEER_RESEND_PER_S 200
#define PEER_RESEND_BURST 200

struct peer_sender {
	uint32_t ssrc;
	unsigned rate_hz;
	struct rtp_history *history; /* NULL: none */
	uint32_t packets, bytes;
	uint32_t timestamp; /* of the last packet */
	int64_t sent;	    /* when; INT64_MIN: never */
	int64_t reported;   /* when the other side last said how much of it is lost */
	double loss;	    /* what it said, 0 to 1 */
};

struct peer_receiver {
	struct rtp_receiver r;
	bool nack;
	bool fresh;	     /* packets since the last report */
	double further_loss; /* what those lose to whom it is passed on */
};

struct peer_format {
	unsigned rate_hz; /* 0: not told */
	bool nack;
};

struct peer_mux {
	struct ice_lite *table;
	struct peer_refused refused;
};

struct peer {
	struct peer_config cfg;
	char cname[64];
	struct ice *ice;
	struct ice_lite_session *lite;
	char remote_ufrag[ICE_UFRAG_MAX + 1];
	bool restarted; /* by us, and the other side has not answered */
	bool has_remote;
	struct dtls *dtls; /* NULL until the other half is known */
	bool dtls_client;
	char fingerprint[3 * 64 + 1];
	int dtls_base; /* where its last DTLS came from: answers before a path is chosen */
	struct net_addr dtls_from;
	struct srtp_stream *out, *in;
	enum peer_state state;
	bool closed;
	char error[512];
	int64_t started; /* peer_set_remote; for a lite peer that nobody checks */

	struct peer_sender *senders[PEER_SENDERS_MAX];
	size_t senders_n;
	struct peer_receiver *receivers[PEER_RECEIVERS_MAX];
	size_t receivers_n;
	/* SSRCs that ended of late: what of theirs is sent again is still known. */
	uint32_t ended[PEER_ENDED_MAX];
	size_t ended_n; /* all that ever did */
	struct peer_format formats[128];
	uint32_t own_ssrc; /* reports come from it while we send nothing */
	int64_t ntp_offset_ms;
	int64_t next_report;
	int patience_ms; /* for packets that are sent again */
	int rtt_hint_ms; /* -1: none */
	double resends;	 /* that may be made now */
	int64_t resends_at;
	struct peer_stats stats;
};

/* peer.c */
/* By RTCP, by ICE, or what somebody else has measured; -1: not known. */
int peer_rtt_ms(const struct peer *p);
bool peer_path(const struct peer *p, int *ret_base, struct net_addr *ret_to);
/* After anything that may have changed ICE or DTLS: keys, state. */
void peer_update(struct peer *p, int64_t now);

/* peer_io.c */
void peer_count_unexpected(struct peer *p);

/* peer_media.c */
/* What was no packet of the other side's. */
void peer_count_bad(struct peer *p, enum srtp_result r);
void peer_on_rtp(struct peer *p, int64_t now, const void *data, size_t n);
struct peer_sender *peer_sender_find(const struct peer *p, uint32_t ssrc);
struct peer_receiver *peer_receiver_find(const struct peer *p, uint32_t ssrc);
/* Protected bytes, to where data goes. */
void peer_transmit(struct peer *p, const void *data, size_t n);

/* peer_report.c */
void peer_on_rtcp(struct peer *p, int64_t now, const void *data, size_t n);
/* Ask at once for what is missing of one, if it is. */
void peer_send_nacks(struct peer *p, int64_t now, struct peer_receiver *rx);
void peer_report_tick(struct peer *p, int64_t now);
int64_t peer_report_deadline(const struct peer *p);
void peer_send_bye(struct peer *p, int64_t now, const uint32_t *ssrc, size_t n);

#endif
