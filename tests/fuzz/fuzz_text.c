#include "tests/lib/text_check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span raw = {(const char *)data, size};
	if (text_check(raw, TEXT_LINE) || text_check(raw, TEXT_BLOCK))
		abort();
	return 0;
}
