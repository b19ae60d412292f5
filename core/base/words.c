#include "core/base/words.h"

#include "core/base/text.h"

#include <utf8proc.h>

enum kind { KIND_GAP, KIND_WORD, KIND_PIECE };

/* Scripts without spaces, and Korean, whose words carry endings and are compounds. */
static const uint32_t unspaced[][2] = {
	{0x0e00, 0x0eff},   {0x1000, 0x109f}, {0x1100, 0x11ff}, {0x1780, 0x17ff},
	{0x2e80, 0x2fdf},   {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3031, 0x3035},
	{0x3038, 0x303c},   {0x3040, 0x318f}, {0x31a0, 0x31ff}, {0x3400, 0x4dbf},
	{0x4e00, 0x9fff},   {0xa960, 0xa97f}, {0xa9e0, 0xa9ff}, {0xaa60, 0xaa7f},
	{0xac00, 0xd7ff},   {0xf900, 0xfaff}, {0xff66, 0xffdc}, {0x1b000, 0x1b16f},
	{0x20000, 0x3ffff},
};

static bool is_unspaced(uint32_t cp)
{
	for (size_t i = 0; cp >= unspaced[0][0] && i < sizeof(unspaced) / sizeof(*unspaced); i++)
		if (cp >= unspaced[i][0] && cp <= unspaced[i][1])
			return true;
	return false;
}

static enum kind kind_of(uint32_t cp)
{
	if (cp < 0x80) {
		bool letter = (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
		return letter || (cp >= '0' && cp <= '9') ? KIND_WORD : KIND_GAP;
	}
	if (cp == 0xfffd) /* what was no UTF-8 */
		return KIND_GAP;
	switch (utf8proc_get_property((utf8proc_int32_t)cp)->category) {
	case UTF8PROC_CATEGORY_SO:
		return KIND_PIECE;
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
	case UTF8PROC_CATEGORY_CO:
		return is_unspaced(cp) ? KIND_PIECE : KIND_WORD;
	default:
		return KIND_GAP;
	}
}

/* Cut the next run of one kind off; false at the end. */
static bool next_run(struct span *rest, struct span *ret, enum kind *ret_kind)
{
	bool ok;
	while (rest->n) {
		struct span from = *rest, after = *rest;
		enum kind kind = kind_of(utf8_next(&after, &ok));
		*rest = after;
		while (after.n && kind_of(utf8_next(&after, &ok)) == kind)
			*rest = after;
		if (kind == KIND_GAP)
			continue;
		*ret = span_head(from, from.n - rest->n);
		*ret_kind = kind;
		return true;
	}
	return false;
}

static struct span cut_word(struct span word)
{
	return span_head(word, utf8_head(word, WORDS_WORD_MAX));
}

/* "abc": "ab bc", and with `last` "ab bc c". A single character is itself. */
static void put_pairs(struct buf *b, struct span run, bool last)
{
	bool ok;
	struct span at = run, next = run, end;
	utf8_next(&next, &ok);
	for (; next.n; at = next, next = end) {
		end = next;
		utf8_next(&end, &ok);
		buf_put(b, at.p, at.n - end.n);
		if (end.n || last)
			buf_put_char(b, ' ');
		if (!end.n && !last)
			return;
	}
	buf_put_span(b, at);
}

static void put_gap(struct buf *b, size_t mark)
{
	if (b->n > mark)
		buf_put_char(b, ' ');
}

void words_put(struct buf *b, struct span text)
{
	struct span run;
	enum kind kind;
	size_t mark = b->n;
	while (next_run(&text, &run, &kind)) {
		put_gap(b, mark);
		if (kind == KIND_PIECE)
			put_pairs(b, run, true);
		else
			buf_put_span(b, cut_word(run));
	}
}

static bool is_one(struct span run)
{
	bool ok;
	utf8_next(&run, &ok);
	return run.n == 0;
}

static struct span cut_term(struct span term)
{
	return span_head(term, utf8_head(term, WORDS_TERM_MAX));
}

size_t words_query(struct buf *b, struct span term)
{
	struct span run;
	enum kind kind;
	size_t n = 0;
	term = cut_term(term);
	while (n < WORDS_MAX && next_run(&term, &run, &kind)) {
		buf_put_str(b, n++ ? " AND \"" : "\"");
		if (kind == KIND_PIECE)
			put_pairs(b, run, false);
		else
			buf_put_span(b, cut_word(run));
		buf_put_str(b, kind == KIND_WORD || is_one(run) ? "\"*" : "\"");
	}
	return n;
}

void words_each(struct span term, void (*fn)(struct span word, void *arg), void *arg)
{
	struct span run;
	enum kind kind;
	term = cut_term(term);
	for (size_t n = 0; n < WORDS_MAX && next_run(&term, &run, &kind); n++)
		fn(run, arg);
}
