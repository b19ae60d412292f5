#include "audio/sound_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file may claim any length: no more than this is read of it. */
#define SAMPLES_MAX (48000 * 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sound_reader *r = NULL;
	struct sound_info info;
	struct err e = {0};
	int16_t pcm[960];
	int n, total = 0;
	if (sound_reader_open_memory((struct span){(const char *)data, size}, &r, &e)) {
		if (r || !e.msg[0])
			abort();
		return 0;
	}
	sound_reader_info(r, &info);
	if (info.channels < 1 || info.channels > SOUND_CHANNELS_MAX || info.duration_ms < -1)
		abort();
	while (total < SAMPLES_MAX && (n = sound_reader_read(r, pcm, 960)) > 0) {
		if (n > 960)
			abort();
		total += n;
	}
	sound_reader_free(r);
	return 0;
}
