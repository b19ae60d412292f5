#include "audio/lib_speexdsp.h"

LIB_LOADER(lib_speexdsp, LIB_SPEEXDSP, SPEEXDSP);
