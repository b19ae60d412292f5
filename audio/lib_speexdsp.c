#include "audio/lib_speexdsp.h"

#include "core/base/mem.h"

#include <pthread.h>

LIB_LOADER(lib_speexdsp, LIB_SPEEXDSP, "libspeexdsp", 1, "libspeexdsp1");
