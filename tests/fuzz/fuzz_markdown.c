/*
 * Any bytes as typed Markdown: what comes out holds only tags that the
 * specification allows, with only attributes that are ours.
 */
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/matrix/html.h"
#include "core/matrix/markdown.h"

#define CAP 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool allowed(struct span tag)
{
	static const char *const names[] = {
		"p",  "br",	    "hr",    "em",    "strong", "del", "code", "pre",
		"ul", "ol",	    "li",    "h1",    "h2",	"h3",  "h4",   "h5",
		"h6", "blockquote", "table", "thead", "tbody",	"tr",  "th",   "td",
	};
	if (span_starts(tag, "/"))
		tag = span_eq_str(tag, "/a") ? SPAN_LIT("p") : span_from(tag, 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_eq_str(tag, names[i]))
			return true;
	if (span_starts(tag, "a href=\"") && span_ends(tag, "\"")) {
		struct span href = span_from(span_head(tag, tag.n - 1), 8);
		return html_link_ok(href) && span_find(href, '"') < 0;
	}
	/* One attribute, whose value holds no quote. */
	ptrdiff_t quote = span_find(tag, '"');
	return (span_starts(tag, "ol start=\"") || span_starts(tag, "code class=\"language-")) &&
	       span_find(span_from(tag, (size_t)quote + 1), '"') == (ptrdiff_t)tag.n - quote - 2;
}

struct open_tags {
	struct span names[4000];
	size_t n;
};

/* Each end closes what was opened last. */
static void nest(struct open_tags *open, struct span tag)
{
	bool closing = span_starts(tag, "/");
	ptrdiff_t space = span_find(tag, ' ');
	struct span name = span_from(space < 0 ? tag : span_head(tag, (size_t)space), closing);
	if (span_eq_str(name, "br") || span_eq_str(name, "hr"))
		return;
	if (closing && (!open->n || !span_eq(open->names[--open->n], name)))
		abort();
	if (!closing && open->n < ARRAY_LEN(open->names))
		open->names[open->n++] = name;
	else if (!closing)
		abort();
}

static void check(struct span html)
{
	static struct open_tags open;
	ptrdiff_t at;
	open.n = 0;
	if (!utf8_valid(html))
		abort();
	while ((at = span_find(html, '<')) >= 0) {
		html = span_from(html, (size_t)at + 1);
		ptrdiff_t end = span_find(html, '>');
		if (end < 0 || !allowed(span_head(html, (size_t)end)))
			abort();
		nest(&open, span_head(html, (size_t)end));
		html = span_from(html, (size_t)end + 1);
	}
	if (open.n)
		abort();
}

static void on_block(const struct html_block *b, void *arg)
{
	(void)b;
	(void)arg;
}

static void on_text(struct span text, unsigned style, struct span link, void *arg)
{
	(void)text;
	(void)style;
	(void)link;
	(void)arg;
}

static const struct html_out ignore = {on_block, on_text};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct buf html = BUF_INIT(CAP);
	if (markdown_to_html((struct span){copy, size}, &html, NULL) == 1) {
		check(buf_span(&html));
		html_read(buf_span(&html), &ignore, NULL);
	}
	buf_done(&html);
	mem_free(copy);
	return 0;
}
