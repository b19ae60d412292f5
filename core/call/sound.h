/*
 * The call's sound: the engine of audio/ with its media thread, and the way
 * its frames take to the network thread: a ring and a bell, without locks and
 * without allocation.
 *
 * Threads: owner (the network thread, of the loop) but for what is said.
 */
#ifndef MUSTER_CALL_SOUND_H
#define MUSTER_CALL_SOUND_H

#include "audio/engine.h"
#include "core/base/loop.h"

struct sound;

struct sound_handler {
	void (*frame)(void *arg, const struct audio_engine_frame *f);
	/** The input is at its end, and all its frames were told. */
	void (*input_end)(void *arg);
};

/** Opens the devices; nothing runs yet. Handler, arg and first_timestamp of `s` are set here. */
int sound_new(struct loop *l, const struct audio_engine_settings *s, const struct sound_handler *h,
	      void *arg, struct sound **ret, struct err *err);
void sound_free(struct sound *s);
/** Start the devices and the media thread; once. */
int sound_start(struct sound *s, struct err *err);
bool sound_started(const struct sound *s);
/** Nothing is played, recorded or told from now on. */
void sound_stop(struct sound *s);
struct audio_engine *sound_engine(struct sound *s);
/** RTP's, of the first frame. */
uint32_t sound_first_timestamp(const struct sound *s);

#endif
