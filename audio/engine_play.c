/* The media thread's way out: packets, voices, mixer, loudspeaker. */
#include "audio/engine_parts.h"

#include <string.h>

/* Delay that is longer than wanted by this is made shorter where nothing is heard: below -75 dB. */
#define SPARE (AUDIO_TICK_SAMPLES + 5 * AUDIO_SAMPLES_PER_MS)
#define UNHEARD 75

struct packet_head {
	uint32_t id, timestamp;
	int64_t arrival_ns;
	uint16_t seq;
};

bool audio_engine_packet(struct audio_engine *e, uint32_t id, const struct jitter_packet *p)
{
	struct packet_head h;
	memset(&h, 0, sizeof(h));
	h.id = id;
	h.timestamp = p->timestamp;
	h.arrival_ns = p->arrival_ns;
	h.seq = p->seq;
	bool ok = p->payload.n > 0 && p->payload.n <= OPUS_PACKET_MAX &&
		  ring_bytes_put(&e->packets, &h, sizeof(h), p->payload.p, p->payload.n);
	if (!ok)
		atomic_fetch_add(&e->packets_dropped, 1);
	return ok;
}

static void drain(struct audio_engine *e)
{
	char message[RING_MESSAGE_MAX];
	struct packet_head h;
	size_t n;
	while ((n = ring_bytes_get(&e->packets, message)) > sizeof(h)) {
		memcpy(&h, message, sizeof(h));
		struct voice *v = &e->voices[h.id % AUDIO_ENGINE_STREAMS_MAX];
		struct jitter_packet p = {
			.seq = h.seq,
			.timestamp = h.timestamp,
			.arrival_ns = h.arrival_ns,
			.payload = {message + sizeof(h), n - sizeof(h)},
		};
		if (atomic_load_explicit(&v->state, memory_order_acquire) == VOICE_OPEN &&
		    v->id == h.id)
			stream_put(v->stream, &p);
	}
}

static void mix_voice(struct audio_engine *e, struct voice *v, int64_t now_ns, float gain)
{
	int16_t pcm[AUDIO_TICK_SAMPLES];
	struct audio_engine_stream_state shown;
	memset(&shown, 0, sizeof(shown));
	shown.level_dbov = AUDIO_LEVEL_SILENT;
	if (stream_pull(v->stream, now_ns, pcm)) {
		shown.level_dbov = audio_level_dbov(pcm, AUDIO_TICK_SAMPLES);
		mixer_add(&e->mixer, pcm, v->gain_now, gain);
	}
	v->gain_now = gain;
	stream_stats(v->stream, &shown.jitter);
	snapshot_put(&v->shown, &shown, sizeof(shown));
}

/* A far side that is a device and no network. */
static void mix_far(struct audio_engine *e, int64_t now_ns)
{
	int16_t pcm[AUDIO_TICK_SAMPLES] = {0};
	const struct audio_driver *d = e->far_in.driver;
	if (!d || e->now.far_ended)
		return;
	e->now.far_ended = d->read(e->far_in.dev, now_ns, pcm, AUDIO_TICK_SAMPLES) == AUDIO_END;
	mixer_add(&e->mixer, pcm, 1, 1);
	d->counts(e->far_in.dev, &e->now.far_in);
}

void audio_engine_far_tick(struct audio_engine *e, int64_t now_ns)
{
	const struct audio_driver *d = e->far_out.driver;
	if (!d)
		return;
	d->write(e->far_out.dev, now_ns, e->take.sent, AUDIO_TICK_SAMPLES);
	d->counts(e->far_out.dev, &e->now.far_out);
}

static void mix(struct audio_engine *e, int64_t now_ns)
{
	float gain = atomic_load(&e->out_gain);
	mixer_begin(&e->mixer, AUDIO_TICK_SAMPLES);
	mix_far(e, now_ns);
	for (int i = 0; i < AUDIO_ENGINE_STREAMS_MAX; i++) {
		struct voice *v = &e->voices[i];
		int state = atomic_load_explicit(&v->state, memory_order_acquire);
		if (state == VOICE_OPEN)
			mix_voice(e, v, now_ns, atomic_load(&v->gain));
		if (state != VOICE_CLOSING)
			continue;
		/* Its last tick fades out. */
		mix_voice(e, v, now_ns, 0);
		atomic_store_explicit(&v->state, VOICE_DEAD, memory_order_release);
	}
	mixer_end(&e->mixer, e->heard);
	for (int i = 0; i < AUDIO_TICK_SAMPLES; i++) {
		float step = (gain - e->out_gain_now) * (float)i / AUDIO_TICK_SAMPLES;
		if (e->out_gain_now != 1 || gain != 1)
			e->heard[i] = audio_clip(e->heard[i] * (e->out_gain_now + step));
	}
	e->out_gain_now = gain;
}

/* What really goes to the device is what can come back as echo: kept by the device's count. */
static void put_out(struct audio_engine *e, int64_t now_ns, const int16_t *pcm, int n)
{
	struct play_side *p = &e->play;
	for (int i = 0; i < n; i++)
		e->reference[(p->written + i) % REFERENCE_SAMPLES] = pcm[i];
	p->written += n;
	if (n > 0)
		p->last = pcm[n - 1];
	p->dev.driver->write(p->dev.dev, now_ns, pcm, n);
}

static void write_zeros(struct audio_engine *e, int64_t now_ns, int n)
{
	static const int16_t zeros[AUDIO_TICK_SAMPLES];
	for (; n > 0; n -= AUDIO_TICK_SAMPLES)
		put_out(e, now_ns, zeros, n < AUDIO_TICK_SAMPLES ? n : AUDIO_TICK_SAMPLES);
}

/* The device ran dry (or starts): fill it up to where it should be. */
static void refill(struct audio_engine *e, int64_t now_ns)
{
	struct play_side *p = &e->play;
	if (p->primed && !p->cut && p->drift.target + PLAY_TARGET_STEP <= PLAY_TARGET_MAX)
		p->drift.target += PLAY_TARGET_STEP;
	write_zeros(e, now_ns, (int)p->drift.target);
	drift_reset(&p->drift);
	p->primed = p->cut = true;
}

/*
 * Should this tick be left out? Once far too much waits (the device stood still), all until no
 * more than the target does; of a little too much, ticks in which nobody would miss anything.
 */
static bool leave_out(struct play_side *p, int level, const int16_t *pcm)
{
	p->skipping = level > p->drift.target + (p->skipping ? 0 : TOO_MUCH);
	bool long_delay =
		p->drift.warm >= DRIFT_WARM_UPDATES && p->drift.filtered > p->drift.target + SPARE;
	return p->skipping || (long_delay && audio_level_dbov(pcm, AUDIO_TICK_SAMPLES) >= UNHEARD);
}

/* To a device with a clock of its own. */
static void write_drifting(struct audio_engine *e, int64_t now_ns, const int16_t *pcm)
{
	struct play_side *p = &e->play;
	int16_t out[AUDIO_TICK_SAMPLES + 16];
	int level = p->dev.driver->queued(p->dev.dev, now_ns);
	if (leave_out(p, level, pcm)) {
		drift_reset(&p->drift);
		p->cut = true;
		return;
	}
	if (level == 0) {
		refill(e, now_ns);
	} else {
		double fine = (double)p->written - p->dev.driver->clock(p->dev.dev, now_ns);
		varispeed_set(&p->speed, drift_update(&p->drift, (int)fine, AUDIO_TICK_MS));
	}
	int n = varispeed_run(&p->speed, pcm, AUDIO_TICK_SAMPLES, out);
	if (p->cut)
		audio_join(out, n, p->last);
	p->cut = false;
	put_out(e, now_ns, out, n);
}

void audio_engine_play_missed(struct audio_engine *e, int64_t now_ns, int64_t ticks)
{
	const struct audio_driver *d = e->play.dev.driver;
	for (int64_t i = 0; i < ticks && d && !d->own_clock; i++)
		write_zeros(e, now_ns, AUDIO_TICK_SAMPLES);
}

static void play(struct audio_engine *e, int64_t now_ns)
{
	struct play_side *p = &e->play;
	const struct audio_driver *d = p->dev.driver;
	if (!d)
		return;
	if (d->own_clock)
		write_drifting(e, now_ns, e->heard);
	else
		put_out(e, now_ns, e->heard, AUDIO_TICK_SAMPLES);
	p->delay = d->queued ? d->queued(p->dev.dev, now_ns) : 0;
	p->delay += d->latency ? d->latency(p->dev.dev) : 0;
	d->counts(p->dev.dev, &e->now.output);
	e->now.output_delay_ms = p->delay / AUDIO_SAMPLES_PER_MS;
	e->now.output_ppm = (float)p->drift.ppm;
}

void audio_engine_play_tick(struct audio_engine *e, int64_t now_ns)
{
	drain(e);
	mix(e, now_ns);
	play(e, now_ns);
}
