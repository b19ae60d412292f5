/* Opus and whole incoming streams, the processing of a microphone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/opus.h"
#include "audio/process.h"
#include "audio/stream.h"
#include "core/base/mem.h"
#include "tests/lib/tone.h"

#include <math.h>
#include <stdlib.h>

#define TICK_NS ((int64_t)20000000)

static struct opus_enc *encoder(bool fec, bool dtx)
{
	struct opus_enc *e;
	struct opus_settings s = {.complexity = -1, .fec = fec, .dtx = dtx, .loss_pct = 10};
	assert_int_equal(opus_enc_new(&s, &e, NULL), 0);
	return e;
}

static void test_opus_keeps_a_tone(void **state)
{
	struct opus_enc *e = encoder(false, false);
	struct opus_dec *d;
	static int16_t in[48000], out[48000 + OPUS_SAMPLES_MAX];
	uint8_t packet[OPUS_PACKET_MAX];
	long bytes = 0;
	(void)state;
	assert_int_equal(opus_dec_new(&d, NULL), 0);
	tone_make(in, 48000, 440, 8000, 0);
	for (int at = 0; at < 48000; at += 960) {
		int n = opus_enc_run(e, in + at, packet);
		assert_in_range(n, 3, OPUS_PACKET_MAX);
		struct span p = {(char *)packet, (size_t)n};
		assert_int_equal(opus_packet_samples(p), 960);
		assert_int_equal(opus_dec_run(d, p, out + at), 960);
		bytes += n;
	}
	assert_float_equal(tone_frequency(out + 9600, 38400, 48000), 440, 1);
	assert_float_equal(tone_rms(out + 9600, 38400), 8000 / sqrt(2), 900);
	/* 48 kbit/s, give or take. */
	assert_in_range(bytes * 8, 24000, 65000);
	opus_enc_free(e);
	opus_dec_free(d);
}

static void test_opus_dtx(void **state)
{
	struct opus_enc *e = encoder(false, true);
	int16_t zeros[960] = {0};
	uint8_t packet[OPUS_PACKET_MAX];
	int small = 0;
	(void)state;
	for (int i = 0; i < 200; i++) {
		int n = opus_enc_run(e, zeros, packet);
		assert_true(n > 0);
		small += opus_packet_is_dtx((struct span){(char *)packet, (size_t)n});
	}
	assert_in_range(small, 150, 199);
	opus_enc_free(e);
}

static double speech_like(int i)
{
	double t = i / 48000.0, syllable = 0.5 - 0.5 * cos(2 * M_PI * 3 * t);
	double f = 140 + 30 * sin(2 * M_PI * 0.7 * t), sum = 0;
	for (int h = 1; h <= 12; h++)
		sum += sin(2 * M_PI * f * h * t) / h;
	return syllable * sum;
}

/* With FEC, what a lost packet held is there again, better than concealment makes it. */
static void test_opus_fec(void **state)
{
	struct opus_enc *e = encoder(true, false);
	struct opus_dec *a, *b, *whole;
	int16_t in[960], good[OPUS_SAMPLES_MAX], fec[OPUS_SAMPLES_MAX], plc[OPUS_SAMPLES_MAX];
	uint8_t packet[OPUS_PACKET_MAX];
	double err_fec = 0, err_plc = 0;
	(void)state;
	assert_int_equal(opus_dec_new(&a, NULL), 0);
	assert_int_equal(opus_dec_new(&b, NULL), 0);
	assert_int_equal(opus_dec_new(&whole, NULL), 0);
	opus_enc_set(e, 24000, 30);
	for (int k = 0; k < 200; k++) {
		for (int i = 0; i < 960; i++)
			in[i] = (int16_t)(4000 * speech_like(k * 960 + i));
		int n = opus_enc_run(e, in, packet);
		struct span p = {(char *)packet, (size_t)n};
		bool lost = k % 5 == 3, after = k % 5 == 4;
		static int16_t lost_sound[OPUS_SAMPLES_MAX];
		opus_dec_run(whole, p, good);
		if (lost) {
			memcpy(lost_sound, good, sizeof(lost_sound));
			continue;
		}
		if (after) {
			assert_int_equal(opus_dec_fec(a, p, 960, fec), 960);
			assert_int_equal(opus_dec_conceal(b, 960, plc), 960);
			for (int i = 0; i < 960 && k > 20; i++) {
				err_fec += pow(fec[i] - lost_sound[i], 2);
				err_plc += pow(plc[i] - lost_sound[i], 2);
			}
		}
		opus_dec_run(a, p, fec);
		opus_dec_run(b, p, plc);
	}
	assert_true(err_fec < err_plc / 2);
	opus_enc_free(e);
	opus_dec_free(a);
	opus_dec_free(b);
	opus_dec_free(whole);
}

static void test_opus_broken(void **state)
{
	struct opus_dec *d;
	int16_t out[OPUS_SAMPLES_MAX];
	char big[OPUS_PACKET_MAX + 1] = {0};
	(void)state;
	assert_int_equal(opus_dec_new(&d, NULL), 0);
	assert_true(opus_dec_run(d, (struct span){NULL, 0}, out) < 0);
	assert_true(opus_dec_run(d, (struct span){big, sizeof(big)}, out) < 0);
	assert_true(opus_dec_run(d, (struct span){"\x03", 1}, out) < 0);
	opus_dec_free(d);
}

/* -- Streams ------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The middle one of the pitches of 100 ms each: what Opus puts in place of lost packets holds
 * overtones, in some versions enough to lift the mean. */
static double usual_pitch(const int16_t *pcm, int n)
{
	double pitch[200];
	int count = 0;
	for (; count < 200 && (count + 1) * 4800 <= n; count++)
		pitch[count] = tone_frequency(pcm + (ptrdiff_t)count * 4800, 4800, 48000);
	qsort(pitch, (size_t)count, sizeof(pitch[0]), by_value);
	return pitch[count / 2];
}

/* A voice through a bad network for 30 s: heard in the end as the tone that was sent. */
static void heard(int loss_pct, int jitter_ms)
{
	struct opus_enc *e = encoder(true, false);
	struct stream *s;
	static int16_t in[960], out[960 * 1500];
	struct {
		uint8_t p[OPUS_PACKET_MAX];
		int n, seq;
		int64_t arrival;
	} way[64];
	int on_way = 0, silent_run = 0, longest = 0;
	srand(7);
	assert_int_equal(stream_new(&s, NULL), 0);
	for (int k = 0; k < 1500; k++) {
		int64_t now = k * TICK_NS;
		tone_make(in, 960, 440, 8000, fmod(2 * M_PI * 440 * 0.02 * k, 2 * M_PI));
		way[on_way].n = opus_enc_run(e, in, way[on_way].p);
		way[on_way].seq = k;
		way[on_way].arrival = now + (jitter_ms ? rand() % jitter_ms : 0) * 1000000LL;
		if (rand() % 100 >= loss_pct)
			on_way++;
		for (int i = 0; i < on_way; i++) {
			struct jitter_packet p = {
				.seq = (uint16_t)(65000 + way[i].seq),
				.timestamp = 4294900000u + 960u * (uint32_t)way[i].seq,
				.arrival_ns = way[i].arrival,
				.payload = {(char *)way[i].p, (size_t)way[i].n},
			};
			if (way[i].arrival > now)
				continue;
			stream_put(s, &p);
			way[i--] = way[--on_way];
		}
		stream_pull(s, now, out + (ptrdiff_t)k * 960);
		for (int i = 0; i < 960 && k > 50; i++) {
			silent_run = abs(out[k * 960 + i]) < 200 ? silent_run + 1 : 0;
			longest = silent_run > longest ? silent_run : longest;
		}
	}
	/* No gap of over 60 ms, and the pitch is right whatever was stretched. */
	assert_true(longest < 60 * 48);
	assert_float_equal(usual_pitch(out + 960 * 500, 960 * 1000), 440, 4);
	assert_float_equal(tone_rms(out + 960 * 500, 960 * 1000), 8000 / sqrt(2), 1200);
	opus_enc_free(e);
	stream_free(s);
}

static void test_stream_networks(void **state)
{
	(void)state;
	heard(0, 0);
	heard(10, 0);
	heard(0, 80);
	heard(10, 60);
}

static void test_stream_silence_is_told(void **state)
{
	struct stream *s;
	int16_t out[960];
	(void)state;
	assert_int_equal(stream_new(&s, NULL), 0);
	for (int i = 0; i < 10; i++)
		assert_false(stream_pull(s, i * TICK_NS, out));
	for (int i = 0; i < 960; i++)
		assert_int_equal(out[i], 0);
	stream_free(s);
}

/* -- Processing ------------------------------------------------------------------ */

#define ROOM_TAPS 3000 /* 62 ms */

/* A room: direct sound, then reflections that die away. */
static void make_room(float *h)
{
	srand(42);
	memset(h, 0, ROOM_TAPS * sizeof(*h));
	h[200] = 0.4f;
	for (int i = 260; i < ROOM_TAPS; i++)
		if (rand() % 8 == 0)
			h[i] = (float)((rand() % 2001 - 1000) / 1000.0 * 0.12 *
				       exp(-(i - 260) / 700.0));
}

/* Far-end sound with the colour of speech: noise through a pole, in syllables. */
static void make_far(int16_t *far, int n)
{
	double pole = 0;
	srand(3);
	for (int i = 0; i < n; i++) {
		double white = rand() % 20001 - 10000;
		pole = 0.85 * pole + 0.3 * white;
		double syllable = 0.6 - 0.4 * cos(2 * M_PI * 4 * i / 48000.0);
		far[i] = (int16_t)fmax(-32000, fmin(32000, pole * syllable));
	}
}

#define ECHO_SECONDS 14

static void test_echo_canceller(void **state)
{
	static int16_t far[48000 * ECHO_SECONDS];
	static float room[ROOM_TAPS];
	struct process_settings set = {.echo = true, .noise = true};
	struct process_result r;
	struct process *p;
	double in = 0, out = 0;
	(void)state;
	make_room(room);
	make_far(far, 48000 * ECHO_SECONDS);
	assert_int_equal(process_new(&set, &p, NULL), 0);
	for (int at = 0; at + 480 <= 48000 * ECHO_SECONDS; at += 480) {
		int16_t mic[480], clean[480];
		for (int i = 0; i < 480; i++) {
			float sum = 0;
			for (int t = 200; t < ROOM_TAPS && t <= at + i; t++)
				sum += room[t] * far[at + i - t];
			mic[i] = audio_clip(sum + (float)(rand() % 9 - 4));
		}
		process_run(p, mic, far + at, clean, &r);
		for (int i = 0; i < 480 && at > 48000 * (ECHO_SECONDS - 4); i++) {
			in += (double)mic[i] * mic[i];
			out += (double)clean[i] * clean[i];
		}
	}
	double erle = 10 * log10(in / fmax(out, 1));
	if (erle < 20)
		fail_msg("ERLE is %.1f dB", erle);
	assert_true(process_erle_db(p) > 20);
	process_free(p);
}

/* The near voice passes while nobody else speaks. */
static void test_near_voice_passes(void **state)
{
	struct process_settings set = {.echo = true, .noise = true};
	struct process_result r = {0};
	struct process *p;
	double in = 0, out = 0;
	int voiced = 0, silent = 0;
	(void)state;
	assert_int_equal(process_new(&set, &p, NULL), 0);
	for (int k = 0; k < 600; k++) {
		int16_t mic[480], clean[480];
		bool speaks = k >= 200 && k < 500;
		for (int i = 0; i < 480; i++)
			mic[i] = (int16_t)((speaks ? 3000 * speech_like(k * 480 + i) : 0) +
					   rand() % 5 - 2);
		process_run(p, mic, NULL, clean, &r);
		voiced += speaks && r.voice;
		silent += k < 200 && !r.voice;
		for (int i = 0; i < 480 && speaks; i++) {
			in += (double)mic[i] * mic[i];
			out += (double)clean[i] * clean[i];
		}
	}
	assert_true(10 * log10(out / in) > -3);
	assert_true(voiced > 270);
	assert_true(silent > 190);
	process_free(p);
}

static void test_processing_can_be_off(void **state)
{
	struct process_settings set = {0};
	struct process_result r;
	struct process *p;
	int16_t mic[480], out[480];
	(void)state;
	tone_make(mic, 480, 500, 10000, 0);
	assert_int_equal(process_new(&set, &p, NULL), 0);
	process_run(p, mic, NULL, out, &r);
	assert_memory_equal(mic, out, sizeof(mic));
	assert_in_range(r.level_dbov, 13, 14);
	assert_true(r.voice);
	process_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opus_keeps_a_tone),
		cmocka_unit_test(test_opus_dtx),
		cmocka_unit_test(test_opus_fec),
		cmocka_unit_test(test_opus_broken),
		cmocka_unit_test(test_stream_networks),
		cmocka_unit_test(test_stream_silence_is_told),
		cmocka_unit_test(test_echo_canceller),
		cmocka_unit_test(test_near_voice_passes),
		cmocka_unit_test(test_processing_can_be_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
