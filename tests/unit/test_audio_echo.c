/*
 * Ten minutes of a call whose microphone and loudspeaker disagree about how
 * long a second is: delay does not grow, and echo stays cancelled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/engine.h"
#include "audio/sound_file.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/lib/pace.h"
#include "tests/lib/tmpdir.h"

#include <math.h>
#include <stdlib.h>

#define TICK AUDIO_TICK_NS
#define SECOND (50 * TICK)
#define FAR_SECONDS 30
#define PARTS 10
#define SECONDS PACE(600)

static char dir[256];
static int16_t far[48000 * FAR_SECONDS];

static int set_up(void **state)
{
	double pole = 0;
	(void)state;
	tmpdir_make(dir);
	/* Noise with the colour and the syllables of speech. */
	srand(5);
	for (int i = 0; i < 48000 * FAR_SECONDS; i++) {
		pole = 0.8 * pole + 0.2 * (rand() % 20001 - 10000);
		far[i] = (int16_t)(pole * (0.7 - 0.3 * cos(2 * M_PI * 3 * i / 48000.0)));
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

/* The far end: Opus packets of the same half minute over and over. */
struct far_end {
	struct audio_engine *to;
	struct opus_enc *enc;
	uint32_t voice;
	int64_t n;
};

static void speak(struct far_end *f, int64_t now_ns)
{
	uint8_t out[OPUS_PACKET_MAX];
	int n = opus_enc_run(f->enc, far + f->n * 960 % (48000 * FAR_SECONDS), out);
	struct jitter_packet p = {
		.seq = (uint16_t)f->n,
		.timestamp = (uint32_t)(f->n * 960),
		.arrival_ns = now_ns,
		.payload = {(char *)out, (size_t)n},
	};
	assert_true(n > 0);
	assert_true(audio_engine_packet(f->to, f->voice, &p));
	f->n++;
}

/* The tenth part of the call that a time is in: long enough for the beat of the devices' periods
 * with our ticks to be over. */
struct part {
	double delay_ms, erle_db;
	int n;
};

static void add(struct part *p, const struct audio_engine_state *st)
{
	p->n++;
	p->delay_ms += (st->input_delay_ms + st->output_delay_ms - p->delay_ms) / p->n;
	p->erle_db += ((double)st->erle_db - p->erle_db) / p->n;
}

static void ten_minutes(const char *in, const char *out)
{
	struct opus_settings opus = {.complexity = 0, .bitrate_bps = 64000, .music = true};
	struct audio_engine_settings s = {
		.input = in,
		.output = out,
		.process = {.echo = true, .noise = true},
		.manual = true,
	};
	struct audio_engine_state st;
	struct part parts[PARTS] = {{0}}, *early = &parts[1], *middle = &parts[5];
	const struct part *late = &parts[PARTS - 1];
	struct far_end f = {0};
	struct err err = {0};
	float worst = 99;
	if (audio_engine_new(&s, &f.to, &err) || audio_engine_start(f.to, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(opus_enc_new(&opus, &f.enc, NULL), 0);
	assert_int_equal(audio_engine_stream_add(f.to, &f.voice, NULL), 0);
	for (int64_t now = 0; now < SECONDS * SECOND; now += TICK) {
		speak(&f, now);
		audio_engine_tick(f.to, now + TICK / 4);
		audio_engine_state(f.to, &st);
		add(&parts[now * PARTS / (SECONDS * SECOND)], &st);
		if (now >= SECONDS * SECOND / 4 && st.erle_db < worst)
			worst = st.erle_db;
	}
	print_message("%s %s: %d s, echo weaker by %.1f dB in the middle, %.1f at the end, never "
		      "less than %.1f; delay %.1f, %.1f, %.1f ms; %+.0f and %+.0f ppm\n",
		      in, out, SECONDS, middle->erle_db, late->erle_db, (double)worst,
		      early->delay_ms, middle->delay_ms, late->delay_ms, (double)st.input_ppm,
		      (double)st.output_ppm);
	assert_true(middle->erle_db >= 20);
	assert_true(late->erle_db >= 20);
	assert_true(late->erle_db >= middle->erle_db - 3);
	assert_true(worst >= 15);
	/* It settles for some minutes; uncorrected it would move by 240 ms. */
	assert_float_equal(middle->delay_ms, early->delay_ms, 8);
	assert_float_equal(late->delay_ms, middle->delay_ms, 5);
	assert_int_equal(st.output.underruns, 0);
	assert_int_equal(st.input.overruns + st.output.overruns, 0);
	audio_engine_free(f.to);
	opus_enc_free(f.enc);
}

static void test_microphone_fast(void **state)
{
	(void)state;
	ten_minutes("null:air=35,ppm=200", "null:air=1,ppm=-200");
}

static void test_microphone_slow(void **state)
{
	(void)state;
	ten_minutes("null:air=20,ppm=-200", "null:air=1,ppm=200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_microphone_fast),
		cmocka_unit_test(test_microphone_slow),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
