/*
 * The command table: one const struct per verb says its name, words, options,
 * examples, JSON keys and exit codes. The parser, --help, shell completion,
 * the manual, `schema` and later the TUI's slash commands all read it, so none
 * of them can disagree. Nothing here prints, exits or opens anything.
 */
#ifndef MUSTER_CLIENT_COMMAND_H
#define MUSTER_CLIENT_COMMAND_H

#include "core/base/buf.h"
#include "core/base/err.h"

#include <jansson.h>

/** What a word means: how it is checked, shown in help and completed. */
enum command_kind {
	KIND_NONE, /**< ends a table */
	KIND_FLAG, /**< an option without a value */
	KIND_TEXT,
	KIND_ROOM,     /**< room id, alias, local name or @user */
	KIND_USER,     /**< Matrix id, outside id or unique name */
	KIND_EVENT,    /**< $... */
	KIND_FILE,     /**< a path; "-" where the parameter says so */
	KIND_FOLDER,   /**< a path */
	KIND_TIME,     /**< Unix ms in command_number() */
	KIND_DURATION, /**< ms in command_number() */
	KIND_INT,
	KIND_CHOICE,
	KIND_URL,     /**< http(s), or a bare host name */
	KIND_MXC,     /**< mxc://server/id */
	KIND_ACCOUNT, /**< a local account's name */
	KIND_SETTING, /**< a key of settings.h */
	KIND_MEETING, /**< UID[@DATE], now, last */
	KIND_VERB,
	KIND_COUNT
};

/** One option or positional argument. */
struct command_param {
	const char *name; /**< long option without dashes, or the positional's name */
	char letter;	  /**< short option, or 0 */
	enum command_kind kind;
	const char *value;     /**< placeholder in help; NULL: the kind's own */
	const char *choices;   /**< KIND_CHOICE: "table|json|csv" */
	const char *otherwise; /**< default as it would be written, or NULL */
	int64_t min, max;      /**< KIND_INT, when max > min */
	bool required;
	bool repeat;	     /**< may be given several times; a positional takes all that follow */
	bool hidden;	     /**< neither in help nor in completion */
	bool value_optional; /**< `--wait` and `--wait=5m` are both right */
	bool dash;	     /**< "-" stands for stdin or stdout */
	const char *what;    /**< N_() one sentence without full stop */
};

/** One key of the JSON lines a verb prints; with a label, also a column of its table. */
struct command_key {
	const char *name;
	const char *type;  /**< JSON Schema's word, or "time" (ISO 8601 string), "bytes", "seconds",
			      "seconds or ever" (0: without end), "strings" (array of strings),
			      or what command_type_is_word knows: strings that stand for a word */
	const char *label; /**< N_() column title; NULL: not in the table */
	const char *what;  /**< N_() meaning */
	bool keep;	   /**< never shortened in a table: ids that people copy */
};

struct command_example {
	const char *line; /**< complete command */
	const char *what; /**< N_() */
};

/** An exit code with a meaning of its own in one verb. */
struct command_exit {
	int status;
	const char *what; /**< N_() */
};

/** Groups of verbs: one heading in help and one manual page each. */
enum command_group {
	GROUP_ACCOUNT,
	GROUP_MESSAGE,
	GROUP_ROOM,
	GROUP_CLASS,
	GROUP_CALL,
	GROUP_MEETING,
	GROUP_ATTENDANCE,
	GROUP_SERVER,
	GROUP_ADMIN,
	GROUP_TOOL,
	GROUP_COUNT
};

struct command_ctx;
struct command_line;

/** How a verb's rows look to a person (JSON, CSV and TSV are the same for all). */
enum command_shape {
	SHAPE_TABLE,  /**< columns */
	SHAPE_RECORD, /**< one "label: value" line per key */
	SHAPE_LINE,   /**< what `line` writes, row by row as they come */
};

struct command {
	const char *name;    /**< "room create" */
	const char *aliases; /**< whole names separated by '|', or NULL */
	enum command_group group;
	bool hidden;
	bool no_timeout;     /**< runs until told to stop: no default --timeout */
	const char *summary; /**< N_() */
	const char *details; /**< N_() paragraphs separated by an empty line, or NULL */
	const struct command_example *examples; /**< ends with line == NULL */
	const struct command_param *args;	/**< positionals in order; ends with KIND_NONE */
	const struct command_param *options;	/**< ends with KIND_NONE, or NULL */
	const struct command_key *keys;		/**< ends with name == NULL, or NULL */
	const struct command_exit *exits;	/**< ends with what == NULL, or NULL */
	enum command_shape shape;
	/** SHAPE_LINE: append sanitised text for one row, no newline at its end. */
	void (*line)(struct buf *b, const json_t *row, const struct command_line *l);
	/** Do it. The context is the front end's. 0 or a negative code. */
	int (*run)(struct command_ctx *ctx, struct err *err);
};

/** All verbs and the options that every verb takes. */
struct command_set {
	const struct command *const *commands; /**< ends with NULL */
	const struct command_param *globals;   /**< ends with KIND_NONE */
};

/* -- Words ---------------------------------------------------------------- */

/** Are values of this type of key words of a fixed list, as "present" or "closed"? */
bool command_type_is_word(const char *type);
/** What people read instead, in their language; NULL where it is none of the list. Borrowed. */
const char *command_word(const char *type, const char *word);

/* -- Looking up ---------------------------------------------------------- */

/** The verb with this complete name or alias; NULL. */
const struct command *command_find(const struct command_set *set, const char *name);
/** True when `word` begins verbs of several words ("room", "admin user"). */
bool command_is_prefix(const struct command_set *set, const char *word);
/** The option named `name` (no dashes) of `c` (may be NULL) or of every verb; NULL. */
const struct command_param *command_option(const struct command_set *set, const struct command *c,
					   const char *name);
const struct command_param *command_letter(const struct command_set *set, const struct command *c,
					   char letter);
/** The name nearest to what was typed, for "did you mean": NULL when nothing is near. */
const char *command_suggest_verb(const struct command_set *set, const char *first,
				 const char *second);
const char *command_suggest_option(const struct command_set *set, const struct command *c,
				   const char *name);
/** The row of `choices` ("a|b|c") nearest to `word`, into `ret`; false when nothing is near. */
bool command_suggest_choice(const char *choices, const char *word, char *ret, size_t size);

/** Append a JSON string as sanitised text of one line: for `line` functions. */
void command_put_clean(struct buf *b, const json_t *value);

/** Placeholder of a parameter's value ("ROOM", "table|json"). */
const char *command_value_name(const struct command_param *p);
/** Append "muster send [options] ROOM TEXT...". */
void command_put_usage(struct buf *b, const struct command *c);
/** Stable word of a kind for `schema` and completion ("room", "duration"). */
const char *command_kind_name(enum command_kind kind);
/** Title of a group, translated; its manual page's name ("muster-room"). */
const char *command_group_title(enum command_group g);
const char *command_group_page(enum command_group g);

/* -- Parsing ------------------------------------------------------------- */

/** One value given, or filled in from a default. */
struct command_value {
	const struct command_param *param;
	const char *text; /**< borrowed from argv or the table; NULL for flags and bare `--wait` */
	int64_t number;	  /**< KIND_INT, KIND_TIME, KIND_DURATION */
	bool is_default;
};

/** A parsed command line. Borrows argv and the table. */
struct command_line {
	const struct command_set *set;
	const struct command *command; /**< NULL: no verb was given */
	char prefix[64];	       /**< "room" or "admin user", given alone; else "" */
	bool help;		       /**< --help or -h was there */
	struct command_value *values;
	size_t n;
};

/**
 * Parse words (argv without the program's name). `now_ms` anchors TIME.
 *
 * `ret` is filled in any case as far as could be understood, so that a front
 * end knows of --json when it reports the error; command_line_done it always.
 * Errors are ERR_USAGE with a suggestion and a hint.
 */
int command_parse(const struct command_set *set, size_t argc, const char *const *argv,
		  int64_t now_ms, struct command_line *ret, struct err *err);
void command_line_done(struct command_line *l);

/**
 * Check one word against a parameter; fills ret->text and ret->number.
 * ERR_USAGE with a sentence that does not name the parameter: its caller knows
 * how the person wrote it.
 */
int command_check(const struct command_param *p, const char *text, int64_t now_ms,
		  struct command_value *ret, struct err *err);

/* -- Values. `name` must be one of the verb's or a global one. ------------ */

/** Given on the command line (not by default). */
bool command_given(const struct command_line *l, const char *name);
bool command_flag(const struct command_line *l, const char *name);
/** The (last) text, default included; NULL without. Borrowed. */
const char *command_text(const struct command_line *l, const char *name);
/** The number of the (last) value, or `otherwise`. */
int64_t command_number(const struct command_line *l, const char *name, int64_t otherwise);
/** How often it was given, and the i-th text. */
size_t command_count(const struct command_line *l, const char *name);
const char *command_nth(const struct command_line *l, const char *name, size_t i);
/** All values of a repeated parameter joined by spaces. The caller owns it. */
char *command_joined(const struct command_line *l, const char *name);

#endif
