/*
 * The process's one PortAudio: opened streams, the thread that watches them.
 * Private to driver_portaudio.c and portaudio_host.c.
 */
#ifndef MUSTER_AUDIO_PORTAUDIO_HOST_H
#define MUSTER_AUDIO_PORTAUDIO_HOST_H

#include "audio/driver.h"
#include "audio/ring.h"

#include <stdatomic.h>

/** Between callback and media thread: 680 ms, of which the engine keeps some 40 in use. */
#define PA_RING_SAMPLES 32768
/** A device whose callback is overdue is believed to have gone on for so long. */
#define PA_AHEAD_SAMPLES (2 * AUDIO_FRAME_SAMPLES)
/** Channels a device may insist on. */
#define PA_CHANNELS_MAX 2

struct pa_stream {
	struct pa_stream *next;
	void *pa;	      /* PaStream; NULL while the device is away */
	bool capture, wanted; /* wanted: has been started */
	int channels;
	char *device; /* name asked for, "" the default */
	struct ring ring;
	/* Written by the callback. */
	atomic_uint_fast64_t calls;
	atomic_int_fast64_t samples, underruns, overruns, reopens;
	atomic_int latency;
	/* When the first of all samples would have passed, had they come at an even pace up to the
	 * last callback; and how many there were. One of them is enough to know the pace. */
	atomic_int_fast64_t epoch_ns, passed;
	atomic_bool present;
	uint64_t calls_seen; /* the watching thread's */
	int64_t seen_ms;
};

int pa_host_list(audio_device_fn *fn, void *arg, struct err *err);
int pa_host_open(struct pa_stream *s, struct err *err);
int pa_host_start(struct pa_stream *s, struct err *err);
void pa_host_stop(struct pa_stream *s);
void pa_host_close(struct pa_stream *s);

/* portaudio_quiet.c */

/** Keep what ALSA, JACK and PortAudio write on stderr off it, until pa_quiet_end. */
void pa_quiet_begin(void);
void pa_quiet_end(void);

#endif
