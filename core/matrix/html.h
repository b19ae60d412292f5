/*
 * formatted_body of other people (org.matrix.custom.html; client-server API,
 * "m.room.message msgtypes") as blocks of text with a look: paragraphs, lists,
 * quotes, code, headings and rows of tables keep their shape; the old reply
 * fallback (mx-reply), scripts and styles are left out. Takes anything:
 * unknown or unclosed tags do no harm.
 *
 * The text is not safe for a terminal yet: pass it through text.h as all text.
 */
#ifndef MUSTER_MATRIX_HTML_H
#define MUSTER_MATRIX_HTML_H

#include "core/base/buf.h"

enum html_kind {
	HTML_TEXT,
	HTML_CODE, /**< one line of preformatted text */
	HTML_ITEM, /**< the beginning of a list's item; what follows in it is HTML_TEXT */
	HTML_HEADING,
	HTML_RULE, /**< no text */
};

/** A paragraph or line. */
struct html_block {
	enum html_kind kind;
	int quotes;	/**< quotations around it */
	int depth;	/**< lists around it */
	int64_t number; /**< HTML_ITEM: in an ordered list; 0: a bullet */
	bool gap;	/**< an empty line stands before it */
};

enum html_style {
	HTML_BOLD = 1,
	HTML_ITALIC = 2,
	HTML_UNDERLINE = 4,
	HTML_STRIKE = 8,
	HTML_MONO = 16, /**< code within a line */
	HTML_LINK = 32,
	HTML_SPOILER = 64,
};

struct html_out {
	/** A block begins. */
	void (*block)(const struct html_block *b, void *arg);
	/** Text of it, without newlines. `link`: target of an HTML_LINK. Borrowed. */
	void (*text)(struct span text, unsigned style, struct span link, void *arg);
};

#define HTML_MAX_OUT (256u << 10) /**< bytes of text that are told, about */

/** Read all. False when HTML_MAX_OUT was reached: the beginning was told. */
bool html_read(struct span html, const struct html_out *out, void *arg);
/** Append text with & < > " escaped. */
void html_escape(struct buf *out, struct span text);
/**
 * Decode one entity at the start of `s` (which begins with '&') into `out`;
 * returns the bytes used, 0 when it is none.
 */
size_t html_entity(struct buf *out, struct span s);
/** Targets a link may have: https, http, ftp, mailto, magnet. */
bool html_link_ok(struct span href);

#endif
