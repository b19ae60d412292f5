/* PortAudio, loaded when needed (lib.h). Included only by audio/. */
#ifndef MUSTER_AUDIO_LIB_PORTAUDIO_H
#define MUSTER_AUDIO_LIB_PORTAUDIO_H

#include "audio/lib.h"

#include <portaudio.h>

#define LIB_PORTAUDIO(F)             \
	F(Pa_Initialize)             \
	F(Pa_Terminate)              \
	F(Pa_GetVersion)             \
	F(Pa_GetErrorText)           \
	F(Pa_GetDeviceCount)         \
	F(Pa_GetDeviceInfo)          \
	F(Pa_GetHostApiInfo)         \
	F(Pa_GetDefaultInputDevice)  \
	F(Pa_GetDefaultOutputDevice) \
	F(Pa_OpenStream)             \
	F(Pa_StartStream)            \
	F(Pa_AbortStream)            \
	F(Pa_CloseStream)            \
	F(Pa_IsStreamActive)         \
	F(Pa_GetStreamInfo)

struct lib_portaudio {
	LIB_PORTAUDIO(LIB_MEMBER)
};

/** NULL when it cannot be loaded. Any thread. */
const struct lib_portaudio *lib_portaudio(struct err *err);

#endif
