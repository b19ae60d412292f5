/*
 * Emoji by name: those that people use, under the names that people type.
 */
#ifndef MUSTER_TUI_EMOJI_H
#define MUSTER_TUI_EMOJI_H

#include "core/base/buf.h"

struct emoji {
	const char *name; /**< "thumbs_up"; several are separated by a blank */
	const char *text;
};

/** The i-th whose name has `part` in it (beginnings first); false past the last. "" gives all. */
bool emoji_find(const char *part, size_t i, struct emoji *ret);
/** The one called exactly so, or NULL. */
const char *emoji_named(struct span name);
/** Put emoji in the place of ":name:" in a text. */
void emoji_replace(struct buf *b, struct span text);

#endif
