/* Sound files: played as a microphone, or recorded as a loudspeaker. */
#include "audio/driver.h"

#include "audio/recorder.h"
#include "audio/ring.h"
#include "audio/sound_file.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define AHEAD_MS 1000
#define WAKE_NS 40000000

struct file {
	struct sound_reader *reader; /* capture; the reading thread's once it runs */
	struct recorder *recorder;   /* playback */
	struct ring ring;
	pthread_t thread;
	bool inline_io, running;
	atomic_bool ending, end; /* asked to end; the file has ended */
	atomic_int_fast64_t samples, starved;
};

/* Fill the ring as far as there is room; false at the end of the file. */
static bool read_ahead(struct file *f)
{
	int16_t pcm[AUDIO_TICK_SAMPLES];
	while (ring_room(&f->ring) >= AUDIO_TICK_SAMPLES && !atomic_load(&f->ending)) {
		int n = sound_reader_read(f->reader, pcm, AUDIO_TICK_SAMPLES);
		if (n <= 0)
			return false;
		ring_write(&f->ring, pcm, (size_t)n);
	}
	return true;
}

static void *reading_thread(void *arg)
{
	struct file *f = arg;
	struct timespec nap = {0, WAKE_NS};
	while (!atomic_load(&f->ending) && read_ahead(f))
		nanosleep(&nap, NULL);
	atomic_store(&f->end, true);
	return NULL;
}

static int file_open(const struct audio_open *how, void **ret, struct err *err)
{
	int rc;
	if (!how->device || !*how->device)
		return err_set(err, ERR_USAGE, _("file: needs the name of a sound file"));
	struct file *f = NEW(struct file);
	f->inline_io = how->inline_io;
	if (how->direction == AUDIO_CAPTURE)
		rc = sound_reader_open(how->device, &f->reader, err);
	else
		rc = recorder_new(how->device, how->inline_io, &f->recorder, err);
	if (rc) {
		mem_free(f);
		return rc;
	}
	ring_init(&f->ring, AHEAD_MS * AUDIO_SAMPLES_PER_MS);
	*ret = f;
	return 0;
}

static int file_start(void *dev, struct err *err)
{
	struct file *f = dev;
	sigset_t all, before;
	(void)err;
	if (!f->reader || f->inline_io || f->running)
		return 0;
	/* The first tick finds sound. */
	if (!read_ahead(f))
		atomic_store(&f->end, true);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(&f->thread, NULL, reading_thread, f))
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	f->running = true;
	return 0;
}

static int file_read(void *dev, int64_t now_ns, int16_t *pcm, int max)
{
	struct file *f = dev;
	(void)now_ns;
	/* Asked before the ring is looked at: what came before the end is in it. */
	bool end = atomic_load(&f->end);
	int n = f->inline_io ? sound_reader_read(f->reader, pcm, max)
			     : (int)ring_read(&f->ring, pcm, (size_t)max);
	atomic_fetch_add(&f->samples, n);
	if (n == 0 && (end || f->inline_io))
		return AUDIO_END;
	if (n < max && !end && !f->inline_io)
		atomic_fetch_add(&f->starved, max - n);
	return n;
}

static void file_write(void *dev, int64_t now_ns, const int16_t *pcm, int n)
{
	struct file *f = dev;
	(void)now_ns;
	recorder_write(f->recorder, pcm, n);
	atomic_fetch_add(&f->samples, n);
}

static void file_counts(void *dev, struct audio_counts *ret)
{
	struct file *f = dev;
	*ret = (struct audio_counts){
		.samples = atomic_load(&f->samples),
		.underruns = atomic_load(&f->starved),
		.overruns = f->recorder ? recorder_dropped(f->recorder) : 0,
		.present = true,
	};
}

static void file_stop(void *dev)
{
	struct file *f = dev;
	if (!f->running)
		return;
	atomic_store(&f->ending, true);
	pthread_join(f->thread, NULL);
	f->running = false;
}

static void file_close(void *dev)
{
	struct file *f = dev;
	struct err err = {0};
	if (!f)
		return;
	file_stop(f);
	sound_reader_free(f->reader);
	if (recorder_close(f->recorder, &err))
		log_error("%s", err.msg);
	ring_done(&f->ring);
	mem_free(f);
}

const struct audio_driver audio_driver_file = {
	.name = "file",
	.what = N_("WAV, FLAC, Ogg/Opus files as microphone, WAV or Ogg/Opus as loudspeaker"),
	.args = "PATH",
	.capture = true,
	.playback = true,
	.open = file_open,
	.start = file_start,
	.read = file_read,
	.write = file_write,
	.counts = file_counts,
	.stop = file_stop,
	.close = file_close,
};
