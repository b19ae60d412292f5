#include "audio/lib_opus.h"

#include "core/base/mem.h"

#include <pthread.h>

LIB_LOADER(lib_opus, LIB_OPUS, "libopus", 0, "libopus0");
