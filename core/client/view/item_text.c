/* What a message says, as blocks and runs that are safe for a terminal. */
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"
#include "core/matrix/html.h"

#include <string.h>

#define BLOCKS_MAX 4000
#define RUNS_MAX 20000
#define MATRIX_TO "https://matrix.to/#/"

static void add_block(struct text_builder *b, struct text_block block)
{
	if (b->n == BLOCKS_MAX)
		return;
	if (b->n == b->size) {
		b->size = b->size ? 2 * b->size : 4;
		b->blocks = mem_realloc_array(b->blocks, b->size, sizeof(*b->blocks));
		b->first = mem_realloc_array(b->first, b->size, sizeof(*b->first));
	}
	b->first[b->n] = b->runs_n;
	b->blocks[b->n++] = block;
}

static void add_run(struct text_builder *b, struct span raw, unsigned style, struct span link)
{
	if (!raw.n || b->runs_n == RUNS_MAX)
		return;
	if (!b->n)
		add_block(b, (struct text_block){.kind = BLOCK_TEXT});
	if (b->runs_n == b->runs_size) {
		b->runs_size = b->runs_size ? 2 * b->runs_size : 4;
		b->runs = mem_realloc_array(b->runs, b->runs_size, sizeof(*b->runs));
	}
	bool code = b->blocks[b->n - 1].kind == BLOCK_CODE;
	struct term_text text = pool_text(b->pool, raw, code ? TEXT_BLOCK : TEXT_LINE);
	struct term_text to = {NULL, 0};
	if (link.n)
		to = pool_text(b->pool, link, TEXT_LINE);
	b->runs[b->runs_n++] = (struct text_run){{text.s, text.n}, style, {to.s, to.n}};
}

/* -- HTML ----------------------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The first part of a matrix.to address, percent-decoded. */
static void put_target(struct buf *b, struct span link)
{
	struct span rest = span_from(link, strlen(MATRIX_TO)), part;
	if (!span_split(&rest, '/', &part))
		return;
	ptrdiff_t query = span_find(part, '?');
	if (query >= 0)
		part = span_head(part, (size_t)query);
	for (size_t i = 0; i < part.n; i++) {
		int hi = i + 2 < part.n && part.p[i] == '%' ? hex_value(part.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex_value(part.p[i + 2]) : -1;
		buf_put_char(b, lo >= 0 ? (char)(hi * 16 + lo) : part.p[i]);
		i += lo >= 0 ? 2 : 0;
	}
}

/* A link to a person or room names them. */
static unsigned mention_of(const struct text_builder *b, struct span link)
{
	AUTO(buf_done) struct buf target = BUF_INIT(1024);
	if (!span_starts(link, MATRIX_TO))
		return 0;
	put_target(&target, link);
	if (span_eq_str(buf_span(&target), b->own))
		return STYLE_MENTION | STYLE_MENTION_ME;
	return target.n && strchr("@#!", buf_str(&target)[0]) ? STYLE_MENTION : 0;
}

static void on_block(const struct html_block *h, void *arg)
{
	static const enum block_kind kinds[] = {
		[HTML_TEXT] = BLOCK_TEXT,	[HTML_CODE] = BLOCK_CODE, [HTML_ITEM] = BLOCK_ITEM,
		[HTML_HEADING] = BLOCK_HEADING, [HTML_RULE] = BLOCK_RULE,
	};
	struct text_block block = {
		.kind = h->kind == HTML_TEXT && h->quotes ? BLOCK_QUOTE : kinds[h->kind],
		.quotes = h->quotes,
		.depth = h->depth,
		.number = (int)h->number,
		.gap = h->gap,
	};
	add_block(arg, block);
}

static void on_text(struct span text, unsigned style, struct span link, void *arg)
{
	static const struct {
		unsigned html, ours;
	} map[] = {
		{HTML_BOLD, STYLE_BOLD},	   {HTML_ITALIC, STYLE_ITALIC},
		{HTML_UNDERLINE, STYLE_UNDERLINE}, {HTML_STRIKE, STYLE_STRIKE},
		{HTML_MONO, STYLE_CODE},	   {HTML_LINK, STYLE_LINK},
		{HTML_SPOILER, STYLE_SPOILER},
	};
	struct text_builder *b = arg;
	unsigned ours = 0;
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (style & map[i].html)
			ours |= map[i].ours;
	if (ours & STYLE_LINK)
		ours |= mention_of(b, link);
	add_run(b, text, ours, link);
}

void text_html(struct text_builder *b, struct span html)
{
	static const struct html_out out = {on_block, on_text};
	html_read(html, &out, b);
}

/* -- Plain text ------------------------------------------------------------------ */

/* Punctuation behind an address is not part of it, nor a bracket that opened before it. */
static size_t link_length(struct span s)
{
	size_t n = 0;
	int open = 0;
	while (n < s.n && (unsigned char)s.p[n] > ' ' && !strchr("<>\"`", s.p[n]))
		n++;
	for (size_t i = 0; i < n; i++)
		open += s.p[i] == '(' ? 1 : s.p[i] == ')' ? -1 : 0;
	while (n && (strchr(".,;:!?'", s.p[n - 1]) || (s.p[n - 1] == ')' && open < 0)))
		open += s.p[--n] == ')';
	return n;
}

static size_t link_at(struct span s)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:", "ftp://"};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = span_starts(s, schemes[i]) ? link_length(s) : 0;
		if (n > strlen(schemes[i]))
			return n;
	}
	return 0;
}

static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80);
}

static size_t name_at(const struct text_builder *b, struct span s)
{
	struct span names[] = {b->own_name, span_of(b->own_name.n ? b->own : NULL)};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = names[i].n;
		if (n && s.n >= n && memcmp(s.p, names[i].p, n) == 0 &&
		    (s.n == n || !is_word_char(s.p[n])))
			return n;
	}
	return 0;
}

static void put_line(struct text_builder *b, struct span line)
{
	size_t from = 0;
	for (size_t i = 0; i < line.n;) {
		bool begins = i == 0 || !is_word_char(line.p[i - 1]);
		struct span rest = span_from(line, i);
		size_t link = begins ? link_at(rest) : 0;
		size_t name = begins && !link ? name_at(b, rest) : 0;
		if (!link && !name) {
			i++;
			continue;
		}
		add_run(b, span_head(span_from(line, from), i - from), 0, SPAN_LIT(""));
		rest = span_head(rest, link + name);
		add_run(b, rest, link ? STYLE_LINK : STYLE_MENTION | STYLE_MENTION_ME,
			link ? rest : SPAN_LIT(""));
		from = i += link + name;
	}
	add_run(b, span_from(line, from), 0, SPAN_LIT(""));
}

void text_plain(struct text_builder *b, struct span body)
{
	struct span line;
	bool gap = false, begun = false;
	while (span_split(&body, '\n', &line)) {
		if (span_ends(line, "\r"))
			line.n--;
		if (!span_trim(line).n) {
			gap = begun;
			continue;
		}
		add_block(b, (struct text_block){.kind = BLOCK_TEXT, .gap = gap});
		put_line(b, line);
		gap = false;
		begun = true;
	}
}

void text_words(struct text_builder *b, const char *words, unsigned style)
{
	if (b->n &&
	    (b->blocks[b->n - 1].kind == BLOCK_CODE || b->blocks[b->n - 1].kind == BLOCK_RULE))
		add_block(b, (struct text_block){.kind = BLOCK_TEXT});
	add_run(b, span_of(words), style, SPAN_LIT(""));
}

void text_finish(struct text_builder *b, struct item *ret)
{
	struct text_run *runs = pool_alloc(b->pool, b->runs_n * sizeof(*runs));
	struct text_block *blocks = pool_alloc(b->pool, b->n * sizeof(*blocks));
	if (b->runs_n)
		memcpy(runs, b->runs, b->runs_n * sizeof(*runs));
	for (size_t i = 0; i < b->n; i++) {
		size_t end = i + 1 < b->n ? b->first[i + 1] : b->runs_n;
		blocks[i] = b->blocks[i];
		blocks[i].runs = runs + b->first[i];
		blocks[i].n = end - b->first[i];
	}
	ret->blocks = blocks;
	ret->n_blocks = b->n;
	mem_free(b->blocks);
	mem_free(b->first);
	mem_free(b->runs);
}
