/*
 * How sound is treated in calls when somebody sits at the devices.
 */
#ifndef MUSTER_CLIENT_CALL_CALL_SOUND_H
#define MUSTER_CLIENT_CALL_CALL_SOUND_H

#include "audio/engine.h"

#define CALL_SOUND_CARD "portaudio:" /**< the default device of this machine */

/**
 * A device spec from what a person says: a device's name, DRIVER:DEVICE, or
 * NULL; `driver` NULL: a sound card. The caller owns it.
 */
char *call_sound_spec(const char *device, const char *driver);
/**
 * Settings for these device specs (audio/driver.h; borrowed, NULL: none). A
 * sound card gets echo cancelling, noise reduction and gain; what a file or a
 * program says is sent as it is.
 */
struct audio_engine_settings call_sound(const char *input, const char *output);

#endif
