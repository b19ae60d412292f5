/*
 * Sound cards, by PortAudio. Its callback touches nothing but a ring and
 * atomics. Everything else of PortAudio happens under one lock on the owner's
 * thread or on a watching thread, which also brings a device back that went
 * away: PortAudio knows only the devices that were there when it was
 * initialised, so all streams are closed, it is started anew, and they are
 * opened again, by name or, without theirs, on the default device.
 */
#include "audio/driver.h"

#include "audio/lib_portaudio.h"
#include "audio/portaudio_host.h"
#include "audio/ring.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

static int pa_open(const struct audio_open *how, void **ret, struct err *err)
{
	struct pa_stream *s = NEW(struct pa_stream);
	s->capture = how->direction == AUDIO_CAPTURE;
	s->device = mem_strdup(how->device ? how->device : "");
	ring_init(&s->ring, PA_RING_SAMPLES);
	int rc = pa_host_open(s, err);
	if (rc) {
		ring_done(&s->ring);
		mem_free(s->device);
		mem_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

static int pa_start(void *dev, struct err *err)
{
	return pa_host_start(dev, err);
}

static int pa_read(void *dev, int64_t now_ns, int16_t *pcm, int max)
{
	struct pa_stream *s = dev;
	(void)now_ns;
	int n = (int)ring_read(&s->ring, pcm, (size_t)max);
	atomic_fetch_add(&s->samples, n);
	return n;
}

static void pa_write(void *dev, int64_t now_ns, const int16_t *pcm, int n)
{
	struct pa_stream *s = dev;
	(void)now_ns;
	int taken = (int)ring_write(&s->ring, pcm, (size_t)n);
	atomic_fetch_add(&s->samples, taken);
	/* A device that is away swallows; that is no fault of its reader. */
	if (taken < n && atomic_load(&s->present))
		atomic_fetch_add(&s->overruns, n - taken);
}

static int pa_queued(void *dev, int64_t now_ns)
{
	struct pa_stream *s = dev;
	(void)now_ns;
	return (int)ring_fill(&s->ring);
}

/* Between two callbacks time is read off the monotonic clock: no system call where it matters. */
static double pa_clock(void *dev, int64_t now_ns)
{
	struct pa_stream *s = dev;
	int64_t passed = atomic_load(&s->passed);
	double since = (double)(now_ns - atomic_load(&s->epoch_ns)) * AUDIO_RATE_HZ / 1e9;
	double most = (double)passed + PA_AHEAD_SAMPLES;
	return since < (double)passed ? (double)passed : since > most ? most : since;
}

static int pa_latency(void *dev)
{
	struct pa_stream *s = dev;
	return atomic_load(&s->latency);
}

static void pa_counts(void *dev, struct audio_counts *ret)
{
	struct pa_stream *s = dev;
	*ret = (struct audio_counts){
		.samples = atomic_load(&s->samples),
		.underruns = atomic_load(&s->underruns),
		.overruns = atomic_load(&s->overruns),
		.reopens = atomic_load(&s->reopens),
		.present = atomic_load(&s->present),
	};
}

static void pa_stop(void *dev)
{
	pa_host_stop(dev);
}

static void pa_close(void *dev)
{
	struct pa_stream *s = dev;
	if (!s)
		return;
	pa_host_close(s);
	ring_done(&s->ring);
	mem_free(s->device);
	mem_free(s);
}

const struct audio_driver audio_driver_portaudio = {
	.name = "portaudio",
	.what = N_("sound cards"),
	.args = "DEVICE",
	.capture = true,
	.playback = true,
	.own_clock = true,
	.list = pa_host_list,
	.open = pa_open,
	.start = pa_start,
	.read = pa_read,
	.write = pa_write,
	.queued = pa_queued,
	.clock = pa_clock,
	.latency = pa_latency,
	.counts = pa_counts,
	.stop = pa_stop,
	.close = pa_close,
};
