#include "audio/recorder.h"

#include "audio/ring.h"
#include "audio/sound_file.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* What a disk may be slow by. */
#define RING_MS 4000
#define WAKE_NS 40000000

struct recorder {
	struct sound_writer *w;
	struct ring ring;
	pthread_t thread;
	bool inline_io;
	atomic_bool ending, failed;
	atomic_int_fast64_t dropped, written;
	struct err err; /* the writing thread's, until it has ended */
	int rc;
};

static void write_out(struct recorder *r, const int16_t *pcm, int n)
{
	if (!atomic_load_explicit(&r->failed, memory_order_relaxed)) {
		r->rc = sound_writer_write(r->w, pcm, n, &r->err);
		atomic_store(&r->failed, r->rc != 0);
	}
	if (r->rc)
		atomic_fetch_add(&r->dropped, n);
	else
		atomic_fetch_add(&r->written, n);
}

static void drain(struct recorder *r)
{
	int16_t pcm[AUDIO_TICK_SAMPLES];
	size_t n;
	while ((n = ring_read(&r->ring, pcm, AUDIO_TICK_SAMPLES)) > 0)
		write_out(r, pcm, (int)n);
}

static void *writing_thread(void *arg)
{
	struct recorder *r = arg;
	struct timespec nap = {0, WAKE_NS};
	while (!atomic_load(&r->ending)) {
		drain(r);
		nanosleep(&nap, NULL);
	}
	drain(r);
	return NULL;
}

int recorder_new(const char *path, bool inline_io, struct recorder **ret, struct err *err)
{
	struct sound_writer *w;
	int rc = sound_writer_open(path, &w, err);
	if (rc)
		return rc;
	struct recorder *r = NEW(struct recorder);
	sigset_t all, before;
	r->w = w;
	r->inline_io = inline_io;
	ring_init(&r->ring, RING_MS * AUDIO_SAMPLES_PER_MS);
	*ret = r;
	if (inline_io)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int errnum = pthread_create(&r->thread, NULL, writing_thread, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum)
		abort();
	return 0;
}

void recorder_write(struct recorder *r, const int16_t *pcm, int n)
{
	if (r->inline_io) {
		write_out(r, pcm, n);
		return;
	}
	size_t taken = ring_write(&r->ring, pcm, (size_t)n);
	atomic_fetch_add(&r->dropped, n - (int64_t)taken);
}

int64_t recorder_dropped(const struct recorder *r)
{
	return atomic_load(&r->dropped);
}

int64_t recorder_written(const struct recorder *r)
{
	return atomic_load(&r->written);
}

int recorder_close(struct recorder *r, struct err *err)
{
	if (!r)
		return 0;
	if (!r->inline_io) {
		atomic_store(&r->ending, true);
		pthread_join(r->thread, NULL);
	}
	int rc = r->rc;
	if (rc && err)
		*err = r->err;
	int closed = sound_writer_close(r->w, rc ? NULL : err);
	ring_done(&r->ring);
	mem_free(r);
	return rc ? rc : closed;
}
