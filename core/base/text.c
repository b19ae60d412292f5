#include "core/base/text.h"

#include "core/base/mem.h"

#include <utf8proc.h>

#define REPLACEMENT 0xFFFDu
#define NEWLINE_SIGN 0x21B5u  /* ↵ */
#define DOTTED_CIRCLE 0x25CCu /* carries a mark that has no base */
#define SWATCH 0x25A0u	      /* a skin tone that stands alone */
#define MARKS_MAX 4	      /* on one base; ncurses keeps as many in a cell */
#define TAB_CELLS 8

struct writer {
	struct buf *b;
	enum text_mode mode;
	int column;
	uint32_t last; /* code point written last; 0 at the start of a line */
	int marks;     /* on the present base */
};

static int category(uint32_t cp)
{
	return utf8proc_get_property((utf8proc_int32_t)cp)->category;
}

static bool is_pictograph(uint32_t cp)
{
	return utf8proc_get_property((utf8proc_int32_t)cp)->boundclass ==
	       UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* Hangul vowels and finals that join the syllable before them. */
static bool is_joining_jamo(uint32_t cp)
{
	return (cp >= 0x1160 && cp <= 0x11FF) || (cp >= 0xD7B0 && cp <= 0xD7FB);
}

static bool is_skin_tone(uint32_t cp)
{
	return cp >= 0x1F3FB && cp <= 0x1F3FF;
}

static bool is_variation_selector(uint32_t cp)
{
	return (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0xE0100 && cp <= 0xE01EF) ||
	       (cp >= 0x180B && cp <= 0x180D) || cp == 0x180F;
}

/* Letters that are drawn as nothing: a name could hide in them. */
static bool is_blank_letter(uint32_t cp)
{
	return cp == 0x115F || cp == 0x1160 || cp == 0x3164 || cp == 0xFFA0;
}

/* Arabic, Indic and South-East Asian writing needs the joiners to be spelt right. */
static bool wants_joiners(uint32_t cp)
{
	if (cp < 0x0600 || cp > 0x1CFF)
		return false;
	int c = category(cp);
	return c == UTF8PROC_CATEGORY_LO || c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC;
}

static int cells_of(uint32_t cp)
{
	if (cp < 0x300)
		return cp >= 0x20;
	if (is_joining_jamo(cp))
		return 0;
	/* Narrow by the standard of their day, wide in the C libraries and terminals. */
	if ((cp >= 0x4DC0 && cp <= 0x4DFF) || (cp >= 0x3248 && cp <= 0x324F) || cp == 0x302E ||
	    cp == 0x302F || cp == 0x16FF0 || cp == 0x16FF1)
		return 2;
	switch (category(cp)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		return 0;
	case UTF8PROC_CATEGORY_MC:
		return 1;
	default:
		return utf8proc_charwidth((utf8proc_int32_t)cp) == 2 ? 2 : 1;
	}
}

static void put(struct writer *w, uint32_t cp)
{
	utf8_put(w->b, cp);
	w->column += cells_of(cp);
	w->last = cp;
	w->marks = 0;
}

static void put_newline(struct writer *w)
{
	if (w->mode == TEXT_LINE) {
		put(w, NEWLINE_SIGN);
		return;
	}
	buf_put_char(w->b, '\n');
	w->column = 0;
	w->last = 0;
	w->marks = 0;
}

static void put_tab(struct writer *w)
{
	int n = w->mode == TEXT_LINE ? 1 : TAB_CELLS - w->column % TAB_CELLS;
	while (n--)
		put(w, ' ');
}

/* What adds to the cell before it. Too many are told once and then left out. */
static void put_mark(struct writer *w, uint32_t cp)
{
	int marks = w->marks + 1;
	if (marks > MARKS_MAX) {
		if (marks == MARKS_MAX + 1)
			put(w, REPLACEMENT);
		w->marks = MARKS_MAX + 1;
		return;
	}
	if (w->last == 0)
		put(w, DOTTED_CIRCLE);
	utf8_put(w->b, cp);
	w->last = cp;
	w->marks = marks;
}

static void put_control(struct writer *w, uint32_t cp)
{
	if (cp == '\n')
		put_newline(w);
	else if (cp == '\t')
		put_tab(w);
	else if (cp < 0x20)
		put(w, 0x2400 + cp); /* ␀ … ␟ */
	else
		put(w, cp == 0x7F ? 0x2421 : REPLACEMENT);
}

static void put_joiner(struct writer *w, uint32_t cp)
{
	if (wants_joiners(w->last)) {
		if (cp != 0x200B) /* a place to break a line: nothing is lost without it */
			put_mark(w, cp);
	} else if (cp != 0x200D || !is_pictograph(w->last)) {
		put(w, REPLACEMENT);
	} /* else: the emoji of the sequence follow one another unjoined */
}

static void put_format(struct writer *w, uint32_t cp)
{
	if (cp == 0xAD)
		put(w, '-');
	else if (cp >= 0x200B && cp <= 0x200D)
		put_joiner(w, cp);
	else /* bidi controls, byte order marks, tags, invisible operators ... */
		put(w, REPLACEMENT);
}

/* True when `cp` was one of the parts that terminals disagree on, and is dealt with. */
static bool put_emoji_part(struct writer *w, uint32_t cp)
{
	if (is_variation_selector(cp))
		return true;
	if (is_skin_tone(cp)) {
		if (!is_pictograph(w->last))
			put(w, SWATCH);
		return true;
	}
	if (cp >= 0x1F1E6 && cp <= 0x1F1FF) { /* flags: the letters of the country */
		put(w, 'A' + (cp - 0x1F1E6));
		return true;
	}
	/* A keycap keeps its digit. */
	return cp == 0x20E3 && w->last &&
	       (w->last == '#' || w->last == '*' || (w->last >= '0' && w->last <= '9'));
}

static void put_code_point(struct writer *w, uint32_t cp)
{
	if (put_emoji_part(w, cp))
		return;
	switch (category(cp)) {
	case UTF8PROC_CATEGORY_CC:
		put_control(w, cp);
		break;
	case UTF8PROC_CATEGORY_CF:
		put_format(w, cp);
		break;
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CS:
		put(w, REPLACEMENT);
		break;
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		put_newline(w);
		break;
	case UTF8PROC_CATEGORY_ZS:
		put(w, cp == 0x3000 ? cp : ' ');
		break;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
		put_mark(w, cp);
		break;
	default:
		if (is_blank_letter(cp))
			put(w, REPLACEMENT);
		else if (is_joining_jamo(cp))
			put_mark(w, cp);
		else
			put(w, cp);
	}
}

/* Plain ASCII, the usual case, in one piece. */
static size_t put_ascii(struct writer *w, struct span s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7F)
		n++;
	if (n == 0)
		return 0;
	buf_put(w->b, s.p, n);
	w->column += (int)n;
	w->last = (unsigned char)s.p[n - 1];
	w->marks = 0;
	return n;
}

void text_put(struct buf *b, struct span raw, enum text_mode mode)
{
	struct writer w = {.b = b, .mode = mode};
	while (raw.n) {
		bool ok;
		raw = span_from(raw, put_ascii(&w, raw));
		if (!raw.n)
			break;
		if (span_starts(raw, "\r\n"))
			raw = span_from(raw, 1);
		uint32_t cp = utf8_next(&raw, &ok);
		if (ok)
			put_code_point(&w, cp);
		else
			put(&w, REPLACEMENT);
	}
}

struct term_text text_make(struct span raw, enum text_mode mode)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	text_put(&b, raw, mode);
	size_t n = b.n;
	return (struct term_text){buf_take(&b), n};
}

void text_done(struct term_text *t)
{
	mem_free(t->s);
	*t = (struct term_text){NULL, 0};
}

int text_cells(struct span clean)
{
	int cells = 0;
	while (clean.n) {
		bool ok;
		cells += cells_of(utf8_next(&clean, &ok));
	}
	return cells;
}

int text_cells_of(uint32_t cp)
{
	return cells_of(cp);
}

size_t text_cluster(struct span s)
{
	utf8proc_int32_t before = -1, state = 0;
	for (struct span rest = s; rest.n;) {
		bool ok;
		size_t at = s.n - rest.n;
		utf8proc_int32_t cp = (utf8proc_int32_t)utf8_next(&rest, &ok);
		if (before >= 0 && utf8proc_grapheme_break_stateful(before, cp, &state))
			return at;
		before = cp;
	}
	return s.n;
}

size_t text_fit(struct span clean, int cells)
{
	size_t fits = 0; /* end of the last whole cluster */
	int used = 0;
	utf8proc_int32_t before = -1, state = 0;
	for (struct span rest = clean; rest.n;) {
		bool ok;
		size_t at = clean.n - rest.n;
		utf8proc_int32_t cp = (utf8proc_int32_t)utf8_next(&rest, &ok);
		if (before < 0 || utf8proc_grapheme_break_stateful(before, cp, &state))
			fits = at;
		used += cells_of((uint32_t)cp);
		if (used > cells)
			return fits;
		before = cp;
	}
	return clean.n;
}
