#include "audio/portaudio_host.h"

#include "audio/lib_portaudio.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define WATCH_NS 250000000
/* A running stream whose callback was not called for so long is dead. */
#define DEAD_MS 2000
/* Between attempts to bring devices back. */
#define RETRY_MS 1000

static struct {
	pthread_mutex_t lock; /* of all that follows, and of every call into PortAudio */
	const struct lib_portaudio *lib;
	bool initialised;
	struct pa_stream *streams;
	pthread_t watcher;
	bool watching, ending;
	int64_t retry_ms;
} host = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int pa_error(int code, const char *what, struct err *err)
{
	return err_set(err, ERR_FAILED, "%s: %s", what, host.lib->Pa_GetErrorText(code));
}

static int initialise(struct err *err)
{
	if (!host.lib && !(host.lib = lib_portaudio(err)))
		return ERR_UNSUPPORTED;
	if (host.initialised)
		return 0;
	/* The libraries below are loaded by now; their hearers are set before they speak. */
	pa_quiet_begin();
	int code = host.lib->Pa_Initialize();
	pa_quiet_end();
	if (code)
		return pa_error(code, _("the sound system cannot start"), err);
	host.initialised = true;
	return 0;
}

static void terminate(void)
{
	if (!host.initialised)
		return;
	pa_quiet_begin();
	host.lib->Pa_Terminate();
	pa_quiet_end();
	host.initialised = false;
}

/* -- Callback: no allocation, lock, log or system call --------------------- */

static void take_in(struct pa_stream *s, const int16_t *in, size_t frames)
{
	int16_t mono[AUDIO_FRAME_SAMPLES];
	while (frames > 0) {
		size_t n = frames < AUDIO_FRAME_SAMPLES ? frames : AUDIO_FRAME_SAMPLES;
		for (size_t i = 0; i < n; i++)
			mono[i] = s->channels == 1 ? in[i]
						   : (int16_t)((in[2 * i] + in[2 * i + 1]) / 2);
		size_t taken = ring_write(&s->ring, mono, n);
		atomic_fetch_add(&s->passed, (int64_t)taken);
		if (taken < n)
			atomic_fetch_add(&s->overruns, (int64_t)(n - taken));
		in += n * (size_t)s->channels;
		frames -= n;
	}
}

static void give_out(struct pa_stream *s, int16_t *out, size_t frames)
{
	int16_t mono[AUDIO_FRAME_SAMPLES];
	while (frames > 0) {
		size_t n = frames < AUDIO_FRAME_SAMPLES ? frames : AUDIO_FRAME_SAMPLES;
		size_t got = ring_read(&s->ring, mono, n);
		atomic_fetch_add(&s->passed, (int64_t)got);
		if (got < n) {
			memset(mono + got, 0, (n - got) * sizeof(*mono));
			atomic_fetch_add(&s->underruns, (int64_t)(n - got));
		}
		for (size_t i = 0; i < n; i++)
			for (int c = 0; c < s->channels; c++)
				*out++ = mono[i];
		frames -= n;
	}
}

static int on_sound(const void *in, void *out, unsigned long frames,
		    const PaStreamCallbackTimeInfo *times, PaStreamCallbackFlags flags, void *arg)
{
	struct pa_stream *s = arg;
	(void)times;
	(void)flags;
	if (s->capture && in)
		take_in(s, in, frames);
	if (!s->capture && out)
		give_out(s, out, frames);
	atomic_store(&s->epoch_ns,
		     clock_mono_ns() - atomic_load(&s->passed) * 1000000 / AUDIO_SAMPLES_PER_MS);
	atomic_fetch_add_explicit(&s->calls, 1, memory_order_relaxed);
	return paContinue;
}

/* -- Streams, under the lock ----------------------------------------------- */

static int channels_of(const PaDeviceInfo *d, bool capture)
{
	return capture ? d->maxInputChannels : d->maxOutputChannels;
}

/* A whole name wins over a part of one; the default stands for "". */
static PaDeviceIndex find_device(const struct pa_stream *s)
{
	int n = host.lib->Pa_GetDeviceCount(), part = paNoDevice;
	if (!*s->device)
		return s->capture ? host.lib->Pa_GetDefaultInputDevice()
				  : host.lib->Pa_GetDefaultOutputDevice();
	for (int i = 0; i < n; i++) {
		const PaDeviceInfo *d = host.lib->Pa_GetDeviceInfo(i);
		if (!d || channels_of(d, s->capture) < 1)
			continue;
		if (!strcmp(d->name, s->device))
			return i;
		if (part == paNoDevice && strstr(d->name, s->device))
			part = i;
	}
	return part;
}

static int open_with(struct pa_stream *s, PaDeviceIndex index, int channels)
{
	const PaDeviceInfo *d = host.lib->Pa_GetDeviceInfo(index);
	PaStream *pa = NULL;
	PaStreamParameters p = {
		.device = index,
		.channelCount = channels,
		.sampleFormat = paInt16,
		.suggestedLatency =
			s->capture ? d->defaultLowInputLatency : d->defaultLowOutputLatency,
	};
	if (channels > channels_of(d, s->capture))
		return paInvalidChannelCount;
	s->channels = channels;
	int code =
		host.lib->Pa_OpenStream(&pa, s->capture ? &p : NULL, s->capture ? NULL : &p,
					AUDIO_RATE_HZ, AUDIO_FRAME_SAMPLES, paClipOff, on_sound, s);
	if (code)
		return code;
	const PaStreamInfo *info = host.lib->Pa_GetStreamInfo(pa);
	double latency = info ? s->capture ? info->inputLatency : info->outputLatency : 0;
	atomic_store(&s->latency, (int)(latency * AUDIO_RATE_HZ));
	s->pa = pa;
	return paNoError;
}

static int open_stream(struct pa_stream *s, struct err *err)
{
	int code = paNoError;
	PaDeviceIndex index = find_device(s);
	if (index == paNoDevice) {
		err_set(err, ERR_NOT_FOUND,
			!*s->device  ? s->capture ? _("no microphone was found")
						  : _("no loudspeaker was found")
			 : s->capture ? _("there is no microphone \"%.100s\"")
				     : _("there is no loudspeaker \"%.100s\""),
			s->device);
		if (*s->device)
			err_hint(err, _("muster audio devices lists what there is"));
		else if (s->capture)
			err_hint(err,
				 _("plug one in; without one: --listen-only, --play FILE or "
				   "--in -, and --output null: where there is no loudspeaker"));
		else
			err_hint(err, _("plug one in; without one: --output null:, or --out - or "
					"--listen-only --record FILE"));
		return ERR_NOT_FOUND;
	}
	pa_quiet_begin();
	for (int channels = 1; channels <= PA_CHANNELS_MAX && !s->pa; channels++)
		code = open_with(s, index, channels);
	pa_quiet_end();
	if (s->pa)
		return 0;
	pa_error(code, host.lib->Pa_GetDeviceInfo(index)->name, err);
	if (code == paInvalidSampleRate)
		err_hint(err, _("it cannot do 48000 Hz by itself: take the device called default "
				"or pulse, which converts"));
	else if (code == paDeviceUnavailable)
		err_hint(err, _("another program holds it: end that, or take the device called "
				"default or pulse, which is shared"));
	return ERR_FAILED;
}

static void close_stream(struct pa_stream *s)
{
	if (!s->pa)
		return;
	pa_quiet_begin();
	host.lib->Pa_AbortStream(s->pa);
	host.lib->Pa_CloseStream(s->pa);
	pa_quiet_end();
	s->pa = NULL;
	atomic_store(&s->present, false);
}

static int start_stream(struct pa_stream *s, struct err *err)
{
	pa_quiet_begin();
	int code = host.lib->Pa_StartStream(s->pa);
	pa_quiet_end();
	if (code)
		return pa_error(code, _("the sound device does not start"), err);
	s->calls_seen = atomic_load(&s->calls);
	s->seen_ms = clock_mono_ms();
	atomic_store(&s->present, true);
	return 0;
}

/* -- Watching -------------------------------------------------------------- */

static bool is_dead(struct pa_stream *s)
{
	uint64_t calls = atomic_load(&s->calls);
	int64_t now = clock_mono_ms();
	if (!s->wanted)
		return false;
	if (!s->pa)
		return true;
	if (calls != s->calls_seen) {
		s->calls_seen = calls;
		s->seen_ms = now;
	}
	return now - s->seen_ms > DEAD_MS || host.lib->Pa_IsStreamActive(s->pa) != 1;
}

/* What waits in a loudspeaker's ring was said before it went away. No callback runs now. */
static void forget_old(struct pa_stream *s)
{
	if (!s->capture)
		atomic_fetch_add(&s->passed, (int64_t)ring_read(&s->ring, NULL, PA_RING_SAMPLES));
}

static void reopen_one(struct pa_stream *s)
{
	struct err err = {0};
	char *asked = s->device;
	forget_old(s);
	if (open_stream(s, &err) && *asked) {
		/* Gone for now: the default is better than nothing. Its own name is tried again
		 * when something changes. */
		s->device = (char *)"";
		open_stream(s, &err);
		s->device = asked;
	}
	if (s->pa && s->wanted && start_stream(s, &err))
		close_stream(s);
	if (s->pa) {
		atomic_fetch_add(&s->reopens, 1);
		log_info("the sound device is back");
	} else {
		log_debug("the sound device is still away: %s", err.msg);
	}
}

static void revive(void)
{
	for (struct pa_stream *s = host.streams; s; s = s->next)
		close_stream(s);
	terminate();
	if (initialise(NULL))
		return;
	for (struct pa_stream *s = host.streams; s; s = s->next)
		reopen_one(s);
}

static void watch(void)
{
	bool dead = false;
	int64_t now = clock_mono_ms();
	for (struct pa_stream *s = host.streams; s; s = s->next)
		dead = is_dead(s) || dead;
	if (!dead || now < host.retry_ms)
		return;
	revive();
	host.retry_ms = clock_mono_ms() + RETRY_MS;
}

static void *watching_thread(void *arg)
{
	struct timespec nap = {0, WATCH_NS};
	bool go_on = true;
	(void)arg;
	while (go_on) {
		nanosleep(&nap, NULL);
		pthread_mutex_lock(&host.lock);
		go_on = !host.ending;
		if (go_on)
			watch();
		pthread_mutex_unlock(&host.lock);
	}
	return NULL;
}

static void start_watching(void)
{
	sigset_t all, before;
	if (host.watching)
		return;
	host.ending = false;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	host.watching = pthread_create(&host.watcher, NULL, watching_thread, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* -- For the driver --------------------------------------------------------- */

int pa_host_open(struct pa_stream *s, struct err *err)
{
	pthread_mutex_lock(&host.lock);
	int rc = initialise(err);
	if (!rc)
		rc = open_stream(s, err);
	if (!rc) {
		s->next = host.streams;
		host.streams = s;
	} else if (!host.streams) {
		terminate();
	}
	pthread_mutex_unlock(&host.lock);
	return rc;
}

int pa_host_start(struct pa_stream *s, struct err *err)
{
	int rc = 0;
	pthread_mutex_lock(&host.lock);
	if (!s->wanted && s->pa)
		rc = start_stream(s, err);
	s->wanted = rc == 0;
	if (!rc)
		start_watching();
	pthread_mutex_unlock(&host.lock);
	return rc;
}

void pa_host_stop(struct pa_stream *s)
{
	struct timespec nap = {0, 10000000};
	/* Let what was said be heard: the callback empties the ring. */
	for (int i = 0; i < 100 && !s->capture && atomic_load(&s->present) && ring_fill(&s->ring);
	     i++)
		nanosleep(&nap, NULL);
	pthread_mutex_lock(&host.lock);
	s->wanted = false;
	if (s->pa) {
		pa_quiet_begin();
		host.lib->Pa_AbortStream(s->pa);
		pa_quiet_end();
	}
	atomic_store(&s->present, false);
	pthread_mutex_unlock(&host.lock);
}

void pa_host_close(struct pa_stream *s)
{
	pa_host_stop(s);
	pthread_mutex_lock(&host.lock);
	close_stream(s);
	struct pa_stream **at = &host.streams;
	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	bool last = !host.streams;
	bool join = last && host.watching;
	if (last) {
		host.ending = true;
		host.watching = false;
		terminate();
	}
	pthread_t watcher = host.watcher;
	pthread_mutex_unlock(&host.lock);
	if (join)
		pthread_join(watcher, NULL);
}

static bool tell(int i, audio_device_fn *fn, void *arg)
{
	const PaDeviceInfo *d = host.lib->Pa_GetDeviceInfo(i);
	const PaHostApiInfo *api = d ? host.lib->Pa_GetHostApiInfo(d->hostApi) : NULL;
	if (!d)
		return true;
	return fn(
		&(struct audio_device){
			.driver = "portaudio",
			.name = d->name,
			.what = api ? api->name : "",
			.in_channels = d->maxInputChannels,
			.out_channels = d->maxOutputChannels,
			.default_in = i == host.lib->Pa_GetDefaultInputDevice(),
			.default_out = i == host.lib->Pa_GetDefaultOutputDevice(),
		},
		arg);
}

int pa_host_list(audio_device_fn *fn, void *arg, struct err *err)
{
	pthread_mutex_lock(&host.lock);
	int rc = initialise(err);
	int n = rc ? 0 : host.lib->Pa_GetDeviceCount();
	for (int i = 0; i < n && tell(i, fn, arg); i++)
		;
	if (!host.streams)
		terminate();
	pthread_mutex_unlock(&host.lock);
	return rc;
}
