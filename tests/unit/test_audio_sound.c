/* Listening by measuring: nothing clicks when sound starts, stops, is muted or gets lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/engine.h"
#include "audio/sound_file.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/tone.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define TICK AUDIO_TICK_NS
#define SECOND (50 * TICK)
#define SECONDS_MAX 12

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

/* One who speaks, one who hears, no network between. */
struct pair {
	struct audio_engine *from, *to;
	uint32_t voice;
	uint16_t seq;
	int64_t now;
	bool lost; /* what is sent now does not arrive */
	int frames;
};

static void on_frame(void *arg, const struct audio_engine_frame *f)
{
	struct pair *p = arg;
	struct jitter_packet packet = {
		.seq = p->seq++,
		.timestamp = f->timestamp,
		.arrival_ns = p->now,
		.payload = f->payload,
	};
	p->frames++;
	if (p->voice && !p->lost)
		audio_engine_packet(p->to, p->voice, &packet);
}

static void begin(struct pair *p, const char *in)
{
	struct audio_engine_settings s = {
		.input = in,
		.opus = {.complexity = 5, .fec = true, .dtx = true},
		.handler.frame = on_frame,
		.arg = p,
		.manual = true,
	};
	struct err err = {0};
	memset(p, 0, sizeof(*p));
	if (audio_engine_new(&s, &p->from, &err))
		fail_msg("%s", err.msg);
	s.input = NULL;
	s.handler.frame = NULL;
	assert_int_equal(audio_engine_new(&s, &p->to, &err), 0);
	assert_int_equal(audio_engine_start(p->from, &err), 0);
	assert_int_equal(audio_engine_start(p->to, &err), 0);
	assert_int_equal(audio_engine_stream_add(p->to, &p->voice, &err), 0);
}

static void end(struct pair *p)
{
	audio_engine_free(p->from);
	audio_engine_free(p->to);
}

static void run(struct pair *p, int ticks)
{
	for (int i = 0; i < ticks; i++, p->now += TICK) {
		audio_engine_tick(p->from, p->now);
		audio_engine_tick(p->to, p->now + TICK / 4);
	}
}

/* -- Recording and measuring ---------------------------------------------- */

static struct recorder *record(struct audio_engine *e, enum audio_engine_tap which,
			       const char *name)
{
	struct recorder *r;
	AUTO_FREE char *path = fs_join(dir, name);
	assert_int_equal(recorder_new(path, true, &r, NULL), 0);
	audio_engine_tap(e, which, r);
	return r;
}

static int recorded(struct audio_engine *e, enum audio_engine_tap which, struct recorder *r,
		    const char *name, int16_t *pcm)
{
	AUTO_FREE char *path = fs_join(dir, name);
	struct sound_reader *in;
	audio_engine_tap(e, which, NULL);
	assert_int_equal(recorder_close(r, NULL), 0);
	assert_int_equal(sound_reader_open(path, &in, NULL), 0);
	int n = sound_reader_read(in, pcm, 48000 * SECONDS_MAX);
	sound_reader_free(in);
	return n;
}

/*
 * How sharply a curve bends, at most, in a range: a sine of `hz` bends by its
 * peak times (2 pi hz / 48000)^2, a click by all of its height.
 */
static int sharpest(const int16_t *pcm, int from, int to)
{
	int worst = 0;
	for (int i = from + 1; i + 1 < to; i++) {
		int bend = abs(pcm[i - 1] - 2 * pcm[i] + pcm[i + 1]);
		worst = bend > worst ? bend : worst;
	}
	return worst;
}

static int16_t pcm[48000 * SECONDS_MAX];

/* Half of full scale: cut off in the middle of a wave it bends by some 16,000. */
#define TONE "tone:440,-6"
/* A tone as Opus gives it back bends by 85; where a ramp begins or ends, a little more. */
#define SMOOTH 130

static void smooth(const char *what, int from_ms, int to_ms)
{
	int bend = sharpest(pcm, from_ms * 48, to_ms * 48);
	if (bend > SMOOTH)
		fail_msg("%s: a click of %d", what, bend);
}

/* Something is heard, or nothing at all. */
static void loud(int from_ms, int to_ms, bool wanted)
{
	double rms = tone_rms(pcm + (ptrdiff_t)from_ms * 48, (to_ms - from_ms) * 48);
	if (wanted ? rms < 8000 : rms > 1)
		fail_msg("from %d to %d ms: RMS %.1f", from_ms, to_ms, rms);
}

static void test_mute_does_not_click(void **state)
{
	struct pair p;
	(void)state;
	begin(&p, TONE);
	struct recorder *sent = record(p.from, AUDIO_ENGINE_TAP_SENT, "sent.wav");
	struct recorder *heard = record(p.to, AUDIO_ENGINE_TAP_HEARD, "heard.wav");
	run(&p, 100);
	audio_engine_mute(p.from, true);
	run(&p, 100);
	audio_engine_mute(p.from, false);
	run(&p, 100);
	assert_int_equal(recorded(p.from, AUDIO_ENGINE_TAP_SENT, sent, "sent.wav", pcm), 6 * 48000);
	smooth("muted", 100, 3000);
	smooth("unmuted", 3000, 6000);
	loud(1000, 2000, true);
	loud(2005, 4000, false);
	loud(4005, 6000, true);
	assert_int_equal(recorded(p.to, AUDIO_ENGINE_TAP_HEARD, heard, "heard.wav", pcm),
			 6 * 48000);
	smooth("heard muted", 1000, 3000);
	smooth("heard unmuted", 3000, 6000);
	/* The comfort noise that follows dies away. */
	loud(2400, 4000, false);
	loud(4100, 6000, true);
	end(&p);
}

static void test_voices_come_and_go_softly(void **state)
{
	struct pair p;
	(void)state;
	begin(&p, TONE);
	struct recorder *r = record(p.to, AUDIO_ENGINE_TAP_HEARD, "heard.wav");
	run(&p, 100);
	audio_engine_stream_remove(p.to, p.voice);
	run(&p, 50);
	assert_int_equal(audio_engine_stream_add(p.to, &p.voice, NULL), 0);
	run(&p, 50);
	audio_engine_stream_gain(p.to, p.voice, -100);
	run(&p, 50);
	audio_engine_stream_gain(p.to, p.voice, 0);
	run(&p, 50);
	audio_engine_output_gain(p.to, -100);
	run(&p, 50);
	audio_engine_output_gain(p.to, 0);
	run(&p, 50);
	assert_int_equal(recorded(p.to, AUDIO_ENGINE_TAP_HEARD, r, "heard.wav", pcm), 8 * 48000);
	smooth("removed", 500, 2500);
	smooth("added in the middle of its sound", 2500, 3500);
	smooth("turned down", 3500, 4500);
	smooth("turned up", 4500, 5500);
	smooth("all turned down", 5500, 6500);
	smooth("all turned up", 6500, 8000);
	loud(500, 2000, true);
	loud(2020, 3000, false);
	loud(3200, 4000, true);
	loud(4020, 5000, false);
	loud(5020, 6000, true);
	loud(6020, 7000, false);
	loud(7020, 8000, true);
	end(&p);
}

static void test_loss_does_not_click(void **state)
{
	struct pair p;
	(void)state;
	begin(&p, TONE);
	struct recorder *r = record(p.to, AUDIO_ENGINE_TAP_HEARD, "heard.wav");
	run(&p, 100);
	for (int i = 0; i < 8; i++) {
		p.lost = true;
		run(&p, 1 + i % 4);
		p.lost = false;
		run(&p, 49 - i % 4);
	}
	p.lost = true;
	run(&p, 50);
	p.lost = false;
	run(&p, 49);
	recorded(p.to, AUDIO_ENGINE_TAP_HEARD, r, "heard.wav", pcm);
	smooth("packets lost", 500, 10000);
	smooth("a second lost", 10000, 11900);
	loud(11500, 11900, true);
	end(&p);
}

/* What lasts is no silence, however little it changes; what is soft saves packets. */
static void test_held_notes_are_heard(void **state)
{
	static const char *const notes[] = {"tone:600,-14", "tone:300,-30", "tone:1000,-38"};
	struct pair p;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		begin(&p, notes[i]);
		struct recorder *r = record(p.to, AUDIO_ENGINE_TAP_HEARD, "heard.wav");
		run(&p, 500);
		assert_int_equal(recorded(p.to, AUDIO_ENGINE_TAP_HEARD, r, "heard.wav", pcm),
				 10 * 48000);
		double early = tone_rms(pcm + 24000, 24000),
		       late = tone_rms(pcm + 9 * 48000, 47000);
		assert_int_equal(p.frames, 500);
		assert_float_equal(20 * log10(late / early), 0, 1);
		end(&p);
	}
	begin(&p, "tone:600,-70");
	run(&p, 500);
	assert_true(p.frames < 100);
	end(&p);
}

/* A microphone that stands still and comes back; one that has far too much at once. */
static void test_stalls_do_not_click(void **state)
{
	struct pair p;
	(void)state;
	begin(&p, "null:hz=440,stall=3000+700");
	struct recorder *r = record(p.from, AUDIO_ENGINE_TAP_SENT, "sent.wav");
	run(&p, 350);
	/* Nobody took from the microphone for a while. */
	p.now += SECOND / 2;
	run(&p, 100);
	int n = recorded(p.from, AUDIO_ENGINE_TAP_SENT, r, "sent.wav", pcm);
	assert_int_equal(n, 450 * 960);
	int bend = sharpest(pcm, 48000, n);
	/* Broken off at its steepest it bends by 189; cut off at its highest it would by 3277. */
	if (bend > 220)
		fail_msg("a click of %d", bend);
	assert_true(tone_rms(pcm + 3200 * 48, 300 * 48) < 1);
	assert_float_equal(tone_rms(pcm + 5000 * 48, 900 * 48), 3276.7 / sqrt(2), 30);
	assert_float_equal(tone_rms(pcm + 8000 * 48, 900 * 48), 3276.7 / sqrt(2), 30);
	end(&p);
}

/*
 * From mouth to ear without a network: a file that is said, a file that is
 * heard, and how much later the same thing is in it. Encoder, decoder and
 * jitter buffer are in it, and both clocks' ticks at any distance.
 */
#define BURSTS 20

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

static int first_above(const int16_t *x, int from, int n, int level)
{
	while (from < n && abs(x[from]) < level)
		from++;
	return from;
}

static void test_mouth_to_ear(void **state)
{
	static int16_t said[48000 * SECONDS_MAX];
	AUTO_FREE char *path = fs_join(dir, "said.wav"), *spec = mem_printf("file:%s", path);
	struct sound_writer *w;
	int delay_us[BURSTS * 4], count = 0;
	(void)state;
	memset(said, 0, sizeof(said));
	for (int i = 0; i < BURSTS; i++)
		tone_make(said + 24000 * (i + 1), 12000, 440, 8000, 0);
	assert_int_equal(sound_writer_open(path, &w, NULL), 0);
	assert_int_equal(sound_writer_write(w, said, 24000 * (BURSTS + 2), NULL), 0);
	assert_int_equal(sound_writer_close(w, NULL), 0);
	for (int phase = 0; phase < 4; phase++) {
		struct pair p;
		int64_t apart = phase * TICK / 4;
		begin(&p, spec);
		struct recorder *r = record(p.to, AUDIO_ENGINE_TAP_HEARD, "ear.wav");
		for (int i = 0; i < 50 * SECONDS_MAX - 50; i++, p.now += TICK) {
			audio_engine_tick(p.from, p.now);
			audio_engine_tick(p.to, p.now + apart);
		}
		int n = recorded(p.to, AUDIO_ENGINE_TAP_HEARD, r, "ear.wav", pcm);
		for (int i = 0; i < BURSTS; i++) {
			int from = 24000 * (i + 1), at = first_above(pcm, from, n, 2000);
			from = first_above(said, from, n, 2000);
			/* What a tick takes was said before it, what it gives is heard after. */
			delay_us[count++] = (at - from + 960) * 1000 / 48 + (int)(apart / 1000);
		}
		end(&p);
	}
	qsort(delay_us, (size_t)count, sizeof(int), by_value);
	print_message("mouth to ear: p50 %d ms, p95 %d ms\n", delay_us[count / 2] / 1000,
		      delay_us[count * 95 / 100] / 1000);
	assert_true(delay_us[0] > 0);
	assert_true(delay_us[count * 95 / 100] < 100000);
}

/* -- Held up -------------------------------------------------------------------- */

static void hold_up(void *arg, int64_t now_ns)
{
	int *ticks = arg;
	struct timespec nap = {0, 350000000};
	(void)now_ns;
	if (++*ticks == 20)
		nanosleep(&nap, NULL);
}

/* A thread that was not let run for a while: what is recorded is as long as it took all the same. */
static void test_recordings_stay_in_step(void **state)
{
	AUTO_FREE char *out = fs_join(dir, "out.wav"), *spec = mem_printf("file:%s", out);
	int ticks = 0;
	struct audio_engine *e;
	struct audio_engine_state st = {0};
	struct audio_engine_settings s = {
		.input = "tone:440",
		.output = spec,
		.handler.tick = hold_up,
		.arg = &ticks,
	};
	(void)state;
	assert_int_equal(audio_engine_new(&s, &e, NULL), 0);
	struct recorder *r;
	AUTO_FREE char *path = fs_join(dir, "both.wav");
	assert_int_equal(recorder_new(path, false, &r, NULL), 0);
	audio_engine_tap(e, AUDIO_ENGINE_TAP_BOTH, r);
	assert_int_equal(audio_engine_start(e, NULL), 0);
	while (st.ticks < 40) {
		struct timespec nap = {0, 2000000};
		nanosleep(&nap, NULL);
		audio_engine_state(e, &st);
	}
	audio_engine_stop(e);
	audio_engine_state(e, &st);
	audio_engine_tap(e, AUDIO_ENGINE_TAP_BOTH, NULL);
	assert_int_equal(recorder_close(r, NULL), 0);
	audio_engine_free(e);
	assert_true(st.skipped_ticks >= 10);
	struct sound_reader *in;
	const char *files[] = {path, out};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sound_reader_open(files[i], &in, NULL), 0);
		int n = sound_reader_read(in, pcm, 48000 * SECONDS_MAX);
		sound_reader_free(in);
		assert_int_equal(n, (st.ticks + st.skipped_ticks) * 960);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mute_does_not_click),
		cmocka_unit_test(test_voices_come_and_go_softly),
		cmocka_unit_test(test_loss_does_not_click),
		cmocka_unit_test(test_held_notes_are_heard),
		cmocka_unit_test(test_stalls_do_not_click),
		cmocka_unit_test(test_mouth_to_ear),
		cmocka_unit_test(test_recordings_stay_in_step),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
