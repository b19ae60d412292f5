/* What a terminal sends, as keys: any bytes, in any pieces. */
#include "core/base/text.h"
#include "tui/input.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_key(const struct key *k, void *arg)
{
	size_t *n = arg;
	struct buf b = BUF_INIT(1000);
	++*n;
	if (k->code == KC_CHAR && (k->cp > 0x10ffff || (k->cp >= 0xd800 && k->cp < 0xe000)))
		abort();
	if (key_is_text(k) && (k->cp < 0x20 || (k->cp >= 0x7f && k->cp < 0xa0)))
		abort();
	if (k->code == KC_MOUSE && (k->x < 0 || k->y < 0))
		abort();
	key_put_name(&b, k);
	buf_done(&b);
}

static size_t feed(const uint8_t *data, size_t size, size_t piece)
{
	struct input in;
	size_t keys = 0;
	input_init(&in);
	for (size_t i = 0; i < size; i += piece) {
		size_t n = size - i < piece ? size - i : piece;
		input_feed(&in, (struct span){(const char *)data + i, n}, on_key, &keys);
	}
	input_timeout(&in, on_key, &keys);
	input_done(&in);
	return keys;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* However it is cut, the same keys come. */
	size_t keys = feed(data, size, 1);
	if (feed(data, size, 7) != keys || feed(data, size, size + 1) != keys)
		abort();
	return 0;
}
