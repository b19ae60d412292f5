#include "audio/lib_opus.h"

LIB_LOADER(lib_opus, LIB_OPUS, OPUS);
