/*
 * One incoming voice: jitter buffer, decoder and time-stretching together.
 * RTP packets in, 20 ms of sound out each tick. Media thread only; made and
 * freed by any thread while the media thread does not know it.
 */
#ifndef MUSTER_AUDIO_STREAM_H
#define MUSTER_AUDIO_STREAM_H

#include "audio/jitter.h"
#include "core/base/err.h"

struct stream;

int stream_new(struct stream **ret, struct err *err);
void stream_free(struct stream *s);
void stream_put(struct stream *s, const struct jitter_packet *p);
/** Exactly AUDIO_TICK_SAMPLES into `pcm`; false when they are silence (and zeros). */
bool stream_pull(struct stream *s, int64_t now_ns, int16_t *pcm);
void stream_stats(const struct stream *s, struct jitter_stats *ret);

#endif
