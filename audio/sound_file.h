/*
 * Sound files: WAV, FLAC, Ogg/Opus and whatever else libsndfile reads, as our
 * one shape; WAV or Ogg/Opus written, chosen by the name (".wav", ".opus",
 * ".ogg"). Blocking file access: not for the media thread (recorder.h and the
 * file driver put a ring and a thread between). Any one thread.
 */
#ifndef MUSTER_AUDIO_SOUND_FILE_H
#define MUSTER_AUDIO_SOUND_FILE_H

#include "audio/frame.h"
#include "core/base/err.h"
#include "core/base/span.h"

#include <stdbool.h>

/** Channels a file may have. */
#define SOUND_CHANNELS_MAX 64

struct sound_info {
	int rate_hz;
	int channels;
	int64_t duration_ms; /**< -1 unknown (a pipe, a file cut off) */
	char format[64];     /**< "WAV (Microsoft)" */
};

struct sound_reader;
/** ERR_NOT_FOUND, ERR_INVALID (not a sound file), ERR_UNSUPPORTED (no libsndfile). */
int sound_reader_open(const char *path, struct sound_reader **ret, struct err *err);
/** From memory (borrowed until freed). */
int sound_reader_open_memory(struct span data, struct sound_reader **ret, struct err *err);
void sound_reader_free(struct sound_reader *r);
void sound_reader_info(const struct sound_reader *r, struct sound_info *ret);
/** Up to `n` samples at 48 kHz mono; 0 at the end (or where a broken file stops). */
int sound_reader_read(struct sound_reader *r, int16_t *pcm, int n);

struct sound_writer;
/**
 * A new file, mode 0600 when it does not exist; replaces one that does. What
 * was written is on disk and playable within a second, also after kill -9.
 */
int sound_writer_open(const char *path, struct sound_writer **ret, struct err *err);
int sound_writer_write(struct sound_writer *w, const int16_t *pcm, int n, struct err *err);
/** Finish the file and free; NULL is allowed. */
int sound_writer_close(struct sound_writer *w, struct err *err);
/** True when this name's ending is one that can be written; for checks before a call starts. */
bool sound_writer_can(const char *path);

#endif
