/*
 * What ssh is told to do on the other machine, as words and as one line for
 * whichever shell the person has there.
 */
#ifndef MUSTER_CLI_CALL_VIA_WORDS_H
#define MUSTER_CLI_CALL_VIA_WORDS_H

#include "core/client/command.h"

/** Longest command that is handed to ssh. */
#define VIA_COMMAND_MAX 32768

/**
 * Append one word so that sh, bash, zsh, fish and csh read it as that word and
 * nothing else. ERR_USAGE for one with a line break or another control character, which
 * they disagree about.
 */
int via_quote(struct buf *b, const char *word, struct err *err);
/** ERR_USAGE unless it is "[USER@]HOST" or what ssh has for it, and no option. */
int via_check_host(const char *host, struct err *err);
/**
 * Append the command for the other machine: `muster call join` with what was
 * given here, but for sound and output, which are here; raw sound of `rate_hz`
 * goes through its standard input and output, events come on standard error.
 */
int via_command(struct buf *b, const struct command_line *l, int rate_hz, struct err *err);

#endif
