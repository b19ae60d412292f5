/*
 * Shell completion scripts, from the command table.
 */
#ifndef MUSTER_CLI_TOOL_COMPLETION_H
#define MUSTER_CLI_TOOL_COMPLETION_H

#include "core/client/command.h"

void completion_put_bash(struct buf *b, const struct command_set *set);
void completion_put_zsh(struct buf *b, const struct command_set *set);
void completion_put_fish(struct buf *b, const struct command_set *set);

/** The functions _muster_value and _muster_position, which bash and zsh read alike. */
void completion_put_lookups(struct buf *b, const struct command_set *set);

/** The i-th distinct word that may stand behind `prefix` ("" at first); the verb it begins, or
 * NULL at the end. */
const struct command *completion_next(const struct command_set *set, const char *prefix, size_t i,
				      char *ret, size_t size);
/** Each prefix of verbs of several words ("room", "admin user"), once. */
void completion_each_prefix(const struct command_set *set,
			    void (*fn)(const char *prefix, const struct command_set *set,
				       void *arg),
			    void *arg);

/**
 * How the shell completes a parameter: "@file", "@folder", "@room" and the like
 * (asked from `muster complete`), the choices themselves, or "" for nothing.
 */
void completion_put_source(struct buf *b, const struct command_param *p);

#endif
