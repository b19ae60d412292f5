/*
 * Settings: one row each, read from three files (system, user, project); a
 * later one wins. Environment and options are above them.
 */
#ifndef MUSTER_CLIENT_CONFIG_H
#define MUSTER_CLIENT_CONFIG_H

#include "core/base/err.h"
#include "core/base/span.h"

enum config_type { CONFIG_STRING, CONFIG_BOOL, CONFIG_INT, CONFIG_DURATION, CONFIG_CHOICE };

struct config_row {
	const char *key; /**< "chat.markdown" */
	enum config_type type;
	const char *fallback; /**< default, as text */
	int64_t min, max;     /**< of CONFIG_INT (and of CONFIG_DURATION, in ms) */
	const char *choices;  /**< "table|json|csv|tsv" for CONFIG_CHOICE */
	const char *unit;     /**< or NULL */
	const char *env;      /**< environment variable above the files, or NULL */
	const char *what;     /**< one sentence, N_() */
};

/** All settings; ends with key == NULL. */
const struct config_row *config_rows(void);
const struct config_row *config_row(const char *key);

struct config;
/**
 * Read the files. A malformed line or value is ERR_INVALID with file and line.
 * Unknown keys are kept and listed by config_unknown. The caller owns *ret.
 */
int config_load(struct config **ret, struct err *err);
void config_free(struct config *c);
/** The value in force (never NULL for a known key) and, in *ret_origin (may be NULL), where it is
 * from: "default", "environment NAME" or a path. Both borrowed. */
const char *config_get(const struct config *c, const char *key, const char **ret_origin);
bool config_bool(const struct config *c, const char *key);
int64_t config_int(const struct config *c, const char *key); /**< durations in ms */
/** The i-th unknown key as "file:line: key", or NULL. Borrowed. */
const char *config_unknown(const struct config *c, int i);

enum config_scope { CONFIG_USER, CONFIG_PROJECT, CONFIG_SYSTEM };
/** Check and write one value (NULL removes it); comments and order of the file stay. */
int config_set(enum config_scope scope, const char *key, const char *value, struct err *err);
/** Path of a scope's file, or NULL when there is no project here. The caller owns it. */
char *config_path(enum config_scope scope);

#endif
