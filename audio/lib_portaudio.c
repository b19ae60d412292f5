#include "audio/lib_portaudio.h"

#include "core/base/mem.h"

#include <pthread.h>

LIB_LOADER(lib_portaudio, LIB_PORTAUDIO, "libportaudio", 2, "libportaudio2");
