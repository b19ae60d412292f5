/* The media thread's way in: microphone, processing, encoder. */
#include "audio/engine_parts.h"

#include <string.h>

/* Frames of silence that are still sent after muting: a clean end of the sound. */
#define MUTE_TAIL 2
/* Softer than this (in -dBov) may be silence. Opus takes whatever does not change for noise that
 * nobody misses, a held note too. */
#define MAY_BE_SILENCE 50

static int append(int16_t *to, int have, const int16_t *pcm, int n)
{
	n = n < TAKE_FIFO - have ? n : TAKE_FIFO - have;
	memcpy(to + have, pcm, (size_t)n * sizeof(*pcm));
	return have + n;
}

static void drop_fifo(struct take_side *t, int n)
{
	n = n < 0 ? 0 : n < t->n ? n : t->n;
	t->n -= n;
	memmove(t->fifo, t->fifo + n, (size_t)t->n * sizeof(*t->fifo));
}

/* One frame as the device gave it: gain, echo, noise; then on to our clock. */
static void process(struct audio_engine *e, int16_t *mic)
{
	struct take_side *t = &e->take;
	int16_t reference[AUDIO_FRAME_SAMPLES], out[AUDIO_FRAME_SAMPLES + 16];
	struct process_result r;
	float gain = atomic_load(&e->in_gain);
	bool echo = e->play.dev.driver && e->set.process.echo;
	for (int i = 0; i < AUDIO_FRAME_SAMPLES && gain != 1; i++)
		mic[i] = audio_clip(mic[i] * gain);
	if (echo)
		audio_engine_reference(e, t->raw_at, reference);
	process_run(t->process, mic, echo ? reference : NULL, mic, &r);
	t->voice = t->voice || r.voice;
	if (!t->dev.driver->own_clock) {
		t->n = append(t->fifo, t->n, mic, AUDIO_FRAME_SAMPLES);
		return;
	}
	int n = varispeed_run(&t->speed, mic, AUDIO_FRAME_SAMPLES, out);
	t->n = append(t->fifo, t->n, out, n);
}

/* Whole frames go through; the rest waits for more. */
static void process_raw(struct audio_engine *e)
{
	struct take_side *t = &e->take;
	int at = 0;
	if (t->raw_n >= AUDIO_FRAME_SAMPLES)
		t->voice = false;
	for (; t->raw_n - at >= AUDIO_FRAME_SAMPLES; at += AUDIO_FRAME_SAMPLES) {
		process(e, t->raw + at);
		t->raw_at += AUDIO_FRAME_SAMPLES;
	}
	t->raw_n -= at;
	memmove(t->raw, t->raw + at, (size_t)t->raw_n * sizeof(*t->raw));
}

/* Up to `max` samples of the device; false when there were none. */
static bool read_raw(struct audio_engine *e, int64_t now_ns, int max)
{
	struct take_side *t = &e->take;
	int16_t in[VARISPEED_IN_MAX];
	int n = t->dev.driver->read(t->dev.dev, now_ns, in, max);
	if (n == AUDIO_END)
		t->ended = true;
	if (n > 0)
		t->raw_n = append(t->raw, t->raw_n, in, n);
	if (e->set.process.echo)
		audio_engine_track_echo(e, now_ns);
	process_raw(e);
	return n > 0;
}

/* All that a device with its own clock has. */
static void take_drifting(struct audio_engine *e, int64_t now_ns)
{
	struct take_side *t = &e->take;
	bool got = read_raw(e, now_ns, VARISPEED_IN_MAX);
	if (t->n > TAKE_TARGET + TOO_MUCH) {
		drop_fifo(t, t->n - TAKE_TARGET);
		drift_reset(&t->drift);
		t->cut = true;
	}
	double fine = t->n + t->dev.driver->clock(t->dev.dev, now_ns) - (double)t->raw_at;
	if (!t->primed && t->n >= TAKE_TARGET) {
		/* Begin where it should stay: a start that is off takes a minute to mend. */
		t->primed = true;
		drop_fifo(t, (int)(fine - TAKE_TARGET));
	} else if (t->primed && got) {
		varispeed_set(&t->speed, drift_update(&t->drift, (int)fine, AUDIO_TICK_MS));
	}
}

/* From a source that follows us: what is missing for one tick. */
static void take_clocked(struct audio_engine *e, int64_t now_ns)
{
	struct take_side *t = &e->take;
	int missing = AUDIO_TICK_SAMPLES - t->n - t->raw_n;
	if (missing > 0)
		read_raw(e, now_ns, missing);
	t->primed = true;
	if (!t->ended)
		return;
	/* The last piece of a file is filled up with silence. */
	if (t->raw_n > 0) {
		memset(t->raw + t->raw_n, 0,
		       (size_t)(AUDIO_FRAME_SAMPLES - t->raw_n) * sizeof(*t->raw));
		t->raw_n = AUDIO_FRAME_SAMPLES;
		process_raw(e);
	}
	if (t->n > 0 && t->n < AUDIO_TICK_SAMPLES) {
		memset(t->fifo + t->n, 0, (size_t)(AUDIO_TICK_SAMPLES - t->n) * sizeof(*t->fifo));
		t->n = AUDIO_TICK_SAMPLES;
	}
}

/* A device that came back, perhaps another one: the echo's path has to be learnt anew. */
static void follow_devices(struct audio_engine *e)
{
	int64_t reopens = e->now.input.reopens + e->now.output.reopens;
	if (reopens != e->reopens)
		process_reset(e->take.process);
	e->reopens = reopens;
}

static bool give_tick(struct take_side *t, int16_t *pcm)
{
	bool had = t->primed && t->n >= AUDIO_TICK_SAMPLES;
	if (had) {
		memcpy(pcm, t->fifo, AUDIO_TICK_SAMPLES * sizeof(*pcm));
		drop_fifo(t, AUDIO_TICK_SAMPLES);
	}
	/* Where sound breaks off or comes back. */
	if (t->begun && (had != t->had || t->cut))
		audio_join(pcm, AUDIO_TICK_SAMPLES, t->last);
	t->cut = false;
	t->had = had;
	t->begun = t->begun || had;
	t->last = pcm[AUDIO_TICK_SAMPLES - 1];
	return had;
}

/* One tick of the microphone into `pcm`; false when there was none and it is silence. */
static bool take_tick(struct audio_engine *e, int64_t now_ns, int16_t *pcm)
{
	struct take_side *t = &e->take;
	const struct audio_driver *d = t->dev.driver;
	memset(pcm, 0, AUDIO_TICK_SAMPLES * sizeof(*pcm));
	if (!d)
		return false;
	follow_devices(e);
	if (d->own_clock)
		take_drifting(e, now_ns);
	else
		take_clocked(e, now_ns);
	d->counts(t->dev.dev, &e->now.input);
	e->now.input_ppm = (float)t->drift.ppm;
	t->delay = t->n + t->raw_n + (d->latency ? d->latency(t->dev.dev) : 0);
	e->now.input_delay_ms = t->delay / AUDIO_SAMPLES_PER_MS;
	return give_tick(t, pcm);
}

/* -- Sending ---------------------------------------------------------------- */

static void follow_network(struct audio_engine *e)
{
	struct take_side *t = &e->take;
	int loss = atomic_load(&e->loss_pct), bitrate = atomic_load(&e->bitrate_bps);
	if (loss == t->loss_pct && bitrate == t->bitrate_bps)
		return;
	t->loss_pct = loss;
	t->bitrate_bps = bitrate;
	opus_enc_set(t->enc, bitrate, loss);
}

static void allow_dtx(struct audio_engine *e, bool on)
{
	struct take_side *t = &e->take;
	if (!e->set.opus.dtx || on == t->dtx)
		return;
	t->dtx = on;
	opus_enc_dtx(t->enc, on);
}

/* When the first sample of this tick was heard. */
static int64_t captured_ns(const struct take_side *t, int64_t now_ns)
{
	return now_ns - (int64_t)t->delay * 1000000 / AUDIO_SAMPLES_PER_MS;
}

static void encode_and_send(struct audio_engine *e, int64_t now_ns, const int16_t *pcm, bool muted)
{
	struct take_side *t = &e->take;
	uint8_t out[OPUS_PACKET_MAX];
	follow_network(e);
	allow_dtx(e, muted || e->now.level_dbov >= MAY_BE_SILENCE);
	int n = opus_enc_run(t->enc, pcm, out);
	if (n <= 0)
		return;
	struct audio_engine_frame f = {
		.payload = {(const char *)out, (size_t)n},
		.timestamp = t->timestamp,
		.marker = t->marker,
		.level_dbov = muted ? AUDIO_LEVEL_SILENT : e->now.level_dbov,
		.voice = e->now.voice && !muted,
		.captured_ns = captured_ns(t, now_ns),
	};
	/* The first sign of silence tells the other side; the rest is saved. */
	t->quiet_frames = opus_packet_is_dtx(f.payload) ? t->quiet_frames + 1 : 0;
	if (t->quiet_frames > 1) {
		t->marker = true;
		return;
	}
	t->marker = false;
	e->now.frames_sent++;
	e->set.handler.frame(e->set.arg, &f);
}

static void send_or_not(struct audio_engine *e, int64_t now_ns, int16_t *pcm, bool muted)
{
	struct take_side *t = &e->take;
	float gain = muted ? 0 : 1;
	audio_ramp(pcm, AUDIO_TICK_SAMPLES, t->mute_gain, gain);
	t->mute_gain = gain;
	if (!muted)
		t->mute_frames = MUTE_TAIL;
	if (!e->set.handler.frame || !t->dev.driver || (t->told_end && !t->n))
		return;
	if (!muted || t->mute_frames-- > 0) {
		encode_and_send(e, now_ns, pcm, muted);
	} else {
		t->mute_frames = 0;
		t->marker = true;
	}
}

void audio_engine_capture_tick(struct audio_engine *e, int64_t now_ns)
{
	struct take_side *t = &e->take;
	bool muted = atomic_load(&e->muted), had = take_tick(e, now_ns, t->sent);
	if (had && !e->now.input_since_ns)
		e->now.input_since_ns = captured_ns(t, now_ns);
	e->now.voice = had && t->voice;
	e->now.level_dbov = audio_level_dbov(t->sent, AUDIO_TICK_SAMPLES);
	e->now.erle_db = process_erle_db(t->process);
	atomic_store(&e->speaking_muted, muted && e->now.voice);
	if (t->ended && !had && !t->told_end) {
		t->told_end = true;
		e->now.input_ended = true;
		if (e->set.handler.input_end)
			e->set.handler.input_end(e->set.arg);
	}
	send_or_not(e, now_ns, t->sent, muted);
	t->timestamp += AUDIO_TICK_SAMPLES;
}
