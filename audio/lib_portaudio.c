#include "audio/lib_portaudio.h"

LIB_LOADER(lib_portaudio, LIB_PORTAUDIO, PORTAUDIO);
