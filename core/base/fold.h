/*
 * Text as people compare it: without case, width, accents and ligatures.
 */
#ifndef MUSTER_BASE_FOLD_H
#define MUSTER_BASE_FOLD_H

#include "core/base/buf.h"

/** One folded code point and the byte of the original that it came from. */
struct fold {
	uint32_t cp;
	uint32_t at;
};

/** Fold the beginning of `s`; returns how many were written. Invalid bytes give U+FFFD. */
size_t fold_text(struct span s, struct fold *ret, size_t max);
/** Append the folded form as UTF-8, to be compared byte by byte. */
void fold_put(struct buf *b, struct span s);
/** Part of a word: a letter, mark or digit. */
bool fold_is_word(uint32_t cp);

#endif
