/*
 * Where sound comes from and goes to. A driver is a const struct of functions;
 * this header is the contract that each of them keeps.
 *
 * Threads: list, open, start, stop and close are called by the owner (never
 * the media thread) and may block for a device's time. read, write and
 * queued are called by the media thread, one at a time per device, and never
 * block, allocate without bound, or fail for long: a device that is gone reads
 * nothing and swallows what is written until it comes back.
 *
 * Shape: 48 kHz mono 16 bit (frame.h). Capture and playback are separate
 * devices, even of one sound card.
 *
 * Clocks: a driver whose `own_clock` is true has samples when its hardware
 * says so; the engine watches how full it is and resamples (drift.h). The
 * others (file, pipe, tone) follow the media thread: each read is a demand,
 * each write is taken at once.
 */
#ifndef MUSTER_AUDIO_DRIVER_H
#define MUSTER_AUDIO_DRIVER_H

#include "audio/frame.h"
#include "core/base/err.h"

#include <stdbool.h>

enum audio_direction { AUDIO_CAPTURE, AUDIO_PLAYBACK };

/** read's answer when nothing will come any more (end of file or pipe). */
#define AUDIO_END (-1)

/** A row of `muster audio devices`. Strings borrowed during the call. */
struct audio_device {
	const char *driver;
	const char *name; /**< what --input and --output take */
	const char *what; /**< host API or explanation */
	int in_channels, out_channels;
	bool default_in, default_out;
};
/** Return false to stop. */
typedef bool audio_device_fn(const struct audio_device *d, void *arg);

struct audio_open {
	enum audio_direction direction;
	const char *device; /**< part after "driver:"; NULL or "" the default */
	/** File input and output happens in read and write themselves: for clocks that run faster
	 * than real time. */
	bool inline_io;
};

/** Counters of one device since it was opened. */
struct audio_counts {
	int64_t samples;   /**< read or written */
	int64_t underruns; /**< samples the device wanted and did not get */
	int64_t overruns;  /**< samples dropped because the reader was too slow */
	int64_t reopens;   /**< times the device came back */
	bool present;	   /**< the device is there now */
};

struct audio_driver {
	const char *name;
	const char *what; /**< N_() one line */
	const char *args; /**< what may stand after the colon, for help */
	bool capture, playback;
	bool own_clock;
	/** Tell of every device; NULL when there is nothing to list. */
	int (*list)(audio_device_fn *fn, void *arg, struct err *err);
	int (*open)(const struct audio_open *how, void **ret, struct err *err);
	int (*start)(void *dev, struct err *err);
	/** Up to `max` samples; 0 when there are none now; AUDIO_END. */
	int (*read)(void *dev, int64_t now_ns, int16_t *pcm, int max);
	/** Take all `n` samples (what does not fit is dropped and counted). */
	void (*write)(void *dev, int64_t now_ns, const int16_t *pcm, int n);
	/**
	 * Samples waiting inside: capture, ready to be read; playback, not yet handed to the
	 * hardware. NULL when !own_clock.
	 */
	int (*queued)(void *dev, int64_t now_ns);
	/**
	 * How many of the samples ever read or written the hardware has captured or taken by
	 * `now_ns`, between its periods too: as steady as can be told. NULL when !own_clock.
	 */
	double (*clock)(void *dev, int64_t now_ns);
	/** Latency of the hardware beyond `queued`, in samples. NULL: 0. */
	int (*latency)(void *dev);
	void (*counts)(void *dev, struct audio_counts *ret);
	/** Playback: let what waits be heard (bounded by a second), then stop. */
	void (*stop)(void *dev);
	/** Implies stop. NULL is allowed. */
	void (*close)(void *dev);
};

extern const struct audio_driver audio_driver_portaudio, audio_driver_file, audio_driver_pipe,
	audio_driver_tone, audio_driver_null;

/** The i-th driver of this binary; NULL after the last. */
const struct audio_driver *audio_driver_at(int i);
/** By name; NULL. */
const struct audio_driver *audio_driver_find(const char *name);
/** Can be used now (its library is there); `err` says why not. */
bool audio_driver_usable(const struct audio_driver *d, struct err *err);

/** A device in use. Single owner. */
struct audio_dev {
	const struct audio_driver *driver;
	void *dev;
};
/**
 * Open "driver", "driver:device" or "" (the sound card's default): for example
 * "portaudio:USB Headset", "file:speech.wav", "pipe:-@s16le:48000:1",
 * "tone:440,-20", "null:ppm=200". ERR_USAGE for an unknown driver.
 */
int audio_dev_open(const char *spec, enum audio_direction direction, bool inline_io,
		   struct audio_dev *ret, struct err *err);
/** Safe on a zeroed struct. */
void audio_dev_close(struct audio_dev *d);

/* For settings and options. */

struct audio_pcm {
	int rate_hz, channels;
	/** It is sent as it happens, without an end: of what piled up the newest counts, and ten
	 * seconds without any are the end. Otherwise the reader sets the pace. */
	bool live;
};
/** "s16le:RATE:CHANNELS", or with ":live" behind it. */
int audio_pcm_parse(const char *spec, struct audio_pcm *ret, struct err *err);

#endif
