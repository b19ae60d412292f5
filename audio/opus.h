/*
 * Opus, by libopus: our encoder (speech, 20 ms, in-band FEC, DTX) and decoder
 * (any packet, concealment, FEC of the packet before). Single owners, one
 * thread each; encode about 300 us, decode about 60 us, no allocation.
 * RFC 6716, RFC 7587.
 */
#ifndef MUSTER_AUDIO_OPUS_H
#define MUSTER_AUDIO_OPUS_H

#include "audio/frame.h"
#include "core/base/err.h"
#include "core/base/span.h"

#include <stdbool.h>

/** Largest packet we make or take: 120 ms never needs more. */
#define OPUS_PACKET_MAX 1500
/** Most samples one packet can hold (120 ms). */
#define OPUS_SAMPLES_MAX 5760

struct opus_settings {
	int bitrate_bps; /**< 0: 48000, and what FEC needs on top */
	int complexity;	 /**< 0 to 10; -1: 9 */
	int loss_pct;	 /**< expected loss, steers how much FEC is sent */
	bool fec;
	bool dtx;
	bool music; /**< wide-band sound instead of speech */
};

struct opus_enc;
/** ERR_UNSUPPORTED when libopus is missing. */
int opus_enc_new(const struct opus_settings *s, struct opus_enc **ret, struct err *err);
void opus_enc_free(struct opus_enc *e);
/** Allow DTX or forbid it while running. */
void opus_enc_dtx(struct opus_enc *e, bool on);
/** Change loss and bit rate while running; 0: as it was, which follows the loss if nobody chose it. */
void opus_enc_set(struct opus_enc *e, int bitrate_bps, int loss_pct);
/**
 * Encode AUDIO_TICK_SAMPLES. Returns bytes in `out` (OPUS_PACKET_MAX), negative
 * on an internal error. With DTX a silent frame is one or two bytes long
 * (opus_packet_is_dtx): after the first such packet they need not be sent.
 */
int opus_enc_run(struct opus_enc *e, const int16_t *pcm, uint8_t *out);

struct opus_dec;
int opus_dec_new(struct opus_dec **ret, struct err *err);
void opus_dec_free(struct opus_dec *d);
/** Decode to mono; samples in `out` (OPUS_SAMPLES_MAX), negative when the packet is broken. */
int opus_dec_run(struct opus_dec *d, struct span packet, int16_t *out);
/** What the packet before `packet` held, `samples` long, from its FEC; conceals when there is none. */
int opus_dec_fec(struct opus_dec *d, struct span packet, int samples, int16_t *out);
/** Conceal `samples` (a multiple of 120, at most OPUS_SAMPLES_MAX). */
int opus_dec_conceal(struct opus_dec *d, int samples, int16_t *out);
void opus_dec_reset(struct opus_dec *d);

/** Samples at 48 kHz that a packet holds, from its first bytes; 0 when it cannot be Opus. */
int opus_packet_samples(struct span packet);
/** True when a packet is only a sign of silence (DTX): at most two bytes. */
bool opus_packet_is_dtx(struct span packet);

#endif
