/*
 * Text as a full-text index (SQLite's FTS5) takes it, and terms as its queries.
 *
 * Words of scripts that put spaces between them are kept. Chinese, Japanese,
 * Korean, Thai, Lao, Khmer, Burmese and symbols (emoji) are cut into overlapping
 * pairs of characters, with the last one by itself, so that any piece of a
 * sentence is found, also a single character. What is put for a text never
 * changes: an index without content can only forget a text that it is told again.
 *
 * Tables are made with tokenize="unicode61 categories 'L* M* N* Co So'".
 */
#ifndef MUSTER_BASE_WORDS_H
#define MUSTER_BASE_WORDS_H

#include "core/base/buf.h"

#define WORDS_MAX 32	   /**< of one search term; further ones are left out */
#define WORDS_WORD_MAX 64  /**< bytes of one word; the rest of it is left out */
#define WORDS_TERM_MAX 512 /**< bytes of a search term; the rest of it is left out */

/** Append a text for the index. */
void words_put(struct buf *b, struct span text);
/**
 * Append a query that finds texts with all words of `term`: a word at the
 * beginning of a word, a piece of writing without spaces anywhere. Returns how many
 * words there are; nothing is appended for 0.
 */
size_t words_query(struct buf *b, struct span term);
/** Call `fn` with each word of `term` as it stands there, for showing what was found. */
void words_each(struct span term, void (*fn)(struct span word, void *arg), void *arg);

#endif
