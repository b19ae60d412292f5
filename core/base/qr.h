/*
 * QR codes (ISO/IEC 18004), from libqrencode.
 */
#ifndef MUSTER_BASE_QR_H
#define MUSTER_BASE_QR_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define QR_TEXT_MAX 600 /**< bytes: more would be too fine to scan from paper */

/**
 * Append `text` as an SVG image, with the white border that readers need. Its
 * size is its container's. ERR_TOO_LARGE over QR_TEXT_MAX.
 */
int qr_put_svg(struct buf *b, const char *text, struct err *err);

#endif
