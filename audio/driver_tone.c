/* A sine, "tone:HZ,DB": for tests and for finding out who hears whom. */
#include "audio/driver.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <math.h>

struct tone {
	double phase, step, peak;
	int64_t samples;
};

static int tone_open(const struct audio_open *how, void **ret, struct err *err)
{
	double hz = 440, db = -20;
	const char *s = how->device ? how->device : "";
	char *end = (char *)s;
	if (*s)
		hz = strtod(s, &end);
	if (*end == ',')
		db = strtod(end + 1, &end);
	if (*end || !(hz > 0 && hz < AUDIO_RATE_HZ / 2.0) || !(db <= 0 && db >= -100))
		return err_set(err, ERR_USAGE,
			       _("\"tone:%.40s\" is not tone:HZ,DB with a frequency below 24000 "
				 "and "
				 "a level from -100 to 0"),
			       s);
	struct tone *t = NEW(struct tone);
	t->step = 2 * M_PI * hz / AUDIO_RATE_HZ;
	t->peak = 32767 * pow(10, db / 20);
	*ret = t;
	return 0;
}

static int tone_start(void *dev, struct err *err)
{
	(void)dev;
	(void)err;
	return 0;
}

static int tone_read(void *dev, int64_t now_ns, int16_t *pcm, int max)
{
	struct tone *t = dev;
	(void)now_ns;
	for (int i = 0; i < max; i++) {
		pcm[i] = (int16_t)lrint(t->peak * sin(t->phase));
		t->phase += t->step;
		if (t->phase > 2 * M_PI)
			t->phase -= 2 * M_PI;
	}
	t->samples += max;
	return max;
}

static void tone_counts(void *dev, struct audio_counts *ret)
{
	struct tone *t = dev;
	*ret = (struct audio_counts){.samples = t->samples, .present = true};
}

static void tone_stop(void *dev)
{
	(void)dev;
}

const struct audio_driver audio_driver_tone = {
	.name = "tone",
	.what = N_("a sine instead of a microphone"),
	.args = "HZ,DB",
	.capture = true,
	.open = tone_open,
	.start = tone_start,
	.read = tone_read,
	.counts = tone_counts,
	.stop = tone_stop,
	.close = mem_free,
};
