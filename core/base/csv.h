/*
 * Tables as people's spreadsheets write them (RFC 4180): read whole, columns
 * found by name; and written.
 */
#ifndef MUSTER_BASE_CSV_H
#define MUSTER_BASE_CSV_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/limits.h"

struct csv;

/**
 * Read a table whose first line names the columns. UTF-8 (a BOM is fine) or
 * UTF-16, with a BOM or beginning with two
 * letters of ASCII; separated by comma, semicolon or tab, whichever the first
 * line holds most of, or as a first line "sep=;" says. Quoted cells may hold
 * separators, line breaks and doubled quotes. Empty lines are skipped; a short
 * line lacks its last cells. ERR_INVALID names the line: bad encoding, a quote
 * that is not closed, more cells than columns. ERR_TOO_LARGE over
 * LIMIT_CSV_BYTES or LIMIT_CSV_CELLS. The caller owns *ret.
 */
int csv_parse(struct span raw, struct csv **ret, struct err *err);
/** The same for a file. Its name stands before what is wrong. */
int csv_read(const char *path, struct csv **ret, struct err *err);

#define CSV_TEXT_MAX (2 * (size_t)LIMIT_CSV_BYTES) /**< UTF-16 grows by half at most */
/** Append the text of a table in any of these encodings as UTF-8; `ret` has CSV_TEXT_MAX as its cap. */
int csv_decode(struct span raw, struct buf *ret, struct err *err);
/**
 * One of several tables in a text (UTF-8, as csv_decode gives it) whose first line is `line`
 * of the whole. `separator` 0: found as above. Copies.
 */
int csv_parse_part(struct span text, char separator, int line, struct csv **ret, struct err *err);
/** NULL is allowed. */
void csv_free(struct csv *c);

/** How many columns the first row has. */
size_t csv_columns(const struct csv *c);
/** Name of a column, trimmed; borrowed. */
struct span csv_name(const struct csv *c, size_t column);
/**
 * The column with this name, or -1. Case, and the difference between spaces,
 * hyphens and underscores, do not count ("E-Mail" is "email", "First Name" is
 * "first_name").
 */
int csv_column(const struct csv *c, const char *name);
/** The first column that has any of these names (ends with NULL), or -1. */
int csv_column_of(const struct csv *c, const char *const *names);

/** Lines below the names. */
size_t csv_rows(const struct csv *c);
/** A cell as written, borrowed; empty when the line is short or `column` is -1. */
struct span csv_cell(const struct csv *c, size_t row, int column);
/** Line of the file, from 1, on which this row starts: for messages. */
int csv_line(const struct csv *c, size_t row);

/** Writes rows into `b`. A value; nothing to release. */
struct csv_writer {
	struct buf *b;
	char separator;
	bool neutralise; /**< see csv_put */
	bool lf;	 /**< lines end with LF alone, not CRLF as RFC 4180 has it */
	bool in_row;
};

#define CSV_WRITER(buf_, separator_) ((struct csv_writer){(buf_), (separator_), true, false, false})

/**
 * Append a cell, quoted where needed. With `neutralise`, a cell that a
 * spreadsheet would run as a formula (it starts with = + - @, with one of these in full
 * width or with a control character, and is no plain number) gets an apostrophe in front; so does one that has such
 * apostrophes already, so that csv_unguarded gives back every cell. Inside of a cell, behind what a program
 * with another separator would take for one ("a;=b"), an apostrophe is written, too, and stays.
 */
void csv_put(struct csv_writer *w, struct span cell);
/** NULL: an empty cell. */
void csv_put_str(struct csv_writer *w, const char *cell);
void csv_put_i64(struct csv_writer *w, int64_t v);
/** End the row. */
void csv_end(struct csv_writer *w);
/** A cell without the apostrophe that csv_put wrote before a formula. Borrowed. */
struct span csv_unguarded(struct span cell);
/** Append text (UTF-8) as UTF-16LE with a byte order mark, as Teams and spreadsheets write tables. */
void csv_put_utf16(struct buf *b, struct span text);

#endif
