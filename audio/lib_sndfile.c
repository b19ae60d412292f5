#include "audio/lib_sndfile.h"

LIB_LOADER(lib_sndfile, LIB_SNDFILE, SNDFILE);
