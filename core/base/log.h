/*
 * The process's log: one line per message on stderr (or a sink); with its level in front
 * as systemd's journal wants it, when stderr leads there (JOURNAL_STREAM). Secrets never
 * reach it: a caller passes a token through log_redact, and lines are checked
 * again for anything that looks like one of ours ("mst_", "msr_", Bearer ...).
 * Control characters in a line are neutralised.
 */
#ifndef MUSTER_BASE_LOG_H
#define MUSTER_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

typedef void log_sink_fn(enum log_level level, const char *line, void *arg);

/** Messages above this level are dropped. Default LOG_WARN. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/** Where lines go; NULL restores stderr. Main thread, before other threads start. */
void log_set_sink(log_sink_fn *fn, void *arg);
/** One line, no newline. Any thread. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                    \
	do {                                              \
		if (log_enabled(LOG_DEBUG))               \
			log_line(LOG_DEBUG, __VA_ARGS__); \
	} while (0)

#endif
