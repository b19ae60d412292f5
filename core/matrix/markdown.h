/*
 * Markdown a person typed -> formatted_body (org.matrix.custom.html), with
 * md4c's parser. Only tags and link targets that the specification allows come
 * out ("m.room.message msgtypes"); HTML that was typed is shown as typed; an
 * image becomes a link. A newline is a line break, as people expect in chat.
 */
#ifndef MUSTER_MATRIX_MARKDOWN_H
#define MUSTER_MATRIX_MARKDOWN_H

#include "core/base/buf.h"
#include "core/base/err.h"

/**
 * 1: HTML was appended. 0: the text has no formatting, send the plain body
 * alone. ERR_TOO_LARGE: it does not fit an event. ERR_INVALID: not UTF-8.
 */
int markdown_to_html(struct span text, struct buf *html, struct err *err);

#endif
