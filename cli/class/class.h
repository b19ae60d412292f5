/*
 * What the verbs about classes share.
 */
#ifndef MUSTER_CLI_CLASS_H
#define MUSTER_CLI_CLASS_H

#include "cli/params.h"
#include "core/client/class.h"

#define ARG_CLASS                                                                       \
	{                                                                               \
		.name = "class", .kind = KIND_ROOM, .required = true, .value = "CLASS", \
		.what = N_("the class: its room's id, alias or name")                   \
	}
#define OPT_STUDENTS                                                                               \
	{                                                                                          \
		.name = "students", .kind = KIND_FILE, .dash = true, .required = true,             \
		.what = N_("the list (CSV): columns name, id, email, user, in any order; - reads " \
			   "standard input")                                                       \
	}
#define OPT_TEACHER                                                    \
	{                                                              \
		.name = "teacher", .kind = KIND_USER, .repeat = true,  \
		.what = N_("somebody who teaches it, beside yourself") \
	}
#define OPT_SLIPS                                                                       \
	{                                                                               \
		.name = "slips", .letter = 'o', .kind = KIND_FILE,                      \
		.what = N_("write the slips there: a page to print (.html) or a table " \
			   "(.csv)")                                                    \
	}
#define OPT_LANGUAGE                                                            \
	{                                                                       \
		.name = "language", .kind = KIND_CHOICE, .value = "LANGUAGE",   \
		.choices = slips_languages, .what = N_("language of the slips") \
	}
#define OPT_VALID                                                                     \
	{                                                                             \
		.name = "valid", .kind = KIND_DURATION,                               \
		.what = N_("how long the links can be used; 30d without this option") \
	}
#define OPT_FORCE                                                                             \
	{                                                                                     \
		.name = "force", .kind = KIND_FLAG, .what = N_("overwrite the file of slips") \
	}

/** What filling and making links print. */
extern const struct command_key class_keys[];

/** The class that parameter "class" means. */
int class_arg(struct command_ctx *ctx, struct client **ret_client, struct class_ref *ret,
	      struct err *err);
/** Before anything is written: can --slips be written, and as what? */
int class_check_slips(struct command_ctx *ctx, struct err *err);
/** The same without looking whether the file is there: class_fill does, when it knows of new slips. */
int class_check_slips_name(struct command_ctx *ctx, struct err *err);
/** Write --slips, if given, for those rows that have links. */
int class_write_slips(struct command_ctx *ctx, const struct class_ref *ref, const json_t *rows,
		      struct err *err);
/** A request with what all verbs set. Borrows `rows` and `teachers`. */
struct class_request class_request_of(struct command_ctx *ctx, const struct roster_rows *rows,
				      char **teachers);
/** client_class_fill, slips, rows, and a sentence with the numbers. */
int class_fill(struct command_ctx *ctx, struct client *c, struct class_ref *ref,
	       const struct class_request *rq, struct err *err);

#endif
