/*
 * formatted_body of other people (org.matrix.custom.html; client-server API,
 * "m.room.message msgtypes") as plain text for a terminal: paragraphs, lists,
 * quotes, code and tables keep their shape, a link's target stands behind its
 * text, the old reply fallback (mx-reply), scripts and styles are left out,
 * spoilers stay hidden. Takes anything: unknown or unclosed tags do no harm.
 *
 * The text is not safe for a terminal yet: pass it through text.h as all text.
 */
#ifndef MUSTER_MATRIX_HTML_H
#define MUSTER_MATRIX_HTML_H

#include "core/base/buf.h"

/** Append the text. False when `out`'s cap was reached: the beginning is there. */
bool html_to_text(struct span html, struct buf *out);
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
