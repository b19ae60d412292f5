/*
 * What a running verb may ask of the front end that runs it: rows out,
 * sentences to the person, questions, a client. The command line gives stdout,
 * stderr and prompts; the TUI gives its own screen and its open client.
 */
#ifndef MUSTER_CLIENT_COMMAND_CTX_H
#define MUSTER_CLIENT_COMMAND_CTX_H

#include "core/client/client.h"
#include "core/client/command.h"

/** A verb's way of saying "enough": the reader of the rows went away. Not an error. */
#define COMMAND_STOP 1

struct command_front {
	/** One row of the result. 0, COMMAND_STOP, or a negative code (the front end keeps why). */
	int (*row)(void *arg, json_t *row);
	/** Text or bytes that are the result themselves (a file, a page of help). As row. */
	int (*raw)(void *arg, struct span text);
	/** A sentence beside the result; `important` also under -q. */
	void (*say)(void *arg, bool important, const char *sentence);
	/** 0 for yes; ERR_CANCELLED for no; ERR_USAGE when nobody may be asked. */
	int (*confirm)(void *arg, const char *question, struct err *err);
	/** A line typed without echo. The caller owns *ret (mem_free_secret). */
	int (*secret)(void *arg, const char *prompt, char **ret, struct err *err);
	/** A line typed with echo. The caller owns *ret. */
	int (*ask)(void *arg, const char *prompt, char **ret, struct err *err);
	/** The account's client, opened on first use. Borrowed. */
	int (*client)(void *arg, struct client **ret, struct err *err);
	/** How far a transfer is; `done` == `total` ends it. May be NULL. */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t total);
	/** All of stdin, at most b->cap bytes. */
	int (*input)(void *arg, struct buf *b, struct err *err);
};

struct command_ctx {
	const struct command_line *line;
	const struct command_front *front;
	void *front_arg;
	struct config *config; /**< settings in force; borrowed */
	int timeout_ms;	       /**< 0: none */
	bool dry_run;
	bool unique_prefix; /**< ROOM may be a unique prefix: a person is typing */
	bool json;	    /**< rows are for a program */
	bool people;	    /**< rows are for people: neither JSON nor CSV nor TSV */
	int width;	    /**< cells of a line that people see; 0: not known */
};

/** Give out one row; its reference is taken over. */
int command_row(struct command_ctx *ctx, json_t *steal);
/** The same as a client_row_fn whose `arg` is the context; the row is borrowed. */
int command_row_fn(json_t *row, void *ctx);
int command_raw(struct command_ctx *ctx, struct span text);
/** A sentence for the person, hidden by -q. */
void command_say(struct command_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** A warning: shown under -q too. */
void command_warn(struct command_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** 0 for yes. */
int command_confirm(struct command_ctx *ctx, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int command_client(struct command_ctx *ctx, struct client **ret, struct err *err);

/** The room that parameter `name` means; NULL and 0 when it was not given. The caller owns *ret. */
int command_room(struct command_ctx *ctx, const char *name, unsigned flags, char **ret,
		 struct err *err);
/** The i-th user of parameter `name`. `room_id` may be NULL. The caller owns *ret. */
int command_user(struct command_ctx *ctx, const char *name, size_t i, const char *room_id,
		 char **ret, struct err *err);
/** All users of `name` as a NULL-ended list; command_list_free. */
int command_users(struct command_ctx *ctx, const char *name, const char *room_id, char ***ret,
		  struct err *err);
void command_list_free(char **list);
/** All texts of `name` as a NULL-ended list of borrowed strings; NULL when none. mem_free. */
const char **command_texts(struct command_ctx *ctx, const char *name);
/** The words of parameter `name`, joined; a single "-" reads stdin. */
int command_words(struct command_ctx *ctx, const char *name, struct buf *b, bool *ret_stdin,
		  struct err *err);

/**
 * With --dry-run: give out a row that says what would be done (verb, the words
 * given, `more`, whose reference is taken over) and return true.
 */
bool command_dry_run(struct command_ctx *ctx, json_t *more);

#endif
