/* libspeexdsp, loaded when needed (core/base/lib.h). Included only by audio/. */
#ifndef MUSTER_AUDIO_LIB_SPEEXDSP_H
#define MUSTER_AUDIO_LIB_SPEEXDSP_H

#include "core/base/lib.h"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <speex/speex_resampler.h>

#define LIB_SPEEXDSP(F)                   \
	F(speex_echo_state_init)          \
	F(speex_echo_state_destroy)       \
	F(speex_echo_cancellation)        \
	F(speex_echo_state_reset)         \
	F(speex_echo_ctl)                 \
	F(speex_preprocess_state_init)    \
	F(speex_preprocess_state_destroy) \
	F(speex_preprocess_run)           \
	F(speex_preprocess_ctl)           \
	F(speex_resampler_init)           \
	F(speex_resampler_destroy)        \
	F(speex_resampler_process_int)    \
	F(speex_resampler_skip_zeros)     \
	F(speex_resampler_get_input_latency)

/** NULL when it cannot be loaded. Any thread. */
LIB_TABLE(lib_speexdsp, LIB_SPEEXDSP);

#endif
