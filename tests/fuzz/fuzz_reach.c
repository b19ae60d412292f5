/* What firewalls print, and codes that people type. */
#include "server/accounts/link.h"
#include "server/reach.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	char code[LINK_CODE_SIZE], again[LINK_CODE_SIZE];
	reach_nft_blocks(text, 8008, size & 1);
	int blocks = reach_ufw_blocks(text, 8008, size & 1);
	demand(blocks >= -1 && blocks <= 1);
	if (link_code_fold(text, code)) {
		demand(strlen(code) == LINK_CODE_SIZE - 1);
		demand(link_code_fold(span_of(code), again) && !strcmp(code, again));
	}
	return 0;
}
