/* The media thread's way in: microphone, processing, encoder. */
#include "audio/engine_parts.h"

#include <math.h>
#include <string.h>

/* The reference comes this much too early, so that it never comes too late. */
#define ECHO_MARGIN (10 * AUDIO_SAMPLES_PER_MS)
/* The compensated delay is moved only when it is off by this: each move unlearns the echo. */
#define ECHO_SLACK (6 * AUDIO_SAMPLES_PER_MS)
#define ECHO_SETTLE_TICKS 50
/* Frames of silence that are still sent after muting: a clean end of the sound. */
#define MUTE_TAIL 2

static void put_fifo(struct take_side *t, const int16_t *pcm, int n)
{
	n = n < TAKE_FIFO - t->n ? n : TAKE_FIFO - t->n;
	memcpy(t->fifo + t->n, pcm, (size_t)n * sizeof(*pcm));
	t->n += n;
}

static void drop_fifo(struct take_side *t, int n)
{
	t->n -= n;
	memmove(t->fifo, t->fifo + n, (size_t)t->n * sizeof(*t->fifo));
}

/* All that a device with its own clock has, resampled to ours. */
static void take_drifting(struct take_side *t, int64_t now_ns)
{
	int16_t in[VARISPEED_IN_MAX], out[VARISPEED_IN_MAX + 16];
	int n = t->dev.driver->read(t->dev.dev, now_ns, in, VARISPEED_IN_MAX);
	if (n == AUDIO_END)
		t->ended = true;
	if (n > 0)
		put_fifo(t, out, varispeed_run(&t->speed, in, n, out));
	if (t->n > TAKE_TARGET + TOO_MUCH) {
		drop_fifo(t, t->n - TAKE_TARGET);
		drift_reset(&t->drift);
	}
	if (!t->primed && t->n >= TAKE_TARGET)
		t->primed = true;
	else if (t->primed && n > 0)
		varispeed_set(&t->speed, drift_update(&t->drift, t->n, AUDIO_TICK_MS));
}

/* From a source that follows us: what is missing for one tick. */
static void take_clocked(struct take_side *t, int64_t now_ns)
{
	int16_t in[AUDIO_TICK_SAMPLES];
	int n = t->n < AUDIO_TICK_SAMPLES
			? t->dev.driver->read(t->dev.dev, now_ns, in, AUDIO_TICK_SAMPLES - t->n)
			: 0;
	if (n == AUDIO_END)
		t->ended = true;
	if (n > 0)
		put_fifo(t, in, n);
	t->primed = true;
	/* The last piece of a file is filled up with silence. */
	if (t->ended && t->n > 0 && t->n < AUDIO_TICK_SAMPLES) {
		memset(t->fifo + t->n, 0, (size_t)(AUDIO_TICK_SAMPLES - t->n) * sizeof(*t->fifo));
		t->n = AUDIO_TICK_SAMPLES;
	}
}

/* One tick of the microphone into `pcm`; false when there was none and it is silence. */
static bool take_tick(struct audio_engine *e, int64_t now_ns, int16_t *pcm)
{
	struct take_side *t = &e->take;
	const struct audio_driver *d = t->dev.driver;
	memset(pcm, 0, AUDIO_TICK_SAMPLES * sizeof(*pcm));
	if (!d)
		return false;
	if (d->own_clock)
		take_drifting(t, now_ns);
	else
		take_clocked(t, now_ns);
	d->counts(t->dev.dev, &e->now.input);
	e->now.input_ppm = (float)t->drift.ppm;
	t->delay = t->n + (d->latency ? d->latency(t->dev.dev) : 0);
	e->now.input_delay_ms = t->delay / AUDIO_SAMPLES_PER_MS;
	if (!t->primed || t->n < AUDIO_TICK_SAMPLES)
		return false;
	memcpy(pcm, t->fifo, AUDIO_TICK_SAMPLES * sizeof(*pcm));
	drop_fifo(t, AUDIO_TICK_SAMPLES);
	return true;
}

/* -- Processing ------------------------------------------------------------ */

/* How long ago, in samples of the reference, the newest sample of this tick was played. */
static void follow_echo_delay(struct audio_engine *e)
{
	struct take_side *t = &e->take;
	int delay = e->play.delay + t->delay - AUDIO_TICK_SAMPLES;
	if (t->echo_seen < ECHO_SETTLE_TICKS) {
		t->echo_seen++;
		t->echo_delay += (delay - t->echo_delay) / t->echo_seen;
		t->echo_used = (int)lrint(t->echo_delay);
	}
	t->echo_delay += 0.02 * (delay - t->echo_delay);
	if (fabs(t->echo_delay - t->echo_used) > ECHO_SLACK)
		t->echo_used = (int)lrint(t->echo_delay);
	e->now.echo_delay_ms = t->echo_used / AUDIO_SAMPLES_PER_MS;
}

static void reference_for(const struct audio_engine *e, int part, int16_t *out)
{
	int64_t end = e->reference_end - e->take.echo_used - ECHO_MARGIN;
	int64_t from = end - AUDIO_TICK_SAMPLES + (int64_t)part * AUDIO_FRAME_SAMPLES;
	for (int i = 0; i < AUDIO_FRAME_SAMPLES; i++) {
		int64_t at = from + i;
		bool there = at >= 0 && at < e->reference_end &&
			     at >= e->reference_end - REFERENCE_SAMPLES;
		out[i] = there ? e->reference[at % REFERENCE_SAMPLES] : 0;
	}
}

static void process(struct audio_engine *e, int16_t *pcm)
{
	int16_t reference[AUDIO_FRAME_SAMPLES];
	struct process_result r;
	float gain = atomic_load(&e->in_gain);
	bool echo = e->play.dev.driver && e->set.process.echo;
	bool voice = false;
	for (int i = 0; i < AUDIO_TICK_SAMPLES && gain != 1; i++)
		pcm[i] = audio_clip(pcm[i] * gain);
	if (echo)
		follow_echo_delay(e);
	for (int part = 0; part < AUDIO_TICK_SAMPLES / AUDIO_FRAME_SAMPLES; part++) {
		int16_t *mic = pcm + (ptrdiff_t)part * AUDIO_FRAME_SAMPLES;
		if (echo)
			reference_for(e, part, reference);
		process_run(e->take.process, mic, echo ? reference : NULL, mic, &r);
		voice = voice || r.voice;
	}
	e->now.voice = voice;
	e->now.level_dbov = audio_level_dbov(pcm, AUDIO_TICK_SAMPLES);
	e->now.erle_db = process_erle_db(e->take.process);
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

static void encode_and_send(struct audio_engine *e, int64_t now_ns, const int16_t *pcm)
{
	struct take_side *t = &e->take;
	uint8_t out[OPUS_PACKET_MAX];
	follow_network(e);
	int n = opus_enc_run(t->enc, pcm, out);
	if (n <= 0)
		return;
	struct audio_engine_frame f = {
		.payload = {(const char *)out, (size_t)n},
		.timestamp = t->timestamp,
		.marker = t->marker,
		.level_dbov = e->now.level_dbov,
		.voice = e->now.voice,
		.captured_ns = now_ns - (int64_t)t->delay * 1000000 / AUDIO_SAMPLES_PER_MS,
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
	if (muted)
		memset(pcm, 0, AUDIO_TICK_SAMPLES * sizeof(*pcm));
	else
		t->mute_frames = MUTE_TAIL;
	if (!e->set.handler.frame || !t->dev.driver || (t->told_end && !t->n))
		return;
	if (!muted || t->mute_frames-- > 0) {
		encode_and_send(e, now_ns, pcm);
	} else {
		t->mute_frames = 0;
		t->marker = true;
	}
}

void audio_engine_capture_tick(struct audio_engine *e, int64_t now_ns)
{
	struct take_side *t = &e->take;
	bool muted = atomic_load(&e->muted), had = take_tick(e, now_ns, t->sent);
	e->now.voice = false;
	e->now.level_dbov = AUDIO_LEVEL_SILENT;
	if (t->dev.driver && (had || !t->ended))
		process(e, t->sent);
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
