/*
 * Settings as verbs need them.
 */
#ifndef MUSTER_CLI_SETTINGS_H
#define MUSTER_CLI_SETTINGS_H

#include "core/client/command_ctx.h"

/** The value in force; NULL when it is empty or there is no such setting. Borrowed. */
const char *setting_text(const struct command_ctx *ctx, const char *key);
bool setting_bool(const struct command_ctx *ctx, const char *key, bool otherwise);
int64_t setting_int(const struct command_ctx *ctx, const char *key, int64_t otherwise);
/** --ca-file, or the setting; NULL. Borrowed. */
const char *setting_ca_file(const struct command_ctx *ctx);

#endif
