/* Sound that comes through a stream as it happens: clocks, lumps, jams, its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/engine.h"
#include "audio/live.h"
#include "core/base/mem.h"
#include "tests/lib/pace.h"
#include "tests/lib/tone.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define TICK AUDIO_TICK_NS
#define SECOND (50 * TICK)
#define SECONDS PACE(600)

static struct live live;

/* The sender's tone, which knows how far it is. */
struct sender {
	int64_t sent;
};

static void send(struct sender *s, int64_t now, int n)
{
	int16_t pcm[4800];
	for (int i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 440 * (double)(s->sent + i) / 48000));
	s->sent += n;
	live_put(&live, now, pcm, n);
}

static int sharpest(const int16_t *pcm, int n)
{
	int worst = 0;
	for (int i = 1; i + 1 < n; i++) {
		int bend = abs(pcm[i - 1] - 2 * pcm[i] + pcm[i + 1]);
		worst = bend > worst ? bend : worst;
	}
	return worst;
}

/* A sender whose clock is wrong, for ten minutes: neither more delay nor gaps, and no clicks. */
static void drifts(double ppm)
{
	struct sender s = {0};
	int16_t pcm[960 * 2];
	int low = LIVE_SAMPLES, high = 0, bend = 0;
	live_init(&live, 0);
	for (int64_t now = 0; now < SECONDS * SECOND; now += TICK) {
		int64_t due = (int64_t)((double)now * 48000 / 1e9 * (1 + ppm / 1e6)) / 960 * 960;
		while (s.sent < due)
			send(&s, now, 960);
		memcpy(pcm, pcm + 960, 960 * sizeof(*pcm));
		live_take(&live, pcm + 960);
		if (now < 5 * SECOND)
			continue;
		low = live.n < low ? live.n : low;
		high = live.n > high ? live.n : high;
		int b = sharpest(pcm, 1920);
		bend = b > bend ? b : bend;
	}
	assert_int_equal(live.missing, 0);
	assert_int_equal(live.dropped, 0);
	assert_in_range(low, 1, 60 * 48);
	assert_in_range(high, 10 * 48, 80 * 48);
	/* The tone itself bends by 27. */
	assert_in_range(bend, 20, 40);
}

static void test_clocks(void **state)
{
	(void)state;
	drifts(200);
	drifts(-200);
	drifts(0);
}

/* In lumps: after it has learnt how large they are, nothing is missing, and delay is no larger. */
static void lumps(int ms)
{
	struct sender s = {0};
	int16_t pcm[960];
	int64_t missing = 0;
	srand(4);
	live_init(&live, 0);
	for (int64_t now = 0; now < 60 * SECOND; now += TICK) {
		int64_t due = now * 48000 / 1000000000;
		if (due - s.sent >= ms * 48)
			while (s.sent + 960 <= due)
				send(&s, now, 960);
		live_take(&live, pcm);
		if (now == 15 * SECOND)
			missing = live.missing;
	}
	assert_int_equal(live.missing, missing);
	assert_in_range(live.drift.target, 960, (ms + 80) * 48);
	/* They become small again: delay is given back, without a pause a millisecond a second. */
	for (int64_t now = 60 * SECOND; now < 600 * SECOND; now += TICK) {
		int64_t due = now * 48000 / 1000000000;
		while (s.sent + 960 <= due)
			send(&s, now, 960);
		live_take(&live, pcm);
	}
	assert_int_equal(live.missing, missing);
	assert_in_range(live.drift.target, 960, 80 * 48);
	assert_in_range(live.n, 1, 80 * 48);
}

static void test_lumps(void **state)
{
	(void)state;
	lumps(60);
	lumps(120);
	lumps(300);
}

/* Nothing for three seconds, then all of it: the newest counts. */
static void test_jam(void **state)
{
	struct sender s = {0};
	int16_t pcm[960];
	int silent = 0;
	(void)state;
	live_init(&live, 0);
	for (int64_t now = 0; now < 20 * SECOND; now += TICK) {
		bool jam = now >= 5 * SECOND && now < 8 * SECOND;
		for (; !jam && s.sent < now * 48000 / 1000000000; now += 0)
			send(&s, now, 960);
		bool have = live_take(&live, pcm);
		silent += jam && !have;
		assert_false(live_ended(&live, now));
		if (now > 8 * SECOND + SECOND / 2) {
			assert_true(have);
			assert_true(live.n < 110 * 48);
		}
	}
	assert_in_range(silent, 140, 150);
	assert_in_range(live.dropped, 2 * 48000, 3 * 48000);
}

static void test_end(void **state)
{
	struct sender s = {0};
	int16_t pcm[960];
	(void)state;
	live_init(&live, 7 * SECOND);
	assert_false(live_ended(&live, 16 * SECOND));
	send(&s, 16 * SECOND, 4800);
	live_take(&live, pcm);
	assert_false(live_ended(&live, 26 * SECOND));
	assert_true(live_ended(&live, 26 * SECOND + 1));
}

/* -- As a device and as the engine's far side -------------------------------- */

static void write_tone(int fd, int64_t *at, int n, double hz)
{
	int16_t pcm[960];
	for (int i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(8000 * sin(2 * M_PI * hz * (double)(*at + i) / 48000));
	*at += n;
	assert_int_equal(write(fd, pcm, (size_t)n * 2), n * 2);
}

/* What others say comes out of the loudspeaker, what the microphone hears goes to them. */
static void test_far_side(void **state)
{
	int to_us[2], from_us[2];
	static int16_t said[48000 * 10];
	struct audio_engine *e;
	struct audio_engine_state st;
	struct err err = {0};
	int64_t at = 0;
	size_t got = 0;
	ssize_t r;
	long before = mem_live();
	(void)state;
	assert_int_equal(pipe(to_us), 0);
	assert_int_equal(pipe(from_us), 0);
	assert_int_equal(fcntl(from_us[0], F_SETFL, O_NONBLOCK), 0);
	AUTO_FREE char *in = mem_printf("pipe:%d@s16le:48000:1:live", to_us[0]);
	AUTO_FREE char *out = mem_printf("pipe:%d@s16le:48000:1:live", from_us[1]);
	struct audio_engine_settings s = {
		.input = "tone:1000,-12",
		.output = "null:",
		.far_in = in,
		.far_out = out,
		.manual = true,
	};
	if (audio_engine_new(&s, &e, &err) || audio_engine_start(e, &err))
		fail_msg("%s", err.msg);
	for (int64_t now = 0; now < 4 * SECOND; now += TICK) {
		if (now == 2 * SECOND)
			audio_engine_mute(e, true);
		write_tone(to_us[1], &at, 960, 440);
		audio_engine_tick(e, now);
		while ((r = read(from_us[0], (char *)said + got, sizeof(said) - got)) > 0)
			got += (size_t)r;
	}
	audio_engine_state(e, &st);
	assert_false(st.far_ended);
	assert_int_equal(st.far_in.overruns + st.far_in.underruns, 0);
	assert_int_equal(st.far_out.overruns, 0);
	/* All that we said, zeros while muted. */
	assert_int_equal(got, 4 * 48000 * 2);
	assert_float_equal(tone_frequency(said + 4800, 80000, 48000), 1000, 1);
	assert_float_equal(tone_rms(said + 2 * 48000 + 960, 90000), 0, 0);
	/* The others' end ends it for us. */
	close(to_us[1]);
	for (int64_t now = 4 * SECOND; now < 5 * SECOND; now += TICK)
		audio_engine_tick(e, now);
	audio_engine_state(e, &st);
	assert_true(st.far_ended);
	audio_engine_free(e);
	close(to_us[0]);
	close(from_us[0]);
	close(from_us[1]);
	assert_int_equal(mem_live(), before + 2);
}

static void test_words(void **state)
{
	struct audio_pcm p;
	(void)state;
	assert_int_equal(audio_pcm_parse("s16le:16000:2:live", &p, NULL), 0);
	assert_int_equal(p.rate_hz, 16000);
	assert_int_equal(p.channels, 2);
	assert_true(p.live);
	assert_int_equal(audio_pcm_parse("s16le:48000:1", &p, NULL), 0);
	assert_false(p.live);
	assert_int_equal(audio_pcm_parse("s16le:48000:1:dead", &p, NULL), ERR_USAGE);
	assert_int_equal(audio_pcm_parse("s16le:48000:1:live:1", &p, NULL), ERR_USAGE);
	assert_int_equal(audio_pcm_parse("s16le:48000", &p, NULL), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks), cmocka_unit_test(test_lumps),
		cmocka_unit_test(test_jam),    cmocka_unit_test(test_end),
		cmocka_unit_test(test_words),  cmocka_unit_test(test_far_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
