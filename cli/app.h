/*
 * One run of the command line: parse, set up, run one verb, report, exit.
 */
#ifndef MUSTER_CLI_APP_H
#define MUSTER_CLI_APP_H

#include "cli/output.h"
#include "core/client/command_ctx.h"

struct app {
	struct command_line line;
	struct command_ctx ctx;
	struct output out;
	struct client *client;
	struct config *config;
	int64_t wait_began_ms;
	bool json;    /**< --json, --format json or the setting */
	bool quiet;   /**< -q */
	bool may_ask; /**< stdin and stderr are terminals and nothing forbids it */
	bool yes;     /**< --yes */
	bool colour;  /**< on stdout */
};

/** The whole program but the TUI; returns the exit status. */
int app_main(int argc, char **argv);

/** A setting in force; NULL when it is empty or unknown. Borrowed. */
const char *app_setting(const struct app *app, const char *key);

/** Around waiting for people and pipes, which the default time limit does not count. */
void app_wait_begin(struct app *app);
void app_wait_end(struct app *app);

/** What verbs get as their front end; its `arg` is the app. */
extern const struct command_front app_front;

/* -- report.c: errors and sentences on stderr ----------------------------- */

/** Print the error: "muster: sentence" and "hint: ...", or one JSON line. */
void report_error(const struct err *err, bool json);
/** The same as report_error's text, appended: for the watchdog, which may not format. */
void report_put(struct buf *b, const struct err *err, bool json);
/** "muster: sentence". */
void report_sentence(const char *sentence);

/* -- ask.c: questions, only when stdin and stderr are terminals ----------- */

int ask_confirm(struct app *app, const char *question, struct err *err);
/** A line with echo off. The caller owns *ret (mem_free_secret). */
int ask_secret(struct app *app, const char *prompt, char **ret, struct err *err);
int ask_line(struct app *app, const char *prompt, char **ret, struct err *err);

/* -- watchdog.c ----------------------------------------------------------- */

/**
 * End the process with status 3 and the error's text when `ms` have passed.
 * by_person: --timeout said so, and nothing pauses it.
 */
void watchdog_start(int64_t ms, bool json, bool by_person);
/** Not counted: what a person, a pager or the program in front of or behind a pipe takes. */
void watchdog_pause(void);
void watchdog_resume(void);
void watchdog_stop(void);

#endif
