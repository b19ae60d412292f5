/*
 * The form of a settings file: "key = value" lines, "#" comments, and
 * "[section]" lines that put "section." before the keys below. Private to
 * config*.c.
 */
#ifndef MUSTER_CLIENT_CONFIG_FILE_H
#define MUSTER_CLIENT_CONFIG_FILE_H

#include "core/base/buf.h"
#include "core/client/config.h"

struct config_line {
	int number;
	struct span key, value; /**< key with its section; value without quotes and comment */
	size_t at, end;		/**< bytes of the line in the file, with its newline */
};
typedef int config_line_fn(const struct config_line *line, void *arg);
/** Each setting of the text; what is neither is ERR_INVALID with path and line. */
int config_lines(const char *path, struct span text, config_line_fn *fn, void *arg,
		 struct err *err);
/** Is this text a value that the row takes? */
int config_check(const struct config_row *r, struct span value, struct err *err);
/** ".muster/config" of this folder or the nearest above it, not beyond the home folder or another
 * owner's; NULL when there is none. The caller owns it. */
char *config_project_path(void);

#endif
