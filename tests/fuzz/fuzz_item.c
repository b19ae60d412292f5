/*
 * Any bytes as what a message says, formatted and plain: blocks of runs that
 * a terminal may be given.
 */
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct span s, bool code)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			abort();
	if (!utf8_valid(s) || (!code && span_find(s, '\t') >= 0))
		abort();
}

static void check(const struct item *it)
{
	for (size_t i = 0; i < it->n_blocks; i++) {
		const struct text_block *b = &it->blocks[i];
		if (b->quotes < 0 || b->depth < 0 || (b->kind == BLOCK_QUOTE && !b->quotes))
			abort();
		for (size_t k = 0; k < b->n; k++) {
			check_text(b->runs[k].text, b->kind == BLOCK_CODE);
			check_text(b->runs[k].link, false);
			if (!b->runs[k].text.n)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct span all = {copy, size};
	for (int html = 0; html < 2; html++) {
		struct pool pool = {NULL, 0};
		struct item it = {.kind = ITEM_MESSAGE};
		struct text_builder b = {.pool = &pool, .own = "@me:x", .own_name = SPAN_LIT("Me")};
		if (html)
			text_html(&b, all);
		else
			text_plain(&b, all);
		text_words(&b, "(edited)", STYLE_DIM);
		text_finish(&b, &it);
		check(&it);
		pool_done(&pool);
	}
	mem_free(copy);
	return 0;
}
