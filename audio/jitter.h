/*
 * Adaptive jitter buffer of one incoming stream: RTP packets in, in any order
 * and number; what to decode next out, in play order. It measures how late
 * packets are against the fastest ones and asks for as much delay as is worth
 * what would be lost without it. It decodes nothing and knows no clock: times come
 * with each call, all in ns of one monotonic clock. One thread. No allocation
 * after jitter_new. Whatever timestamps and sequence numbers a peer sends,
 * memory and time per call are bounded.
 */
#ifndef MUSTER_AUDIO_JITTER_H
#define MUSTER_AUDIO_JITTER_H

#include "audio/frame.h"
#include "core/base/span.h"

/** Packets held at most; at 20 ms each that is 1.28 s. */
#define JITTER_SLOTS 64
/** Delay is never asked to be above this, nor below one tick. */
#define JITTER_TARGET_MIN_MS AUDIO_TICK_MS
#define JITTER_TARGET_MAX_MS 400

struct jitter;

struct jitter_packet {
	uint16_t seq;
	uint32_t timestamp; /**< 48 kHz units */
	int64_t arrival_ns;
	struct span payload; /**< copied; over OPUS_PACKET_MAX is refused */
};

/** What the decoder should do for the next piece. */
enum jitter_kind {
	JITTER_NONE,	/**< nothing was ever heard, or the stream is silent: play silence */
	JITTER_PACKET,	/**< decode payload */
	JITTER_FEC,	/**< decode the FEC in payload, for `samples` before it */
	JITTER_CONCEAL, /**< lost: conceal `samples` */
	JITTER_SILENCE, /**< the sender sends nothing (DTX): comfort noise or silence, `samples` */
};

struct jitter_piece {
	enum jitter_kind kind;
	struct span payload; /**< borrowed until the next call */
	int samples;	     /**< how much it stands for */
	bool fresh;	     /**< the stream starts anew: reset the decoder first */
	/** Play somewhat shorter (negative) or longer (positive): samples that delay is off. */
	int adjust;
};

struct jitter_stats {
	int64_t received; /**< packets given to jitter_put that were Opus */
	int64_t played;	  /**< given out as JITTER_PACKET */
	int64_t late;	  /**< came after their turn */
	int64_t duplicate;
	int64_t reordered; /**< came after a later one but in time */
	int64_t refused;   /**< broken, or of absurd sequence number or timestamp */
	int64_t dropped;   /**< thrown away: buffer full, stream restarted, or delay too long */
	int64_t lost;	   /**< sequence numbers passed that had not come in time */
	int64_t fec;	   /**< of those, made from FEC */
	int64_t concealed_samples;
	int64_t silence_samples;
	int64_t stretched_samples; /**< longer (positive) or shorter than sent; from stream_stats */
	int64_t restarts;
	int held;	/**< packets in the buffer now */
	int target_ms;	/**< delay wanted */
	int delay_ms;	/**< delay in force against the fastest packets */
	int jitter_rtp; /**< RFC 3550 interarrival jitter, timestamp units, for receiver reports */
	uint32_t highest_seq; /**< extended: cycles in the high half, for receiver reports */
	uint32_t expected;    /**< packets that should have come so far */
};

/** The caller owns it. */
struct jitter *jitter_new(void);
void jitter_free(struct jitter *j);
/** Take one packet (copied). */
void jitter_put(struct jitter *j, const struct jitter_packet *p);
/**
 * The next piece; called, with the same time, until a tick's worth of samples is there. What has
 * not come by then is late, so delay is counted from this time, not from when the piece is heard.
 */
void jitter_get(struct jitter *j, int64_t now_ns, struct jitter_piece *ret);
void jitter_stats(const struct jitter *j, struct jitter_stats *ret);

#endif
