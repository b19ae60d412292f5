/*
 * No sound card at all, and all the trouble one can give: a clock that runs
 * wrong (ppm=200), periods of its own length, a stall (stall=1000+300: at that
 * ms for so long), an n-th opening that fails (fail=1), a tone (hz=440), and
 * an echo: a capture opened with air=40 hears, 40 ms later and 12 dB lower,
 * what the playback opened with air=1 plays.
 */
#include "audio/drift.h"
#include "audio/driver.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/span.h"

#include <math.h>
#include <stdatomic.h>

#define PERIOD AUDIO_FRAME_SAMPLES
#define HELD_MAX AUDIO_RATE_HZ /* what a capture keeps for a slow reader */
#define AIR_SAMPLES 65536
#define AIR_GAIN 0.25f

/* Between loudspeaker and microphone. The media thread's. */
static struct {
	int16_t samples[AIR_SAMPLES];
	int64_t played;
	double per_ns; /* samples of the loudspeaker's clock */
} air;
static atomic_int opens;

struct null {
	bool capture, started;
	int64_t ppm, stall_at_ms, stall_ms, fail, hz, air_ms;
	int64_t start_ns;
	int64_t done;	 /* samples read or written */
	int64_t shifted; /* by underruns and overruns: the device's clock went on without us */
	atomic_int_fast64_t samples, underruns, overruns;
};

static bool parse_one(struct null *d, struct span word)
{
	const struct {
		const char *name;
		int64_t *value;
	} keys[] = {{"ppm", &d->ppm},
		    {"stall", &d->stall_at_ms},
		    {"fail", &d->fail},
		    {"hz", &d->hz},
		    {"air", &d->air_ms}};
	struct span key, at;
	span_split(&word, '=', &key);
	span_split(&word, '+', &at);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (span_eq_str(key, keys[i].name))
			return span_i64(at, keys[i].value) &&
			       (word.n == 0 || span_i64(word, &d->stall_ms));
	return false;
}

static int null_open(const struct audio_open *how, void **ret, struct err *err)
{
	struct span rest = span_of(how->device), word;
	struct null *d = NEW(struct null);
	bool ok = true;
	varispeed_prepare();
	d->capture = how->direction == AUDIO_CAPTURE;
	d->air_ms = -1;
	while (ok && rest.n && span_split(&rest, ',', &word))
		ok = parse_one(d, word);
	int rc = 0;
	if (!ok || d->ppm > 100000 || d->ppm < -100000 || d->air_ms > 1000)
		rc = err_set(err, ERR_USAGE, _("\"null:%.60s\" is not understood"), how->device);
	else if (d->fail && atomic_fetch_add(&opens, 1) + 1 == d->fail)
		rc = err_set(err, ERR_FAILED, _("this opening fails, as was asked"));
	if (rc)
		mem_free(d);
	else
		*ret = d;
	return rc;
}

static int null_start(void *dev, struct err *err)
{
	(void)dev;
	(void)err;
	return 0;
}

static double per_ns(const struct null *d)
{
	return AUDIO_RATE_HZ / 1e9 * (1 + (double)d->ppm / 1e6);
}

/* Samples that the device's own clock has counted ... */
static double counted_finely(struct null *d, int64_t now_ns)
{
	if (!d->started) {
		d->started = true;
		d->start_ns = now_ns;
	}
	int64_t ns = now_ns - d->start_ns, ms = ns / 1000000;
	if (d->stall_ms && ms >= d->stall_at_ms) {
		int64_t off = ms - d->stall_at_ms;
		ns -= (off < d->stall_ms ? off : d->stall_ms) * 1000000;
	}
	return (double)ns * per_ns(d);
}

/* ... in whole periods. */
static int64_t counted(struct null *d, int64_t now_ns)
{
	return (int64_t)(counted_finely(d, now_ns) / PERIOD) * PERIOD;
}

/* Through the air, at any place between two samples of the loudspeaker. */
static int16_t heard_at(double at)
{
	float x[VARISPEED_TAPS];
	int64_t whole = (int64_t)floor(at), first = whole - (VARISPEED_TAPS / 2 - 1);
	for (int i = 0; i < VARISPEED_TAPS; i++) {
		int64_t k = first + i;
		bool there = k >= 0 && k < air.played && k >= air.played - AIR_SAMPLES;
		x[i] = there ? air.samples[k % AIR_SAMPLES] : 0;
	}
	return audio_clip(AIR_GAIN * varispeed_at(x, at - (double)whole));
}

static int16_t sample_at(const struct null *d, int64_t i)
{
	if (d->air_ms >= 0)
		return heard_at(((double)i / per_ns(d) - (double)d->air_ms * 1e6) * air.per_ns);
	if (d->hz)
		return (int16_t)lrint(3276.7 * sin(2 * M_PI * (double)(i * d->hz % AUDIO_RATE_HZ) /
						   AUDIO_RATE_HZ));
	return 0;
}

static int null_read(void *dev, int64_t now_ns, int16_t *pcm, int max)
{
	struct null *d = dev;
	int64_t there = counted(d, now_ns);
	if (there - d->done > HELD_MAX) {
		atomic_fetch_add(&d->overruns, there - d->done - HELD_MAX);
		d->shifted += there - d->done - HELD_MAX;
		d->done = there - HELD_MAX;
	}
	int64_t n = there - d->done < max ? there - d->done : max;
	for (int64_t i = 0; i < n; i++)
		pcm[i] = sample_at(d, d->done + i);
	d->done += n;
	atomic_fetch_add(&d->samples, n);
	return (int)n;
}

static int null_queued(void *dev, int64_t now_ns)
{
	struct null *d = dev;
	int64_t there = counted(d, now_ns) - d->shifted;
	if (d->capture)
		return (int)(there - d->done);
	if (there > d->done) {
		/* Silence was played for want of sound. */
		if (d->done)
			atomic_fetch_add(&d->underruns, there - d->done);
		d->shifted += there - d->done;
		there = d->done;
	}
	return (int)(d->done - there);
}

static double null_clock(void *dev, int64_t now_ns)
{
	struct null *d = dev;
	double there = counted_finely(d, now_ns) - (double)d->shifted;
	return d->capture || there < (double)d->done ? there : (double)d->done;
}

static void null_write(void *dev, int64_t now_ns, const int16_t *pcm, int n)
{
	struct null *d = dev;
	int room = HELD_MAX - null_queued(dev, now_ns);
	if (n > room) {
		atomic_fetch_add(&d->overruns, n - room);
		n = room;
	}
	if (d->air_ms >= 0) {
		/* It leaves the loudspeaker after what waits, silence for want of sound included. */
		int64_t at = d->done + d->shifted;
		for (int64_t i = air.played; i < at; i++)
			air.samples[i % AIR_SAMPLES] = 0;
		for (int i = 0; i < n; i++)
			air.samples[(at + i) % AIR_SAMPLES] = pcm[i];
		air.played = at + n;
		air.per_ns = per_ns(d);
	}
	d->done += n;
	atomic_fetch_add(&d->samples, n);
}

static void null_counts(void *dev, struct audio_counts *ret)
{
	struct null *d = dev;
	*ret = (struct audio_counts){
		.samples = atomic_load(&d->samples),
		.underruns = atomic_load(&d->underruns),
		.overruns = atomic_load(&d->overruns),
		.present = true,
	};
}

static void null_stop(void *dev)
{
	struct null *d = dev;
	if (d->air_ms >= 0 && !d->capture)
		air.played = 0;
}

static void null_close(void *dev)
{
	if (dev)
		null_stop(dev);
	mem_free(dev);
}

const struct audio_driver audio_driver_null = {
	.name = "null",
	.what = N_("no device: silence in, nothing out, and faults on request"),
	.args = "ppm=N,stall=MS+MS,fail=N,hz=N,air=MS",
	.capture = true,
	.playback = true,
	.own_clock = true,
	.open = null_open,
	.start = null_start,
	.read = null_read,
	.write = null_write,
	.queued = null_queued,
	.clock = null_clock,
	.counts = null_counts,
	.stop = null_stop,
	.close = null_close,
};
