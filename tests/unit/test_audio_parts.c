/* Rings, levels, drift, resampling, mixer, stretching: the small parts of sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/drift.h"
#include "audio/mixer.h"
#include "audio/resample.h"
#include "audio/ring.h"
#include "audio/snapshot.h"
#include "audio/stretch.h"
#include "core/base/mem.h"
#include "tests/lib/tone.h"

#include <math.h>
#include <pthread.h>

/* -- Ring ------------------------------------------------------------------ */

static void test_ring_wraps(void **state)
{
	struct ring r;
	int16_t in[100], out[100];
	int16_t next = 0, expected = 0;
	(void)state;
	ring_init(&r, 60);
	assert_int_equal(ring_room(&r), 64);
	for (int round = 0; round < 200; round++) {
		size_t n = (size_t)(round * 7 % 50);
		for (size_t i = 0; i < n; i++)
			in[i] = (int16_t)(next + (int16_t)i);
		size_t taken = ring_write(&r, in, n);
		next = (int16_t)(next + (int16_t)taken);
		size_t got = ring_read(&r, out, (size_t)(round * 5 % 40));
		for (size_t i = 0; i < got; i++)
			assert_int_equal(out[i], expected++);
	}
	assert_int_equal(ring_fill(&r), (size_t)(next - expected));
	assert_int_equal(ring_write(&r, in, 100), 64 - (size_t)(next - expected));
	assert_int_equal(ring_read(&r, NULL, 1000), 64);
	assert_int_equal(ring_fill(&r), 0);
	ring_done(&r);
}

#define PASSED 2000000

static void *producer(void *arg)
{
	int16_t pcm[97];
	for (int sent = 0; sent < PASSED;) {
		int n = PASSED - sent < 97 ? PASSED - sent : 97;
		for (int i = 0; i < n; i++)
			pcm[i] = (int16_t)(sent + i);
		sent += (int)ring_write(arg, pcm, (size_t)n);
	}
	return NULL;
}

static void test_ring_two_threads(void **state)
{
	struct ring r;
	pthread_t t;
	int16_t pcm[64];
	int wrong = 0;
	(void)state;
	ring_init(&r, 512);
	pthread_create(&t, NULL, producer, &r);
	for (int got = 0; got < PASSED;) {
		int n = (int)ring_read(&r, pcm, 64);
		for (int i = 0; i < n; i++)
			wrong += pcm[i] != (int16_t)(got + i);
		got += n;
	}
	pthread_join(t, NULL);
	assert_int_equal(wrong, 0);
	ring_done(&r);
}

static void test_ring_bytes(void **state)
{
	struct ring_bytes r;
	char out[RING_MESSAGE_MAX], big[RING_MESSAGE_MAX + 1] = {0};
	int put = 0, got = 0;
	(void)state;
	ring_bytes_init(&r, 4096);
	assert_false(ring_bytes_put(&r, big, sizeof(big), NULL, 0));
	assert_false(ring_bytes_put(&r, NULL, 0, NULL, 0));
	assert_int_equal(ring_bytes_get(&r, out), 0);
	for (int round = 0; round < 5000; round++) {
		memset(big, put & 127, 700);
		if (ring_bytes_put(&r, &put, sizeof(put), big, (size_t)(put % 700)))
			put++;
		if (round % 3 == 0)
			continue;
		size_t n = ring_bytes_get(&r, out);
		if (!n)
			continue;
		int is;
		memcpy(&is, out, sizeof(is));
		assert_int_equal(is, got);
		assert_int_equal(n, sizeof(is) + (size_t)(got % 700));
		if (n > sizeof(is))
			assert_int_equal(out[n - 1], got & 127);
		got++;
	}
	assert_true(got > 1000);
	ring_bytes_done(&r);
}

static void test_snapshot(void **state)
{
	static struct snapshot s;
	struct {
		int64_t a;
		char b[11];
	} in = {7, "0123456789"}, out;
	(void)state;
	snapshot_put(&s, &in, sizeof(in));
	snapshot_get(&s, &out, sizeof(out));
	assert_int_equal(out.a, 7);
	assert_string_equal(out.b, "0123456789");
}

/* -- Levels ----------------------------------------------------------------- */

static void test_level(void **state)
{
	int16_t pcm[960] = {0};
	(void)state;
	assert_int_equal(audio_level_dbov(pcm, 960), 127);
	for (int i = 0; i < 960; i++)
		pcm[i] = i % 2 ? 32767 : -32768;
	assert_int_equal(audio_level_dbov(pcm, 960), 0);
	tone_make(pcm, 960, 1000, 3276.8, 0);
	/* A sine has 3 dB less than its peak. */
	assert_int_equal(audio_level_dbov(pcm, 960), 23);
	assert_int_equal(audio_level_dbov(pcm, 0), 127);
	assert_int_equal(audio_clip(40000.0f), 32767);
	assert_int_equal(audio_clip(-40000.0f), -32768);
	assert_int_equal(audio_clip(NAN), 0);
	assert_float_equal(audio_gain_of_db(-6), 0.501, 0.001);
	assert_float_equal(audio_gain_of_db(-200), 0, 0);
}

/* -- Resampling ------------------------------------------------------------- */

static void resampled(int from_hz, int to_hz)
{
	struct resample *r;
	static int16_t in[400000], out[800000];
	int n_in = from_hz, n_out = 800000;
	assert_int_equal(resample_new(from_hz, to_hz, &r, NULL), 0);
	for (int i = 0; i < n_in; i++)
		in[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 440 * i / from_hz));
	resample_run(r, in, &n_in, out, &n_out);
	assert_int_equal(n_in, from_hz);
	assert_in_range(n_out, to_hz - to_hz / 50, to_hz);
	int skip = to_hz / 20, n = n_out - 2 * skip;
	assert_float_equal(tone_frequency(out + skip, n, to_hz), 440, 1);
	assert_float_equal(tone_rms(out + skip, n), 8000 / sqrt(2), 60);
	resample_free(r);
}

static void test_resample(void **state)
{
	struct err err = {0};
	struct resample *r = NULL;
	(void)state;
	resampled(44100, 48000);
	resampled(8000, 48000);
	resampled(48000, 16000);
	resampled(96000, 48000);
	assert_int_equal(resample_new(100, 48000, &r, &err), ERR_INVALID);
	assert_non_null(strstr(err.msg, "100 Hz"));
	assert_int_equal(resample_new(48000, 100000000, &r, NULL), ERR_INVALID);
}

static void test_varispeed(void **state)
{
	static int16_t in[480000], out[490000];
	(void)state;
	tone_make(in, 480000, 1000, 10000, 0);
	for (int ppm = -1000; ppm <= 1000; ppm += 500) {
		struct varispeed v;
		int n = 0;
		varispeed_init(&v);
		varispeed_set(&v, ppm);
		for (int at = 0; at < 480000; at += 480) {
			int made = varispeed_run(&v, in + at, 480, out + n);
			assert_in_range(made, 478, 482);
			n += made;
		}
		assert_in_range(n, 480000 - 480000LL * ppm / 1000000 - 2,
				480000 - 480000LL * ppm / 1000000 + 2);
		assert_float_equal(tone_frequency(out + 100, n - 200, 48000),
				   1000 * (1 + ppm / 1e6), 0.2);
		assert_float_equal(tone_rms(out + 100, n - 200), 10000 / sqrt(2), 20);
		/* What is not the tone: over 60 dB below it. */
		assert_true(tone_residue_db(out + 4800, 48000, 1000 * (1 + ppm / 1e6)) < -60);
	}
}

/* A buffer between two clocks for ten minutes. */
static void drifts(double device_ppm, int period)
{
	struct drift d;
	double produced = 0, level = 0, highest = 0, lowest = 1e9;
	double consumed = 0, sum = 0;
	drift_init(&d, 1920);
	level = 1920;
	for (int tick = 1; tick <= 10 * 60 * 50; tick++) {
		produced = floor(tick * 960 * (1 + device_ppm / 1e6) / period) * period;
		level = 1920 + produced - consumed;
		double ppm = drift_update(&d, (int)level, 20);
		consumed += 960 * (1 + ppm / 1e6);
		sum += tick > 5 * 60 * 50 ? ppm : 0;
		if (tick > 500 && level > highest)
			highest = level;
		if (tick > 500 && level < lowest)
			lowest = level;
	}
	/* Within a period and 6 ms of where it should be, always. */
	assert_true(highest < 1920 + period + 300);
	assert_true(lowest > 1920 - period - 300);
	assert_float_equal(sum / (5 * 60 * 50), device_ppm, 10);
}

static void test_drift_ten_minutes(void **state)
{
	(void)state;
	drifts(200, 480);
	drifts(-200, 480);
	drifts(200, 1024);
	drifts(0, 480);
	drifts(-50, 441);
}

/* -- Mixer -------------------------------------------------------------------- */

static void test_mixer_one_voice_is_unchanged(void **state)
{
	struct mixer m;
	int16_t in[960], out[960];
	(void)state;
	tone_make(in, 960, 300, 32767, 0);
	mixer_init(&m);
	for (int round = 0; round < 5; round++) {
		mixer_begin(&m, 960);
		mixer_add(&m, in, 1, 1);
		mixer_end(&m, out);
		assert_memory_equal(in, out, sizeof(in));
	}
}

static void test_mixer_many_never_clip(void **state)
{
	struct mixer m;
	int16_t in[960], out[960];
	double phase = 0;
	(void)state;
	mixer_init(&m);
	for (int round = 0; round < 50; round++) {
		int voices = round < 25 ? 20 : 1, clipped = 0, biggest_step = 0;
		tone_make(in, 960, 300, 20000, phase);
		phase += 2 * M_PI * 300 * 960 / 48000;
		mixer_begin(&m, 960);
		for (int v = 0; v < voices; v++)
			mixer_add(&m, in, 1, 1);
		mixer_end(&m, out);
		for (int i = 0; i < 960; i++) {
			clipped += out[i] > 32400 || out[i] < -32400;
			if (i && abs(out[i] - out[i - 1]) > biggest_step)
				biggest_step = abs(out[i] - out[i - 1]);
		}
		assert_int_equal(clipped, 0);
		/* A sine of 300 Hz at the ceiling moves at most 1260 a sample; no clicks. */
		assert_true(biggest_step < 2000);
	}
	/* Half a second later the gain has come back. */
	assert_float_equal(m.gain, 1, 0.001);
	assert_memory_equal(in + 480, out + 480, 480 * sizeof(*in));
}

static void test_mixer_gain_ramp(void **state)
{
	struct mixer m;
	int16_t in[960], out[960];
	(void)state;
	for (int i = 0; i < 960; i++)
		in[i] = 10000;
	mixer_init(&m);
	mixer_begin(&m, 960);
	mixer_add(&m, in, 1, 0);
	mixer_end(&m, out);
	assert_int_equal(out[0], 10000);
	assert_in_range(out[480], 4990, 5010);
	assert_in_range(out[959], 0, 20);
}

/* -- Stretching ---------------------------------------------------------------- */

static void stretched(double hz, int want)
{
	int16_t pcm[4800 + STRETCH_MAX];
	int n = 1920;
	tone_make(pcm, n, hz, 8000, 0.3);
	int changed = stretch_run(pcm, n, want);
	assert_true(want < 0 ? changed < 0 : changed > 0);
	assert_true(abs(changed) <= abs(want));
	n += changed;
	assert_float_equal(tone_frequency(pcm, n, 48000), hz, hz * 0.01);
	assert_true(tone_residue_db(pcm, n, hz) < -25);
	for (int i = 1; i < n; i++)
		assert_true(abs(pcm[i] - pcm[i - 1]) < 8000 * 2 * M_PI * hz / 48000 * 1.5 + 10);
}

static void test_stretch(void **state)
{
	int16_t pcm[960 + STRETCH_MAX] = {0};
	(void)state;
	stretched(200, -480);
	stretched(200, 480);
	stretched(440, -300);
	stretched(440, 300);
	/* Silence gives way at once, and by all that is asked. */
	assert_int_equal(stretch_run(pcm, 960, -300), -300);
	assert_int_equal(stretch_run(pcm, 960, 300), 300);
	/* Too little to do anything about. */
	assert_int_equal(stretch_run(pcm, 960, 50), 0);
	assert_int_equal(stretch_run(pcm, 480, 300), 0);
	/* Noise is like itself nowhere: left alone. */
	srand(1);
	for (int i = 0; i < 960; i++)
		pcm[i] = (int16_t)(rand() % 20000 - 10000);
	assert_int_equal(stretch_run(pcm, 960, -480), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_wraps),
		cmocka_unit_test(test_ring_two_threads),
		cmocka_unit_test(test_ring_bytes),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_resample),
		cmocka_unit_test(test_varispeed),
		cmocka_unit_test(test_drift_ten_minutes),
		cmocka_unit_test(test_mixer_one_voice_is_unchanged),
		cmocka_unit_test(test_mixer_many_never_clip),
		cmocka_unit_test(test_mixer_gain_ramp),
		cmocka_unit_test(test_stretch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
