/* Any bytes as formatted_body: the text comes to an end and keeps to its cap. */
#include "core/base/mem.h"
#include "core/matrix/html.h"

#define CAP 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct buf out = BUF_INIT(CAP);
	buf_put_str(&out, "before ");
	bool whole = html_to_text((struct span){copy, size}, &out);
	if (out.n > CAP || whole != buf_ok(&out) || !span_starts(buf_span(&out), "before "))
		abort();
	buf_done(&out);
	mem_free(copy);
	return 0;
}
