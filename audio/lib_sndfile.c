#include "audio/lib_sndfile.h"

#include "core/base/mem.h"

#include <pthread.h>

LIB_LOADER(lib_sndfile, LIB_SNDFILE, "libsndfile", 1, "libsndfile1");
