/* Any bytes as formatted_body: blocks with text in order, within their cap. */
#include "core/base/mem.h"
#include "core/matrix/html.h"

struct seen {
	size_t bytes, blocks;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_block(const struct html_block *b, void *arg)
{
	struct seen *s = arg;
	s->blocks++;
	if (b->quotes < 0 || b->depth < 0 || (b->kind == HTML_ITEM) > b->depth || b->number < 0)
		abort();
}

static void on_text(struct span text, unsigned style, struct span link, void *arg)
{
	struct seen *s = arg;
	s->bytes += text.n;
	if (!s->blocks || !text.n || span_find(text, '\n') >= 0)
		abort();
	if ((link.n > 0) != ((style & HTML_LINK) != 0) || (link.n && !html_link_ok(link)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct html_out out = {on_block, on_text};
	char *copy = mem_dup(data, size);
	struct seen s = {0};
	html_read((struct span){copy, size}, &out, &s);
	if (s.bytes > 2 * HTML_MAX_OUT)
		abort();
	mem_free(copy);
	return 0;
}
