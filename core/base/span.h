/*
 * Borrowed, bounded text: a pointer and a length, no terminator promised.
 */
#ifndef MUSTER_BASE_SPAN_H
#define MUSTER_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN_LIT(s) ((struct span){(s), sizeof(s) - 1})
/** Arguments for "%.*s". */
#define SPAN_ARG(s) ((int)(s).n), ((s).p ? (s).p : "")

/** Borrow a C string; NULL gives the empty span. */
struct span span_of(const char *s);
bool span_eq(struct span a, struct span b);
bool span_eq_str(struct span a, const char *s);
/** ASCII case-insensitive comparison. */
bool span_case_eq_str(struct span a, const char *s);
bool span_starts(struct span s, const char *prefix);
bool span_ends(struct span s, const char *suffix);
/** Index of the first `c`, or -1. */
ptrdiff_t span_find(struct span s, char c);
/** The rest from `from` (clamped). */
struct span span_from(struct span s, size_t from);
/** At most the first `n` bytes. */
struct span span_head(struct span s, size_t n);
/** Without leading and trailing ASCII white space. */
struct span span_trim(struct span s);
/**
 * Cut the next field up to `sep` (or the end) off `*rest` into `*ret_field`.
 * Returns false when `*rest` is exhausted. "a,,b" gives "a", "", "b".
 */
bool span_split(struct span *rest, char sep, struct span *ret_field);
/** Decimal integer filling the whole span; false on anything else or overflow. */
bool span_i64(struct span s, int64_t *ret);
bool span_u64(struct span s, uint64_t *ret);
/** FNV-1a, 64 bits: names and tables, nothing that an enemy may choose collisions for. */
uint64_t span_hash(struct span s);
/** New terminated copy. The caller owns it. */
char *span_dup(struct span s);

#endif
