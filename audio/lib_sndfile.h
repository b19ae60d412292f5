/* libsndfile, loaded when needed (core/base/lib.h). Included only by audio/. */
#ifndef MUSTER_AUDIO_LIB_SNDFILE_H
#define MUSTER_AUDIO_LIB_SNDFILE_H

#include "core/base/lib.h"

#include <sndfile.h>

#define LIB_SNDFILE(F)     \
	F(sf_open_fd)      \
	F(sf_open_virtual) \
	F(sf_close)        \
	F(sf_command)      \
	F(sf_readf_short)  \
	F(sf_readf_float)  \
	F(sf_writef_short) \
	F(sf_strerror)     \
	F(sf_error)        \
	F(sf_version_string)

/** NULL when it cannot be loaded. Any thread. */
LIB_TABLE(lib_sndfile, LIB_SNDFILE);

#endif
