#include "core/base/log.h"

#include "core/base/text.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int max_level = LOG_WARN;
static log_sink_fn *sink;
static void *sink_arg;

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, (int)level);
}

bool log_enabled(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

void log_set_sink(log_sink_fn *fn, void *arg)
{
	sink = fn;
	sink_arg = arg;
}

static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '-' || c == '.' || c == '=' || c == '+' || c == '/';
}

/* A second fence: whatever follows one of these words is a secret. */
static void redact_after(char *line, const char *mark)
{
	for (char *at = line; (at = strstr(at, mark)) != NULL;) {
		at += strlen(mark);
		while (is_token_char(*at))
			*at++ = '*';
	}
}

static void clean(char *line)
{
	static const char *const marks[] = {"Bearer ",
					    "mst_",
					    "msr_",
					    "mso_",
					    "msd_",
					    "access_token=",
					    "access_token\":\"",
					    "access_token\": \"",
					    "refresh_token\":\"",
					    "refresh_token\": \"",
					    "password\":\"",
					    "password\": \""};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		redact_after(line, marks[i]);
}

/* systemd's journal takes the level from the beginning of a line: sd-daemon(3). */
static bool to_journal(void)
{
	static atomic_int known = -1;
	unsigned long long dev, ino;
	struct stat st;
	int v = atomic_load_explicit(&known, memory_order_relaxed);
	if (v >= 0)
		return v;
	const char *s = getenv("JOURNAL_STREAM");
	v = s && sscanf(s, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	    st.st_dev == dev && st.st_ino == ino;
	atomic_store(&known, v);
	return v;
}

static void write_line(enum log_level level, const char *text)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	static const int priorities[] = {3, 4, 6, 7};
	if (to_journal())
		dprintf(STDERR_FILENO, "<%d>%s\n", priorities[level], text);
	else
		dprintf(STDERR_FILENO, "muster: %s: %s\n", names[level], text);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	if (!log_enabled(level))
		return;
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	clean(line);
	/* Foreign text in it must not steer the terminal; a cut last character is shown as such. */
	struct term_text text = text_make(span_of(line), TEXT_LINE);
	if (sink)
		sink(level, text.s, sink_arg);
	else
		write_line(level, text.s);
	text_done(&text);
}
