/*
 * Sound in a call: one capture and one playback device, processing, encoder,
 * any number of incoming voices, mixer; all of it on one media thread with a
 * 20 ms clock, never on the UI loop.
 *
 * Threads. Owner: the thread that made the engine; every function here is its,
 * unless it says otherwise. Network: one thread (may be the owner) that calls
 * audio_engine_packet. Media: the engine's own; handlers run on it, must not block,
 * and may not call back into the engine, save for audio_engine_packet when the media
 * thread is the network thread too.
 *
 * Times are ns of CLOCK_MONOTONIC (clock_mono_ns), or of the injected clock.
 */
#ifndef MUSTER_AUDIO_ENGINE_H
#define MUSTER_AUDIO_ENGINE_H

#include "audio/driver.h"
#include "audio/jitter.h"
#include "audio/opus.h"
#include "audio/process.h"
#include "audio/recorder.h"

/** Incoming voices at once. */
#define AUDIO_ENGINE_STREAMS_MAX 64

struct audio_engine;

/** One encoded frame of our own voice. */
struct audio_engine_frame {
	struct span payload; /**< Opus; borrowed during the call */
	uint32_t timestamp;  /**< RTP units since start; counts on through silence and mute */
	bool marker;	     /**< first frame after a silence: RTP's marker bit */
	int level_dbov;	     /**< for ssrc-audio-level, 0 to 127 */
	bool voice;	     /**< for ssrc-audio-level's V bit */
	int64_t captured_ns; /**< when its first sample was heard, for abs-capture-time */
};

struct audio_engine_handler {
	/** Media thread: send this. Not called while muted, nor where DTX has nothing to say. */
	void (*frame)(void *arg, const struct audio_engine_frame *f);
	/** Media thread: before each tick's work; a place to read sockets. May be NULL. */
	void (*tick)(void *arg, int64_t now_ns);
	/** Media thread: the capture device reached its end (file played, pipe closed). Once. May be
	 * NULL. */
	void (*input_end)(void *arg);
};

struct audio_engine_settings {
	const char *input;  /**< device spec (driver.h); NULL: none, listen only */
	const char *output; /**< NULL: nothing is played (recordings still work) */
	/** Instead of a network, or beside it: what others say comes from far_in, what we say goes
	 * to far_out, zeros while muted. Devices without a clock of their own (a pipe, a file); NULL:
	 * none. */
	const char *far_in, *far_out;
	struct process_settings process;
	struct opus_settings opus;
	struct audio_engine_handler handler;
	void *arg;
	bool muted;  /**< start muted */
	bool manual; /**< no thread: the owner calls audio_engine_tick with times of its own */
	uint32_t first_timestamp;
};

/** Open devices, make the encoder; nothing runs yet. The caller owns *ret. */
int audio_engine_new(const struct audio_engine_settings *s, struct audio_engine **ret,
		     struct err *err);
/** Start the devices, and the media thread unless manual. */
int audio_engine_start(struct audio_engine *e, struct err *err);
/** End the media thread; handlers are not called any more when this returns. */
void audio_engine_stop(struct audio_engine *e);
/** Implies audio_engine_stop. Recorders stay their owner's. NULL is allowed. */
void audio_engine_free(struct audio_engine *e);
/** Manual only: do the tick whose time is `now_ns` (each 20 ms after the last). */
void audio_engine_tick(struct audio_engine *e, int64_t now_ns);

/* -- Our own voice -------------------------------------------------------- */

void audio_engine_mute(struct audio_engine *e, bool muted);
bool audio_engine_muted(const struct audio_engine *e);
/** Of the microphone, before processing, in dB. */
void audio_engine_input_gain(struct audio_engine *e, float db);
/** What receiver reports say is lost, in percent: steers FEC. Bit rate 0: unchanged. Any thread. */
void audio_engine_network(struct audio_engine *e, int loss_pct, int bitrate_bps);
/** Whether, during mute, sound is still listened to for "you are muted but speaking". */
bool audio_engine_speaking_while_muted(const struct audio_engine *e);

/* -- Incoming voices ------------------------------------------------------ */

/** A new voice; its id is never 0 and not used again soon. ERR_LIMITED when all are taken. */
int audio_engine_stream_add(struct audio_engine *e, uint32_t *ret_id, struct err *err);
/** It fades out in the next tick; packets for it are dropped. Unknown ids are ignored. */
void audio_engine_stream_remove(struct audio_engine *e, uint32_t id);
/** Gain in dB; -100 and below: silent. */
void audio_engine_stream_gain(struct audio_engine *e, uint32_t id, float db);
/**
 * A packet for a voice: RTP's sequence number, timestamp and payload, copied
 * at once. Network thread. False when it was dropped (queue full, too large).
 */
bool audio_engine_packet(struct audio_engine *e, uint32_t id, const struct jitter_packet *p);
/** All voices together, in dB; -100 and below: deaf. */
void audio_engine_output_gain(struct audio_engine *e, float db);

/* -- Recording ------------------------------------------------------------ */

enum audio_engine_tap {
	AUDIO_ENGINE_TAP_HEARD, /**< what others say */
	AUDIO_ENGINE_TAP_SENT,	/**< what we say, after processing, zeros while muted */
	AUDIO_ENGINE_TAP_BOTH,	/**< both mixed: a recording of the call */
	AUDIO_ENGINE_TAPS
};
/** Write that sound to `r` from the next tick on; NULL ends it, and then returns only when the
 * media thread has let go of the recorder before. The recorder stays the caller's. Any one thread,
 * which need not be the owner. */
void audio_engine_tap(struct audio_engine *e, enum audio_engine_tap which, struct recorder *r);

/* -- Looking in ----------------------------------------------------------- */

struct audio_engine_stream_state {
	struct jitter_stats jitter;
	int level_dbov; /**< of the last tick */
};
/** A recent picture of one voice; false for an unknown id. */
bool audio_engine_stream_state(const struct audio_engine *e, uint32_t id,
			       struct audio_engine_stream_state *ret);

struct audio_engine_state {
	int64_t ticks;
	int64_t late_ticks;	 /**< ticks that began over 10 ms late */
	int64_t skipped_ticks;	 /**< not done at all because the thread was held up */
	int64_t packets_dropped; /**< by audio_engine_packet */
	int64_t frames_sent;
	int level_dbov; /**< of our voice after processing */
	bool voice;
	float erle_db;
	int echo_delay_ms;	/**< loudspeaker to microphone, as compensated */
	int64_t input_since_ns; /**< when the first sample of the input was heard; 0: not yet */
	int input_delay_ms;	/**< microphone to encoder */
	int output_delay_ms;	/**< mixer to loudspeaker */
	float input_ppm, output_ppm; /**< drift corrections in force */
	bool input_ended, far_ended;
	struct audio_counts input, output, far_in, far_out;
};
void audio_engine_state(const struct audio_engine *e, struct audio_engine_state *ret);

#endif
