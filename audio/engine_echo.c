/*
 * The echo canceller's reference: what was really written to the loudspeaker,
 * found by the counts of both devices and moved to the microphone's clock, so
 * that the canceller sees a path that stands still even where the two clocks
 * differ.
 */
#include "audio/engine_parts.h"

#include <math.h>

/* The reference comes this much too early, so that it never comes too late. */
#define MARGIN (10 * AUDIO_SAMPLES_PER_MS)
/* A loop that follows the offset: a mean at first, then a time constant of some 8 s. */
#define GAIN 0.005
#define RATE_GAIN (GAIN * GAIN / 4)
#define RATE_AFTER_TICKS 50
/* Off by this for so many ticks: the path is another one (a gap, a reopened device). */
#define JUMP (10 * AUDIO_SAMPLES_PER_MS)
#define JUMP_TICKS 5

static double count_of(const struct audio_dev *d, int64_t now_ns, int64_t otherwise)
{
	double count = d->driver->clock ? d->driver->clock(d->dev, now_ns) : (double)otherwise;
	return count;
}

static int latency_of(const struct audio_dev *d)
{
	return d->driver->latency ? d->driver->latency(d->dev) : 0;
}

static void follow(struct echo_track *t, double measured)
{
	double off = measured - (t->offset + t->rate);
	t->odd = t->seen && fabs(off) > JUMP ? t->odd + 1 : 0;
	if (t->odd > JUMP_TICKS)
		t->seen = t->odd = 0;
	if (t->seen == 0) {
		t->offset = measured;
		t->seen = 1;
		return;
	}
	if (t->odd)
		off = 0;
	t->seen += t->seen < 1000000;
	double gain = 1.0 / t->seen > GAIN ? 1.0 / t->seen : GAIN;
	t->offset += t->rate + gain * off;
	if (t->seen > RATE_AFTER_TICKS)
		t->rate += fmax(RATE_GAIN, gain * gain / 4) * off;
}

void audio_engine_track_echo(struct audio_engine *e, int64_t now_ns)
{
	const struct take_side *t = &e->take;
	if (!e->play.dev.driver)
		return;
	double in_air = count_of(&e->play.dev, now_ns, e->play.written) - latency_of(&e->play.dev);
	double at_mic = count_of(&t->dev, now_ns, t->raw_at + t->raw_n) + latency_of(&t->dev);
	follow(&e->take.track, in_air - at_mic);
	double behind = (double)(e->play.written - t->raw_at - t->raw_n) - t->track.offset;
	e->now.echo_delay_ms = (int)(behind / AUDIO_SAMPLES_PER_MS);
}

static float sample_at(const struct audio_engine *e, int64_t at)
{
	int64_t end = e->play.written;
	bool there = at >= 0 && at < end && at >= end - REFERENCE_SAMPLES;
	return there ? e->reference[at % REFERENCE_SAMPLES] : 0;
}

void audio_engine_reference(struct audio_engine *e, int64_t raw_at, int16_t *out)
{
	float x[AUDIO_FRAME_SAMPLES + VARISPEED_TAPS + 8];
	const struct echo_track *t = &e->take.track;
	double from = (double)raw_at + t->offset - MARGIN, whole = floor(from);
	double step = 1 + t->rate / AUDIO_TICK_SAMPLES, at = from - whole;
	int64_t first = (int64_t)whole - (VARISPEED_TAPS / 2 - 1);
	for (int i = 0; i < AUDIO_FRAME_SAMPLES + VARISPEED_TAPS + 8; i++)
		x[i] = sample_at(e, first + i);
	/* Two clocks are never so far apart that a frame needs more than a few samples extra. */
	step = step > 1.01 ? 1.01 : step < 0.99 ? 0.99 : step;
	for (int i = 0; i < AUDIO_FRAME_SAMPLES; i++, at += step)
		out[i] = audio_clip(varispeed_at(x + (int)at, at - (int)at));
}
