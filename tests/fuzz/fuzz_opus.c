/* Opus packets of a hostile sender, through the decoder as streams use it. Input: size (1 byte),
 * so many bytes of packet, and again. */
#include "audio/opus.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int16_t out[OPUS_SAMPLES_MAX];
	struct opus_dec *d;
	if (opus_dec_new(&d, NULL))
		return 0;
	for (int rounds = 0; size > 1 && rounds < 50; rounds++) {
		size_t n = data[0] < size - 1 ? data[0] : size - 1;
		struct span p = {(const char *)data + 1, n};
		int samples = opus_packet_samples(p), got = opus_dec_run(d, p, out);
		/* What libopus decodes, our reading of the head must have understood. */
		if (got > OPUS_SAMPLES_MAX || (got > 0 && got != samples))
			abort();
		if (samples && opus_dec_fec(d, p, 960, out) > OPUS_SAMPLES_MAX)
			abort();
		if (opus_dec_conceal(d, 480, out) != 480)
			abort();
		data += 1 + n;
		size -= 1 + n;
	}
	opus_dec_free(d);
	return 0;
}
