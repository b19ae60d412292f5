/* libsndfile, loaded when needed (lib.h). Included only by audio/. */
#ifndef MUSTER_AUDIO_LIB_SNDFILE_H
#define MUSTER_AUDIO_LIB_SNDFILE_H

#include "audio/lib.h"

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

struct lib_sndfile {
	LIB_SNDFILE(LIB_MEMBER)
};

/** NULL when it cannot be loaded. Any thread. */
const struct lib_sndfile *lib_sndfile(struct err *err);

#endif
