/*
 * How alike two words are, for "did you mean".
 */
#ifndef MUSTER_BASE_NEAR_H
#define MUSTER_BASE_NEAR_H

#include "core/base/span.h"

#define NEAR_WORD_MAX 40

/** Edits (insert, delete, replace, swap) between two words, ASCII case ignored; NEAR_WORD_MAX when
 * one is longer than that. */
int near_distance(struct span a, struct span b);

#endif
