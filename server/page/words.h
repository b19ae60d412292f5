/*
 * The page's sentences in the languages of po/. The catalogues are the ones
 * that msgfmt makes (GNU gettext manual, "The Format of GNU MO Files"),
 * reduced to this page's sentences; they are part of the binary, so that
 * neither an installed catalogue nor a locale of the system is needed, and so
 * that each request has a language of its own.
 */
#ifndef MUSTER_SERVER_PAGE_WORDS_H
#define MUSTER_SERVER_PAGE_WORDS_H

#include "core/base/buf.h"

#define WORDS_TAG_MAX 16

/** A language of the page; value. */
struct words {
	char tag[WORDS_TAG_MAX]; /**< BCP 47: "en", "de", "zh-CN" */
	struct span mo;		 /**< empty: English, as in the sources */
};

/**
 * The language for a reader: `wanted` (a tag, from the address) when there is
 * such a one, else the best of Accept-Language (RFC 9110 section 12.5.4), else
 * English. Only languages that the page is translated into are offered.
 */
struct words words_pick(struct span wanted, struct span accept);
/** The i-th language: English is 0; false behind the last. */
bool words_at(size_t i, struct words *ret);
/** The sentence in that language, or itself. Borrowed for ever. */
struct span words_get(const struct words *w, struct span sentence);
/** Append all pairs as one JSON object that may stand inside of HTML. */
void words_put_json(const struct words *w, struct buf *b);
/** Append as a JSON string in which no '<' or '&' is left. */
void words_put_json_str(struct buf *b, struct span s);

#endif
