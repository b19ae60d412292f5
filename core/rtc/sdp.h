/*
 * SDP for WebRTC (RFC 8829, 8866, 9429): offers and answers with BUNDLE, as
 * LiveKit servers, Chromium and libwebrtc make them. One struct is both what
 * was parsed and what is written.
 */
#ifndef MUSTER_RTC_SDP_H
#define MUSTER_RTC_SDP_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define SDP_BYTES_MAX (256u << 10)
#define SDP_MEDIA_MAX 384 /**< a LiveKit server makes one for each track that somebody hears */
#define SDP_CODECS_MAX 64
#define SDP_EXTMAPS_MAX 32
#define SDP_SSRCS_MAX 16
#define SDP_CANDIDATES_MAX 64

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_APPLICATION, SDP_OTHER };
/** Bit 1: sends, bit 2: receives, as the one who wrote it sees it. */
enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };
enum sdp_setup { SDP_SETUP_NONE, SDP_ACTPASS, SDP_ACTIVE, SDP_PASSIVE };

/** What a section, or the session for all of them, says about the transport. */
struct sdp_transport {
	struct span ufrag, pwd;
	struct span fingerprint_hash; /**< "sha-256" */
	struct span fingerprint;      /**< "AB:CD:..." */
	enum sdp_setup setup;
	bool lite;
	bool trickle; /**< ice-options has it */
};

struct sdp_codec {
	uint8_t pt;
	struct span name;
	unsigned rate_hz;
	unsigned channels; /**< 0: not given */
	struct span fmtp;  /**< "minptime=10;useinbandfec=1" */
	bool nack;	   /**< rtcp-fb nack without a parameter */
};
struct sdp_extmap {
	uint8_t id;
	enum sdp_direction direction; /**< SDP_SENDRECV when not given */
	struct span uri;
};
struct sdp_ssrc {
	uint32_t ssrc;
	struct span cname; /**< may be empty */
};

struct sdp_media {
	enum sdp_kind kind;
	struct span kind_name; /**< "audio" */
	unsigned port;	       /**< 0: rejected, unless `bundle_only` */
	struct span proto;
	struct span formats; /**< verbatim; written from codecs when these are there */
	struct span mid;     /**< opaque; may be empty */
	enum sdp_direction direction;
	struct sdp_codec *codecs;
	size_t codecs_n;
	struct sdp_extmap *extmaps;
	size_t extmaps_n;
	bool extmap_mixed; /**< two-byte form allowed beside the one-byte form */
	struct sdp_ssrc *ssrcs;
	size_t ssrcs_n;
	struct span stream, track; /**< a=msid, else msid of the first a=ssrc; "-" is no stream */
	struct span *candidates;   /**< "candidate:..." */
	size_t candidates_n;
	bool candidates_end;
	struct sdp_transport transport; /**< the session's where the section is silent */
	bool bundled;			/**< in the BUNDLE group */
	bool bundle_only, rtcp_mux, rtcp_rsize;
	unsigned sctp_port;
};

struct sdp {
	uint64_t session_id, session_version;
	bool lite;
	bool has_bundle;
	struct sdp_transport transport; /**< of the session's lines alone */
	struct sdp_media *media;
	size_t media_n;
	char *text; /**< what spans point into; NULL when built by hand */
};

/** Parse and copy. Free with sdp_done. Unknown lines are skipped. */
int sdp_parse(struct span text, struct sdp *ret, struct err *err);
/** Release what sdp_parse or sdp_answer made; allowed on a zeroed struct. */
void sdp_done(struct sdp *s);
/** Append as text with CRLF; ERR_INVALID when it holds what would break a line. */
int sdp_write(const struct sdp *s, struct buf *b, struct err *err);

/** Transport of the whole: of the first bundled section that is not rejected. NULL: none. */
const struct sdp_transport *sdp_transport(const struct sdp *s);
/** The codec of this name and clock (case ignored), NULL: not offered. */
const struct sdp_codec *sdp_codec(const struct sdp_media *m, const char *name, unsigned rate_hz);
/** Id of an extension, 0: not there. */
uint8_t sdp_ext_id(const struct sdp_media *m, const char *uri);
/** Section with this mid; NULL: none. */
const struct sdp_media *sdp_by_mid(const struct sdp *s, struct span mid);

/** One track that we want to send. */
struct sdp_send {
	uint32_t ssrc;
	struct span cname, stream, track;
};

/** How to answer. Spans must live as long as the answer. */
struct sdp_answer_how {
	struct sdp_transport transport; /**< ours; `setup` NONE: active to actpass */
	const struct span *candidates;
	size_t candidates_n;
	bool candidates_end;
	bool candidates_each; /**< in every section, for who does not look for them in the first */
	/**
	 * Asked for each audio section that has Opus: fill `ret_send` and return true to
	 * send there (only where the offerer receives). NULL: never send.
	 */
	bool (*send)(void *arg, const struct sdp_media *offered, struct sdp_send *ret_send);
	/** May we receive there? NULL: wherever the offerer sends. */
	bool (*receive)(void *arg, const struct sdp_media *offered);
	void *arg;
	const char *const
		*uris;	   /**< extensions we speak, NULL-terminated; NULL: level and capture */
	bool with_mid_ext; /**< also the mid extension */
	struct span fmtp;  /**< for Opus; empty: "minptime=10;useinbandfec=1" */
	uint64_t session_id, session_version;
};
/**
 * Answer an offer: every section mirrored in order with its mid; audio with
 * Opus is taken (Opus only), application is accepted and meant to be ignored,
 * video and the rest are inactive with port 0. The answer borrows from `offer`
 * and `how`; release with sdp_done.
 */
int sdp_answer(const struct sdp *offer, const struct sdp_answer_how *how, struct sdp *ret,
	       struct err *err);

/** One audio section of an offer of ours. */
struct sdp_offer_audio {
	struct span mid;
	enum sdp_direction direction;
	struct sdp_send send; /**< ssrc 0: none */
};
#define SDP_OFFER_OPUS 111
#define SDP_OFFER_MID 1
#define SDP_OFFER_LEVEL 2
#define SDP_OFFER_CAPTURE 3
struct sdp_offer_how {
	struct sdp_transport transport; /**< setup NONE: actpass */
	const struct span *candidates;
	size_t candidates_n;
	bool candidates_end;
	const struct sdp_offer_audio *audio;
	size_t audio_n;
	const char *const *uris; /**< extensions, NULL-terminated; NULL: all that we know */
	struct span fmtp;
	uint64_t session_id, session_version;
};
/**
 * Opus with payload type SDP_OFFER_OPUS, extensions with the ids SDP_OFFER_*. No application
 * section. Candidates stand in the first section, for all of the bundle.
 */
int sdp_offer(const struct sdp_offer_how *how, struct sdp *ret, struct err *err);
/** The answer fits the offer: same number, kinds and mids of sections, a usable transport. */
int sdp_check_answer(const struct sdp *offer, const struct sdp *answer, struct err *err);

#endif
