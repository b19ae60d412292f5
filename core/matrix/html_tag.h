/*
 * Tags of HTML, as tolerant as a browser's tokenizer where people's clients
 * need it; for html.c only.
 */
#ifndef MUSTER_MATRIX_HTML_TAG_H
#define MUSTER_MATRIX_HTML_TAG_H

#include "core/base/span.h"

/** Attributes that matter to plain text; raw, entities not decoded. */
struct html_attrs {
	struct span href, alt, title, start;
	bool spoiler; /**< data-mx-spoiler is there */
};

struct html_token {
	struct span name; /**< empty for comments and declarations */
	bool closing;
	struct html_attrs attrs;
};

/** What HTML counts as white space, in ASCII. */
bool html_is_space(char c);
/**
 * The tag, comment or declaration at the start of `s`, which begins with '<':
 * its length, or 0 when that '<' is text. One that does not end takes all.
 */
size_t html_read_tag(struct span s, struct html_token *ret);
/**
 * Bytes of content of an element whose content is not markup (script, style),
 * up to its end tag; 0 for other elements. `s` begins behind its start tag.
 */
size_t html_skip_raw(struct span s, struct span name);

#endif
