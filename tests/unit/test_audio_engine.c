/* The engine on a clock of the test's own: whole calls in a fraction of their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/engine.h"
#include "audio/sound_file.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/tone.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define TICK AUDIO_TICK_NS
#define SECOND (50 * TICK)

#define DRIFT_SECONDS 600 /* the bounds are those of ten minutes */

static char dir[256];

static int set_up(void **state)
{
	(void)state;
	tmpdir_make(dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

/* A network between two engines: frames of one go to a voice of the other. */
struct side {
	struct audio_engine *engine;
	struct side *other;
	uint32_t voice; /* at the other engine */
	uint16_t seq;
	int64_t now;
	int frames, markers, ends, drop_every;
	int last_level;
	uint32_t last_timestamp;
};

static void on_frame(void *arg, const struct audio_engine_frame *f)
{
	struct side *s = arg;
	struct jitter_packet p = {
		.seq = s->seq++,
		.timestamp = f->timestamp,
		.arrival_ns = s->now,
		.payload = f->payload,
	};
	s->frames++;
	s->markers += f->marker;
	s->last_level = f->level_dbov;
	s->last_timestamp = f->timestamp;
	assert_true(f->captured_ns <= s->now);
	if (s->drop_every && s->seq % s->drop_every == 0)
		return;
	if (s->other)
		audio_engine_packet(s->other->engine, s->voice, &p);
}

static void on_tick(void *arg, int64_t now_ns)
{
	struct side *s = arg;
	s->now = now_ns;
}

static void on_end(void *arg)
{
	struct side *s = arg;
	s->ends++;
}

static struct audio_engine_settings settings(struct side *s, const char *in, const char *out)
{
	return (struct audio_engine_settings){
		.input = in,
		.output = out,
		.opus = {.complexity = 1, .fec = true},
		.handler = {.frame = on_frame, .tick = on_tick, .input_end = on_end},
		.arg = s,
		.manual = true,
		.first_timestamp = 4294960000u,
	};
}

static void start(struct side *s, const struct audio_engine_settings *set)
{
	struct err err = {0};
	memset(s, 0, sizeof(*s));
	if (audio_engine_new(set, &s->engine, &err) || audio_engine_start(s->engine, &err))
		fail_msg("%s", err.msg);
}

static void connect(struct side *from, struct side *to)
{
	from->other = to;
	assert_int_equal(audio_engine_stream_add(to->engine, &from->voice, NULL), 0);
}

static int read_file(const char *path, int16_t *pcm, int max)
{
	struct sound_reader *r;
	assert_int_equal(sound_reader_open(path, &r, NULL), 0);
	int n = sound_reader_read(r, pcm, max);
	sound_reader_free(r);
	return n;
}

static void write_file(const char *path, const int16_t *pcm, int n)
{
	struct sound_writer *w;
	assert_int_equal(sound_writer_open(path, &w, NULL), 0);
	assert_int_equal(sound_writer_write(w, pcm, n, NULL), 0);
	assert_int_equal(sound_writer_close(w, NULL), 0);
}

/* File to file: each hears the other's tone, within the delay that design allows. */
static void test_two_engines(void **state)
{
	static int16_t pcm[48000 * 6];
	struct side a, b;
	AUTO_FREE char *said = fs_join(dir, "said.wav"), *heard = fs_join(dir, "heard.wav");
	AUTO_FREE char *in = mem_printf("file:%s", said), *out = mem_printf("file:%s", heard);
	(void)state;
	/* A second of nothing, then a tone: where it begins tells the delay. */
	memset(pcm, 0, sizeof(pcm));
	tone_make(pcm + 48000, 48000 * 3, 440, 8000, 0);
	write_file(said, pcm, 48000 * 4);
	struct audio_engine_settings sa = settings(&a, in, "null:"),
				     sb = settings(&b, "tone:1000", out);
	start(&a, &sa);
	start(&b, &sb);
	connect(&a, &b);
	connect(&b, &a);
	for (int64_t now = 0; now < 6 * SECOND; now += TICK) {
		audio_engine_tick(a.engine, now);
		audio_engine_tick(b.engine, now + 7000000);
	}
	struct audio_engine_state st;
	audio_engine_state(a.engine, &st);
	assert_int_equal(st.ticks, 300);
	assert_true(st.input_ended);
	assert_int_equal(a.ends, 1);
	assert_int_equal(b.ends, 0);
	assert_int_equal(a.frames, 200);
	assert_int_equal(b.frames, 300);
	assert_int_equal(b.last_timestamp, 4294960000u + 299u * 960);
	assert_int_equal(b.last_level, 23);
	struct audio_engine_stream_state vs;
	assert_true(audio_engine_stream_state(a.engine, b.voice, &vs));
	assert_int_equal(vs.jitter.lost, 0);
	assert_in_range(vs.level_dbov, 20, 26);
	audio_engine_free(a.engine);
	audio_engine_free(b.engine);

	int n = read_file(heard, pcm, 48000 * 6), begins = 0;
	assert_int_equal(n, 48000 * 6);
	while (begins < n && abs(pcm[begins]) < 1000)
		begins++;
	/* Said at 1 s: encoder's look-ahead, a tick, 7 ms of way, the jitter buffer. */
	assert_in_range(begins, 48000, 48000 + 80 * 48);
	assert_float_equal(tone_frequency(pcm + begins + 4800, 48000 * 2, 48000), 440, 1);
	assert_float_equal(tone_rms(pcm + begins + 4800, 48000 * 2), 8000 / sqrt(2), 900);
}

static void test_mute_gain_and_taps(void **state)
{
	static int16_t pcm[48000 * 10];
	struct side a, b;
	struct recorder *sent, *both;
	struct audio_engine_state st;
	AUTO_FREE char *f_sent = fs_join(dir, "sent.wav"), *f_both = fs_join(dir, "both.wav");
	(void)state;
	struct audio_engine_settings sa = settings(&a, "tone:500,-20", "null:"),
				     sb = settings(&b, "tone:2000,-20", "null:");
	start(&a, &sa);
	start(&b, &sb);
	connect(&a, &b);
	connect(&b, &a);
	assert_int_equal(recorder_new(f_sent, true, &sent, NULL), 0);
	assert_int_equal(recorder_new(f_both, true, &both, NULL), 0);
	audio_engine_tap(a.engine, AUDIO_ENGINE_TAP_SENT, sent);
	audio_engine_tap(a.engine, AUDIO_ENGINE_TAP_BOTH, both);
	int before = 0;
	for (int64_t now = 0; now < 8 * SECOND; now += TICK) {
		if (now == 2 * SECOND) {
			audio_engine_mute(a.engine, true);
			before = a.frames;
		}
		if (now == 3 * SECOND) {
			assert_true(audio_engine_muted(a.engine));
			assert_true(audio_engine_speaking_while_muted(a.engine));
			/* A clean end, then nothing. */
			assert_in_range(a.frames - before, 1, 3);
		}
		if (now == 4 * SECOND) {
			audio_engine_mute(a.engine, false);
			audio_engine_stream_gain(a.engine, b.voice, -100);
		}
		if (now == 6 * SECOND)
			audio_engine_input_gain(a.engine, -6);
		audio_engine_tick(a.engine, now);
		audio_engine_tick(b.engine, now + 1000000);
	}
	assert_int_equal(a.markers, 2);
	audio_engine_state(a.engine, &st);
	assert_int_equal(st.level_dbov, 29);
	audio_engine_tap(a.engine, AUDIO_ENGINE_TAP_SENT, NULL);
	audio_engine_tap(a.engine, AUDIO_ENGINE_TAP_BOTH, NULL);
	assert_int_equal(recorder_close(sent, NULL), 0);
	assert_int_equal(recorder_close(both, NULL), 0);
	audio_engine_free(a.engine);
	audio_engine_free(b.engine);

	double tone = 3276.7 / sqrt(2);
	assert_int_equal(read_file(f_sent, pcm, 48000 * 10), 48000 * 8);
	assert_float_equal(tone_rms(pcm + 48000, 40000), tone, 30);
	/* Softly: five milliseconds. */
	assert_float_equal(tone_rms(pcm + 2 * 48000 + 240, 95000), 0, 0);
	assert_float_equal(tone_rms(pcm + 5 * 48000, 40000), tone, 30);
	assert_float_equal(tone_rms(pcm + 7 * 48000, 40000), tone / 2, 30);
	assert_int_equal(read_file(f_both, pcm, 48000 * 10), 48000 * 8);
	/* Both; the other's alone while we are muted; our own while the other is turned off. */
	assert_float_equal(tone_rms(pcm + 48000, 40000), tone * sqrt(2), 300);
	assert_float_equal(tone_frequency(pcm + 3 * 48000, 40000, 48000), 2000, 5);
	assert_float_equal(tone_frequency(pcm + 5 * 48000, 40000, 48000), 500, 1);
}

static void test_voices_come_and_go(void **state)
{
	struct side a;
	struct err err = {0};
	uint32_t ids[AUDIO_ENGINE_STREAMS_MAX], more, first;
	struct audio_engine_stream_state vs;
	long before = mem_live();
	(void)state;
	struct audio_engine_settings sa = settings(&a, NULL, NULL);
	start(&a, &sa);
	for (int i = 0; i < AUDIO_ENGINE_STREAMS_MAX; i++)
		assert_int_equal(audio_engine_stream_add(a.engine, &ids[i], NULL), 0);
	assert_int_equal(audio_engine_stream_add(a.engine, &more, &err), ERR_LIMITED);
	first = ids[0];
	audio_engine_stream_remove(a.engine, first);
	audio_engine_stream_remove(a.engine, first);
	audio_engine_stream_remove(a.engine, 12345678);
	audio_engine_tick(a.engine, 0);
	assert_int_equal(audio_engine_stream_add(a.engine, &more, NULL), 0);
	assert_int_not_equal(more, first);
	/* Packets and questions for one that left, and for none, are harmless. */
	struct jitter_packet p = {.payload = SPAN_LIT("\x08zzzz")};
	assert_true(audio_engine_packet(a.engine, first, &p));
	assert_true(audio_engine_packet(a.engine, 0, &p));
	p.payload.n = 0;
	assert_false(audio_engine_packet(a.engine, more, &p));
	audio_engine_tick(a.engine, TICK);
	assert_false(audio_engine_stream_state(a.engine, first, &vs));
	assert_true(audio_engine_stream_state(a.engine, more, &vs));
	assert_int_equal(vs.jitter.received, 0);
	assert_int_equal(a.frames, 0);
	audio_engine_free(a.engine);
	assert_int_equal(mem_live(), before);
}

static void test_opening_fails(void **state)
{
	struct side a = {0};
	struct audio_engine *e = NULL;
	struct err err = {0};
	long before = mem_live();
	(void)state;
	struct audio_engine_settings s = settings(&a, "tone:440", "file:/nowhere/at/all.wav");
	assert_int_equal(audio_engine_new(&s, &e, &err), ERR_NOT_FOUND);
	assert_null(e);
	assert_non_null(strstr(err.msg, "/nowhere/at/all.wav"));
	assert_int_equal(mem_live(), before);
}

/* Two sound cards whose clocks are 400 ppm apart, ten minutes: delay stays where it was. */
static void drifting(const char *in, const char *out)
{
	struct side a;
	struct audio_engine_state st;
	int low_in = 1 << 20, high_in = 0, low_out = 1 << 20, high_out = 0;
	struct audio_engine_settings sa = settings(&a, in, out);
	sa.handler.frame = NULL;
	start(&a, &sa);
	for (int64_t now = 0; now < DRIFT_SECONDS * SECOND; now += TICK) {
		audio_engine_tick(a.engine, now);
		audio_engine_state(a.engine, &st);
		if (now < 10 * SECOND)
			continue;
		low_in = st.input_delay_ms < low_in ? st.input_delay_ms : low_in;
		high_in = st.input_delay_ms > high_in ? st.input_delay_ms : high_in;
		low_out = st.output_delay_ms < low_out ? st.output_delay_ms : low_out;
		high_out = st.output_delay_ms > high_out ? st.output_delay_ms : high_out;
	}
	assert_in_range(low_in, 20, 30);
	assert_in_range(high_in, 30, 45);
	assert_in_range(low_out, 28, 40);
	assert_in_range(high_out, 40, 55);
	assert_int_equal(st.input.overruns, 0);
	assert_int_equal(st.output.overruns, 0);
	assert_int_equal(st.output.underruns, 0);
	audio_engine_free(a.engine);
}

static void test_drift_ten_minutes(void **state)
{
	(void)state;
	drifting("null:ppm=200,hz=440", "null:ppm=-200");
	drifting("null:ppm=-200,hz=440", "null:ppm=200");
}

/* What is captured over a wrong clock still is one tone without clicks. */
static void test_drift_sounds_right(void **state)
{
	static int16_t pcm[48000 * 60];
	struct side a;
	struct recorder *r;
	AUTO_FREE char *path = fs_join(dir, "drift.wav");
	(void)state;
	struct audio_engine_settings sa = settings(&a, "null:ppm=200,hz=440", NULL);
	start(&a, &sa);
	assert_int_equal(recorder_new(path, true, &r, NULL), 0);
	audio_engine_tap(a.engine, AUDIO_ENGINE_TAP_SENT, r);
	for (int64_t now = 0; now < 60 * SECOND; now += TICK)
		audio_engine_tick(a.engine, now);
	audio_engine_tap(a.engine, AUDIO_ENGINE_TAP_SENT, NULL);
	assert_int_equal(recorder_close(r, NULL), 0);
	audio_engine_free(a.engine);
	assert_int_equal(read_file(path, pcm, 48000 * 60), 48000 * 60);
	int biggest = 0;
	for (int i = 48000; i < 48000 * 60; i++)
		biggest = abs(pcm[i] - pcm[i - 1]) > biggest ? abs(pcm[i] - pcm[i - 1]) : biggest;
	/* 440 Hz at this level moves by at most 189 a sample. */
	assert_in_range(biggest, 180, 200);
	assert_float_equal(tone_frequency(pcm + 48000, 48000 * 58, 48000), 440, 0.2);
}

/* Devices that stop for a while: sound goes on after, and delay comes back. */
static void test_stalls(void **state)
{
	struct side a;
	struct audio_engine_state st;
	(void)state;
	struct audio_engine_settings sa =
		settings(&a, "null:stall=5000+700,hz=440", "null:stall=9000+900");
	start(&a, &sa);
	for (int64_t now = 0; now < 40 * SECOND; now += TICK) {
		audio_engine_tick(a.engine, now);
		audio_engine_state(a.engine, &st);
		/* The two seconds it takes to know, and where it should be from then on. */
		if (now < 13 * SECOND)
			continue;
		assert_in_range(st.input_delay_ms, 15, 60);
		assert_in_range(st.output_delay_ms, 25, 65);
	}
	assert_int_equal(a.frames, 40 * 50);
	assert_true(st.level_dbov < 30);
	audio_engine_free(a.engine);
}

/* With its own thread: ticks keep time, and everything may be turned meanwhile. */
static atomic_int threaded_frames;

static void on_threaded_frame(void *arg, const struct audio_engine_frame *f)
{
	(void)arg;
	(void)f;
	atomic_fetch_add(&threaded_frames, 1);
}

static void test_own_thread(void **state)
{
	struct audio_engine *e;
	struct audio_engine_state st;
	struct recorder *r;
	struct err err = {0};
	AUTO_FREE char *path = fs_join(dir, "thread.wav");
	long before = mem_live();
	(void)state;
	struct audio_engine_settings s = {
		.input = "tone:440",
		.output = "null:",
		.opus.complexity = 1,
		.handler.frame = on_threaded_frame,
	};
	assert_int_equal(audio_engine_new(&s, &e, &err), 0);
	assert_int_equal(recorder_new(path, false, &r, NULL), 0);
	audio_engine_tap(e, AUDIO_ENGINE_TAP_SENT, r);
	int64_t begin = clock_mono_ns();
	assert_int_equal(audio_engine_start(e, &err), 0);
	for (int round = 0; atomic_load(&threaded_frames) < 25; round++) {
		struct timespec nap = {0, 2000000};
		struct audio_engine_stream_state vs;
		uint32_t id;
		if (clock_mono_ns() - begin > 120 * SECOND)
			fail_msg("no frames");
		assert_int_equal(audio_engine_stream_add(e, &id, NULL), 0);
		struct jitter_packet p = {.seq = (uint16_t)round,
					  .timestamp = (uint32_t)round * 960,
					  .arrival_ns = clock_mono_ns(),
					  .payload = SPAN_LIT("\x08zzzz")};
		audio_engine_packet(e, id, &p);
		nanosleep(&nap, NULL);
		audio_engine_stream_state(e, id, &vs);
		audio_engine_stream_gain(e, id, -6);
		audio_engine_stream_remove(e, id);
		audio_engine_network(e, round % 20, 24000 + round);
		audio_engine_state(e, &st);
	}
	int64_t took = clock_mono_ns() - begin;
	audio_engine_tap(e, AUDIO_ENGINE_TAP_SENT, NULL);
	assert_int_equal(recorder_close(r, NULL), 0);
	audio_engine_stop(e);
	assert_true(took >= 24 * TICK);
	audio_engine_free(e);
	assert_int_equal(mem_live(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_engines),
		cmocka_unit_test(test_mute_gain_and_taps),
		cmocka_unit_test(test_voices_come_and_go),
		cmocka_unit_test(test_opening_fails),
		cmocka_unit_test(test_drift_ten_minutes),
		cmocka_unit_test(test_drift_sounds_right),
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_own_thread),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
