/* Several Opus frames in one packet: libopus must find them again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/opus.h"
#include "core/call/pack.h"

#include <math.h>
#include <string.h>

static struct span span(const uint8_t *p, size_t n)
{
	return (struct span){(const char *)p, n};
}

static double power(const int16_t *pcm, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum / n;
}

/* A tone, whole and at the bit rate of a narrow line, through both. */
static void test_libopus_reads_it(void **state)
{
	struct opus_settings o = {.bitrate_bps = 12000, .complexity = 5, .fec = true};
	struct opus_enc *e;
	struct opus_dec *d;
	struct pack p = {0};
	int16_t pcm[AUDIO_TICK_SAMPLES], out[OPUS_SAMPLES_MAX];
	uint8_t frame[OPUS_PACKET_MAX], packet[PACK_BYTES_MAX + 8];
	size_t packets = 0;
	(void)state;
	assert_int_equal(opus_enc_new(&o, &e, NULL), 0);
	assert_int_equal(opus_dec_new(&d, NULL), 0);
	for (int k = 0; k < 60; k++) {
		for (int i = 0; i < AUDIO_TICK_SAMPLES; i++)
			pcm[i] = (int16_t)(8000 * sin((k * AUDIO_TICK_SAMPLES + i) * 0.0576));
		int n = opus_enc_run(e, pcm, frame);
		assert_true(n > 2);
		/* The encoder may change its mode on the way. */
		if (!pack_add(&p, span(frame, (size_t)n))) {
			pack_take(&p, packet);
			assert_true(pack_add(&p, span(frame, (size_t)n)));
		}
		if (p.n < PACK_FRAMES)
			continue;
		size_t len = pack_take(&p, packet);
		assert_int_equal(opus_packet_samples(span(packet, len)), 3 * AUDIO_TICK_SAMPLES);
		assert_int_equal(opus_dec_run(d, span(packet, len), out), 3 * AUDIO_TICK_SAMPLES);
		if (packets++ > 5)
			assert_true(power(out, 3 * AUDIO_TICK_SAMPLES) > 8e6);
	}
	assert_true(packets > 10);
	opus_enc_free(e);
	opus_dec_free(d);
}

static void test_lengths(void **state)
{
	static uint8_t big[600];
	struct pack p = {0};
	uint8_t out[PACK_BYTES_MAX + 8];
	(void)state;
	memset(big, 7, sizeof(big));
	big[0] = 0x78;
	assert_int_equal(pack_take(&p, out), 0);
	/* One alone stays what it was. */
	assert_true(pack_add(&p, span(big, 20)));
	assert_int_equal(pack_take(&p, out), 20);
	assert_memory_equal(out, big, 20);
	/* 299 = 255 + 4 * 11: two bytes of length. */
	assert_true(pack_add(&p, span(big, 300)));
	assert_true(pack_add(&p, span(big, 1)));
	assert_true(pack_add(&p, span(big, 251)));
	assert_false(pack_add(&p, span(big, 2)));
	assert_int_equal(pack_take(&p, out), 2 + 2 + 1 + 299 + 0 + 250);
	assert_int_equal(out[0], 0x7b);
	assert_int_equal(out[1], 0x83);
	assert_int_equal(out[2] + 4 * out[3], 299);
	assert_int_equal(out[4], 0);
	/* Another mode, several frames, too much: not into the same packet. */
	assert_true(pack_add(&p, span(big, 600)));
	assert_false(pack_add(&p, span(big, 600)));
	big[0] = 0x70;
	assert_false(pack_add(&p, span(big, 20)));
	big[0] = 0x79;
	assert_false(pack_add(&p, span(big, 20)));
	assert_false(pack_add(&p, span(big, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libopus_reads_it),
		cmocka_unit_test(test_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
