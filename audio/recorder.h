/*
 * A sound file that is written beside the media thread: it hands over samples
 * through a ring and never waits for the disk.
 */
#ifndef MUSTER_AUDIO_RECORDER_H
#define MUSTER_AUDIO_RECORDER_H

#include "audio/frame.h"
#include "core/base/err.h"

#include <stdbool.h>

struct recorder;

/**
 * Open the file and start the writing thread. `inline_io`: no thread, the
 * file is written in recorder_write itself (for clocks faster than real time).
 */
int recorder_new(const char *path, bool inline_io, struct recorder **ret, struct err *err);
/** Append. One thread (the media thread); never blocks unless inline_io. */
void recorder_write(struct recorder *r, const int16_t *pcm, int n);
/** Samples that a disk too slow could not take. Any thread. */
int64_t recorder_dropped(const struct recorder *r);
/** Samples in the file so far. Any thread. */
int64_t recorder_written(const struct recorder *r);
/**
 * Write what waits, finish the file, free. NULL is allowed. Returns the first
 * error of writing. The media thread must not use it any more. Blocks on disk.
 */
int recorder_close(struct recorder *r, struct err *err);

#endif
