/*
 * Cutting a large JSON text into its parts without parsing it: a cursor over
 * the members of one object or the elements of one array gives each child's
 * text as a span. What is between the brackets of a child is only skipped
 * (strings and brackets are matched), so a child may hold what jansson
 * rejects - a lone surrogate, an integer over 2^63, 1e999, nesting without
 * end - and its siblings are still reached. Use it where one bad event must
 * not spoil a sync: cut down to events, then json_parse each by itself.
 *
 * Reads only inside the span it was given; takes no memory; no recursion.
 */
#ifndef MUSTER_MATRIX_SLICE_H
#define MUSTER_MATRIX_SLICE_H

#include "core/base/buf.h"
#include "core/base/err.h"

enum slice_kind {
	SLICE_NONE = 0,
	SLICE_OBJECT = '{',
	SLICE_ARRAY = '[',
	SLICE_STRING = '"',
	SLICE_NUMBER = '0',
	SLICE_TRUE = 't',
	SLICE_FALSE = 'f',
	SLICE_NULL = 'n',
};

/** A cursor inside one object or array. */
struct slice {
	struct span text; /**< the container, from its opening bracket */
	size_t at;	  /**< next byte to look at */
	char kind;	  /**< '{' or '[' */
	bool first, done;
};

struct slice_item {
	struct span key;   /**< of an object's member: between the quotes, still escaped */
	struct span value; /**< the child's text without space around it */
	enum slice_kind kind;
};

/**
 * Begin at a container that fills `text` but for white space around it.
 * ERR_INVALID when it is not of that `kind`, or something follows its end
 * (seen when the cursor gets there).
 */
int slice_begin(struct slice *s, struct span text, enum slice_kind kind, struct err *err);
/** 1: *ret is the next child. 0: no more. ERR_INVALID: malformed; the offset is named. */
int slice_next(struct slice *s, struct slice_item *ret, struct err *err);

/** Kind of the value that begins at the first byte of `value`. */
enum slice_kind slice_kind_of(struct span value);
/** Does the key, unescaped, equal `name`? */
bool slice_key_is(const struct slice_item *item, const char *name);
/**
 * Append the text of a string (`raw` with or without its quotes), unescaped.
 * Tolerant: a lone surrogate, a bad escape and bytes that are not UTF-8 become
 * U+FFFD. False when the buffer's cap was passed.
 */
bool slice_unescape(struct buf *b, struct span raw);
/** The member `name` of the object `text`: its kind (SLICE_NONE when absent or malformed before
 * it) and, in *ret, its text. The last of duplicate keys counts. */
enum slice_kind slice_find(struct span text, const char *name, struct span *ret);
/** A member that is a string, unescaped into `ret` when it fits and holds no NUL; else "". */
bool slice_find_str(struct span text, const char *name, char *ret, size_t size);
/** A member that is an integer; false otherwise. */
bool slice_find_i64(struct span text, const char *name, int64_t *ret);

#endif
