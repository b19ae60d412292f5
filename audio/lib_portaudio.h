/* PortAudio, loaded when needed (core/base/lib.h). Included only by audio/. */
#ifndef MUSTER_AUDIO_LIB_PORTAUDIO_H
#define MUSTER_AUDIO_LIB_PORTAUDIO_H

#include "core/base/lib.h"

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

/** NULL when it cannot be loaded. Any thread. */
LIB_TABLE(lib_portaudio, LIB_PORTAUDIO);

#endif
