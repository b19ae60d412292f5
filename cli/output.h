/*
 * Rows on their way to stdout: JSON Lines, CSV, TSV, or columns for people.
 * JSON, CSV and lines leave row by row, one write each; a table waits for its
 * last row, because its columns must fit. Nothing raw ever reaches a terminal:
 * tables, CSV and TSV hold sanitised text, JSON holds escapes.
 */
#ifndef MUSTER_CLI_OUTPUT_H
#define MUSTER_CLI_OUTPUT_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/client/command.h"

#include <jansson.h>

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_TSV };

struct output {
	int fd;
	enum output_format format;
	const struct command *command;
	const struct command_line *line; /**< for verbs whose lines depend on their options */
	bool terminal;			 /**< fd is one */
	bool colour;
	int width;	   /**< cells of a line; 0: no bound */
	int64_t now_ms;	   /**< for times in tables */
	bool head_done;	   /**< CSV, TSV: the header line is out */
	json_t *waiting;   /**< table: rows so far */
	const char *pager; /**< command for long text on a terminal, or NULL */
	bool gone;	   /**< the reader closed the pipe */
	int rc;		   /**< another write error, in `err` */
	struct err err;
};

/** `colour` is what was decided of auto, NO_COLOR and the terminal. */
void output_init(struct output *o, int fd, enum output_format format, bool colour);
/** One row (borrowed). 0, COMMAND_STOP when the reader went away, or an error kept in o->err. */
int output_row(struct output *o, json_t *row);
/** Bytes as they are; terminals get them sanitised. Same results. */
int output_raw(struct output *o, struct span text);
/** Print what waits. Same results. */
int output_finish(struct output *o);
void output_done(struct output *o);

/** Format of its name; OUTPUT_TABLE for anything unknown. */
enum output_format output_format_of(const char *name);

/* Pieces, for tests and for error lines. */

/** Append one compact JSON line without newline, with everything that could steer a terminal
 * (DEL, C1 controls, bidi controls, separators, tags) as \u escapes. */
void output_put_json(struct buf *b, const json_t *row);
/** New row with the command's keys first and in order, times as ISO 8601. The caller owns it. */
json_t *output_arrange(const struct command *c, json_t *row);
/** Append one value as sanitised text for people; `now_ms` for short times. */
void output_put_cell(struct buf *b, const struct command_key *key, const json_t *value,
		     int64_t now_ms);
/** Append rows as columns; where a line cannot hold them, as records. */
void output_put_table(struct buf *b, const struct output *o, const json_t *rows);
/** Append a row as "label: value" lines. */
void output_put_record(struct buf *b, const struct output *o, const json_t *row);
/** Append a header line or a row as CSV or TSV. */
void output_put_csv_head(struct buf *b, const struct output *o);
void output_put_csv(struct buf *b, const struct output *o, const json_t *row);

#endif
