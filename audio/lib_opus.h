/* libopus, loaded when needed (core/base/lib.h). Included only by audio/. */
#ifndef MUSTER_AUDIO_LIB_OPUS_H
#define MUSTER_AUDIO_LIB_OPUS_H

#include "core/base/lib.h"

#include <opus.h>

#define LIB_OPUS(F)             \
	F(opus_encoder_create)  \
	F(opus_encoder_destroy) \
	F(opus_encoder_ctl)     \
	F(opus_encode)          \
	F(opus_decoder_create)  \
	F(opus_decoder_destroy) \
	F(opus_decoder_ctl)     \
	F(opus_decode)          \
	F(opus_get_version_string)

/** NULL when it cannot be loaded. Any thread. */
LIB_TABLE(lib_opus, LIB_OPUS);

#endif
