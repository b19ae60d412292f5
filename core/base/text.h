/*
 * Text from the network on its way to a terminal. Only a struct term_text may
 * be drawn or printed; it can only be made here. Control characters, escape
 * sequences, bidi overrides and isolates, invalid UTF-8, unassigned and
 * private-use oddities that move the cursor are neutralised (shown as visible
 * replacements, never dropped without trace); ZWJ sequences, variation
 * selectors and skin tones are reduced so that every terminal agrees on cells.
 */
#ifndef MUSTER_BASE_TEXT_H
#define MUSTER_BASE_TEXT_H

#include "core/base/buf.h"

/** Sanitised UTF-8. The field is read by printing code only. */
struct term_text {
	char *s; /**< owned, terminated */
	size_t n;
};

enum text_mode {
	TEXT_LINE,  /**< one line: newlines become a visible sign */
	TEXT_BLOCK, /**< keeps \n and expands \t */
};

/** Make; the caller owns it: text_done. */
struct term_text text_make(struct span raw, enum text_mode mode);
void text_done(struct term_text *t);
/** Append the sanitised form to `b`. */
void text_put(struct buf *b, struct span raw, enum text_mode mode);
/** Cells on a terminal of sanitised text (Unicode width, CJK 2, combining 0). */
int text_cells(struct span clean);
/** Cells of one code point: 0 (joins the one before), 1 or 2. */
int text_cells_of(uint32_t cp);
/** Longest prefix of sanitised text, in whole clusters, that fits `cells`; returns bytes. */
size_t text_fit(struct span clean, int cells);
/** Bytes of the first cluster (what people take for one character); 0 when empty. */
size_t text_cluster(struct span s);

/** Next code point; advances *s by at least 1 byte. Invalid bytes give U+FFFD and *ret_ok=false. */
uint32_t utf8_next(struct span *s, bool *ret_ok);
bool utf8_valid(struct span s);
/** Length of the longest beginning of at most `max` bytes that cuts no character. */
size_t utf8_head(struct span s, size_t max);
void utf8_put(struct buf *b, uint32_t cp);

#endif
