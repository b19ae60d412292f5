/* Whatever language a browser asks for, the page comes in one that there is. */
#include "server/page/words.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static bool is_there(const struct words *w)
{
	struct words other;
	for (size_t i = 0; words_at(i, &other); i++)
		if (strcmp(other.tag, w->tag) == 0)
			return other.mo.p == w->mo.p && other.mo.n == w->mo.n;
	return false;
}

/* The first line is what the address wants, the rest the header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span header = {(const char *)data, size}, wanted = {NULL, 0};
	span_split(&header, '\n', &wanted);
	struct words w = words_pick(wanted, header), again = words_pick(span_of(w.tag), header);
	demand(is_there(&w));
	demand(strcmp(again.tag, w.tag) == 0);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	words_put_json_str(&b, header);
	demand(!buf_str(&b)[strcspn(buf_str(&b), "<>&")]);
	buf_done(&b);
	return 0;
}
