/*
 * The engine from inside: what its owner's functions (engine.c) and the media
 * thread's (engine_play.c, engine_capture.c) share. Private to engine*.c.
 */
#ifndef MUSTER_AUDIO_ENGINE_PARTS_H
#define MUSTER_AUDIO_ENGINE_PARTS_H

#include "audio/drift.h"
#include "audio/engine.h"
#include "audio/mixer.h"
#include "audio/ring.h"
#include "audio/snapshot.h"
#include "audio/stream.h"

#include <pthread.h>
#include <stdatomic.h>

/* A device's queue is kept at this before each tick's sound is added: what the tick may be late
 * and a period of the device. It grows when that proves too little. */
#define PLAY_TARGET (20 * AUDIO_SAMPLES_PER_MS)
#define PLAY_TARGET_MAX (100 * AUDIO_SAMPLES_PER_MS)
#define PLAY_TARGET_STEP (10 * AUDIO_SAMPLES_PER_MS)
/* What a microphone's queue holds when a tick takes its part: that part, a period that has not
 * arrived, and a little more. */
#define TAKE_TARGET (AUDIO_TICK_SAMPLES + AUDIO_FRAME_SAMPLES + 5 * AUDIO_SAMPLES_PER_MS)
/* Beyond this over the target sound is dropped instead of played faster. */
#define TOO_MUCH (100 * AUDIO_SAMPLES_PER_MS)
/* What was played, for the echo canceller: 1.3 s. */
#define REFERENCE_SAMPLES 65536
#define TAKE_FIFO (VARISPEED_IN_MAX + VARISPEED_IN_MAX)

enum voice_state { VOICE_FREE, VOICE_OPEN, VOICE_CLOSING, VOICE_DEAD };

struct voice {
	atomic_int state; /* the owner: FREE to OPEN to CLOSING, the media thread: to DEAD */
	uint32_t id;
	struct stream *stream; /* the media thread's while OPEN or CLOSING */
	_Atomic float gain;
	float gain_now;
	struct snapshot shown;
};

/* Loudspeaker. The media thread's. */
struct play_side {
	struct audio_dev dev;
	struct drift drift;
	struct varispeed speed;
	bool primed;
	bool skipping;	 /* far too much waits: nothing is written until it is gone */
	bool cut;	 /* what is written next does not continue what was written last */
	int16_t last;	 /* sample written */
	int64_t written; /* samples, also those of silence to fill up */
	int delay;	 /* samples between mixer and air */
};

/*
 * Which of the samples ever written to the loudspeaker was in the air when a
 * given sample of the microphone was taken: sample + offset. Both count by
 * clocks of their own, so the offset has a rate.
 */
struct echo_track {
	double offset; /* samples */
	double rate;   /* samples per tick */
	int seen, odd; /* ticks; ticks in a row that do not fit */
};

/* Microphone. The media thread's. */
struct take_side {
	struct audio_dev dev;
	struct drift drift;
	struct varispeed speed;
	/* As the device gave it; then processed and in step with our clock. */
	int16_t raw[TAKE_FIFO];
	int raw_n;
	int64_t raw_at; /* how many samples of the device came before raw */
	int16_t fifo[TAKE_FIFO];
	int n;
	bool voice;
	bool primed, ended, told_end;
	bool begun, had; /* there was sound at any time; in the last tick */
	bool cut;	 /* the next sample does not continue the last one */
	int16_t last;	 /* sample given on */
	float mute_gain; /* in force */
	int delay;	 /* samples between air and encoder */
	struct process *process;
	struct opus_enc *enc;
	int loss_pct, bitrate_bps; /* in force */
	bool dtx;		   /* the same */
	uint32_t timestamp;
	int quiet_frames; /* DTX: since the last that was worth sending */
	int mute_frames;  /* still to be sent after muting */
	bool marker;
	struct echo_track track;
	int16_t sent[AUDIO_TICK_SAMPLES];
};

struct audio_engine {
	struct audio_engine_settings set;
	struct play_side play;
	struct take_side take;
	struct audio_dev far_in, far_out;
	struct voice voices[AUDIO_ENGINE_STREAMS_MAX];
	uint32_t generation;
	struct ring_bytes packets;
	struct mixer mixer, tap_mixer;
	int16_t heard[AUDIO_TICK_SAMPLES];
	int16_t reference[REFERENCE_SAMPLES];
	float out_gain_now;
	int64_t reopens; /* of both devices, as the canceller knows them */

	pthread_t thread;
	bool started;
	atomic_bool threaded, ending, muted, speaking_muted;
	_Atomic float in_gain, out_gain; /* factors */
	atomic_int loss_pct, bitrate_bps;
	_Atomic(struct recorder *) taps[AUDIO_ENGINE_TAPS];
	atomic_int_fast64_t ticks, packets_dropped;
	struct audio_engine_state now; /* the media thread's */
	struct snapshot shown;
};

/** What we say, to the far side. */
void audio_engine_far_tick(struct audio_engine *e, int64_t now_ns);
/** Silence for so many ticks that were not done, to devices that follow our clock. */
void audio_engine_play_missed(struct audio_engine *e, int64_t now_ns, int64_t ticks);
/** Drain packets, mix, play. */
void audio_engine_play_tick(struct audio_engine *e, int64_t now_ns);
/** Once a tick, before frames are processed: where the echo is. */
void audio_engine_track_echo(struct audio_engine *e, int64_t now_ns);
/** What the loudspeaker played (a little before) when the frame at `raw_at` was taken. */
void audio_engine_reference(struct audio_engine *e, int64_t raw_at, int16_t *out);
/** Take, process, encode, send. */
void audio_engine_capture_tick(struct audio_engine *e, int64_t now_ns);

#endif
