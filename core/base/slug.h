/*
 * Plain words of any text: what can stand in a user name or a file's name.
 */
#ifndef MUSTER_BASE_SLUG_H
#define MUSTER_BASE_SLUG_H

#include "core/base/buf.h"

/**
 * Append `s` in a-z and 0-9: accents and case go, everything else becomes a
 * dot between words. "Léa Müller-Weiß" gives "lea.muller.weiss"; text in other
 * scripts may give nothing. At most `max` bytes.
 */
void slug_put(struct buf *b, struct span s, size_t max);

#endif
